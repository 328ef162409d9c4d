"""Which event goes on from which: the threads of work in a stream, told apart where they interleave.

Every event is linked to the event it most likely follows, among the last events of a few open threads, by how much
likelier it is after that one than by chance; an event that follows none begins a thread. Chances are counted from
the links of the pass before (at first from all pairs a few places apart), each link leaving itself out: a pair seen
once says nothing for itself. Events of a stream without noise or interleaving thus form one thread.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.distil.segment.stream import NONE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OPEN: Final = 6
"""Threads that may be open at once."""
WINDOW: Final = 24
"""Events after which a thread that was not taken up is over."""
AGEING: Final = 0.25
"""Bits against a link for each event it skips."""
LEAST: Final = 2.0
"""Bits by which an event must be likelier after its predecessor than by chance…"""
HALF: Final = 0.5
"""…or this share of the bits that name a symbol, if that is less: among few symbols little can be gained."""
PRIOR: Final = 1.0
"""Weight of chance in the estimate of what follows, in events."""
PASSES: Final = 4
FIRST: Final = np.power(0.6, np.arange(6)) / np.power(0.6, np.arange(6)).sum()
"""Weight of pairs 1 to 6 places apart in the first pass."""
ESTABLISHED: Final = 1.0
"""Bits for a link to a thread of at least `GROWN` events: a repeated step is likelier a slip than a new thread."""
GROWN: Final = 4
SMALL: Final = 3
"""Threads of at most this many events inside another's span are loose ends, not work of their own."""


def links(symbol: Ints) -> Ints:
    """(n,): the event each event goes on from; −1 where a thread begins."""
    size = int(symbol.max()) + 1
    chance = (np.bincount(symbol, minlength=size).astype(np.float64) + 0.5) / (len(symbol) + 0.5 * size)
    counts = _near(symbol, size, FIRST)
    before = np.full(len(symbol), NONE)
    for turn in range(PASSES):
        found = _link(symbol, counts, chance, before, FIRST if turn == 0 else FIRST[:0])
        if turn and (found == before).all():
            break
        before = found
        counts = _counted(symbol, found, size)
    return before


def order(symbol: Ints) -> tuple[list[Ints], Ints]:
    """The events of each strand in order, and the thread of every event; −1 for loose ends that belong to none.

    A strand is a row of threads one after the other: a thread goes on in the strand that ended last before it.
    """
    thread = _threads(links(symbol))
    places = np.arange(len(symbol))
    size = np.bincount(thread)
    first, last = np.full(len(size), len(symbol)), np.full(len(size), NONE)
    np.minimum.at(first, thread, places)
    np.maximum.at(last, thread, places)
    loose = _enclosed(first, last, size > SMALL, len(symbol))
    strand = _strands(first, last, loose)
    of_event = strand[thread]
    by_strand = np.lexsort((places, first[thread], of_event))
    sorted_strand = of_event[by_strand]
    borders = np.flatnonzero(np.diff(sorted_strand, prepend=NONE))
    parts = np.split(by_strand, borders)[1:] if len(borders) else []
    return [part for part in parts if of_event[part[0]] >= 0], np.where(loose[thread], NONE, thread)


def _enclosed(first: Ints, last: Ints, large: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """Which small threads lie wholly inside the span of large ones."""
    change = np.zeros(n + 1, np.int64)
    np.add.at(change, first[large], 1)
    np.add.at(change, last[large], -1)
    bare = np.concatenate([[0], np.cumsum(np.cumsum(change)[:-1] <= 0)])
    return ~large & (bare[last + 1] == bare[first])


@njit(cache=True)
def _near(symbol: Ints, size: int, weights: Floats) -> Floats:
    counts = np.zeros((size, size))
    for i in range(len(symbol)):
        for step in range(1, min(len(weights), len(symbol) - 1 - i) + 1):
            counts[symbol[i], symbol[i + step]] += weights[step - 1]
    return counts


@njit(cache=True)
def _counted(symbol: Ints, before: Ints, size: int) -> Floats:
    counts = np.zeros((size, size))
    for j in range(len(symbol)):
        if before[j] >= 0:
            counts[symbol[before[j]], symbol[j]] += 1.0
    return counts


@njit(cache=True)
def _link(symbol: Ints, counts: Floats, chance: Floats, before: Ints, weights: Floats) -> Ints:
    """One pass. `weights`: those the counts were made with, or none if they were made from the links `before`."""
    total = counts.sum(axis=1)
    least = min(LEAST, HALF * np.log2(len(chance)))
    last, grown = np.full(OPEN, -1), np.zeros(OPEN, np.int64)
    out = np.full(len(symbol), -1)
    for j in range(len(symbol)):
        b = symbol[j]
        best, chosen = least, -1
        for t in range(OPEN):
            i = last[t]
            if i < 0 or j - i > WINDOW:
                continue
            own = 0.0
            if len(weights) >= j - i:
                own = weights[j - i - 1]
            elif before[j] == i:
                own = 1.0
            a = symbol[i]
            likely = (counts[a, b] - own + PRIOR * chance[b]) / (total[a] - own + PRIOR)
            bits = np.log2(likely / chance[b]) - AGEING * (j - i - 1)
            if bits > least and grown[t] >= GROWN:
                bits += ESTABLISHED
            if bits > best:
                best, chosen = bits, t
        if chosen < 0:
            chosen = np.argmin(last)
            grown[chosen] = 0
        else:
            out[j] = last[chosen]
        last[chosen] = j
        grown[chosen] += 1
    return out


@njit(cache=True)
def _threads(before: Ints) -> Ints:
    out = np.empty(len(before), np.int64)
    count = 0
    for j in range(len(before)):
        if before[j] >= 0:
            out[j] = out[before[j]]
        else:
            out[j] = count
            count += 1
    return out


@njit(cache=True)
def _strands(first: Ints, last: Ints, loose: NDArray[np.bool_]) -> Ints:
    """The strand of each thread (threads are numbered by their first event); −1 for loose ones."""
    ends = np.full(len(first), -1)
    out = np.full(len(first), -1)
    count = 0
    for t in range(len(first)):
        if loose[t]:
            continue
        best = -1
        for q in range(count):
            if ends[q] < first[t] and (best < 0 or ends[q] > ends[best]):
                best = q
        if best < 0:
            best = count
            count += 1
        ends[best] = last[t]
        out[t] = best
    return out
