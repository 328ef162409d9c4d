"""The alignment of sequences with a map, and the distance of sequences, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Ints = NDArray[np.int64]

FAR: Final = 1 << 40
"""Cost of a way that does not exist."""


@njit(cache=True)
def hops(usual: NDArray[np.bool_]) -> Ints:
    """Steps that stand between two on the shortest usual way; `FAR` where there is none.

    0 where one may follow the other at once. The last two are start and end; no way leads through them.
    """
    size = len(usual)
    out = np.full((size, size), FAR, np.int64)
    queue = np.empty(size, np.int64)
    for root in range(size):
        head, tail = 0, 0
        for b in range(size):
            if usual[root, b]:
                out[root, b] = 0
                queue[tail] = b
                tail += 1
        while head < tail:
            a = queue[head]
            head += 1
            if a >= size - 2:
                continue
            for b in range(size):
                if usual[a, b] and out[root, b] == FAR:
                    out[root, b] = out[root, a] + 1
                    queue[tail] = b
                    tail += 1
    return out


@njit(cache=True)
def align(steps: Ints, between: Ints, came: Ints) -> Any:
    """The least cost of making a sequence usual: 1 for each step left out and for each put in.

    `came` (len(steps) + 1) receives for each place, and last for the end, the place of the kept step before it;
    −1 for the start. A sequence that ends in −1 was cut: its end costs nothing. Of equal ways the one that keeps the
    nearest step before is taken.
    """
    size = len(between)
    start, end = size - 2, size - 1
    n = len(steps)
    cut = n > 0 and steps[n - 1] < 0
    if cut:
        n -= 1
    cost = np.empty(n + 1, np.int64)
    for i in range(n + 1):
        best, at = np.int64(FAR), -1
        for j in range(i - 1, -2, -1):
            before = cost[j] if j >= 0 else 0
            here = steps[j] if j >= 0 else start
            if i < n:
                gap = between[here, steps[i]]
            elif cut:
                gap = 0
            else:
                gap = between[here, end]
            total = before + (i - j - 1) + gap
            if total < best:
                best, at = total, j
        cost[i], came[i] = best, at
    return cost[n]


@njit(cache=True)
def align_all(offsets: Ints, steps: Ints, between: Ints) -> Ints:
    """`align` of every sequence."""
    out = np.empty(len(offsets) - 1, np.int64)
    for i in range(len(out)):
        run = steps[offsets[i] : offsets[i + 1]]
        out[i] = align(run, between, np.empty(len(run) + 1, np.int64))
    return out


@njit(cache=True)
def distance(one: Ints, two: Ints) -> Any:
    """Fewest steps to leave out and to put in between two sequences (Wagner and Fischer 1974, without exchanges)."""
    n, m = len(one), len(two)
    row = np.arange(m + 1)
    for i in range(1, n + 1):
        corner = row[0]
        row[0] = i
        for j in range(1, m + 1):
            above = row[j]
            row[j] = corner if one[i - 1] == two[j - 1] else min(above, row[j - 1]) + 1
            corner = above
    return row[m]


@njit(cache=True)
def nearest(run: Ints, offsets: Ints, steps: Ints, rows: Ints) -> tuple[Any, Any]:
    """(row, distance) of the sequence nearest to a run; the earliest of equals."""
    best, least = -1, np.int64(FAR)
    for place in range(len(rows)):
        row = rows[place]
        size = offsets[row + 1] - offsets[row]
        if abs(size - len(run)) >= least:
            continue
        apart = distance(run, steps[offsets[row] : offsets[row + 1]])
        if apart < least:
            best, least = row, apart
    return best, least
