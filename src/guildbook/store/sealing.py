"""Turning the inbox into segments, and small segments into larger ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, Row, delete, func, insert, select

from guildbook.columns.ids import add_digests, lanes_of
from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import one_array, tight
from guildbook.model import time
from guildbook.model.errors import StoreError
from guildbook.model.ids import uuid7
from guildbook.store import batch, files, ledger, segment, tables
from guildbook.store.cipher import decrypt, new_key
from guildbook.store.inbox import bound
from guildbook.store.keys import INBOX, Keys
from guildbook.store.reading import address, read_tables, segment_rows
from guildbook.store.rows import CompactReport, SealReport, SegmentRow
from guildbook.store.vault import Vault

_ROUND: Final = 1_000_000
"""Rows of one worker sealed at a time, which bounds memory."""
_BATCH_FILES: Final = 512
_BATCH_BYTES: Final = 64 << 20
"""What is published together at most: enough to share the flushes, little enough to lose little when killed."""

Progress = Callable[[int, int], None]


@dataclass
class _Pending:
    """Segments written but not yet published, and the inbox rows they replace."""

    vault: Vault
    publication: files.Publication
    segments: list[SegmentRow] = field(default_factory=list[SegmentRow])
    inbox: list[int] = field(default_factory=list[int])
    drop: list[SegmentRow] = field(default_factory=list[SegmentRow])
    keys: Keys = field(default_factory=dict[tuple[str, str], bytes])
    """Made for these segments; they go to the ledger with them."""

    def keys_for(self, pairs: list[tuple[str, str]]) -> Keys:
        """The keys of these months: the ledger's, or new ones that wait for `publish`."""
        with self.vault.look() as connection:
            found = self.vault.keys.find(connection, list(dict.fromkeys(pairs))) | self.keys
        for pair in pairs:
            if pair not in found:
                found[pair] = self.keys[pair] = new_key()
        return found

    def publish(self) -> None:
        if not (self.segments or self.inbox or self.drop):
            return
        self.publication.commit(self._change, [address(row).path for row in self.drop])
        self.keys.clear()
        self.segments.clear()
        self.inbox.clear()
        self.drop.clear()

    def _change(self, connection: Connection) -> None:
        self.vault.keys.add(connection, self.keys)
        if self.segments:
            connection.execute(insert(tables.segments), [_ledger_row(row) for row in self.segments])
        for start in range(0, len(self.inbox), 400):
            connection.execute(delete(tables.inbox).where(tables.inbox.c.id.in_(self.inbox[start : start + 400])))
        for row in self.drop:
            connection.execute(delete(tables.segments).where(tables.segments.c.id == row.id))


def seal(vault: Vault, progress: Progress | None = None) -> SealReport:
    """Seal the whole inbox. What was published stays when a later part fails; sealing again goes on from there."""
    with vault.writing():
        files.recover(vault.home, vault.engine)
        table = tables.inbox
        with vault.look() as connection:
            waiting = connection.execute(
                select(table.c.worker, func.sum(table.c.rows)).group_by(table.c.worker).order_by(table.c.worker)
            ).all()
        total, done, made, rows = sum(int(n) for _, n in waiting), 0, 0, 0
        pending = _Pending(vault, files.Publication(vault.home, vault.engine))
        for worker, _ in waiting:
            while True:
                taken, more = _take(vault, worker)
                if not taken:
                    break
                fresh = _seal_round(vault, worker, taken, pending)
                done += sum(row.rows for row in taken)
                made += len(fresh)
                rows += sum(row.rows for row in fresh)
                if more or len(pending.publication) >= _BATCH_FILES or pending.publication.bytes >= _BATCH_BYTES:
                    pending.publish()
                if progress:
                    progress(done, total)
                if not more:
                    break
        pending.publish()
        if total:
            ledger.scrub(vault.engine)  # the inbox's pages
        return SealReport(made, rows, done - rows)


