"""A recorder's process under load that is killed again and again; shared by a test and `benchmarks/recorder_kills.py`.

Three writers (heartbeats, lists of events, the door for sources) note what was acknowledged; a fourth has everything
brought to the book meanwhile. What was not acknowledged may be in the book or not, but nothing may be in it twice.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from guildbook.app import open_book
from guildbook.app.recorder import choices, choose
from guildbook.server.__main__ import main

FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
MICROS = int(FIRST.timestamp()) * 1_000_000
BEATS = 5
"""Heartbeats with the same data, a second apart."""
EVENTS, ROWS = 50, 20
"""In one list."""
SOURCE = "killed"


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["guildbook.server.__main__", "guildbook.app.book"])


class Running(Protocol):
    """A process."""

    def kill(self) -> None: ...
    def terminate(self) -> None: ...


@dataclass
class Told:
    """What was acknowledged, by number."""

    beats: list[int] = field(default_factory=list[int])
    events: list[int] = field(default_factory=list[int])
    rows: list[int] = field(default_factory=list[int])
    deliveries: int = 0


class Killing:
    """One book with a recorder."""

    def __init__(self, home: Path, seed: int = 0, *, forked: bool = False) -> None:
        """`forked`: the recorder's process begins with everything imported, which saves two seconds each time."""
        self.home, self.told, self.chance, self.forked = home, Told(), random.Random(seed), forked
        self.next = Counter[str]()
        folder = home / "recorder"
        choose(folder, replace(choices(folder), worker="Ada", sources={"activitywatch": {}, SOURCE: {}}))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self) -> Running:
        """The recorder, once it answers."""
        process, ended = self._begun()
        for _ in range(3_000):
            if ended(0.01) is not None:
                raise RuntimeError((self.home / "log").read_text())
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                continue
            return process
        raise RuntimeError("the recorder does not answer")

    def _begun(self) -> tuple[Running, Callable[[float], int | None]]:
        words = ["--home", str(self.home), "--port", str(self.port)]
        if self.forked:
            made = _FORKS.Process(target=main, args=(words,))
            made.start()

            def joined(seconds: float) -> int | None:
                made.join(seconds)
                return made.exitcode

            self._ended = joined
            return made, joined
        with (self.home / "log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "guildbook.server", *words], stdout=log, stderr=log)

        def ended(seconds: float) -> int | None:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(seconds)
            return None

        self._ended = ended
        return process, ended

    def round(self, most: float) -> None:
        """Start, load, kill at some instant within `most` seconds."""
        process = self.start()
        over = threading.Event()
        works = (self._beats, self._events, self._rows, self._deliveries)
        threads = [threading.Thread(target=self._loaded, args=(work, over)) for work in works]
        for thread in threads:
            thread.start()
        time.sleep(self.chance.random() * most)
        process.kill()
        self._ended(60)
        over.set()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Start once more and end it in peace."""
        self.start().terminate()
        if self._ended(120) != 0:
            raise RuntimeError((self.home / "log").read_text())

    def _loaded(self, work: Callable[[http.client.HTTPConnection], None], over: threading.Event) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.connect()
            link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for kind in ("window", "bulk"):
                self._ask(link, f"/api/0/buckets/{kind}", {"client": kind, "type": "currentwindow", "hostname": "h"})
            while not over.is_set():
                work(link)
        except (OSError, http.client.HTTPException):
            return  # killed
        finally:
            link.close()

    def _ask(self, link: http.client.HTTPConnection, path: str, body: Any, token: str = "") -> None:
        secret = (self.home / "recorder" / token).read_text() if token else ""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        link.request("POST", path, json.dumps(body), headers)
        answer = link.getresponse()
        answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{path}: {answer.status}")

    def _beats(self, link: http.client.HTTPConnection) -> None:
        number = self._number("beats", 1)
        title = f"beat {number // BEATS}"
        self._ask(link, "/api/0/buckets/window/heartbeat?pulsetime=2", _event(number, title))
        self.told.beats.append(number)

    def _events(self, link: http.client.HTTPConnection) -> None:
        first = self._number("events", EVENTS)
        numbers = range(first, first + EVENTS)
        self._ask(link, "/api/0/buckets/bulk/events", [_event(number, f"event {number}") for number in numbers])
        self.told.events.extend(numbers)

    def _rows(self, link: http.client.HTTPConnection) -> None:
        first = self._number("rows", ROWS)
        numbers = range(first, first + ROWS)
        rows = [{"time": MICROS + number * 1_000, "action": "click", "window": f"row {number}"} for number in numbers]
        self._ask(link, f"/guildbook/0/events/{SOURCE}", rows, "door")
        self.told.rows.extend(numbers)

    def _deliveries(self, link: http.client.HTTPConnection) -> None:
        time.sleep(0.05)
        self._ask(link, "/guildbook/0/deliver", {}, "token")
        self.told.deliveries += 1

    def _number(self, kind: str, count: int) -> int:
        self.next[kind] += count
        return self.next[kind] - count

    # What came of it

    def book(self) -> pa.Table:
        """Everything in the book."""
        out = self.home / "all.parquet"
        with open_book(self.home) as book:
            book.learn()
            book.govern.decide("Ada", "export", allow=True)
            book.export("parquet", out)
        return pq.read_table(out)

    def verdict(self) -> dict[str, int]:
        """What was acknowledged, lost and doubled."""
        spans: dict[str, list[tuple[int, int]]] = {}
        table = self.book().select(["time", "duration", "window"])
        times = table["time"].cast(pa.int64()).to_pylist()
        for begun, lasted, title in zip(times, table["duration"].to_pylist(), table["window"].to_pylist(), strict=True):
            spans.setdefault(title, []).append((begun, begun + (lasted or 0)))
        lost = sum(f"event {number}" not in spans for number in self.told.events)
        lost += sum(f"row {number}" not in spans for number in self.told.rows)
        lost += sum(not _covered(spans.get(f"beat {n // BEATS}", []), MICROS + n * 1_000_000) for n in self.told.beats)
        doubled = sum(len(found) - 1 for title, found in spans.items() if not title.startswith("beat"))
        doubled += sum(_overlaps(found) for title, found in spans.items() if title.startswith("beat"))
        told = self.told
        return {
            "heartbeats": len(told.beats), "events": len(told.events), "rows": len(told.rows),
            "deliveries": told.deliveries, "in the book": table.num_rows, "lost": lost, "doubled": doubled,
        }  # fmt: skip


def _event(number: int, title: str) -> dict[str, Any]:
    when = (FIRST + timedelta(seconds=number)).isoformat()
    return {"timestamp": when, "duration": 0, "data": {"app": "Writer", "title": title}}


def _covered(spans: list[tuple[int, int]], moment: int) -> bool:
    return any(begun <= moment <= ended for begun, ended in spans)


def _overlaps(spans: list[tuple[int, int]]) -> int:
    """How often one begins before the one before it ended, or the very same is there twice."""
    found = sorted(spans)
    return sum(two[0] < one[1] or two == one for one, two in pairwise(found))
