"""The cheapest set of kinds that breaks enough runs: a partial weighted hitting set, with a bound.

Withholding a kind, or having a person approve it, breaks the runs that pass through it. The choice is a mixed integer
programme, solved by HiGHS (branch and bound), which states its lower bound; greedy is the check from above (Wolsey,
*Combinatorica* 2, 1982).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, milp
from scipy.sparse import coo_array

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SECONDS: Final = 5.0
"""After which the programme is left with the gap it has: results that hit it are not repeated to the last bit."""
_LEAST: Final = 1e-9
_FREE: Final = 1e-7
"""What a kind that costs nothing costs, of the dearest: so that none is taken for nothing."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Runs that were accepted, by the kinds they pass through, alike ones together."""

    through: Bools
    """(u, K)"""
    runs: Floats
    """(u,): how many took each."""
    of: float
    """How many runs there were, accepted or not."""

    @classmethod
    def told(cls, through: Bools, of: float) -> Paths:
        """From one row for each accepted run."""
        kinds, counts = np.unique(through, axis=0, return_counts=True)
        return cls(kinds, counts.astype(np.float64), of)


@dataclass(frozen=True, slots=True)
class Cover:
    """Kinds that break enough runs, what they cost, and what no set can cost less than."""

    kinds: tuple[int, ...]
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """Share of the cost that might be saved: 0 where this is known to be the best."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > _LEAST else 0.0


def cover(costs: Floats, groups: Sequence[Paths], allowed: float) -> Cover | None:
    """The cheapest kinds after which, in each group, at most the share `allowed` of the runs is left; None: none are.

    `costs` (K,) ≥ 0. Variables: x (K,), whether a kind is taken; y (u,), whether runs are broken, at most the sum of x
    along them; all are 0 or 1.
    """
    size, many = len(costs), sum(len(group.runs) for group in groups)
    if not many:
        return Cover((), 0.0, 0.0)
    through = np.concatenate([group.through for group in groups])
    row, column = np.nonzero(through)
    links = coo_array(
        (
            np.concatenate([np.ones(many), -np.ones(len(row))]),
            (np.concatenate([np.arange(many), row]), np.concatenate([size + np.arange(many), column])),
        ),
        shape=(many, size + many),
    ).tocsr()
    needs = np.zeros((len(groups), size + many))
    wanted, at = np.zeros(len(groups)), size
    for number, group in enumerate(groups):
        needs[number, at : at + len(group.runs)] = group.runs
        wanted[number] = np.ceil(group.runs.sum() - allowed * group.of - _LEAST)  # runs are whole
        at += len(group.runs)
    scale = float(costs.max(initial=0.0)) or 1.0
    found = milp(
        np.concatenate([np.maximum(costs / scale, _FREE), np.zeros(many)]),
        constraints=cast("Any", [(links, -np.inf, 0.0), (needs, wanted, np.inf)]),
        integrality=np.ones(size + many),
        bounds=Bounds(0.0, 1.0),
        options={"time_limit": SECONDS},
    )
    if found.x is None:
        return None
    kinds = tuple(np.flatnonzero(found.x[:size] > 0.5).tolist())  # noqa: PLR2004 - a binary variable, as a float
    bound = float(found.mip_dual_bound) if found.mip_dual_bound is not None else 0.0
    total = float(costs[list(kinds)].sum())
    return Cover(kinds, total, min(total, max(0.0, (bound - size * _FREE) * scale)))


def greedy(
    size: int, value: Callable[[frozenset[int]], float], costs: Floats, enough: float
) -> list[tuple[frozenset[int], float]]:
    """Sets that grow by the kind that lowers `value` most for its cost, with the value of each, until `enough`.

    Lazy: what a kind was last worth is tried first (Minoux, 1978). It is a heuristic where the value is not submodular.
    """
    taken: frozenset[int] = frozenset()
    now = value(taken)
    way = [(taken, now)]
    heap = [(-np.inf, kind, -1) for kind in range(size)]
    while now > enough and heap:
        gain, kind, seen = heapq.heappop(heap)
        if seen == len(taken):
            if -gain <= _LEAST:
                break
            taken |= {kind}
            now = value(taken)
            way.append((taken, now))
            continue
        worth = (now - value(taken | {kind})) / max(float(costs[kind]), 1e-6)
        heapq.heappush(heap, (-worth, kind, len(taken)))
    return way


def leaner(kinds: frozenset[int], feasible: Callable[[frozenset[int]], bool], costs: Floats) -> frozenset[int]:
    """Without the kinds that it can do without, the dearest first."""
    for kind in sorted(kinds, key=lambda k: (-costs[k], k)):
        if feasible(kinds - {kind}):
            kinds -= {kind}
    return kinds


def cheapest(
    costs: Floats, feasible: Callable[[frozenset[int]], bool], tries: int
) -> tuple[frozenset[int] | None, float]:
    """(the cheapest feasible set, its cost), by trying sets in the order of their costs; it assumes nothing else.

    After so many tries: (None, the cost that every feasible set has at least).
    """
    order = np.argsort(costs, kind="stable")
    sums: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    last = 0.0
    for _ in range(tries):
        if not sums:
            return None, np.inf
        last, places = heapq.heappop(sums)
        chosen = frozenset(int(order[p]) for p in places)
        if feasible(chosen):
            return chosen, last
        following = places[-1] + 1 if places else 0
        if following < len(order):
            more = float(costs[order[following]])
            heapq.heappush(sums, (last + more, (*places, following)))
            if places:
                less = float(costs[order[places[-1]]])
                heapq.heappush(sums, (last - less + more, (*places[:-1], following)))
    return None, sums[0][0] if sums else np.inf
