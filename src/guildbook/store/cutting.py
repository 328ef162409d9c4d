"""Events of some workers cut into what each segment holds: what is alike for all segments is done once for all.

A segment of one worker's day has a hundred rows, and most of what is done for it costs the same for a hundred rows as
for ten thousand. So the rows of many small segments are encoded, sorted and counted together, and cut at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildbook.columns.classes import parts_of_runs
from guildbook.columns.ids import digests_of_runs, lanes_of
from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import U64, WordsOfRuns, one_array, symbols, tight
from guildbook.store.rows import ClassPart

I64 = npt.NDArray[np.int64]

_EARLIEST: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Cut:
    """What one segment is to hold, and what the ledger notes of it."""

    whose: int
    terms: int
    """The codes that its rows were given."""
    month: str
    events: pa.Table
    """Columns of `EVENT_SCHEMA` that hold anything, words as dictionaries of just its own words. The rows are a slice,
    so that its buffers are those of all that was cut together."""
    first: int
    last: int
    """Times of the first and last event, µs UTC."""
    digest: str
    cases: U64
    """The sorted symbols of its cases."""
    held: tuple[ClassPart, ...]
    """Of each class."""


def cut(events: pa.Table, whose: I64, terms: I64) -> Iterator[Cut]:
    """What each segment holds: one for each worker, statement of terms and month, by these.

    `events`: columns of `EVENT_SCHEMA`, strings plain or as dictionaries, in any order of rows, none twice. `whose` and
    `terms` are codes, shape (rows,).
    """
    if not events.num_rows:
        return
    events, whose, terms = _ordered(_encoded(events), whose, terms)
    times = _times(events)
    months = times.astype("datetime64[us]").astype("datetime64[M]")
    change = (whose[1:] != whose[:-1]) | (terms[1:] != terms[:-1]) | (months[1:] != months[:-1])
    starts = np.concatenate(([0], np.flatnonzero(change) + 1))
    ends = [*starts[1:].tolist(), events.num_rows]
    columns = _Columns(events, starts)
    digests = digests_of_runs(events["id"], starts)
    held = parts_of_runs(events, starts)
    for run, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        yield Cut(
            int(whose[start]),
            int(terms[start]),
            str(months[start]),
            columns.table(run, start, end),
            int(times[start]),
            int(times[end - 1]),
            digests[run],
            columns.cases(run),
            tuple(ClassPart(*part) for part in held[run]),
        )


class _Columns:
    """The columns of sorted events, ready to be cut where runs of rows start."""

    def __init__(self, events: pa.Table, starts: I64) -> None:
        self._all: list[tuple[str, WordsOfRuns | pa.Array]] = []
        for name, column in zip(events.column_names, events.itercolumns(), strict=True):
            array = one_array(column)
            self._all.append((name, WordsOfRuns(array, starts) if isinstance(array, pa.DictionaryArray) else array))
        case = dict(self._all).get("case")
        self._case = case if isinstance(case, WordsOfRuns) else None
        self._symbols = symbols(self._case.words) if self._case is not None else np.zeros(0, np.uint64)

    def table(self, run: int, start: int, end: int) -> pa.Table:
        """Of the columns those that hold anything in a run."""
        names: list[str] = []
        arrays: list[pa.Array] = []
        for name, column in self._all:
            part = column.cut(run, start, end) if isinstance(column, WordsOfRuns) else column.slice(start, end - start)
            if part is not None and part.null_count < end - start:
                names.append(name)
                arrays.append(part)
        return pa.Table.from_arrays(arrays, schema=_schema(tuple(names)))

    def cases(self, run: int) -> U64:
        """The sorted symbols of the cases in a run."""
        return np.sort(self._symbols if self._case is None else self._case.of(run, self._symbols))


@lru_cache(maxsize=256)
def _schema(columns: tuple[str, ...]) -> pa.Schema:
    return pa.schema([EVENT_SCHEMA.field(name) for name in columns])


def _encoded(events: pa.Table) -> pa.Table:
    """Each column that holds anything as one array, words as one dictionary: so sorting moves codes, not strings."""
    held = dict(zip(events.column_names, events.itercolumns(), strict=True))
    arrays: dict[str, pa.Array] = {}
    for field in EVENT_SCHEMA:
        column = held.get(field.name)
        if column is not None and column.null_count < events.num_rows:
            arrays[field.name] = tight(column) if pa.types.is_dictionary(field.type) else one_array(column)
    return pa.table(arrays)


def _ordered(events: pa.Table, whose: I64, terms: I64) -> tuple[pa.Table, I64, I64]:
    """Rows by worker, terms, time, `seq` (null first) and id; the codes in that order too."""
    lanes = lanes_of(events["id"])
    seq = np.full(events.num_rows, _EARLIEST)
    if "seq" in events.column_names:
        seq = events["seq"].fill_null(_EARLIEST).to_numpy()
    keys = [whose, terms, _times(events), seq, lanes[:, 0], lanes[:, 1]]
    if _in_order(keys):
        return events, whose, terms  # as most sources have them
    order = np.lexsort(keys[::-1])
    return events.take(pa.array(order)), whose[order], terms[order]


def _in_order(keys: list[npt.NDArray[np.int64] | U64]) -> bool:
    """Whether rows are sorted by some keys, the first of which counts most."""
    tied = np.ones(max(len(keys[0]) - 1, 0), np.bool_)
    for key in keys:
        if (tied & (key[1:] < key[:-1])).any():
            return False
        tied &= key[1:] == key[:-1]
        if not tied.any():
            break
    return True


def _times(events: pa.Table) -> I64:
    return events["time"].cast(pa.int64()).to_numpy()
