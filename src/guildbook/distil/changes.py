"""Which events changed since a state was learnt, and the least that must be read to bring its sums up to date."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guildbook.columns.words import as_words, symbols
from guildbook.distil.encode import COLUMNS, CUT_BY
from guildbook.distil.parts import portions
from guildbook.distil.segment.units import SHIFT, days_of, long_units, week_of_day
from guildbook.distil.sums import worker_symbol
from guildbook.distil.tables import CountTable
from guildbook.model.grant import Grant, SegmentRef
from guildbook.model.time import DAY

Days = frozenset[tuple[str, int]]
"""Worker-days: label, UTC day number."""

LANE: Final = 1 << 64
KEPT: Final = 1_000_000
"""Rows that are read together when only some of them are wanted, and kept in case others are wanted later."""


class Admitted(Protocol):
    """The set of segments a grant admits: the only thing events are read from."""

    grant: Grant

    def table(self, columns: Sequence[str], segments: Collection[str] | None = None) -> pa.Table:
        """`ADMITTED_SCHEMA` columns of all admitted segments or of those given, rows in no stated order."""
        ...

    def cases(self, segments: Sequence[str]) -> Mapping[str, NDArray[np.uint64]]:
        """Sorted symbols of the cases in each of these segments."""
        ...


@dataclass(frozen=True, slots=True)
class Included:
    """A segment as a state remembers it."""

    worker: str
    month: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Segments that a state lacks and that it has too many."""

    arrived: tuple[str, ...]
    left: tuple[str, ...]
    kept: tuple[SegmentRef, ...]
    """Admitted and included, if perhaps under another id since they were compacted."""

    def __bool__(self) -> bool:
        return bool(self.arrived or self.left)


@dataclass(frozen=True)
class Read:
    """All events of some admitted segments."""

    segments: Sequence[str]
    table: pa.Table


@dataclass(frozen=True)
class Touched:
    """The rows of touched joint traces and worker-days, before and after."""

    before: pa.Table
    after: pa.Table
    cases: pa.Array
    """Texts of the touched cases."""
    days: Days
    """Touched worker-days."""
    loose: Days
    """Worker-days whose events without a case may be other joint traces now: those on which one came or went, and
    all of the week where it is, or was, cut as a whole."""
    cut: bool
    """Whether there is such a week."""
    read: tuple[Read, ...] = ()
    """What was read on the way to these."""

    def traced(self, table: pa.Table) -> NDArray[np.bool_]:
        """Which rows belong to a touched joint trace."""
        case = table.column("case")
        return _member(case, self.cases) | (_without(case) & _on_days(table, self.loose))

    def daily(self, table: pa.Table) -> NDArray[np.bool_]:
        """Which rows belong to a touched worker-day."""
        return _on_days(table, self.days)


def included(segments: Iterable[SegmentRef]) -> dict[str, Included]:
    """Segments as a state remembers them."""
    return {s.id: Included(s.worker, s.month, s.rows, s.digest) for s in segments}


def difference(old: Mapping[str, Included], segments: Sequence[SegmentRef]) -> Difference:
    """Compare by worker and month: where the digests add up to the same, the events are the same."""
    before: dict[tuple[str, str], list[str]] = {}
    after: dict[tuple[str, str], list[SegmentRef]] = {}
    for name, segment in old.items():
        before.setdefault((segment.worker, segment.month), []).append(name)
    for segment in segments:
        after.setdefault((segment.worker, segment.month), []).append(segment)
    arrived: list[str] = []
    left: list[str] = []
    kept: list[SegmentRef] = []
    for key in sorted(before.keys() | after.keys()):
        were, are = before.get(key, []), after.get(key, [])
        if _total((old[name].rows, old[name].digest) for name in were) == _total((s.rows, s.digest) for s in are):
            kept += are
            continue
        here = {s.id for s in are}
        left += [name for name in were if name not in here]
        arrived += [s.id for s in are if s.id not in old]
        kept += [s for s in are if s.id in old]
    return Difference(tuple(arrived), tuple(left), tuple(kept))


