"""A short way for what watchers send again and again: heartbeats and events, from the socket to the outbox.

Only whole, plain requests take it: a head that was seen and judged before (a watcher's heads are all alike), a body
that is JSON of the expected form. Everything else goes the long way through the application, which answers the same.
What comes in while the disk is busy is committed together, and answered together.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote

import httptools
import msgspec
from starlette.responses import JSONResponse, Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from guildbook.record.live.entry import OURS, Entry
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.packs import Event
from guildbook.record.live.quick import Quick
from guildbook.record.live.writing import Work
from guildbook.server._activitywatch_wire import WireError, entry_json, number
from guildbook.server._trouble import trouble

LONGEST: Final = 256 << 10
"""Bytes of a body that may come this way; a longer one is worth a thread of its own."""
_HEADS: Final = 4_096
"""Heads that are remembered."""
_START: Final = b"POST /api/0/buckets/"
_PATH: Final = re.compile(r"^/api/0/buckets/([^/]+)/(heartbeat|events)$")
_ONE: Final = msgspec.json.Decoder(Event)
_SEVERAL: Final = msgspec.json.Decoder(Event | list[Event])

Admits = Callable[[Mapping[str, str]], bool]
"""Whether a request with these headers may come in here."""
_Answer = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a head wants."""

    bucket: str
    length: int
    """Bytes of the body."""
    pulse: int | None
    """µs; None: events are put in."""


class Lane:
    """The short way into one outbox."""

    def __init__(self, intake: Intake, admits: Admits, open_: Callable[[], bool] = lambda: True) -> None:
        """`open_`: whether watchers may record at all just now."""
        self._box = intake.outbox
        self._quick = Quick(intake)
        self._admits = admits
        self._open = open_
        self._heads: dict[bytes, Ask | None] = {}
        self._group: _Group | None = None

    def ask(self, head: bytes) -> Ask | None:
        """What a request's head wants; None where it must go the long way."""
        if head not in self._heads:
            if len(self._heads) >= _HEADS:
                self._heads.clear()
            self._heads[head] = _asked(head, self._admits)
        return self._heads[head]

    def take(self, ask: Ask, body: bytes, answer: Callable[[bytes], None]) -> bool:
        """Record a body, and answer once it is durable; False, and nothing done, where it must go the long way."""
        if not self._open() or self._quick.waits:
            return False
        try:
            client = self._box.client(ask.bucket)
            if client.startswith(OURS):
                return False
            if ask.pulse is not None:
                beat = _ONE.decode(body)
                work: Work[Any] | None = self._quick.beat(ask.bucket, client, beat, ask.pulse)
                shown = _shown
            else:
                beat = None
                work, shown = self._putting(ask.bucket, client, _SEVERAL.decode(body))
        except (msgspec.MsgspecError, ValueError, LookupError, OverflowError, RecursionError, sqlite3.Error):
            return False
        if work is None:
            answer(_said(200, None if beat is None else entry_json(beat.entry())))
        else:
            self._waiting().add(work, lambda result: answer(_told(result, shown)))
        return True

    def _putting(self, bucket: str, client: str, given: Event | list[Event]) -> tuple[Work[Any] | None, _Show]:
        if isinstance(given, Event) or len(given) == 1:
            event = given if isinstance(given, Event) else given[0]
            return self._quick.one(bucket, client, event), _shown_first
        return self._quick.several(bucket, client, given), _shown_none

    def _waiting(self) -> _Group:
        if self._group is None:
            self._group = _Group(self._box, asyncio.get_running_loop())
        return self._group


_Show = Callable[[Any], Any]


def _shown(made: Entry) -> Any:
    return entry_json(made)


def _shown_first(made: list[Entry]) -> Any:
    return entry_json(made[0])


def _shown_none(_: object) -> Any:
    return None


class _Group:
    """What came in since the last commit, handed to the outbox together."""

    def __init__(self, outbox: Outbox, loop: asyncio.AbstractEventLoop) -> None:
        self._outbox = outbox
        self._loop = loop
        self._waiting: list[tuple[Work[Any], _Answer]] = []
        self._busy = False

    def add(self, work: Work[Any], answer: _Answer) -> None:
        """Let something be done; `answer` gets the result, or what was raised, once it is durable."""
        self._waiting.append((work, answer))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        taken, self._waiting = self._waiting, []
        works = [work for work, _ in taken]

        def done(found: Future[list[Any]]) -> None:
            self._loop.call_soon_threadsafe(self._answer, [answer for _, answer in taken], found)

        self._outbox.submit(lambda connection: [_tried(work, connection) for work in works]).add_done_callback(done)

    def _answer(self, answers: list[_Answer], found: Future[list[Any]]) -> None:
        error = found.exception()
        results = found.result() if error is None else [error] * len(answers)
        for answer, result in zip(answers, results, strict=True):
            answer(result)
        if self._waiting:
            self._send()
        else:
            self._busy = False


