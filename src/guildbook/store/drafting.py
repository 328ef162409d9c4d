"""Segments being written: sorted, encoded, and published together with the rows they replace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, delete, insert

from guildbook.columns.ids import lanes_of
from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import tight
from guildbook.model import time
from guildbook.model.ids import uuid7
from guildbook.store import files, segment, tables
from guildbook.store.cipher import new_key
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
_WORDY: Final = [(field.name, pa.types.is_dictionary(field.type)) for field in EVENT_SCHEMA]
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
    """What it holds, unless it was cut from a larger table, which would stay in memory with it."""


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

    def write(
        self, worker: str, words: Sequence[str], events: pa.Table, terms: npt.NDArray[np.int64]
    ) -> list[SegmentRow]:
        """`make` and `add` in one."""
        return self.add(self.make(worker, words, events, terms))

    def make(self, worker: str, words: Sequence[str], events: pa.Table, terms: npt.NDArray[np.int64]) -> list[Made]:
        """One segment for each month and statement of terms. `terms` gives each row's place in `words`.

        `events`: plain columns of `EVENT_SCHEMA` in any order of rows, none twice. Nothing is noted, so several
        threads may do this, one for each worker; what is made of a worker is added before more is made.
        """
        events, terms = _ordered(events, terms)
        months = events["time"].cast(pa.int64()).to_numpy().astype("datetime64[us]").astype("datetime64[M]")
        change = (np.diff(terms) != 0) | (months[1:] != months[:-1])
        starts = [0, *(np.flatnonzero(change) + 1).tolist()] if events.num_rows else []
        now = time.now()
        keys: Keys = {}
        made: list[Made] = []
        for start, end in zip(starts, [*starts[1:], events.num_rows], strict=bool(starts)):
            place = segment.Address(uuid7().hex, worker, str(months[start]))
            pair = (worker, place.month)
            if pair not in keys:
                keys[pair] = self._known.get(pair) or new_key()
            own = tightened(events.slice(start, end - start))
            done = segment.encode(place, keys[pair], own)
            row = SegmentRow(
                place.id, worker, place.month, words[int(terms[start])], done.rows, done.first, done.last, done.digest,
                done.bytes, now, *note_classes(done.held),
            )  # fmt: skip
            whole = own if own.num_rows == events.num_rows else None
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


def _ordered(events: pa.Table, terms: npt.NDArray[np.int64]) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Rows by terms, time, `seq` (null first) and id; the terms in that order too."""
    lanes = lanes_of(events["id"])
    seq = np.full(events.num_rows, np.iinfo(np.int64).min)
    if "seq" in events.column_names:
        seq = events["seq"].fill_null(np.iinfo(np.int64).min).to_numpy()
    times = events["time"].cast(pa.int64()).to_numpy()
    order = np.lexsort((lanes[:, 1], lanes[:, 0], seq, times, terms))
    if (order[1:] > order[:-1]).all():
        return events, terms  # as most sources have them
    return events.take(pa.array(order)), terms[order]


def tightened(events: pa.Table) -> pa.Table:
    """The columns that hold anything, in the schema's order, words as small dictionaries."""
    held = dict(zip(events.column_names, events.itercolumns(), strict=True))
    arrays: dict[str, pa.Array | pa.ChunkedArray] = {}
    for name, words in _WORDY:
        column = held.get(name)
        if column is not None and column.null_count < events.num_rows:
            arrays[name] = tight(column) if words else column
    return pa.table(arrays)