def touched(
    found: Difference, admitted: Admitted, departed: Admitted | None, long: CountTable, idle: int
) -> Touched | None:
    """Read what changed and what it touches; None when a segment that left can no longer be read.

    `long`: the sums' table of that name, before; `idle`: µs of idleness that end an episode.
    """
    readable = {s.id for s in departed.grant.segments} if departed is not None else set[str]()
    if not readable.issuperset(found.left):
        return None
    came = admitted.table(COLUMNS, found.arrived)
    gone = departed.table(COLUMNS, found.left) if departed is not None and found.left else came.slice(0, 0)
    changed = pa.concat_tables([came, gone])
    cases = _plain(changed.column("case")).unique().drop_null()
    days = _days(changed)
    bare = _days(_bare(changed))
    wanted = _Wanted(cases, days, _long_before(bare, long) | _long_now(came, idle, bare))
    while True:
        rows, read = wanted.read(found.kept, admitted, came.slice(0, 0))
        more = _long_now(pa.concat_tables([came, rows]), idle, bare)
        if more <= wanted.weeks:
            break
        wanted = _Wanted(cases, days, wanted.weeks | more)  # as when a stream first is long enough to be cut
    read = (Read(found.arrived, came), *read)
    cut = bool(wanted.weeks)
    if not cut:  # hundreds of pieces: every column that is not needed costs
        came, gone, rows = (table.drop_columns(list(CUT_BY)) for table in (came, gone, rows))
    return Touched(in_one_piece(gone, rows), in_one_piece(came, rows), cases, days, bare | wanted.weeks, cut, read)


@dataclass(frozen=True)
class _Wanted:
    """Which rows of the segments that stay have to be read."""

    cases: pa.Array
    days: Days
    weeks: Days
    """Days of which only the rows without a case are."""

    def read(self, segments: Sequence[SegmentRef], admitted: Admitted, none: pa.Table) -> tuple[pa.Table, list[Read]]:
        """The rows (`none` if there are none), and all that was read to find them unless it is too much to keep."""
        related = _related(segments, np.sort(symbols(self.cases)), self.days | self.weeks, admitted)
        parts, read = [none], list[Read]()
        some_at_a_time = list(portions(related, KEPT))
        for some in some_at_a_time:
            held = admitted.table(COLUMNS, some)
            case = held.column("case")
            near = _member(case, self.cases) | _on_days(held, self.days)
            if self.weeks:
                near |= _without(case) & _on_days(held, self.weeks)
            parts.append(held.filter(pa.array(near)))
            if len(some_at_a_time) == 1:
                read.append(Read(some, held))
        return pa.concat_tables(parts), read


def first_events(admitted: Admitted, below: int, read: Sequence[Read] = ()) -> pa.Table:
    """The events of the cases whose symbol is less, and all without a case, a few segments in memory at a time.

    What has been `read` already is not read again.
    """
    done = {name for some in read for name in some.segments}
    rest = [segment for segment in admitted.grant.segments if segment.id not in done]
    rows = [first_cases(some.table, below) for some in read]
    rows += [first_cases(admitted.table(COLUMNS, some), below) for some in portions(rest)]
    return pa.concat_tables(rows) if rows else admitted.table(COLUMNS)


def first_cases(table: pa.Table, below: int) -> pa.Table:
    """The rows of cases whose symbol is less, and all rows without a case."""
    case = as_words(table.column("case"))
    early = np.append(symbols(case.dictionary) < np.uint64(below), True)  # the last is null's
    return table.filter(pa.array(early[case.indices.fill_null(-1).to_numpy()]))


