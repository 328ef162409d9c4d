"""The moves of one task as arrays, and the sequences they come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.sums import CUT, Sums

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Graph:
    """Activities are numbered 0 … N − 1, commonest first; N is the start and N + 1 the end."""

    task: int
    codes: Keys
    """(N,): activity symbols."""
    events: Ints
    """(N,)"""
    source: Ints
    target: Ints
    bucket: Keys
    count: Ints
    """(rows,): moves by bucket of elapsed time."""

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def moves(self) -> tuple[Ints, Ints, Ints]:
        """(source, target, count), elapsed time summed over; sorted by ends."""
        width = len(self) + 2
        cell = self.source * width + self.target
        cells, place = np.unique(cell, return_inverse=True)
        return cells // width, cells % width, np.bincount(place, self.count, len(cells)).astype(np.int64)

    def numbers(self, codes: Keys) -> Ints:
        """The number of each activity symbol; −1 for one that the task does not have."""
        order = np.argsort(self.codes)
        if not len(order):
            return np.full(len(codes), -1, np.int64)
        place = np.minimum(np.searchsorted(self.codes[order], codes), len(order) - 1)
        return np.where(self.codes[order][place] == codes, order[place], -1)


@dataclass(frozen=True)
class Sequences:
    """The variants of one task; `steps` are numbers of a graph's activities, −1 stands where one was cut."""

    offsets: Ints
    steps: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def variant(self) -> Ints:
        """(steps,): the variant of each place."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @cached_property
    def ranked(self) -> Ints:
        """Variants, commonest first; of equals the shorter, then the one of commoner steps."""
        sizes = np.diff(self.offsets)
        weight = np.bincount(self.variant, self.steps * 2.0 ** -np.minimum(self._within, 60), len(self))
        return np.lexsort((weight, sizes, -self.counts))

    @cached_property
    def _within(self) -> Ints:
        return np.arange(len(self.steps)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))

    def run(self, row: int) -> list[int]:
        """The steps of one variant."""
        return self.steps[self.offsets[row] : self.offsets[row + 1]].tolist()

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """(variants,): which were not cut."""
        return np.bincount(self.variant, self.steps < 0, len(self)) == 0


def graph(sums: Sums, task: int) -> Graph:
    """The moves of a task."""
    keys, counts = sums.follows.keys, sums.follows.counts
    rows = slice(*np.searchsorted(keys[:, 0], np.array([task, task + 1], np.uint64)).tolist())
    keys, counts = keys[rows], counts[rows]
    codes, place = np.unique(keys[:, 1], return_inverse=True)
    events = np.bincount(place, counts, len(codes)).astype(np.int64)
    codes, events = codes[codes != 0], events[codes != 0]
    order = np.lexsort((codes, -events))
    made = Graph(
        task, codes[order], events[order], np.empty(0, np.int64), np.empty(0, np.int64), keys[:, 3], counts
    )  # fmt: skip
    source = np.where(keys[:, 1] == 0, len(codes), made.numbers(keys[:, 1]))
    target = np.where(keys[:, 2] == 0, len(codes) + 1, made.numbers(keys[:, 2]))
    return Graph(task, made.codes, made.events, source, target, keys[:, 3], counts)


def sequences(sums: Sums, found: Graph) -> Sequences:
    """The variants of a graph's task."""
    table = sums.variants
    rows = np.flatnonzero(table.head[:, 0] == np.uint64(found.task))
    lengths = table.offsets[rows + 1] - table.offsets[rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], lengths)
    tokens = table.tokens[np.repeat(table.offsets[rows], lengths) + within]
    steps = found.numbers(tokens)
    assert not (steps[tokens != np.uint64(CUT)] < 0).any(), "an activity of a variant is not in its task"
    return Sequences(offsets, steps, table.counts[rows])