def compact(vault: Vault, small: int = 50_000, at_least: int = 4) -> CompactReport:
    """Merge the segments of a worker, month and terms that have fewer than `small` rows, where there are `at_least`.

    The digests of what goes and what comes are compared; events are neither lost nor doubled.
    """
    with vault.writing():
        files.recover(vault.home, vault.engine)
        with vault.look() as connection:
            rows = [row for row in segment_rows(connection) if row.rows < small]
        before = after = merged = 0
        pending = _Pending(vault, files.Publication(vault.home, vault.engine))
        key = _same_place
        for _, group in groupby(sorted(rows, key=key), key=key):
            for part in _runs(list(group)):
                if len(part) < at_least:
                    continue
                made = _merge(vault, part, pending)
                before, after, merged = before + len(part), after + len(made), merged + sum(r.rows for r in made)
            if len(pending.publication) >= _BATCH_FILES or pending.publication.bytes >= _BATCH_BYTES:
                pending.publish()
        pending.publish()
        return CompactReport(before, after, merged)


def _same_place(row: SegmentRow) -> tuple[str, str, str]:
    return row.worker, row.month, row.terms


def _runs(rows: list[SegmentRow]) -> Iterable[list[SegmentRow]]:
    """Consecutive segments that together stay below one round."""
    run: list[SegmentRow] = []
    size = 0
    for row in sorted(rows, key=lambda r: (r.first, r.id)):
        if run and size + row.rows > _ROUND:
            yield run
            run, size = [], 0
        run.append(row)
        size += row.rows
    if run:
        yield run


def _merge(vault: Vault, rows: list[SegmentRow], pending: _Pending) -> list[SegmentRow]:
    names = EVENT_SCHEMA.names
    whole = pa.concat_tables([table for _, table in read_tables(vault, rows, names)])
    columns = {name: one_array(whole[name]) for name in names}
    events = pa.table({n: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for n, c in columns.items()})
    terms = np.zeros(events.num_rows, np.int64)
    made = _write(rows[0].worker, [rows[0].terms], _ordered(events, terms), pending)
    if add_digests(row.digest for row in made) != add_digests(row.digest for row in rows):
        raise StoreError(
            f"Merging the segments of {rows[0].worker} in {rows[0].month} would change what they hold.",
            "Nothing was changed; run `guildbook doctor` to see which is damaged.",
            "digest",
        )
    pending.drop.extend(rows)
    return made


def _take(vault: Vault, worker: str) -> tuple[list[Row[Any]], bool]:
    """The worker's oldest batches up to a round, and whether there are more."""
    inbox, imports = tables.inbox, tables.imports
    sizes = select(inbox.c.id, inbox.c.rows).where(inbox.c.worker == worker).order_by(inbox.c.id)
    with vault.look() as connection:
        waiting = connection.execute(sizes).all()
        fits = int(np.searchsorted(np.cumsum([row.rows for row in waiting]), _ROUND, "right"))
        taken = [row.id for row in waiting[: max(fits, 1)]]
        if not taken:
            return [], False
        query = (
            select(inbox, imports.c.terms)
            .join(imports, imports.c.id == inbox.c.import_id)
            .where(inbox.c.worker == worker, inbox.c.id <= taken[-1])
            .order_by(inbox.c.id)
        )
        return list(connection.execute(query)), len(taken) < len(waiting)


def _seal_round(vault: Vault, worker: str, taken: list[Row[Any]], pending: _Pending) -> list[SegmentRow]:
    with vault.look() as connection:
        key = vault.keys.fetch(connection, [(worker, INBOX)])[worker, INBOX]
    parts: list[pa.Table] = []
    for row in taken:
        what = f"A batch of {worker} in the inbox"
        parts.append(batch.unpack(decrypt(key, row.batch, *bound(worker, row.import_id, row.chunk), what=what)))
    words = sorted({row.terms for row in taken})
    terms = np.repeat(np.array([words.index(row.terms) for row in taken], np.int64), [part.num_rows for part in parts])
    events = batch.join(parts)
    keep = _first_of_each(vault, worker, events)
    if not keep.all():
        events, terms = events.filter(pa.array(keep)), terms[keep]
    made = _write(worker, words, _ordered(events, terms), pending) if events.num_rows else []
    pending.inbox.extend(row.id for row in taken)
    return made


