"""Segments being written: sorted, encoded, and published together with the rows they replace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, delete, insert

from guildbook.model import time
from guildbook.model.ids import uuid7
from guildbook.store import files, segment, tables
from guildbook.store.cipher import new_key
from guildbook.store.cutting import I64, cut
from guildbook.store.held import held_cases
from guildbook.store.keys import INBOX, Keys
from guildbook.store.reading import address
from guildbook.store.rows import SegmentRow, note_classes
from guildbook.store.vault import Vault

_BATCH_FILES: Final = 512
_BATCH_BYTES: Final = 64 << 20
"""What is published together at most: enough to share the flushes, little enough to lose little when killed."""
_MANY: Final = 400
_FRESH: Final = 65_536
"""Rows that stay in memory at most until they are read."""
_COLUMNS: Final = [field.name for field in fields(SegmentRow) if field.name != "leaving"]


@dataclass(frozen=True, slots=True)
class Made:
    """A segment that is on the disk, encrypted, and has no place in the book yet."""

    row: SegmentRow
    path: str
    """Where it is to stand."""
    key: bytes
    """Of the worker and month."""
    file: Path
    """Where it is."""
    events: pa.Table | None = None
    """What it holds, unless it was cut from so much that too much would stay in memory with it."""


class Draft:
    """Segments written but not yet published, and what they replace. Needs the writer lock."""

    def __init__(self, vault: Vault, workers: Iterable[str], *, keep: bool = False) -> None:
        self._vault = vault
        self._room = _FRESH - sum(table.num_rows for table in vault.fresh.values()) if keep else 0
        self._files = files.Publication(vault.home, vault.engine)
        with vault.look() as connection:
            self._known = vault.keys.of(connection, list(workers))
            self.held = held_cases(connection, vault.keys)
            """By vault, the cases that are held out."""
        self._new: Keys = {}
        self._segments: list[SegmentRow] = []
        self._inbox: list[int] = []
        self._drop: list[SegmentRow] = []

    def write(self, worker: str, words: Sequence[str], events: pa.Table, terms: I64) -> list[SegmentRow]:
        """`make` and `add` in one, of one worker's events."""
        return self.add(self.make([worker], words, events, np.zeros_like(terms), terms))

    def make(
        self, workers: Sequence[str], words: Sequence[str], events: pa.Table, whose: I64, terms: I64
    ) -> list[Made]:
        """One segment for each worker, month and statement of terms.

        `events`: columns of `EVENT_SCHEMA` in any order of rows, none twice. `whose` and `terms` give each row's place
        in `workers` and in `words`. Nothing is noted, so several threads may do this, for different workers; what is
        made of a worker is added before more is made.
        """
        now = time.now()
        keys: Keys = {}
        made: list[Made] = []
        for part in cut(events, whose, terms):
            place = segment.Address(uuid7().hex, workers[part.whose], part.month)
            pair = (place.worker, place.month)
            if pair not in keys:
                keys[pair] = self._known.get(pair) or new_key()
            done = segment.encode(place, keys[pair], part)
            row = SegmentRow(
                place.id, place.worker, place.month, words[part.terms], part.events.num_rows, part.first, part.last,
                part.digest, done.bytes, now, *note_classes(part.held),
            )  # fmt: skip
            whole = part.events if events.num_rows <= _FRESH else None
            made.append(Made(row, place.path, keys[pair], self._files.write(done.parts), whole))
        return made

    def add(self, made: Sequence[Made]) -> list[SegmentRow]:
        """What was made is to be published."""
        for each in made:
            pair = (each.row.worker, each.row.month)
            if pair not in self._known:  # a new key goes to the ledger with the segments
                self._known[pair] = self._new[pair] = each.key
            self._files.note(each.file, each.path, each.row.bytes)
            if each.events is not None and each.row.rows <= self._room:
                self._vault.fresh[each.row.id] = each.events
                self._room -= each.row.rows
        rows = [each.row for each in made]
        self._segments.extend(rows)
        return rows

    def replaces(self, inbox: Iterable[int] = (), segments: Iterable[SegmentRow] = ()) -> None:
        """Inbox rows and segments that go when this is published."""
        self._inbox.extend(inbox)
        self._drop.extend(segments)

    def publish(self, *, now: bool = True, transact: files.Transact | None = None) -> None:
        """Make what was written part of the book; unless `now`, only when it has grown large.

        `transact` makes the change, in a transaction of its own unless something is to be committed with it.
        """
        if not now and len(self._files) < _BATCH_FILES and self._files.bytes < _BATCH_BYTES:
            return
        if not (self._segments or self._inbox or self._drop):
            return
        self._files.commit(self._change, [address(row).path for row in self._drop], transact)
        for noted in (self._new, self._segments, self._inbox, self._drop):
            noted.clear()

    def inbox_key(self, worker: str) -> bytes:
        """The key of a worker's batches; `StoreError` when it is not in the ledger."""
        if (worker, INBOX) not in self._known:
            with self._vault.look() as connection:
                self._known |= self._vault.keys.fetch(connection, [(worker, INBOX)])
        return self._known[worker, INBOX]

    def _change(self, connection: Connection) -> None:
        self._vault.keys.add(connection, self._new)
        if self._segments:
            insert_rows(connection, self._segments)
        for start in range(0, len(self._inbox), _MANY):
            some = self._inbox[start : start + _MANY]
            connection.execute(delete(tables.inbox).where(tables.inbox.c.id.in_(some)))
        for start in range(0, len(self._drop), _MANY):
            gone = [row.id for row in self._drop[start : start + _MANY]]
            connection.execute(delete(tables.segments).where(tables.segments.c.id.in_(gone)))


def insert_rows(connection: Connection, rows: Sequence[SegmentRow]) -> None:
    """Note segments in the ledger."""
    noted = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
    connection.execute(insert(tables.segments), noted)
