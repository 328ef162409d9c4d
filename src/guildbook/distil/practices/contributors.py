"""Whose traces show a practice, and how often: exact counts from the sums."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.matching import Pattern
from guildbook.distil.practices.runs import within
from guildbook.distil.practices.times import holds
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Kind

_WORKERS = 2
"""Where workers stand among the tokens of a profile."""

Contributors = tuple[tuple[str, int], ...]


def contributors(sums: Sums, patterns: Iterable[Pattern], names: Names) -> list[Contributors]:
    """For each pattern worker labels with counts, most first.

    They took the way, did the step, or were asked and answered.
    """
    listed = list(patterns)
    first = {pattern.steps[0] for pattern in listed if pattern.kind is Kind.TOOL}
    ways = _beginning(sums.ways, first)
    return [_ranked(*_counted(sums, ways, pattern), names) for pattern in listed]


def _beginning(ways: CountTable, steps: set[int]) -> CountTable:
    """The ways that begin with one of these steps."""
    rows = np.isin(ways.keys[:, 3], np.array(sorted(steps), np.uint64)) if steps else slice(0)
    return CountTable(ways.keys[rows], ways.counts[rows])


def _counted(sums: Sums, ways: CountTable, pattern: Pattern) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Workers and counts, a worker any number of times."""
    if not pattern.steps:
        return _took_part(sums, pattern)
    step = pattern.steps[0]
    if pattern.kind is Kind.TOOL and pattern.anchor:
        path = np.zeros(4, np.uint64)
        path[: len(pattern.steps)] = pattern.steps
        rows = (ways.keys[:, 3:7] == path).all(axis=1)
        return ways.keys[rows, 1], ways.counts[rows]
    if pattern.kind is Kind.PEOPLE and pattern.people and not pattern.anchor:
        own = _of_tasks(sums.handovers, pattern)
        rows = (own.keys[:, 3] == np.uint64(step)) & np.isin(own.keys[:, 2], np.array(pattern.people, np.uint64))
        return own.keys[rows, 2], own.counts[rows]
    if pattern.kind is Kind.PEOPLE and pattern.people:
        condition = pattern.conditions[0] if pattern.conditions else 0
        own = _of_tasks(sums.asks, pattern, condition, step, pattern.person)
        return own.keys[own.keys[:, 4] > 0, 3], own.counts[own.keys[:, 4] > 0]
    own = _of_tasks(sums.performers, pattern, step)
    if pattern.people:
        rows = np.isin(own.keys[:, 2], np.array(pattern.people, np.uint64))
        return own.keys[rows, 2], own.counts[rows]
    return own.keys[:, 2], own.counts


def _took_part(sums: Sums, pattern: Pattern) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Who took part in the traces that hold all of the pattern's conditions."""
    profiles = sums.profiles.pick(np.isin(sums.profiles.head[:, 0], np.array(sorted(pattern.tasks), np.uint64)))
    row = np.repeat(np.arange(len(profiles)), np.diff(profiles.offsets))
    marks = np.cumsum(profiles.tokens == 0)
    section = marks - np.concatenate([[0], marks])[profiles.offsets[:-1]][row]
    keep = np.ones(len(profiles), dtype=bool)
    for value in pattern.begun:
        keep &= holds(value, profiles.head[:, 4])
    for condition in pattern.conditions:
        held = np.zeros(len(profiles), dtype=bool)
        held[row[(section == 0) & (profiles.tokens == np.uint64(condition))]] = True
        keep &= held
    workers = (section == _WORKERS) & (profiles.tokens != 0) & keep[row]
    return profiles.tokens[workers], profiles.counts[row[workers]]


def _of_tasks(table: CountTable, pattern: Pattern, *then: int) -> CountTable:
    """The rows of the pattern's tasks, and in these of the symbols that come next."""
    parts = [within(table.keys, task, *then) for task in sorted(pattern.tasks)]
    return CountTable(
        np.concatenate([table.keys[:0], *[table.keys[part] for part in parts]]),
        np.concatenate([table.counts[:0], *[table.counts[part] for part in parts]]),
    )


def _ranked(workers: NDArray[np.uint64], counts: NDArray[np.int64], names: Names) -> Contributors:
    found, index = np.unique(workers, return_inverse=True)
    total = np.bincount(index.ravel(), counts, len(found)).astype(np.int64)
    listed = [(names.worker(int(code)), int(n)) for code, n in zip(found, total, strict=True) if n > 0]
    return tuple(sorted(listed, key=lambda item: (-item[1], item[0])))
