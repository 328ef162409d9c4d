"""Batches that may come twice, since an answer may be lost on its way: each is written once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from guildbook.model import time as clock
from guildbook.record.live.outbox import Outbox

Done = TypeVar("Done")

KEPT: Final = 7 * clock.DAY
"""For so long a batch is known by its name: longer than anybody keeps one to send it again."""
_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS posted (name TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID"


def once(outbox: Outbox, name: str, work: Callable[[sqlite3.Connection], Done]) -> Future[Done | None]:
    """Let the outbox do some work unless it did it under this name before: then the future's result is None.

    The name and what the work writes become durable together.
    """

    def both(connection: sqlite3.Connection) -> Done | None:
        now = clock.now()
        connection.execute(_SCHEMA)
        connection.execute("DELETE FROM posted WHERE time < ?", (now - KEPT,))
        if not connection.execute("INSERT OR IGNORE INTO posted VALUES (?, ?)", (name, now)).rowcount:
            return None
        return work(connection)

    return outbox.submit(both)
