"""Which segments are performances of one task: those that do mostly the same, whatever their order.

Segments are looked at by the set of symbols they hold, commonest sets first. Each joins the task whose members it is
most like (cosine of its set and the share of the task's segments that hold each symbol), or begins a task of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.distil.segment.stream import NONE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LIKE: Final = 0.6
"""Least cosine of a segment and a task."""


def tasks(symbol: Ints, segment: Ints, loose: NDArray[np.bool_], like: float = LIKE) -> Ints:
    """(segments,): the task of each segment, the one with the most segments first. Loose ends are left aside."""
    count = int(segment.max(initial=NONE)) + 1
    if not count:
        return np.empty(0, np.int64)
    bare = np.bincount(segment[~loose], minlength=count) == 0
    held = ~loose | bare[segment]
    width = int(symbol.max()) + 1
    cells = np.unique(segment[held] * width + symbol[held])
    owner, said = cells // width, cells % width
    offsets = np.searchsorted(owner, np.arange(count + 1))
    variant = _variants(said, offsets)
    _, first, of_segment, often = np.unique(variant, return_index=True, return_inverse=True, return_counts=True)
    ranked = np.lexsort((first, -often))
    found = _joined(said, offsets, first[ranked], often[ranked].astype(np.float64), width, like)
    of_variant = np.empty(len(first), np.int64)
    of_variant[ranked] = found
    task = of_variant[of_segment]
    sizes = np.bincount(task)
    begins = np.full(len(sizes), count)
    np.minimum.at(begins, task, np.arange(count))
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((begins, -sizes))] = np.arange(len(sizes))
    return rank[task]


def like(said: Ints, offsets: Ints, often: Floats, width: int, least: float) -> Ints:
    """The group of each set of marks, looked at in the order given; `often`: how many times each counts.

    `offsets` (sets + 1,): where in `said` each begins; marks are numbers below `width`.
    """
    return _joined(said, offsets, np.arange(len(often)), often, width, least)


@njit(cache=True)
def _variants(said: Ints, offsets: Ints) -> Ints:
    """A hash of each segment's symbols, which are sorted."""
    out = np.zeros(len(offsets) - 1, np.int64)
    for s in range(len(out)):
        value = np.int64(1469598103934665603)
        for i in range(offsets[s], offsets[s + 1]):
            value = (value ^ (said[i] + 1)) * np.int64(1099511628211)
            value ^= value >> 29
        out[s] = value
    return out


@njit(cache=True)
def _joined(said: Ints, offsets: Ints, variants: Ints, often: Floats, width: int, least: float) -> Ints:
    """The task of each variant, given by one of its segments, in order."""
    out = np.zeros(len(variants), np.int64)
    holds = np.zeros((16, width))
    norm = np.zeros(16)
    size = np.zeros(16)
    count = 0
    for v in range(len(variants)):
        begin, end = offsets[variants[v]], offsets[variants[v] + 1]
        best, chosen = least, -1
        for task in range(count):
            shared = 0.0
            for i in range(begin, end):
                shared += holds[task, said[i]]
            like = shared / np.sqrt((end - begin) * norm[task])
            if like > best:
                best, chosen = like, task
        if chosen < 0:
            if count == len(size):
                holds = np.concatenate((holds, np.zeros_like(holds)))
                norm = np.concatenate((norm, np.zeros_like(norm)))
                size = np.concatenate((size, np.zeros_like(size)))
            chosen = count
            count += 1
        size[chosen] += often[v]
        for i in range(begin, end):
            before = holds[chosen, said[i]]
            holds[chosen, said[i]] = before + often[v]
            norm[chosen] += (before + often[v]) ** 2 - before**2
        out[v] = chosen
    return out