def _total(parts: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    """Rows, and digests added in lanes of 64 bits as the store adds them."""
    rows, lanes = 0, [0, 0, 0, 0]
    for count, digest in parts:
        rows += count
        raw = bytes.fromhex(digest)
        for place in range(0, len(raw), 8):
            lanes[place // 8] = (lanes[place // 8] + int.from_bytes(raw[place : place + 8], "little")) % LANE
    return rows, *lanes


def _long_before(days: Days, long: CountTable) -> Days:
    """All days of the weeks that these are in and that had an episode too long to be told whole."""
    known = set(map(tuple, long.keys.tolist()))
    codes = {worker: worker_symbol(worker) for worker in {worker for worker, _ in days}}
    return _whole_weeks({(worker, day) for worker, day in days if (codes[worker], week_of_day(day) + SHIFT) in known})


def _long_now(table: pa.Table, idle: int, days: Days) -> Days:
    """All days of the weeks in which there is such an episode on one of these days."""
    rows = _bare(table)
    rows = rows.filter(pa.array(_on_days(rows, days)))
    people, worker = _workers(rows)
    time = rows.column("time").cast(pa.int64()).to_numpy()
    long = np.flatnonzero(long_units(worker, time, np.ones(len(time), dtype=bool), idle))
    cells = np.unique(np.column_stack([worker[long], time[long] // DAY]), axis=0).tolist()
    return _whole_weeks({(people[code], day) for code, day in cells})


def _whole_weeks(days: Collection[tuple[str, int]]) -> Days:
    """All days of the weeks these are in."""
    weeks = {(worker, week_of_day(day)) for worker, day in days}
    return frozenset((worker, day) for worker, week in weeks for day in days_of(week))


def _related(
    segments: Sequence[SegmentRef], cases: NDArray[np.uint64], days: Days, admitted: Admitted
) -> list[SegmentRef]:
    """The segments that hold one of the cases or reach one of the workers' days."""
    by_worker: dict[str, list[int]] = {}
    for worker, day in days:
        by_worker.setdefault(worker, []).append(day)
    near = {
        s.id for s in segments if any(s.first // DAY <= day <= s.last // DAY for day in by_worker.get(s.worker, ()))
    }
    if len(cases):
        indexes = admitted.cases([s.id for s in segments if s.id not in near])
        near |= {name for name, held in indexes.items() if _meet(held, cases)}
    return [s for s in segments if s.id in near]


def _meet(held: NDArray[np.uint64], cases: NDArray[np.uint64]) -> bool:
    """Whether two sorted lists share an entry."""
    if not len(held):
        return False
    place = np.minimum(np.searchsorted(held, cases), len(held) - 1)
    return bool((held[place] == cases).any())


def in_one_piece(*tables: pa.Table) -> pa.Table:
    """The tables in one piece: hundreds of small chunks would each be looked at anew by all that follows."""
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A string column without its dictionary."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _member(column: pa.ChunkedArray, values: pa.Array) -> NDArray[np.bool_]:
    if not pa.types.is_dictionary(column.type):
        return pc.is_in(column, value_set=values, skip_nulls=True).to_numpy(zero_copy_only=False)
    parts: list[NDArray[np.bool_]] = [np.empty(0, dtype=bool)]
    for chunk in column.chunks:  # one look a word, not one a row
        known = pc.is_in(chunk.dictionary, value_set=values, skip_nulls=True).to_numpy(zero_copy_only=False)
        word = np.concatenate([known, np.zeros(1, dtype=bool)])  # the last is null's
        parts.append(word[pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False)])
    return np.concatenate(parts)


def _day_numbers(table: pa.Table) -> NDArray[np.int64]:
    return table.column("time").cast(pa.int64()).to_numpy() // DAY


def _without(case: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows have no case."""
    return pc.is_null(case).to_numpy(zero_copy_only=False)


def _bare(table: pa.Table) -> pa.Table:
    """Whose the rows without a case are, and when."""
    return table.select(["worker", "time"]).filter(pa.array(_without(table.column("case"))))


def _days(table: pa.Table) -> Days:
    pairs = pa.table({"worker": _plain(table.column("worker")), "day": _day_numbers(table)})
    found = pairs.group_by(["worker", "day"]).aggregate([])
    return frozenset(zip(found.column("worker").to_pylist(), found.column("day").to_pylist(), strict=True))


def _on_days(table: pa.Table, days: Days) -> NDArray[np.bool_]:
    """Which rows are on one of the worker-days."""
    texts, worker = _workers(table)
    code = {text: place for place, text in enumerate(texts)}
    wanted = np.array([day * len(code) + code[worker] for worker, day in days if worker in code], np.int64)
    return np.isin(_day_numbers(table) * len(code) + worker, wanted) & (worker >= 0)


def _workers(table: pa.Table) -> tuple[list[str], NDArray[np.int64]]:
    """The workers' labels, and the code of each row's; −1 for none."""
    column = table.column("worker")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    texts = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    indices = [pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return texts, np.concatenate([np.empty(0, np.int64), *indices]).astype(np.int64)
