"""What is usual in a task: the moves that most of its work consists of, and the variants that are common."""

from __future__ import annotations

import heapq
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

_MOVES: Final = 0.95
"""Share of all moves that the usual ones hold."""
_STEPS: Final = 0.99
"""Share of all events whose activities can be reached by usual moves."""
_COMMON: Final = 0.005
_ENOUGH: Final = 2


@dataclass(frozen=True)
class Usual:
    """The usual moves of a task: the commonest ones, and the widest ways to all but the rarest activities."""

    graph: Graph
    runs: Sequences

    @cached_property
    def moves(self) -> NDArray[np.bool_]:
        """(N + 2, N + 2): N is the start, N + 1 the end."""
        source, target, count = self.graph.moves
        size = len(self.graph) + 2
        out = np.zeros((size, size), np.bool_)
        order = np.lexsort((target, source, -count))
        held = np.cumsum(count[order])
        often = order[: int(np.searchsorted(held, _MOVES * int(held[-1]))) + 1] if len(held) else order
        out[source[often], target[often]] = True
        pairs = dict(zip(zip(source.tolist(), target.tolist(), strict=True), count.tolist(), strict=True))
        start, end = size - 2, size - 1
        reached = np.cumsum(self.graph.events)
        most = int(np.searchsorted(reached, _STEPS * int(reached[-1]))) + 1 if len(reached) else 0
        come = widest(start, pairs, {start, end})
        go = widest(end, {(b, a): n for (a, b), n in pairs.items()}, {start, end})
        for number in (*range(most), end):
            for before, swapped in ((come, False), (go, True)):
                at = number
                while at in before and before[at] != at:
                    pair = (at, before[at]) if swapped else (before[at], at)
                    out[pair] = True
                    at = before[at]
        return out

    @cached_property
    def between(self) -> Ints:
        """See `kernels.hops`."""
        return hops(self.moves)

    @cached_property
    def costs(self) -> Ints:
        """(variants,): the cost of making each usual."""
        return align_all(self.runs.offsets, self.runs.steps, self.between)

    @cached_property
    def fitness(self) -> NDArray[np.float64]:
        """(variants,): see `fit`."""
        return np.array([self.fit(int(c), int(n)) for c, n in zip(self.costs, np.diff(self.runs.offsets), strict=True)])

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
        a, b, count = self.graph.moves
        following: dict[int, list[tuple[int, int]]] = {}
        for one, two, n in zip(a.tolist(), b.tolist(), count.tolist(), strict=True):
            if self.moves[one, two]:
                following.setdefault(one, []).append((two, n))
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
            for two, n in following.get(number, ()) if number < len(self.graph) else ():
                if two not in before:
                    heapq.heappush(queue, (steps + 1, max(width, -n), two, number))
        way: list[int] = []
        at = before.get(target, source)
        while at != source:
            way.append(at)
            at = before[at]
        return way[::-1]


def usual(sums: Sums, task: int) -> Usual:
    """What is usual in a task."""
    found = graph(sums, task)
    return Usual(found, sequences(sums, found))
