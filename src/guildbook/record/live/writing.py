"""The one thread that writes a file: whatever waits goes into one transaction and is flushed once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from guildbook.model.errors import GuildbookError, StoreError
from guildbook.record.live.labels import label
from guildbook.record.live.trouble import told

Done = TypeVar("Done")
Work = Callable[[sqlite3.Connection], Done]

AT_ONCE: Final = 4_096
"""Pieces of work written in one transaction at most."""
_FAILURES: Final = (
    sqlite3.Error, GuildbookError, ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
"""Whatever a piece of work may raise is for whoever handed it in: the thread that writes goes on."""
_Waiting = tuple[Work[Any], "Future[Any]"]


class Writing:
    """A thread with a connection of its own. Safe from any thread."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, before: Callable[[], None], undone: Callable[[], None]
    ) -> None:
        """`before` is called before each commit, `undone` when a transaction came to nothing; both by the thread."""
        self._connection = connection
        self._path = path
        self._before = before
        self._undone = undone
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._thread.start()

    def submit(self, work: Work[Done]) -> Future[Done]:
        """Let the thread do something; the future is done when that is on the disk."""
        found: Future[Any] = Future()
        if self._closed:
            found.set_exception(shut())
        else:
            self._queue.put((work, found))
        return found

    def close(self) -> None:
        """Write what waits, and end."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _write(self) -> None:
        label("outbox")
        while True:
            first = self._queue.get()
            if first is None:
                return
            waiting, last = [first], False
            with suppress(Empty):
                while len(waiting) < AT_ONCE:
                    following = self._queue.get_nowait()
                    if following is None:
                        last = True
                        break
                    waiting.append(following)
            self._together(waiting)
            if last:
                return

    def _together(self, waiting: list[_Waiting]) -> None:
        """All in one transaction; where one fails, each by itself, so that only that one fails."""
        try:
            results = self._transacted([work for work, _ in waiting])
        except _FAILURES as error:
            if len(waiting) == 1:
                waiting[0][1].set_exception(told(error, self._path) if isinstance(error, sqlite3.Error) else error)
                return
            for one in waiting:
                self._together([one])
            return
        for (_, found), result in zip(waiting, results, strict=True):
            found.set_result(result)

    def _transacted(self, works: Sequence[Work[Any]]) -> list[Any]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            results = [work(connection) for work in works]
            self._before()
            connection.execute("COMMIT")
        except BaseException:
            self._undone()
            if connection.in_transaction:  # a full disk may have ended it already
                connection.execute("ROLLBACK")
            raise
        return results


def shut() -> StoreError:
    """What is raised where the file is closed."""
    return StoreError("The outbox is closed.", "Start the recorder: guildbook record start.", "closed")
