"""The loops behind teams and roles: ties between people, moves between communities, merging of clusters.

Exact ties go to the lowest number, so results depend on the sums alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GAIN = 1e-12
"""Least relative gain of a move: less is rounding."""


@njit(cache=True)
def moved(weights: Floats, labels: Ints, resolution: float) -> Ints:
    """Labels after moving one node at a time to where modularity gains most, until no move gains.

    `weights` (n, n) is symmetric; what stands on the diagonal counts as inner weight (twice for each edge, as in an
    aggregated network). `labels` are numbers below n. The local phase of Blondel et al., *J. Stat. Mech.* (2008)
    P10008.
    """
    n = len(weights)
    degree = np.empty(n, np.float64)
    for i in range(n):
        degree[i] = weights[i].sum()
    total = degree.sum()
    out = labels.copy()
    if total <= 0.0:
        return out
    held = np.zeros(n, np.float64)
    for i in range(n):
        held[out[i]] += degree[i]
    toward = np.zeros(n, np.float64)
    for _ in range(100):
        changes = 0
        for i in range(n):
            if degree[i] <= 0.0:
                continue
            toward[:] = 0.0
            for j in range(n):
                if j != i:
                    toward[out[j]] += weights[i, j]
            own = out[i]
            held[own] -= degree[i]
            best, most = own, toward[own] - resolution * degree[i] * held[own] / total
            for c in range(n):
                if toward[c] > 0.0:
                    gain = toward[c] - resolution * degree[i] * held[c] / total
                    if gain > most + _GAIN * total:
                        best, most = c, gain
            held[best] += degree[i]
            if best != own:
                out[i] = best
                changes += 1
        if changes == 0:
            break
    return out


@njit(cache=True)
def merged(distance: Floats) -> tuple[Ints, Floats]:
    """Average linkage: (n − 1, 2) places of the clusters that are merged at each step, and at which mean distance.

    `distance` (n, n) is symmetric and used up. A merged cluster takes the lower place. Sokal and Michener, *Univ.
    Kansas Sci. Bull.* 38 (1958) 1409–1438; the nearest of each row is remembered, so it costs about n².
    """
    n = len(distance)
    size = np.ones(n, np.float64)
    alive = np.ones(n, np.bool_)
    near = np.zeros(n, np.int64)
    gap = np.full(n, np.inf)
    for i in range(n):
        for j in range(i + 1, n):
            if distance[i, j] < gap[i]:
                gap[i], near[i] = distance[i, j], j
    pairs = np.empty((max(n - 1, 0), 2), np.int64)
    heights = np.empty(max(n - 1, 0), np.float64)
    for step in range(n - 1):
        a = -1
        for i in range(n):
            if alive[i] and (a < 0 or gap[i] < gap[a]):
                a = i
        b = near[a]
        pairs[step, 0], pairs[step, 1], heights[step] = a, b, gap[a]
        for j in range(n):
            if alive[j] and j not in (a, b):
                mean = (size[a] * distance[a, j] + size[b] * distance[b, j]) / (size[a] + size[b])
                distance[a, j], distance[j, a] = mean, mean
        size[a] += size[b]
        alive[b] = False
        gap[b] = np.inf
        for i in range(n):
            if not alive[i] or (i != a and near[i] != a and near[i] != b and not (i < a and distance[i, a] < gap[i])):
                continue
            gap[i] = np.inf
            for j in range(i + 1, n):
                if alive[j] and distance[i, j] < gap[i]:
                    gap[i], near[i] = distance[i, j], j
    return pairs, heights


@njit(cache=True)
def shared(starts: Ints, lengths: Ints, people: Ints, counts: Ints, size: int) -> Floats:
    """(size, size): for each two people the runs both stand in, each divided by the number of the others in it.

    Run t is `people[starts[t] : starts[t] + lengths[t]]`: two or more numbers below `size`, −1 for nobody. It counts
    `counts[t]` times.
    """
    out = np.zeros((size, size), np.float64)
    for t in range(len(starts)):
        weight = counts[t] / (lengths[t] - 1)
        for i in range(starts[t], starts[t] + lengths[t]):
            for j in range(i + 1, starts[t] + lengths[t]):
                a, b = people[i], people[j]
                if a >= 0 and b >= 0 and a != b:
                    out[a, b] += weight
                    out[b, a] += weight
    return out
