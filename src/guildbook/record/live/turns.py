"""Whose an outbox's entries are: recorders of several people may use one folder, one after the other.

A turn begins with the first entry that a recorder of another worker keeps. What somebody's entries would still have
grown by goes into entries of whoever's turn it is, and what waits goes to the book under the name of whoever it was
recorded from.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from guildbook.model import time as clock
from guildbook.record.live.outbox import Outbox

_END = 1 << 62
_OFF = "off since"


@dataclass(frozen=True, slots=True)
class Turn:
    """Entries from `first` on and before `end` are `worker`'s; empty: nobody said whose."""

    first: int = 0
    end: int = _END
    worker: str = ""

    def has(self, entry: int | None) -> bool:
        """Whether an entry of that id is in it."""
        return self.first <= (entry or 0) < self.end


def begin(outbox: Outbox, worker: str) -> None:
    """What is kept from now on is this worker's."""

    def work(connection: sqlite3.Connection) -> None:
        last = connection.execute("SELECT first, worker FROM turns ORDER BY first DESC LIMIT 1").fetchone()
        if last is None:
            connection.execute("INSERT INTO turns VALUES (0, ?)", (worker,))
        elif last[1] != worker:
            found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
            first = 1 + (found[0] if found else 0)
            connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (first, worker))
            outbox.fence(connection, first)
        else:
            outbox.fence(connection, last[0])

    outbox.submit(work).result()


def turns(outbox: Outbox) -> list[Turn]:
    """All of them in their order; one of nobody's where none began."""
    rows = list(outbox.read("SELECT first, worker FROM turns ORDER BY first"))
    if not rows:
        return [Turn()]
    ends = [*(row[0] for row in rows[1:]), _END]
    return [Turn(first, end, worker) for (first, worker), end in zip(rows, ends, strict=True)]


def switched_on(outbox: Outbox) -> tuple[int, int]:
    """Say that a recorder runs; returns from when (µs UTC) until now none was to run.

    The span is empty after a kill, and for the first recorder of all.
    """

    def work(connection: sqlite3.Connection) -> tuple[int, int]:
        now = clock.now()
        row = connection.execute("SELECT value FROM about WHERE name = ?", (_OFF,)).fetchone()
        connection.execute("INSERT OR REPLACE INTO about VALUES (?, '')", (_OFF,))
        return (int(row[0]), now) if row is not None and row[0] else (now, now)

    return outbox.submit(work).result()


def switched_off(outbox: Outbox) -> None:
    """Say that whoever the recorder is of ended it."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE about SET value = ? WHERE name = ? AND value = ''", (str(clock.now()), _OFF))

    outbox.submit(work).result()
