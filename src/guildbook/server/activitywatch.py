"""ActivityWatch's API, so that its watchers and clients record for us as they are.

Paths, bodies and answers are aw-server's; what is recorded goes through the intake and so through the guard. Served on
the worker's own machine only: the Host header must name it (against DNS rebinding), pages of other origins get nothing,
and with a token everything but `GET /info` wants it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import MsgspecError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from guildbook.model import time as clock
from guildbook.record.live.entry import OURS, OWN, Bucket, Entry
from guildbook.record.live.intake import Intake
from guildbook.record.live.packs import events_in
from guildbook.record.live.quick import Quick
from guildbook.server._activitywatch_query import QueryError, queried
from guildbook.server._activitywatch_wire import (
    WireError,
    bucket_json,
    entries_of,
    entry_json,
    entry_of,
    moment,
    number,
    whole,
)
from guildbook.server._trouble import HANDLERS

BASE: Final = "/api/0"
ORIGINS: Final = (
    r"chrome-extension://nglaklhklhcoonedhgnpgddginnjdadi|moz-extension://.*"
    r"|https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?"
)
_HOST: Final = re.compile(r"^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$", re.IGNORECASE)
MOST_BODY: Final = 256 << 20
"""Bytes of a body, an import of years included."""


@dataclass(frozen=True, slots=True)
class About:
    """What the server says of itself."""

    device: str
    version: str
    testing: bool = False
    token: str = ""
    """Wanted as `Authorization: Bearer`; empty: nothing is wanted."""
    origins: str = ORIGINS
    """A regular expression of the origins whose pages may ask."""
    hosts: frozenset[str] = field(default_factory=frozenset[str])
    """Further names under which this machine may be asked."""


def api(intake: Intake, about: About, settings: Settings | None = None) -> ASGIApp:
    """The server, as an ASGI application."""
    desk = _Desk(intake, about, settings or Settings())
    one, events = f"{BASE}/buckets/{{bucket}}", f"{BASE}/buckets/{{bucket}}/events"
    routes = [
        Route(f"{BASE}/info", desk.info, methods=["GET"]),
        Route(f"{BASE}/buckets/", desk.buckets, methods=["GET"]),
        Route(f"{BASE}/buckets", desk.buckets, methods=["GET"]),
        Route(one, desk.bucket, methods=["GET", "POST", "PUT", "DELETE"]),
        Route(events, desk.events, methods=["GET", "POST"]),
        Route(f"{events}/count", desk.count, methods=["GET"]),
        Route(f"{events}/{{number:int}}", desk.event, methods=["GET", "DELETE"]),
        Route(f"{one}/heartbeat", desk.heartbeat, methods=["POST"]),
        Route(f"{one}/export", desk.export, methods=["GET"]),
        Route(f"{BASE}/query/", desk.query, methods=["POST"]),
        Route(f"{BASE}/query", desk.query, methods=["POST"]),
        Route(f"{BASE}/export", desk.export, methods=["GET"]),
        Route(f"{BASE}/import", desk.take_in, methods=["POST"]),
        Route(f"{BASE}/settings", desk.settings_all, methods=["GET"]),
        Route(f"{BASE}/settings/{{key:path}}", desk.setting, methods=["GET", "POST", "DELETE"]),
    ]
    cors = Middleware(
        CORSMiddleware, allow_origin_regex=about.origins, allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["*"],
    )  # fmt: skip
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Door, about=about), cors],
        exception_handlers={WireError: _refused, QueryError: _unanswered, KeyError: _no_bucket, **HANDLERS},
    )


class Settings:
    """Settings that clients keep on the server: JSON by key."""

    def __init__(self, held: Mapping[str, Any] | None = None, keep: Callable[[str], None] | None = None) -> None:
        self.held: dict[str, Any] = dict(held or {})
        self._keep = keep

    def put(self, key: str, value: Any) -> None:
        """Set, or with None delete."""
        if value is None:
            self.held.pop(key, None)
        else:
            self.held[key] = value
        if self._keep is not None:
            self._keep(json.dumps(self.held))


class _Door:
    """Who may ask at all."""

    def __init__(self, app: ASGIApp, about: About) -> None:
        self._app = app
        self._about = about

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        free = scope["method"] == "OPTIONS" or scope["path"] == f"{BASE}/info"
        refused = refusal(headers, self._about, free=free)
        await (self._app if refused is None else _said(*refused))(scope, receive, send)


def refusal(headers: Mapping[str, str], about: About, *, free: bool = False) -> tuple[int, str] | None:
    """Why a request gets nothing, as status and words; None where it may be answered. `free`: no token is wanted."""
    host = headers.get("host", "")
    if not _HOST.match(host) and host.rpartition(":")[0] not in about.hosts and host not in about.hosts:
        return 403, f"{host!r} is no name of this machine."
    origin = headers.get("origin")
    if origin is not None and re.fullmatch(about.origins, origin) is None:
        return 403, f"Pages of {origin!r} get nothing here."
    wanted, given = f"Bearer {about.token}", headers.get("authorization", "")
    if about.token and not free and not hmac.compare_digest(given.encode("latin-1"), wanted.encode()):
        return 401, "A token is wanted: Authorization: Bearer TOKEN."
    return None


class _Desk:
    """Answers, path by path."""

    def __init__(self, intake: Intake, about: About, settings: Settings) -> None:
        self._intake = intake
        self._box = intake.outbox
        self._quick = Quick(intake)
        self._about = about
        self._settings = settings

    async def info(self, _: Request) -> Response:
        about = self._about
        return JSONResponse({
            "hostname": self._intake.hostname, "version": about.version, "testing": about.testing,
            "device_id": about.device,
        })  # fmt: skip

    async def buckets(self, _: Request) -> Response:
        return JSONResponse({name: bucket_json(bucket) for name, bucket in self._box.buckets().items()})

    async def bucket(self, request: Request) -> Response:
        name = request.path_params["bucket"]
        if request.method == "GET":
            return JSONResponse(bucket_json(self._known(name)))
        if request.method == "DELETE":
            if request.query_params.get("force") != "1" and not self._about.testing:
                return _said(401, "Deleting buckets is only permitted if aw-server is running in testing mode "
                             "or if ?force=1")  # fmt: skip
            self._known(name)
            await asyncio.to_thread(self._box.drop, name)
            return JSONResponse({})
        body = await _json(request, dict)
        if request.method == "PUT":
            known = self._known(name)
            changed = _foreign(
                name, body.get("type", known.type), body.get("client", known.client),
                body.get("hostname", known.hostname), known.created, body.get("name", known.name),
                body.get("data", known.data),
            )  # fmt: skip
            await asyncio.to_thread(self._box.change, changed)
            return JSONResponse({})
        made = await asyncio.to_thread(self._box.create, self._made(name, body))
        return JSONResponse({}) if made else Response(status_code=304)

    def _made(self, name: str, body: Mapping[str, Any]) -> Bucket:
        if not all(isinstance(body.get(key), str) for key in ("client", "type", "hostname")):
            raise WireError("A bucket needs client, type and hostname.")
        host, data = body["hostname"], body.get("data") or {}
        if host == "!local":
            host, data = self._intake.hostname, {"device_id": self._about.device, **data}
        return _foreign(name, body["type"], body["client"], host, clock.now(), body.get("name"), data)

    async def events(self, request: Request) -> Response:
        name = request.path_params["bucket"]
        client = self._box.client(name)
        if request.method == "GET":
            limit = whole(request.query_params.get("limit"), "limit")
            start, end = (moment(request.query_params.get(key)) for key in ("start", "end"))
            found = await asyncio.to_thread(self._box.entries, name, limit, start, end)
            return JSONResponse([entry_json(one) for one in found])
        _watched(client)
        data = await _body(request)
        quickly = await asyncio.to_thread(self._quickly, name, client, data)
        if quickly is not None:
            await asyncio.wrap_future(quickly)
            return JSONResponse(None)
        entries = entries_of(_wanted(_parsed(data.decode("utf-8", "replace")), dict, list))
        made = await asyncio.wrap_future(
            await asyncio.to_thread(self._intake.events, name, client, entries)
        )  # fmt: skip
        return JSONResponse(entry_json(made[0]) if len(entries) == 1 and made else None)

    def _quickly(self, name: str, client: str, data: bytes) -> Future[Any] | None:
        """Put a plain list of several events in at once; None where that cannot be."""
        try:
            events = events_in(data)
            work = self._quick.several(name, client, events) if len(events) > 1 else None
        except (MsgspecError, ValueError, OverflowError, RecursionError):
            return None
        if work is None and len(events) <= 1:
            return None
        return self._box.submit(work or _nothing)

    async def count(self, request: Request) -> Response:
        name = request.path_params["bucket"]
        self._box.client(name)
        start, end = (moment(request.query_params.get(key)) for key in ("start", "end"))
        return JSONResponse(await asyncio.to_thread(self._box.count, name, start, end))

    async def event(self, request: Request) -> Response:
        name, place = request.path_params["bucket"], request.path_params["number"]
        self._known(name)
        if request.method == "DELETE":
            return JSONResponse({"success": await asyncio.to_thread(self._box.delete, name, place) > 0})
        found = await asyncio.to_thread(self._box.entry, name, place)
        return _said(404, f"There is no event {place} in {name}.") if found is None else JSONResponse(entry_json(found))

    async def heartbeat(self, request: Request) -> Response:
        name = request.path_params["bucket"]
        pulse = request.query_params.get("pulsetime")
        if pulse is None:
            raise WireError("Missing required parameter pulsetime")
        seconds = number(pulse, "pulsetime")
        beat = entry_of(await _json(request, dict))
        client = _watched(self._box.client(name))
        made = await asyncio.wrap_future(
            await asyncio.to_thread(self._intake.heartbeat, name, client, beat, seconds)
        )  # fmt: skip
        return JSONResponse(entry_json(made))

    async def query(self, request: Request) -> Response:
        body = await _json(request, dict)
        periods, lines = body.get("timeperiods"), body.get("query")
        if not isinstance(periods, list) or not isinstance(lines, list):
            raise WireError("A query needs timeperiods and query, both lists.")
        name = request.query_params.get("name", "")
        return JSONResponse(await asyncio.to_thread(queried, self._box, name, lines, periods))

    async def export(self, request: Request) -> Response:
        name = request.path_params.get("bucket")
        names = list(self._box.buckets()) if name is None else [self._known(name).id]
        found = await asyncio.to_thread(self._exported, names)
        file = "aw-buckets-export.json" if name is None else f"aw-bucket-export_{name}.json"
        quoted = re.sub(r"[^A-Za-z0-9._-]", "_", file)
        return JSONResponse({"buckets": found}, headers={"Content-Disposition": f"attachment; filename={quoted}"})

    def _exported(self, names: Sequence[str]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name in names:
            events = [entry_json(one) for one in self._box.entries(name)]
            for event in events:
                del event["id"]
            out[name] = bucket_json(self._known(name)) | {"events": events}
        return out

    async def take_in(self, request: Request) -> Response:
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form(max_files=100) as form:
                uploaded = [each for each in form.values() if not isinstance(each, str)]
                texts = [(await each.read()).decode("utf-8", "replace") for each in uploaded]
        else:
            texts = [(await _body(request)).decode("utf-8", "replace")]
        for text in texts:
            await asyncio.to_thread(self._taken_in, _parsed(text))
        return Response(status_code=200)

    def _taken_in(self, body: Any) -> None:
        listed = body.get("buckets") if isinstance(body, dict) else None
        if not isinstance(listed, Mapping):
            raise WireError("An import has buckets.")
        made = {name: self._made(str(name), found) for name, found in listed.items()}
        for name, found in listed.items():
            if not self._box.create(made[name]):
                raise WireError(f"There is a bucket called {name} already.")
            entries = entries_of(found.get("events", []))
            plain = [Entry(one.time, one.duration, one.data) for one in entries]
            self._intake.events(str(name), str(found["client"]), plain).result()

    async def settings_all(self, _: Request) -> Response:
        return JSONResponse(self._settings.held)

    async def setting(self, request: Request) -> Response:
        key = request.path_params["key"]
        if not key:
            return JSONResponse(self._settings.held)
        if request.method == "POST":
            self._settings.put(key, await _json(request))
        elif request.method == "DELETE":
            self._settings.put(key, None)
        return JSONResponse(self._settings.held.get(key))

    def _known(self, name: str) -> Bucket:
        found = self._box.bucket(name)
        if found is None:
            raise KeyError(name)
        return found


def _foreign(name: str, kind: Any, client: Any, *rest: Any) -> Bucket:
    """A watcher's bucket. One that passed for a source of ours could say any field of an event: `WireError`."""
    if str(kind).startswith(OWN) or str(client).startswith(OURS) or name.startswith(OURS):
        raise WireError("Buckets whose id, type or client begins with guildbook are for Guildbook's own sources.")
    return Bucket(name, kind, client, *rest)


