"""The `profiles` table unpacked into matrices, one block a task: what the quality and workflow miners look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.sums import MARKS
from guildbook.distil.tables import Profiles
from guildbook.model.ids import symbol

REPEAT: Final = symbol("\x04repeat")
CONDITIONS: Final = 0
ACTIVITIES: Final = 1
WORKERS: Final = 2
BEYOND: Final = 255
"""Stands for this and all later places among the workers of a trace."""

Symbols = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class TaskTraces:
    """The joint traces of one task. Rows are distinct profiles, columns go from common to rare."""

    task: int
    weights: NDArray[np.float64]
    """(n,) joint traces a row stands for."""
    outcome: NDArray[np.int64]
    """(n,) 0 none, 1 good, 2 bad."""
    active: NDArray[np.int64]
    lead: NDArray[np.int64]
    activities: Symbols
    first: NDArray[np.int16]
    """(n, A) place of the first occurrence among the trace's distinct activities; −1: absent."""
    repeated: Flags
    conditions: Symbols
    holds: Flags
    """(n, C)"""
    workers: Symbols
    took_part: Flags
    """(n, W)"""
    main: NDArray[np.int64]
    """(n,) column of the worker who did most; −1: not among those told apart."""
    begun: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """(n,) hours from 1900-01-01 00:00 UTC to the first event."""
    doer: NDArray[np.int16] = field(default_factory=lambda: np.empty((0, 0), np.int16))
    """(n, A) column of the worker who did a step first, −1 where that is not known; not kept in step with shortened
    columns."""
    parts: tuple[tuple[int, ...], ...] = ()
    """The steps each column stands for, by symbol; empty: each for its own activity."""
    opposites: Mapping[int, int] = field(default_factory=dict[int, int])
    """Columns of whole ways (`whole`), each with the column of what is done instead."""

    def steps(self, column: int) -> tuple[int, ...]:
        """The steps a column stands for, by symbol."""
        return self.parts[column] if self.parts else (int(self.activities[column]),)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(A,) how many steps each column stands for."""
        return np.array([len(part) for part in self.parts] or [1] * len(self.activities), np.int64)


def by_task(profiles: Profiles, settings: MiningSettings) -> list[TaskTraces]:
    """One block for each task, in order of its symbol."""
    if len(profiles.counts) == 0:
        return []
    tasks = profiles.head[:, 0]
    return [_block(profiles, np.flatnonzero(tasks == task), settings) for task in np.unique(tasks)]


@dataclass(frozen=True)
class _Cells:
    """Every token that is not a separator, with its row, section and place."""

    row: NDArray[np.int64]
    token: Symbols
    section: NDArray[np.int8]
    place: NDArray[np.int32]
    """Among the distinct activities of its row (section 1)."""
    again: Flags


def _cells(profiles: Profiles) -> _Cells:
    tokens = profiles.tokens
    lengths = np.diff(profiles.offsets)
    row = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    zero = tokens == 0
    seen = np.cumsum(zero)
    before = np.concatenate([[0], seen])[profiles.offsets[:-1]]
    section = (seen - before[row]).astype(np.int8)
    mark = (tokens == np.uint64(REPEAT)) & (section == ACTIVITIES)
    again = np.zeros(len(tokens), dtype=bool)
    again[:-1] = mark[1:]
    step = (section == ACTIVITIES) & ~zero & ~mark
    count = np.cumsum(step)
    place = count - np.concatenate([[0], count])[profiles.offsets[:-1]][row] - 1
    keep = ~zero & ~mark
    return _Cells(row[keep], tokens[keep], section[keep], place[keep].astype(np.int32), again[keep])


def _block(profiles: Profiles, rows: NDArray[np.int64], settings: MiningSettings) -> TaskTraces:
    own = profiles.pick(rows[: settings.max_traces])  # rows stand in order of their hash, so this is a fair sample
    cells = _cells(own)
    weights = own.counts.astype(np.float64)
    conditions = _section(cells, CONDITIONS, weights, settings.max_conditions)
    activities = _section(cells, ACTIVITIES, weights, settings.max_activities)
    workers = _section(cells, WORKERS, weights, settings.max_workers)
    first = np.full((len(own), len(activities.found)), -1, dtype=np.int16)
    first[activities.row, activities.column] = np.minimum(cells.place[activities.which], np.iinfo(np.int16).max)
    repeated = np.zeros(first.shape, dtype=bool)
    repeated[activities.row, activities.column] = cells.again[activities.which]
    head = own.head.astype(np.int64)
    return TaskTraces(
        task=int(own.head[0, 0]),
        weights=weights,
        outcome=head[:, 1],
        active=head[:, 2],
        lead=head[:, 3],
        activities=activities.found,
        first=first,
        repeated=repeated,
        conditions=conditions.found,
        holds=_flags(len(own), conditions),
        workers=workers.found,
        took_part=_flags(len(own), workers),
        main=_main(len(own), cells, workers),
        begun=head[:, 4],
        doer=_doers(own, cells, activities, workers.found),
    )


@dataclass(frozen=True)
class _Section:
    """One kind of token in one task: its symbols from common to rare, and where they stand."""

    found: Symbols
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    which: NDArray[np.int64]


def _section(cells: _Cells, section: int, weights: NDArray[np.float64], limit: int) -> _Section:
    which = np.flatnonzero(cells.section == section)
    encoded = pa.array(cells.token[which]).dictionary_encode()
    found, index = encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
    size = np.bincount(index, weights[cells.row[which]], minlength=len(found))
    order = np.lexsort((found, -size))[:limit]
    rank = np.full(len(found), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    column = rank[index]
    kept = column >= 0
    return _Section(found[order], cells.row[which[kept]], column[kept], which[kept])


def _main(rows: int, cells: _Cells, workers: _Section) -> NDArray[np.int64]:
    """(n,) the column of the worker who stands first."""
    which = np.flatnonzero(cells.section == WORKERS)
    row, first = np.unique(cells.row[which], return_index=True)
    column = np.full(len(cells.row), -1, dtype=np.int64)
    column[workers.which] = workers.column
    out = np.full(rows, -1, dtype=np.int64)
    out[row] = column[which[first]]
    return out


def _doers(own: Profiles, cells: _Cells, activities: _Section, workers: Symbols) -> NDArray[np.int16]:
    """(n, A) who did each step first, as the last section of a profile says (`kernels.trace_tokens`)."""
    out = np.full((len(own), len(activities.found)), -1, dtype=np.int16)
    if not len(workers):
        return out
    marks = np.flatnonzero(own.tokens == 0).reshape(-1, MARKS)
    row, place = activities.row, cells.place[activities.which].astype(np.int64)
    at = marks[row, MARKS - 1] + 1 + place // 8
    several = at < own.offsets[row + 1]
    packed = own.tokens[np.where(several, at, 0)]
    spot = (packed >> (8 * (place % 8)).astype(np.uint64) & np.uint64(255)).astype(np.int64)
    spot = np.where(several, spot, 1)  # one worker did it all
    team = marks[row, WORKERS] - marks[row, WORKERS - 1] - 1
    known = (spot <= team) & (spot < BEYOND)
    token = own.tokens[np.where(known, marks[row, WORKERS - 1] + spot, 0)]
    by_symbol = np.argsort(workers)
    found = np.minimum(np.searchsorted(workers[by_symbol], token), len(workers) - 1)
    column = by_symbol[found]
    out[row, activities.column] = np.where(known & (workers[column] == token), column, -1)
    return out


def _flags(rows: int, section: _Section) -> Flags:
    flags = np.zeros((rows, len(section.found)), dtype=bool)
    flags[section.row, section.column] = True
    return flags
