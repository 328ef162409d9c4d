"""What every part of the store works with: the folder, the ledger, the writer lock and the keys."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, Engine, text

from guildbook.store import ledger
from guildbook.store.keys import Keyring
from guildbook.store.lock import WriterLock
from guildbook.store.trouble import explained

_ACTING: Final = 0x6775696C646163
"""What PostgreSQL's advisory lock of those transactions is called ("guildac" in ASCII)."""


@dataclass(frozen=True, slots=True)
class Vault:
    """An open book on disk."""

    home: Path
    engine: Engine
    lock: WriterLock
    keys: Keyring
    key_file: Path
    book_id: str
    fresh: dict[str, pa.Table] = field(default_factory=dict[str, pa.Table])
    """Segments sealed just now, when they are few rows: whoever reads one first need not open its file."""

    @contextmanager
    def writing(self) -> Generator[None]:
        """Hold the writer lock; trouble with disk or database comes out explained."""
        with explained(self.home), self.lock.hold():
            yield

    @contextmanager
    def change(self) -> Generator[Connection]:
        """One transaction under the writer lock."""
        with self.writing(), ledger.change(self.engine) as connection:
            yield connection

    @contextmanager
    def acting(self) -> Generator[Connection]:
        """One transaction for what must not wait until another writer is done; such transactions wait for each other.

        It may change only tables that no writer relies on between its own transactions: the log and what follows
        from acts.
        """
        with explained(self.home), ledger.change(self.engine) as connection:
            if self.engine.dialect.name == "postgresql":  # SQLite lets one transaction write at a time anyway
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ACTING})
            yield connection

    @contextmanager
    def look(self) -> Generator[Connection]:
        """A connection to read the ledger."""
        with explained(self.home), self.engine.connect() as connection:
            yield connection
