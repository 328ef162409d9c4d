"""One writer at a time: an advisory lock on a file, and on the server where the ledger is PostgreSQL."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from guildbook.model.errors import BookBusyError

_PAUSE: Final = 0.02
# One book a database, so the number only has to differ from what other programs lock there ("guildbk" in ASCII).
_ADVISORY: Final = 0x6775696C64626B


class WriterLock:
    """Exclusive among processes and threads, re-entrant within a thread. A killed process gives it up.

    The file serves the processes of one machine (or a shared folder with working `flock`); PostgreSQL's advisory
    lock those that share a ledger from several machines.
    """

    def __init__(self, home: Path, engine: Engine, wait: float) -> None:
        self._home = home
        self._engine = engine
        self._wait = wait
        self._thread = threading.RLock()
        self._depth = 0
        self._held = ExitStack()

    @contextmanager
    def hold(self, wait: float | None = None) -> Generator[None]:
        """Hold it; raises `BookBusyError` after `wait` seconds (default: the store's)."""
        patience = self._wait if wait is None else wait
        deadline = time.monotonic() + patience
        if not self._thread.acquire(timeout=max(patience, 0)):
            raise BookBusyError(str(self._home))
        try:
            if self._depth == 0:
                self._take(deadline)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._held.close()
        finally:
            self._thread.release()

    @property
    def held(self) -> bool:
        """Whether this store holds it now."""
        return self._depth > 0

    def _take(self, deadline: float) -> None:
        with ExitStack() as stack:
            descriptor = os.open(self._home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            stack.callback(os.close, descriptor)
            while not _try_flock(descriptor):
                self._pause(deadline)
            if self._engine.dialect.name == "postgresql":
                self._take_advisory(stack, deadline)
            self._held = stack.pop_all()

    def _take_advisory(self, stack: ExitStack, deadline: float) -> None:
        connection = stack.enter_context(self._engine.connect())
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        while not connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": _ADVISORY}).scalar():
            self._pause(deadline)
        stack.callback(connection.execute, text("SELECT pg_advisory_unlock(:n)"), {"n": _ADVISORY})

    def _pause(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            raise BookBusyError(str(self._home))
        time.sleep(_PAUSE)


def _try_flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