def _tried(work: Work[Any], connection: sqlite3.Connection) -> Any:
    """The result; a bucket that is gone by now fails alone."""
    try:
        return work(connection)
    except LookupError as error:
        return error


def _told(result: Any, shown: _Show) -> bytes:
    if isinstance(result, LookupError):
        return _said(404, {"message": f"There's no bucket named {result.args[0]}"})
    if isinstance(result, Exception):
        return _bytes(trouble(result))
    return _said(200, shown(result))


def _said(status: int, body: Any) -> bytes:
    try:
        return _framed(b"200 OK" if status == 200 else b"404 Not Found", msgspec.json.encode(body))  # noqa: PLR2004
    except (OverflowError, ValueError):  # a number that only Python can write
        return _bytes(JSONResponse(body, status))


def _bytes(response: Response) -> bytes:
    status = HTTPStatus(response.status_code)
    return _framed(f"{status.value} {status.phrase}".encode(), bytes(response.body))


def _framed(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


class _Head:
    """What httptools reads of a head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[str, str]] = []

    def on_url(self, url: bytes) -> None:
        """Part of the address."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))


_LONG_WAY: Final = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade", "origin", "cookie"})


def _asked(head: bytes, admits: Admits) -> Ask | None:
    found = _Head()
    parser = httptools.HttpRequestParser(found)
    try:
        parser.feed_data(head + b"\r\n\r\n")
        url = httptools.parse_url(found.url)
        path = _PATH.match(unquote(url.path.decode("ascii")))
        query = dict(parse_qsl((url.query or b"").decode("ascii"), keep_blank_values=True))
        pulse = query.get("pulsetime")
        micros = None if path is None or path[2] == "events" or pulse is None else number(pulse, "pulsetime")
    except (httptools.HttpParserError, ValueError, WireError):
        return None
    names = [name for name, _ in found.headers]
    headers = dict(found.headers)
    length = headers.get("content-length", "")
    if (
        path is None or (path[2] == "heartbeat") != (micros is not None)
        or parser.get_http_version() != "1.1" or not parser.should_keep_alive()
        or len(set(names)) != len(names) or _LONG_WAY.intersection(names)
        or not (length.isascii() and length.isdigit() and 0 < int(length) <= LONGEST)
        or not admits(headers)
    ):  # fmt: skip
        return None
    return Ask(path[1], int(length), micros)


def protocol(lane: Lane) -> type[HttpToolsProtocol]:
    """For uvicorn's `http`: its own protocol, with the short way beside it."""
    return type("Lean", (_Lean,), {"lane": lane})


class _Lean(HttpToolsProtocol):
    """A connection. While the short way has a request of it, what comes after waits."""

    lane: Lane

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading = False
        """Whether the long way has a request that is not whole."""
        self._asking = False
        self._held = b""
        self._closing = False

    def on_message_begin(self) -> None:
        self._reading = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reading = False

    def data_received(self, data: bytes) -> None:
        if self._asking or self._held:
            self._held += data
            if not self._asking:
                self._next()
        elif self._reading or not data.startswith(_START) or self._answering():
            super().data_received(data)
        else:
            self._held = bytes(data)
            self._next()

    def _answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None at first, whatever is declared
        return bool(self.pipeline) or (cycle is not None and not cycle.response_complete)

    def _next(self) -> None:
        """Take what is held, if it is whole and may go the short way; else hand it on."""
        data = self._held
        end = data.find(b"\r\n\r\n") if data.startswith(_START) else -1
        ask = self.lane.ask(data[:end]) if end >= 0 else None
        if ask is not None:
            stop = end + 4 + ask.length
            if len(data) < stop:
                return
            self._held = data[stop:]
            self._asking = True
            if self.lane.take(ask, data[end + 4 : stop], self._answer):
                self._unset_keepalive_if_required()
                return
            self._asking = False
        self._held = b""
        super().data_received(data)

    def _answer(self, answer: bytes) -> None:
        self._asking = False
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if self._closing:
            self.transport.close()
        elif self._held:
            self._next()

    def shutdown(self) -> None:
        if self._asking:
            self._closing = True
        else:
            super().shutdown()
