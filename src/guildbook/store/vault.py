"""What every part of the store works with: the folder, the ledger, the writer lock and the keys."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