def _first_of_each(vault: Vault, worker: str, events: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows to keep: those neither in a segment of the worker nor earlier among these rows.

    Equal ids mean equal times, so only segments whose time range overlaps can hold a copy.
    """
    new = lanes_of(events["id"])
    times = events["time"].cast(pa.int64()).to_numpy()
    with vault.look() as connection:
        rows = segment_rows(connection, worker)
    near = [row for row in rows if _any_between(times, row.first, row.last)]
    old = [lanes_of(table["id"]) for _, table in read_tables(vault, near, ["id"])]
    both = np.concatenate([*old, new])
    # Stable, so of equal ids the one that was there first leads.
    order = np.lexsort((both[:, 0], both[:, 1]))
    ordered = both[order]
    again = np.zeros(len(both), np.bool_)
    again[order[1:]] = (ordered[1:] == ordered[:-1]).all(axis=1)
    return ~again[len(both) - len(new) :]


def _any_between(times: npt.NDArray[np.int64], first: int, last: int) -> bool:
    return bool(((times >= first) & (times <= last)).any())


def _ordered(events: pa.Table, terms: npt.NDArray[np.int64]) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Rows by terms, time, `seq` (null first) and id; the terms in that order too."""
    lanes = lanes_of(events["id"])
    seq = np.full(events.num_rows, np.iinfo(np.int64).min)
    if "seq" in events.column_names:
        seq = events["seq"].fill_null(np.iinfo(np.int64).min).to_numpy()
    times = events["time"].cast(pa.int64()).to_numpy()
    order = np.lexsort((lanes[:, 1], lanes[:, 0], seq, times, terms))
    return events.take(pa.array(order)), terms[order]


def _write(
    worker: str,
    words: Sequence[str],
    ordered: tuple[pa.Table, npt.NDArray[np.int64]],
    pending: _Pending,
) -> list[SegmentRow]:
    """One segment for each month and statement of terms in rows so ordered."""
    events, terms = ordered
    months = events["time"].cast(pa.int64()).to_numpy().astype("datetime64[us]").astype("datetime64[M]")
    change = (np.diff(terms) != 0) | (months[1:] != months[:-1])
    starts = [0, *(np.flatnonzero(change) + 1).tolist()]
    names = [str(months[start]) for start in starts]
    keys = pending.keys_for([(worker, month) for month in names])
    now = time.now()
    made: list[SegmentRow] = []
    for start, end, month in zip(starts, [*starts[1:], events.num_rows], names, strict=True):
        place = segment.Address(uuid7().hex, worker, month)
        encoded = segment.encode(place, keys[worker, month], _tightened(events.slice(start, end - start)))
        pending.publication.add(place.path, encoded.parts)
        made.append(
            SegmentRow(
                place.id,
                worker,
                month,
                words[int(terms[start])],
                encoded.rows,
                encoded.first,
                encoded.last,
                encoded.digest,
                encoded.bytes,
                now,
            )
        )
    pending.segments.extend(made)
    return made


def _tightened(events: pa.Table) -> pa.Table:
    """The columns that hold anything, in the schema's order, words as small dictionaries."""
    arrays: dict[str, pa.Array | pa.ChunkedArray] = {}
    for name in EVENT_SCHEMA.names:
        if name not in events.column_names or events[name].null_count == events.num_rows:
            continue
        words = pa.types.is_dictionary(EVENT_SCHEMA.field(name).type)
        arrays[name] = tight(events[name]) if words else events[name]
    return pa.table(arrays)


def _ledger_row(row: SegmentRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "worker": row.worker,
        "month": row.month,
        "terms": row.terms,
        "rows": row.rows,
        "first": row.first,
        "last": row.last,
        "digest": row.digest,
        "bytes": row.bytes,
        "created": row.created,
    }
