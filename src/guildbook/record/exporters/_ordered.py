"""Events of many tables in the order of their cases, as plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import ADMITTED_SCHEMA

Row = dict[str, Any]
"""Column → value of one event; null columns are left out. Times are µs."""

_BATCH: Final = 8_192
_TIMES: Final = ("time", "recorded_at")


def case_order(tables: Iterable[pa.Table]) -> Iterator[Row]:
    """The events case by case, in time within a case; those without a case last, person by person.

    All tables are held in memory, as columns. Raises `ValueError` for a table that is not of `ADMITTED_SCHEMA`.
    """
    return _rows(tables, case_first=True)


def time_order(tables: Iterable[pa.Table]) -> Iterator[Row]:
    """The events in order of time."""
    return _rows(tables, case_first=False)


def _rows(tables: Iterable[pa.Table], *, case_first: bool) -> Iterator[Row]:
    whole = _together(tables)
    keys = {"time": whole.column("time"), "seq": whole.column("seq")}
    order = [("time", "ascending"), ("seq", "ascending")]
    if case_first:
        case = _text(whole.column("case"))
        # A person's events without a case belong together; inside a case the person does not matter.
        person = pc.if_else(case.is_valid(), pa.scalar(None, pa.string()), _text(whole.column("worker")))
        keys |= {"case": case, "worker": person}
        order = [("case", "ascending"), ("worker", "ascending"), *order]
    places = pc.sort_indices(pa.table(keys), sort_keys=order)
    said = [name for name in whole.column_names if whole.column(name).null_count < whole.num_rows]
    chosen = whole.select(said)
    for start in range(0, whole.num_rows, _BATCH):
        part = chosen.take(places.slice(start, _BATCH))
        for name in _TIMES:
            if name in said:
                place = part.column_names.index(name)
                part = part.set_column(place, name, part.column(name).cast(pa.int64()))
        for row in part.to_pylist():
            yield {name: value for name, value in row.items() if value is not None}


def admitted(table: pa.Table) -> pa.Table:
    """The table as `ADMITTED_SCHEMA`; raises `ValueError` when it has other columns."""
    if table.schema == ADMITTED_SCHEMA:
        return table
    if set(table.column_names) != set(ADMITTED_SCHEMA.names):
        raise ValueError("not a table of admitted events")
    return table.select(ADMITTED_SCHEMA.names).cast(ADMITTED_SCHEMA)


def _together(tables: Iterable[pa.Table]) -> pa.Table:
    found = [admitted(table) for table in tables]
    return pa.concat_tables([ADMITTED_SCHEMA.empty_table(), *found]).unify_dictionaries()


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())
