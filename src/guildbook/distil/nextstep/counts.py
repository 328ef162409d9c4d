"""Counts of what followed each context, and what they say at places: a table of exact counts for every context.

Counts of older traces may weigh less: a trace that began when a share s of the training time was over counts
2^(−(1 − s)/h), h the half-life. Everything is a sum over traces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.contexts import ROOT, Context, key, parent
from guildbook.distil.nextstep.kernels import interpolate, numbered
from guildbook.distil.nextstep.signs import Signs

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

STALE: Final = 1e-4
"""What has faded below this share of an event is not kept."""


@dataclass(frozen=True)
class Follows:
    """What followed each of m contexts of one kind: runs of (column, count)."""

    keys: Keys
    """(m,): ascending."""
    offsets: Ints
    """(m + 1,)"""
    columns: Codes
    counts: Floats

    def find(self, keys: Keys) -> Codes:
        """(n,): which context each key is; −1 for none."""
        if not len(self.keys):
            return np.full(len(keys), -1, np.int32)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1).astype(np.int32)


@dataclass(frozen=True)
class Counted:
    """Places of training data with the number of their context and of their (context, answer) pair."""

    context: Codes
    """(n,): which context of `follows` a place has."""
    pair: Codes
    """(n,): where its answer is counted."""
    follows: Follows
    """Every pair once; counts are worked out by `weighed`."""

    @classmethod
    def of(cls, keys: Keys, answers: Codes, width: int) -> Counted:
        """Number contexts by their key, and pairs by context and column."""
        number, first = numbered(keys)
        order = np.argsort(keys[first], kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        context = rank[number]
        cells, found = numbered((context * width + answers).astype(np.uint64))
        listed = context[found] * width + answers[found]
        by_cell = np.argsort(listed, kind="stable")
        place = np.empty(len(by_cell), np.int32)
        place[by_cell] = np.arange(len(by_cell))
        listed = listed[by_cell]
        offsets = np.searchsorted(listed // width, np.arange(len(order) + 1))
        columns = (listed % width).astype(np.int32)
        empty = np.zeros(len(listed), np.float32)
        return cls(context.astype(np.int32), place[cells], Follows(keys[first][order], offsets, columns, empty))

    def weighed(self, weights: Doubles) -> Floats:
        """The count of every pair when place i counts `weights[i]`."""
        return np.bincount(self.pair, weights, len(self.follows.columns)).astype(np.float32)

    def filled(self, weights: Doubles) -> Follows:
        """The pairs that count for something, for keeping."""
        counts = self.weighed(weights)
        kept = counts > STALE
        context = np.repeat(np.arange(len(self.follows.keys)), np.diff(self.follows.offsets))[kept]
        present, sizes = np.unique(context, return_counts=True)
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return Follows(self.follows.keys[present], offsets, self.follows.columns[kept], counts[kept])


@dataclass(frozen=True)
class Level:
    """One context of a back-off forest as it is worked out for some places."""

    context: Context
    above: int
    """Index of the context it falls back on; −1: none."""
    follows: Follows
    at: Codes
    """(n,): which context each place has; −1: never seen."""


def opinions(levels: list[Level], rows: slice, width: int) -> Iterator[tuple[int, Floats, Floats]]:
    """(index of the level, P (n, width), weight (n,)) for some places, parents first. P is used again: copy it."""
    size = len(range(*rows.indices(len(levels[0].at)))) if levels else 0
    done: list[Floats] = []
    even = np.full((size, width), 1 / width, np.float32)
    for index, level in enumerate(levels):
        out, weight = np.empty((size, width), np.float32), np.empty(size, np.float32)
        above = even if level.above < 0 else done[level.above]
        follows = level.follows
        interpolate(level.at[rows], follows.offsets, follows.columns, follows.counts, above, out, weight)
        done.append(out)
        yield index, out, weight


def count(signs: Signs, contexts: list[Context], answers: Codes, width: int) -> dict[Context, Counted]:
    """Number the contexts of training places; what tells no more than the context it rests on is left out."""
    found: dict[Context, Counted] = {}
    for context in contexts:
        above = parent(context)
        counted = Counted.of(key(signs, context), answers, width)
        if above is None or above not in found:
            if context == ROOT or above is None:
                found[context] = counted
            continue
        if len(counted.follows.keys) > len(found[above].follows.keys):
            found[context] = counted
    return found


def age_weights(rank: Doubles, half_life: float | None, now: float = 1.0) -> Doubles:
    """What a trace of each rank (share of the traces that began before it) counts at the time `now`."""
    if half_life is None:
        return np.where(rank < now, 1.0, 0.0)
    return np.where(rank < now, np.exp2((rank - now) / half_life), 0.0)


def levels_at(counted: dict[Context, Counted], weights: Doubles, rows: NDArray[np.bool_] | Ints) -> list[Level]:
    """The levels for some of the training places, counting the places by `weights`."""
    index = {context: number for number, context in enumerate(counted)}
    return [
        Level(
            context,
            -1 if (above := parent(context)) is None else index[above],
            replace(one.follows, counts=one.weighed(weights)),
            one.context[rows],
        )
        for context, one in counted.items()
    ]


def levels_for(kept: dict[Context, Follows], signs: Signs) -> list[Level]:
    """The levels for new places."""
    index = {context: number for number, context in enumerate(kept)}
    return [
        Level(
            context,
            -1 if (above := parent(context)) is None else index[above],
            follows,
            follows.find(key(signs, context)),
        )
        for context, follows in kept.items()
    ]
