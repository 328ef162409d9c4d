"""What is usual in a task: the moves that most of its work consists of, and the variants that are common."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.conformance.kernels import FAR, align_all, hops
from guildbook.distil.discovery.filtered import widest
from guildbook.distil.discovery.graph import Graph, Sequences, graph, sequences
from guildbook.distil.sums import Sums

Ints = NDArray[np.int64]
Pair = tuple[int, int]

MOST: Final = 600
"""Activities that can be usual; rarer ones never are. Keeps the table of ways small where labels run into thousands."""
_MOVES: Final = 0.95
"""Share of all moves that the usual ones hold."""
_STEPS: Final = 0.99
"""Share of all events whose activities can be reached by usual moves."""
_COMMON: Final = 0.005
_ENOUGH: Final = 2
_SOME: Final = 20
_RARE: Final = 0.001


@dataclass(frozen=True)
class Usual:
    """The usual moves of a task: the commonest ones, and the widest ways to all but the rarest activities.

    Its activities are the M = `size` commonest; M stands for every other, M + 1 is the start and M + 2 the end.
    """

    graph: Graph
    runs: Sequences

    @property
    def size(self) -> int:
        """How many activities can be usual."""
        return min(len(self.graph), MOST)

    def numbered(self, steps: Ints) -> Ints:
        """A graph's numbers as ours: rare and unknown (below 0) activities are M."""
        return np.where((steps < 0) | (steps >= self.size), self.size, steps)

    @cached_property
    def steps(self) -> Ints:
        """The places of `runs.steps` by our numbers; −1 where a variant was cut."""
        return np.where(self.runs.steps < 0, -1, self.numbered(self.runs.steps))

    @cached_property
    def _counts(self) -> dict[Pair, int]:
        """All moves among our activities, start and end with their occurrences."""
        source, target, count = self.graph.moves
        shift = self.size + 1 - len(self.graph)
        a, b = (np.where(ends >= len(self.graph), ends + shift, ends) for ends in (source, target))
        kept = ((source < self.size) | (source >= len(self.graph))) & (
            (target < self.size) | (target >= len(self.graph))
        )
        return dict(zip(zip(a[kept].tolist(), b[kept].tolist(), strict=True), count[kept].tolist(), strict=True))

    @property
    def _least(self) -> int:
        """How often a move must be made, and an activity done, to be usual: in a task of some cases, not once."""
        cases = int(self.runs.counts.sum())
        return max(_ENOUGH if cases >= _SOME else 1, math.ceil(_RARE * cases))

    @cached_property
    def moves(self) -> NDArray[np.bool_]:
        """(M + 3, M + 3)."""
        start, end = self.size + 1, self.size + 2
        out = np.zeros((self.size + 3, self.size + 3), np.bool_)
        wanted, held = _MOVES * sum(self._counts.values()), 0
        for pair in sorted(self._counts, key=lambda pair: (-self._counts[pair], pair)):
            if held >= wanted or self._counts[pair] < self._least:
                break
            out[pair] = True
            held += self._counts[pair]
        reached = np.cumsum(self.graph.events)
        most = int(np.searchsorted(reached, _STEPS * int(reached[-1]))) + 1 if len(reached) else 0
        most = min(most, int((self.graph.events >= self._least).sum()))
        come = widest(start, self._counts, {start, end})
        go = widest(end, {(b, a): n for (a, b), n in self._counts.items()}, {start, end})
        for pair in _ways(come, (*range(min(most, self.size)), end)):
            out[pair] = True
        for b, a in _ways(go, range(min(most, self.size))):
            out[a, b] = True
        return out

    @cached_property
    def between(self) -> Ints:
        """See `kernels.hops`."""
        return hops(self.moves)

    @cached_property
    def costs(self) -> Ints:
        """(variants,): the cost of making each usual."""
        return align_all(self.runs.offsets, self.steps, self.between)

    @cached_property
    def fitness(self) -> NDArray[np.float64]:
        """(variants,): see `fit`."""
        sizes = np.diff(self.runs.offsets) - ~self.runs.whole
        return np.array([self.fit(int(c), int(n)) for c, n in zip(self.costs, sizes, strict=True)])

    def fit(self, cost: int, steps: int) -> float:
        """1 − cost / the cost of leaving out every step and putting in the shortest usual way.

        Fitness of alignments: van der Aalst, Adriansyah and van Dongen, WIREs Data Mining 2 (2012) 182–192.
        """
        empty = int(self.between[-2, -1])
        worst = steps + (empty if empty < FAR else 0)
        return 1.0 - min(cost, worst) / worst if worst else 1.0

    @cached_property
    def common(self) -> Ints:
        """Rows of `runs`, commonest first, that are common."""
        ranked = self.runs.ranked
        least = max(_ENOUGH, _COMMON * int(self.runs.counts.sum()))
        often = ranked[(self.runs.counts[ranked] >= least) & self.runs.whole[ranked]]
        return often if len(often) else ranked[:1]

    def way(self, source: int, target: int) -> list[int]:
        """The steps between two on the shortest usual way, the widest of several."""
        following: dict[int, list[Pair]] = {}
        for (a, b), n in self._counts.items():
            if self.moves[a, b]:
                following.setdefault(a, []).append((b, n))
        before: dict[int, int] = {}
        queue = [(1, -n, two, source) for two, n in following.get(source, ())]
        heapq.heapify(queue)
        while queue:
            steps, width, number, came = heapq.heappop(queue)
            if number in before:
                continue
            before[number] = came
            if number == target:
                break
            for two, n in following.get(number, ()) if number < self.size else ():
                if two not in before:
                    heapq.heappush(queue, (steps + 1, max(width, -n), two, number))
        way: list[int] = []
        at = before.get(target, source)
        while at != source:
            way.append(at)
            at = before[at]
        return way[::-1]


def _ways(before: Mapping[int, int], numbers: Iterable[int]) -> Iterable[Pair]:
    """The moves on the ways from the root of a tree of predecessors to these numbers."""
    for number in numbers:
        at = number
        while at in before and before[at] != at:
            yield before[at], at
            at = before[at]


def usual(sums: Sums, task: int) -> Usual:
    """What is usual in a task."""
    found = graph(sums, task)
    return Usual(found, sequences(sums, found))
