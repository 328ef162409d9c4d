"""Reading segments. Only `govern` calls this, for what it has admitted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, Table, select

from guildbook.columns.classes import NEEDED, only
from guildbook.columns.words import U64
from guildbook.model.errors import StoreError
from guildbook.store import segment, tables
from guildbook.store.rows import SegmentRow, split_part
from guildbook.store.vault import Vault

_THREADS: Final = 2
# Groups of segments read ahead of the one being used: keeps the threads busy and the memory small.
_AHEAD: Final = 4
_GROUP: Final = 32
_GROUP_ROWS: Final = 16_384
_MANY: Final = 400


def segment_rows(
    connection: Connection, worker: str | None = None, ids: Sequence[str] | None = None
) -> list[SegmentRow]:
    """Segments in the ledger by worker, month and first event: all, one worker's, or those of some ids.

    Segments that are leaving are found only by id, to be subtracted.
    """
    if ids is None:
        return _rows(connection, tables.segments, worker)
    found: list[SegmentRow] = []
    for start in range(0, len(ids), _MANY):
        some = ids[start : start + _MANY]
        here = _rows(connection, tables.segments, worker, some)
        found += here
        if len(here) < len(set(some)):
            found += _rows(connection, tables.leaving, worker, some)
    return found


def leaving_rows(connection: Connection, worker: str | None = None) -> list[SegmentRow]:
    """Segments that are being erased in part, of all workers or of one."""
    return _rows(connection, tables.leaving, worker)


def _rows(
    connection: Connection, table: Table, worker: str | None, ids: Sequence[str] | None = None
) -> list[SegmentRow]:
    query = select(table).order_by(table.c.worker, table.c.month, table.c.first, table.c.id)
    if worker is not None:
        query = query.where(table.c.worker == worker)
    if ids is not None:
        query = query.where(table.c.id.in_(ids))
    return [SegmentRow(*row) for row in connection.execute(query)]


def find(connection: Connection, ids: Sequence[str]) -> list[SegmentRow]:
    """Segments by id, in the order of `ids`; `StoreError` when one is not there."""
    found = {row.id: row for row in segment_rows(connection, ids=ids)}
    for wanted in ids:
        if wanted not in found:
            raise StoreError(
                f"Segment {wanted} is not in the book any more.",
                "It was merged or erased meanwhile: ask for the list of segments again.",
                "segment-gone",
            )
    return [found[wanted] for wanted in ids]


def pieces(vault: Vault, wanted: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[SegmentRow, pa.Table]]:
    """As `read_tables`, by id, in the order given; of an id with a class only the rows of that class."""
    split = [split_part(each) for each in wanted]
    with vault.look() as connection:
        held = {row.id: row for row in find(connection, list(dict.fromkeys(name for name, _ in split)))}
    rows = [held[name] for name, _ in split]
    if all(part is None for _, part in split):
        yield from read_tables(vault, rows, columns)
        return
    read = [*columns, *(name for name in NEEDED if name not in columns)]
    for (_, part), (row, table) in zip(split, read_tables(vault, rows, read), strict=True):
        kept = table if part is None else only(table, [part])
        yield row, kept.select(list(columns))


def address(row: SegmentRow) -> segment.Address:
    """Where a segment's file stands and what its bytes are bound to."""
    return segment.Address(row.id, row.worker, row.month)


def read_tables(
    vault: Vault, rows: Sequence[SegmentRow], columns: Sequence[str]
) -> Iterator[tuple[SegmentRow, pa.Table]]:
    """Columns of each segment, in order."""
    if not rows:
        return
    with vault.look() as connection:
        keys = vault.keys.fetch(connection, [(row.worker, row.period) for row in rows])

    def one(row: SegmentRow) -> pa.Table:
        fresh = vault.fresh.pop(row.id, None)
        if fresh is not None:
            return segment.shaped(fresh, columns)
        return segment.read_rows(vault.home, address(row), keys[row.worker, row.period], columns)

    def read(some: Sequence[SegmentRow]) -> list[pa.Table]:
        return [one(row) for row in some]

    groups = list(_groups(rows))
    if len(groups) == 1:
        yield from zip(rows, read(rows), strict=True)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = iter(groups)
        ahead: deque[tuple[Sequence[SegmentRow], Future[list[pa.Table]]]] = deque()
        try:
            for some in islice(waiting, _AHEAD):
                ahead.append((some, pool.submit(read, some)))
            while ahead:
                some, future = ahead.popleft()
                tables = future.result()
                for following in islice(waiting, 1):
                    ahead.append((following, pool.submit(read, following)))
                yield from zip(some, tables, strict=True)
        finally:
            _cancel(future for _, future in ahead)


def _groups(rows: Sequence[SegmentRow]) -> Iterator[Sequence[SegmentRow]]:
    """What a thread reads at a time: handing over costs more than reading a small segment."""
    start = size = 0
    for place, row in enumerate(rows):
        if place > start and (place - start == _GROUP or size + row.rows > _GROUP_ROWS):
            yield rows[start:place]
            start, size = place, 0
        size += row.rows
    yield rows[start:]


def case_reader(connection: Connection, vault: Vault, ids: Sequence[str]) -> Callable[[str], U64]:
    """Gives the sorted uint64 symbols of the cases in each of these segments; the ledger is asked now.

    Of an id with a class, the cases of the whole segment: an index may say too much, never too little.
    """
    rows = {row.id: row for row in find(connection, list(dict.fromkeys(split_part(each)[0] for each in ids)))}
    keys = vault.keys.fetch(connection, [(row.worker, row.period) for row in rows.values()])

    def read(wanted: str) -> U64:
        row = rows[split_part(wanted)[0]]
        return segment.read_cases(vault.home, address(row), keys[row.worker, row.period])

    return read


def _cancel(futures: Iterable[Future[list[pa.Table]]]) -> None:
    for future in futures:
        future.cancel()
