"""The network between recorder and book is cut and mended while work is recorded: all arrives, later and once."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import make_url

from guildbook.app.book import open_configured
from guildbook.app.recorder import Recorder, choices, choose
from guildbook.config import load
from guildbook.model.time import MINUTE, now


class Wire:
    """A TCP port in front of PostgreSQL's socket, through which no more than an allowance of bytes goes."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.allowance = 1 << 40
        self._lock = threading.Lock()
        self._links: list[socket.socket] = []
        self._all: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._run(self._accept)

    def _run(self, work: Callable[..., None], *given: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=given, daemon=True))
        self._threads[-1].start()

    def cut_after(self, count: int) -> None:
        """So many bytes more, in both directions together; then nothing, and no new connection."""
        with self._lock:
            self.allowance = count
            if count <= 0:
                self._cut()

    def mend(self) -> None:
        self.cut_after(1 << 40)

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._cut()
        for thread in self._threads:
            thread.join()
        for each in (self._door, *self._all):
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._door.accept()[0]
                with self._lock:
                    if self.allowance <= 0:
                        near.close()
                        continue
                    far = socket.socket(socket.AF_UNIX)
                    far.connect(self.server)
                    self._links += [near, far]
                    self._all += [near, far]
                for one, other in ((near, far), (far, near)):
                    self._run(self._forward, one, other)

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 12):
                with self._lock:
                    self.allowance -= len(data)
                    if self.allowance <= 0:  # what was on its way is lost
                        self._cut()
                        return
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _cut(self) -> None:
        links, self._links = self._links, []
        for each in links:  # closed in the end: another thread may be reading from one
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(postgres_database: str) -> Iterator[tuple[Wire, str]]:
    """The wire, and the ledger's URL through it."""
    url = make_url(postgres_database)
    made = Wire(f"{url.query['host']}/.s.PGSQL.5432")
    through = url.set(query={}, host="127.0.0.1", port=made.port).render_as_string(hide_password=False)
    yield made, through
    made.close()


@pytest.mark.postgres
def test_everything_arrives_once_however_often_the_network_is_cut(wire: tuple[Wire, str], tmp_path: Path) -> None:
    line, url = wire
    folder = tmp_path / "book" / "recorder"
    choose(folder, choices(folder).__class__(worker="Ada"))
    recorder = Recorder(load(tmp_path / "book", {"store.ledger_url": url}))
    over, number, chance, failures = threading.Event(), 0, random.Random(11), Counter[str]()

    def record() -> None:
        nonlocal number
        while not over.is_set():
            rows = [{"time": now() - MINUTE, "action": "type", "window": f"row {number + k}"} for k in range(20)]
            number += recorder.intake.write("sheet", rows)
            time.sleep(0.05)

    writer = threading.Thread(target=record)
    writer.start()
    try:
        recorder.deliver(everything=True)
        assert recorder.trouble == ""
        for _ in range(10):
            while not recorder.delivery.waiting():
                time.sleep(0.005)
            line.cut_after(chance.choice((0, 300, 3_000, 10_000, 20_000, 40_000, 80_000)))
            recorder.deliver(everything=True)
            failures[recorder.trouble and "cut"] += 1
            line.mend()
            if chance.random() < 0.3:
                recorder.deliver(everything=True)
                assert recorder.trouble == ""
    finally:
        over.set()
        writer.join()
    recorder.deliver(everything=True)
    assert (recorder.trouble, recorder.delivery.waiting(), recorder.delivery.refused()) == ("", 0, (0, ""))
    recorder.release()
    assert failures["cut"] > 3, failures
    with open_configured(load(tmp_path / "book", {"store.ledger_url": url})) as book:
        book.learn()
        book.govern.decide("Ada", "export", allow=True)
        book.export("parquet", tmp_path / "all.parquet")
    found = Counter(pq.read_table(tmp_path / "all.parquet")["window"].to_pylist())
    assert set(found) == {f"row {k}" for k in range(number)}
    assert set(found.values()) == {1}
