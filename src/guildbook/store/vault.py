"""What every part of the store works with: the folder, the ledger, the writer lock and the keys."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection, Engine

from guildbook.store import ledger
from guildbook.store.keys import Keyring
from guildbook.store.lock import WriterLock
from guildbook.store.trouble import explained


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
    def look(self) -> Generator[Connection]:
        """A connection to read the ledger."""
        with explained(self.home), self.engine.connect() as connection:
            yield connection
