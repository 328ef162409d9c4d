"""Kills writers of a book at random instants and looks, each time, whether it still holds what was acknowledged.

Arguments: folder, the ledger's URL (`-` for SQLite), kills, seed. Prints a JSON object; exits with 1 on any loss.
The interpreter is loaded once and forks: a writer that works until it is killed, then a reader that looks.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from guildbook.columns import raw_table
from guildbook.columns.ids import IdAssigner
from guildbook.store import Severity, Store, WorkerState

WORKERS = ("Ann", "Bob", "Cy", "Dee", "Eve")
ROWS = 20
DAY = 86_400_000_000
ROUNDS_A_BOOK = 10


@dataclass
class Known:
    """What the acknowledgements say must be in the book, and what may be."""

    appended: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """(import, chunk) acknowledged."""
    tried: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    erased: set[str] = field(default_factory=set[str])
    erasing: set[str] = field(default_factory=set[str])
    artefact: set[bytes | None] = field(default_factory=lambda: set[bytes | None]({None}))
    """The values the artefact may have: the last acknowledged and those tried since."""

    def hear(self, line: str) -> None:
        """Take in one line of a writer: `+` something begun, `=` something done."""
        sign, verb, *words = line.split()
        done = sign == "="
        if verb == "append":
            (self.appended if done else self.tried).add((int(words[0]), int(words[1])))
        elif verb == "erase":
            (self.erased if done else self.erasing).add(words[0])
        elif verb == "put":
            value = words[0].encode()
            self.artefact = {value} if done else self.artefact | {value}


def rows_of(import_number: int, chunk: int) -> pa.Table:
    """The same rows each time that chunk is read."""
    start = (import_number * 40 + chunk) * DAY // 3
    return raw_table(
        {
            "worker": [WORKERS[i % len(WORKERS)] for i in range(ROWS)],
            "time": [start + i for i in range(ROWS)],
            "action": [f"{import_number} {chunk} {i}" for i in range(ROWS)],
            "case": [f"c:{chunk}"] * ROWS,
        }
    )


def write(home: Path, url: str | None, number: int, seed: int, out: int) -> None:
    """Work on the book for ever, telling each thing before and after."""
    dice = random.Random(seed)

    def tell(line: str) -> None:
        os.write(out, f"{line}\n".encode())

    with Store.open(home, ledger_url=url, wait=20) as store:
        begun = store.begin_import(source="t", fingerprint=str(number), path=f"/in/{number}", terms=None)
        chunk = 0
        while True:
            what = dice.random()
            if what < 0.55:
                tell(f"+ append {number} {chunk}")
                store.append(begun.id, chunk, rows_of(number, chunk), [])
                tell(f"= append {number} {chunk}")
                chunk += 1
            elif what < 0.8:
                store.seal()
            elif what < 0.87:
                store.compact(at_least=2)
            elif what < 0.98:
                value = f"{seed}-{chunk}" * dice.randint(1, 400)
                tell(f"+ put {value}")
                store.put_artefact("model", "sums", value.encode(), "g")
                tell(f"= put {value}")
            else:
                name = dice.choice(WORKERS)
                tell(f"+ erase {name}")
                store.erase(store.add_worker(name))
                tell(f"= erase {name}")


def look(home: Path, url: str | None, known: Known) -> None:
    """Open the book and compare; raises AssertionError with what is wrong."""
    with Store.open(home, ledger_url=url, wait=20) as store:
        _clean(store, deep=False)
        store.seal()
        _clean(store, deep=True)
        forgotten = {w.id for w in store.workers() if w.state == WorkerState.FORGOTTEN}
        gone = {name for name in WORKERS if store.worker_id(name) in forgotten}
        assert known.erased <= gone <= known.erased | known.erasing, f"erased {gone}, told {known}"
        found: Counter[str] = Counter()
        for row, table in store.read_many([s.id for s in store.segments()], ["action"]):
            assert row.worker not in forgotten, f"events of a forgotten worker: {row}"
            found.update(table["action"].to_pylist())
        assert set(found.values()) <= {1}, f"twice: {found.most_common(3)}"
        for import_number, chunk in known.tried:
            rows = rows_of(import_number, chunk)
            named = zip(rows["action"].to_pylist(), rows["worker"].to_pylist(), strict=True)
            there = {action in found for action, worker in named if worker not in gone}
            assert len(there) <= 1, f"half of chunk {chunk} of import {import_number}"
            assert there != {False} or (import_number, chunk) not in known.appended, f"lost {import_number} {chunk}"
        assert len(found) <= len(known.tried) * ROWS
        assert store.get_artefact("model") in known.artefact, "the artefact is neither the old nor the new one"


def _clean(store: Store, *, deep: bool) -> None:
    bad = [finding for finding in store.check(deep=deep) if finding.severity != Severity.INFO]
    assert not bad, f"{bad}"


def fork(run: object, *arguments: object) -> int:
    """Run a function in a child; it exits with 0, or 1 after printing what it raised."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        assert callable(run)
        run(*arguments)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may leave a forked child but its status
        traceback.print_exc()
    finally:
        os._exit(status)


def kill_one(home: Path, url: str | None, number: int, seed: int, known: Known) -> None:
    """Start a writer, kill it at a random instant, and take in what it told."""
    into, out = os.pipe()
    child = fork(write, home, url, number, seed, out)
    os.close(out)
    told = b""
    os.set_blocking(into, False)
    dice = random.Random(seed)
    # A third die at any instant from birth on (opening, making the book); the others amid their work, which is
    # counted in what they told, so that a slow machine sees as much of it.
    lines = 0 if dice.random() < 1 / 3 else dice.randint(1, 12)
    patience = time.monotonic() + 20
    while told.count(b"\n") < lines and time.monotonic() < patience:
        time.sleep(0.001)
        told += _drain(into)
    end = time.monotonic() + dice.uniform(0.0, 0.03 if lines else 0.2)
    while time.monotonic() < end:
        time.sleep(0.001)
        told += _drain(into)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    told += _drain(into)
    os.close(into)
    assert os.WIFSIGNALED(status), "the writer ended by itself"
    for line in told.decode().splitlines(keepends=True):
        if line.endswith("\n"):
            known.hear(line)


def _drain(into: int) -> bytes:
    parts = b""
    while True:
        try:
            part = os.read(into, 1 << 16)
        except BlockingIOError:
            return parts
        if not part:
            return parts
        parts += part


def main() -> None:
    """Kill and look, a fresh book every so often."""
    folder, url = Path(sys.argv[1]), None if sys.argv[2] == "-" else sys.argv[2]
    kills, seed = int(sys.argv[3]), int(sys.argv[4])
    IdAssigner().assign(rows_of(0, 0))  # compiles the kernels before forking
    began = time.monotonic()
    lost = acknowledged = 0
    known = Known()
    for number in range(kills):
        if number % ROUNDS_A_BOOK == 0 and (url is None or number == 0):
            acknowledged += len(known.appended)
            known = Known()
        home = folder / str(number // ROUNDS_A_BOOK) if url is None else folder
        # Two writers in a row work on one import, so the second resumes what the first left.
        kill_one(home, url, number // 2, seed * 1_000_003 + number, known)
        _, status = os.waitpid(fork(look, home, url, known), 0)
        lost += status != 0
    acknowledged += len(known.appended)
    seconds = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps({"kills": kills, "bad": lost, "chunks": acknowledged, "seconds": seconds}) + "\n")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
