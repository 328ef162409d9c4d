"""Performances in a table of events: which events without a case are cut, into what, and what each part is called.

Every unit (`units`) is read and cut by itself, so what becomes of it hangs on its own events alone. A unit whose
description borders hardly shorten holds no routine and is left to idle gaps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.segment.find import Segments, segment
from guildbook.distil.segment.naming import Name, marks_of, shared, shown
from guildbook.distil.segment.routines import title_of
from guildbook.distil.segment.stream import COLUMNS, Stream, read, words
from guildbook.distil.segment.tasks import tasks
from guildbook.distil.segment.units import Codes, long_units, week
from guildbook.model.ids import symbol

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SHORTER: Final = 0.95
"""A unit holds routines if borders shorten its description to this share at most."""
THINGS: Final = 5
"""…or if so many of its borders are where one named thing is left and another begun."""
_READ: Final = (*COLUMNS, "source")


@dataclass(frozen=True)
class Performances:
    """What became of the rows of a table."""

    number: NDArray[np.int32]
    """(n,): which performance of its worker's week it is part of, from 0; −1 where idle gaps cut, and with a case."""
    routine: NDArray[np.int32]
    """(n,): code into `names`; −1 for none."""
    names: tuple[str, ...]
    """As `naming.Name` writes them."""


@dataclass(frozen=True)
class Unit:
    """One unit as it was cut."""

    rows: Ints
    """Of the table, in order of time."""
    stream: Stream
    cut: Segments
    task: Ints
    """Of each performance, within this unit."""


def found(table: pa.Table, worker: Codes, loose: Flags, order: Ints, idle: int) -> Performances:
    """The performances of all units that are whole in the table.

    `worker`: a code of whose each row is; `loose`: rows without a case; `order`: rows by time, seq and id; `idle`: µs
    of idleness that end an episode.
    """
    number, routine = np.full(len(table), -1, np.int32), np.full(len(table), -1, np.int32)
    names: dict[str, int] = {}
    for unit in units(table, worker, loose, order, idle):
        number[unit.rows] = unit.cut.segment
        code = np.array([names.setdefault(str(name), len(names)) for name in named(unit, table)], np.int32)
        routine[unit.rows] = code[unit.task[unit.cut.segment]]
    return Performances(number, routine, tuple(names))


def units(table: pa.Table, worker: Codes, loose: Flags, order: Ints, idle: int) -> Iterator[Unit]:
    """The units in which routines are found; arguments as for `found`."""
    time = table.column("time").cast(pa.int64()).to_numpy()
    looked_at = long_units(worker, time, loose, idle)
    if not looked_at.any():
        return
    rows = order[looked_at[order]]
    number = week(time[rows])
    rows = rows[np.lexsort((number, worker[rows]))]  # stable: within a unit rows stay in order
    number = week(time[rows])
    splits = np.flatnonzero((np.diff(worker[rows]) != 0) | (np.diff(number) != 0)) + 1
    for own in np.split(rows, splits):
        unit = _cut(own, table)
        if unit is not None:
            yield unit


def _cut(rows: Ints, table: pa.Table) -> Unit | None:
    stream = read(_columns(rows, table))
    cut = segment(stream)
    if cut.bits > SHORTER * cut.plain and cut.things < THINGS:
        return None
    return Unit(rows, stream, cut, tasks(stream.symbol, cut.segment, cut.loose))


def named(unit: Unit, table: pa.Table) -> list[Name]:
    """A name for each task of a unit."""
    own = _columns(unit.rows, table)
    contents = words(own, "value_after")
    marks = marks_of(own)
    kept = ~unit.cut.loose
    kind = unit.task[unit.cut.segment]
    out: list[Name] = []
    for number in range(int(unit.task.max()) + 1):
        rows = np.flatnonzero((kind == number) & kept)
        rows = rows if len(rows) else np.flatnonzero(kind == number)
        whose = unit.cut.segment[rows]
        by_performance = rows[np.argsort(whose, kind="stable")]
        performances = np.split(by_performance, np.flatnonzero(np.diff(unit.cut.segment[by_performance])) + 1)
        title = shown(title_of(unit.stream, performances, contents))
        out.append(Name(_otherwise(own, rows), title, shared(rows, whose, marks)))
    return out


def _columns(rows: Ints, table: pa.Table) -> pa.Table:
    return table.select([name for name in _READ if name in table.column_names]).take(pa.array(rows))


def _otherwise(table: pa.Table, rows: Ints) -> str:
    """The task of these events were they an episode: work in the commonest app, else of the commonest source."""
    for name in ("app", "source"):
        texts, code = words(table, name)
        counts = np.bincount(code[rows][code[rows] >= 0], minlength=len(texts))
        if counts.any():
            return f"work in {_first(texts, counts)}"
    return "work"


def _first(texts: Sequence[str], counts: Ints) -> str:
    """The commonest text; of several the one of the lowest symbol."""
    most = counts.max()
    return min((text for text, count in zip(texts, counts.tolist(), strict=True) if count == most), key=symbol)
