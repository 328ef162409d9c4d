"""Whose traces show a practice, and how often: exact counts from the sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.matching import Pattern
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind


def contributors(sums: Sums, pattern: Pattern, names: Names) -> tuple[tuple[str, int], ...]:
    """Worker labels with counts, most first: who took the way, did the step, or was asked and answered."""
    tasks = np.array(sorted(pattern.tasks), np.uint64)
    if pattern.kind is Kind.TOOL:
        keys, counts = sums.ways.keys, sums.ways.counts
        path = np.zeros(4, np.uint64)
        path[: len(pattern.steps)] = pattern.steps
        rows = (keys[:, 3:7] == path).all(axis=1)
        return _ranked(keys[rows, 1], counts[rows], names)
    if pattern.kind is Kind.PEOPLE and not pattern.anchor:
        keys, counts = sums.handovers.keys, sums.handovers.counts
        rows = np.isin(keys[:, 0], tasks) & (keys[:, 3] == np.uint64(pattern.steps[0]))
        rows &= keys[:, 2] == np.uint64(pattern.person)
        return _ranked(keys[rows, 2], counts[rows], names)
    if pattern.kind is Kind.PEOPLE:
        keys, counts = sums.asks.keys, sums.asks.counts
        condition = np.uint64(pattern.conditions[0] if pattern.conditions else 0)
        rows = np.isin(keys[:, 0], tasks) & (keys[:, 1] == condition) & (keys[:, 2] == np.uint64(pattern.steps[0]))
        rows &= (keys[:, 3] == np.uint64(pattern.person)) & (keys[:, 4] > 0)
        return _ranked(keys[rows, 3], counts[rows], names)
    keys, counts = sums.performers.keys, sums.performers.counts
    rows = np.isin(keys[:, 0], tasks) & (keys[:, 1] == np.uint64(pattern.steps[0]))
    return _ranked(keys[rows, 2], counts[rows], names)


def _ranked(workers: NDArray[np.uint64], counts: NDArray[np.int64], names: Names) -> tuple[tuple[str, int], ...]:
    found, index = np.unique(workers, return_inverse=True)
    total = np.bincount(index.ravel(), counts, len(found)).astype(np.int64)
    listed = [(names.worker(int(code)), int(n)) for code, n in zip(found, total, strict=True) if n > 0]
    return tuple(sorted(listed, key=lambda item: (-item[1], item[0])))