def _watched(client: str) -> str:
    """Who fills a bucket, if that is a watcher. Raises `WireError` for a source of ours."""
    if client.startswith(OURS):
        raise WireError("Only Guildbook's own sources write into this bucket.")
    return client


async def _body(request: Request) -> bytes:
    out = bytearray()
    async for part in request.stream():
        out += part
        if len(out) > MOST_BODY:
            raise WireError("That is too much at once.")
    return bytes(out)


async def _json(request: Request, *kinds: type) -> Any:
    return _wanted(_parsed((await _body(request)).decode("utf-8", "replace")), *kinds)


def _nothing(_: object) -> None:
    """No work: all that came may not be recorded."""


def _wanted(found: Any, *kinds: type) -> Any:
    if kinds and not isinstance(found, kinds):
        raise WireError("The body is not what is wanted here.")
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("The body is no JSON.") from None


def _said(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)


_Handler = Callable[[Request, Exception], Awaitable[Response]]


async def _refused(_: Request, error: Exception) -> Response:
    return _said(400, str(error))


async def _unanswered(_: Request, error: Exception) -> Response:
    return JSONResponse({"type": type(error.__cause__).__name__, "message": str(error)}, status_code=400)


async def _no_bucket(_: Request, error: Exception) -> Response:
    return _said(404, f"There's no bucket named {error.args[0]}")
