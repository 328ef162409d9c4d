"""Trees whose leaves are contexts: where to cut times, numbers, people and attributes is chosen by what followed.

For each last activity some trees are grown (Breiman, *Machine Learning* 45 (2001) 5–32): each on half of the places,
drawn by a hash, each node cutting one of a few features drawn likewise. A leaf is a context like any other: what came
there is counted over all places, older places weighing less where counts fade, and it falls back on the last activity
alone. What the trees say is the mean of what their leaves say, one view of the mixer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.features import Scale, Table
from guildbook.distil.nextstep.growing import filled, grow, leaves
from guildbook.distil.nextstep.kernels import fold, interpolate

Bins = NDArray[np.uint8]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

TREES: Final = 32
LEAST: Final = 10
"""Places, of those a tree is grown on, that a leaf has."""
DEEPEST: Final = 14
TRIED: Final = 0.3
"""Share of the features tried at each node."""
_FADED: Final = 1e-4


@dataclass(frozen=True)
class Forest:
    """Trees for each group of places (by the last activity), and what was counted in their leaves."""

    scale: Scale
    ranks: list[Bins]
    roots: Codes
    """(groups, trees): node where each tree begins; −1 where the group was too small."""
    feature: Codes
    """(nodes,): what a node cuts; −1: a leaf."""
    cut: Codes
    below: Codes
    offsets: Ints
    """(nodes + 1,), `columns` and `counts`: what came, as in `counts.Follows`."""
    columns: Codes
    counts: Floats

    @classmethod
    def grown(cls, scale: Scale, table: Table, group: Codes, groups: int, answers: Codes) -> Forest:
        """On these places; nothing is counted yet."""
        ranks = scale.ranks(table, group, groups, answers)
        bins = table.bins(ranks, group)
        drawn = [_half(len(group), tree) for tree in range(TREES)]
        tried = max(1, round(TRIED * bins.shape[1]))
        most = sum(2 * (int(size) // LEAST) + 3 for size in np.bincount(group, minlength=groups)) * TREES
        feature, cut, below = np.full(most, -1, np.int32), np.zeros(most, np.int32), np.zeros(most, np.int32)
        roots = np.full((groups, TREES), -1, np.int32)
        made = 0
        for number in range(groups):
            here = group == number
            if np.count_nonzero(here) < 4 * LEAST:
                continue
            kinds, local = np.unique(answers[here], return_inverse=True)
            compact = np.zeros(len(group), np.int32)
            compact[here] = local
            for tree in range(TREES):
                rows = np.flatnonzero(here & drawn[tree])
                roots[number, tree] = made
                seed = number * TREES + tree
                made = grow(bins, compact, rows, tried, LEAST, DEEPEST, seed, len(kinds), feature, cut, below, made)
        none = np.zeros(made + 1, np.int64)
        empty = np.empty(0, np.int32)
        return cls(scale, ranks, roots, feature[:made], cut[:made], below[:made], none, empty, empty.astype(np.float32))

    def nodes(self, table: Table, group: Codes) -> Codes:
        """(trees, n): the leaf each place ends in; −1 where its group has no trees."""
        bins = table.bins(self.ranks, group)
        roots = self.roots[group]
        return np.stack([leaves(bins, roots[:, t].copy(), self.feature, self.cut, self.below) for t in range(TREES)])

    def counted(self, nodes: Codes, answers: Codes, weights: Doubles, width: int) -> Forest:
        """With what came at these places, each counting its weight."""
        found = filled(nodes.ravel(), answers, weights, len(self.feature), width, _FADED)
        return replace(self, offsets=found[0], columns=found[1], counts=found[2])

    def opinion(self, nodes: Codes, parent: Floats) -> tuple[Floats, Floats]:
        """P (n, W) and the weight (n,) behind it, where `nodes` is (trees, n) and `parent` (n, W) what it rests on."""
        total = np.zeros_like(parent)
        behind = np.zeros(len(parent), np.float32)
        out, weight = np.empty_like(parent), np.empty(len(parent), np.float32)
        for at in nodes:
            interpolate(at, self.offsets, self.columns, self.counts, parent, out, weight)
            total += out
            behind += weight
        return total / np.float32(TREES), behind / np.float32(TREES)


@dataclass(frozen=True)
class Standing:
    """A forest and where n places stand in it."""

    forest: Forest
    nodes: Codes
    """(trees, n)"""

    def opinion(self, rows: slice, parent: Floats) -> tuple[Floats, Floats]:
        """As `Forest.opinion`, of some of the places."""
        return self.forest.opinion(self.nodes[:, rows], parent)


def _half(count: int, tree: int) -> NDArray[np.bool_]:
    """(count,): about half of the places, another half for each tree."""
    drawn = fold(np.arange(count, dtype=np.uint64), np.full(count, tree, np.uint64))
    return (drawn >> np.uint64(40)) % np.uint64(2) == 0
