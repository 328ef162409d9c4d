"""Pieces put together that one performance was broken into, by noise or by an interruption.

Two pieces belong together when they complete one another: both are parts of the same routine and neither is all of it,
what the later one holds comes later in the routine, hardly anything is in both, and the later one begins soon after the
earlier one ends. Two performances of a routine, even broken ones, repeat one another or come in the wrong order.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MAJOR: Final = 3
"""Pieces of a task that is a routine to be completed."""
PART: Final = 0.4
"""Least mean share, over a piece's symbols, of a routine's pieces that hold them."""
CORE: Final = 0.4
"""Share of its pieces that hold a symbol of the core of a routine."""
WHOLE: Final = 0.85
"""Share of the core that makes a piece a performance of its own."""
SHARED: Final = 0.15
"""Most of the smaller piece's core symbols that may be in both."""
LONGER: Final = 1.25
"""By how much both together may exceed the routine's usual length."""
REACH: Final = 64
RECENT: Final = 16
USUAL: Final = 0.75
"""Quantile of the pieces' lengths that is the routine's usual one."""


def rejoined(symbol: Ints, segment: Ints, task: Ints) -> Ints:
    """Segment numbers with broken performances made one. `segment`: −1 for loose ends; `task`: of each segment."""
    rows = np.flatnonzero(segment >= 0)
    rows = rows[np.argsort(segment[rows], kind="stable")]
    names, starts = np.unique(segment[rows], return_index=True)
    offsets = np.append(starts, len(rows)).astype(np.int64)
    said = symbol[rows]
    kinds = int(task.max()) + 1
    size = int(symbol.max()) + 1
    lengths = np.diff(offsets)
    often = np.bincount(task[names], minlength=kinds)
    usual = np.ones(kinds)
    for kind in range(kinds):
        if often[kind] >= MAJOR:
            usual[kind] = np.quantile(lengths[task[names] == kind], USUAL)
    holds, place = _routines(said, offsets, task[names], usual, size)
    holds[often < MAJOR] = 0
    in_time = np.argsort(rows[offsets[:-1]], kind="stable")
    target = _joined(said, rows, offsets, in_time, holds, place, usual)
    to = np.arange(int(segment.max()) + 1)
    to[names] = names[target]
    return np.where(segment >= 0, to[segment], segment)


@njit(cache=True)
def _routines(said: Ints, offsets: Ints, task: Ints, usual: Floats, size: int) -> tuple[Floats, Floats]:
    """(tasks, symbols): the share of a task's pieces that hold a symbol, and where in a long one it comes."""
    kinds = len(usual)
    holds, place, seen = np.zeros((kinds, size)), np.zeros((kinds, size)), np.zeros((kinds, size))
    count = np.zeros(kinds)
    last = np.full(size, -1)
    for p in range(len(offsets) - 1):
        length = offsets[p + 1] - offsets[p]
        kind = task[p]
        count[kind] += 1
        for i in range(offsets[p], offsets[p + 1]):
            s = said[i]
            if last[s] != p:
                last[s] = p
                holds[kind, s] += 1
            if length * LONGER >= usual[kind]:
                place[kind, s] += (i - offsets[p]) / length
                seen[kind, s] += 1
    for kind in range(kinds):
        for s in range(size):
            holds[kind, s] /= max(count[kind], 1.0)
            place[kind, s] = place[kind, s] / seen[kind, s] if seen[kind, s] else 0.5
    return holds, place


@njit(cache=True)
def _kind(said: Ints, holds: Floats) -> int:
    """The routine a piece is a part of; −1: none."""
    kind, part = -1, PART * len(said)
    for k in range(len(holds)):
        share = 0.0
        for s in said:
            share += holds[k, s]
        if share > part:
            kind, part = k, share
    return kind


@njit(cache=True)
def _joined(said: Ints, rows: Ints, offsets: Ints, in_time: Ints, holds: Floats, place: Floats, usual: Floats) -> Ints:
    """For each piece the piece it is made one with."""
    size = holds.shape[1]
    core = (holds >= CORE).sum(axis=1)
    out = np.arange(len(offsets) - 1)
    root = np.full(RECENT, -1)
    has = np.zeros((RECENT, size), np.bool_)
    kind_of, last = np.full(RECENT, -1), np.full(RECENT, -1)
    length, mean, cover = np.zeros(RECENT), np.zeros(RECENT), np.zeros(RECENT)
    here = np.zeros(size, np.bool_)
    following = 0
    for p in in_time:
        begin, end = offsets[p], offsets[p + 1]
        kind = _kind(said[begin:end], holds)
        if kind < 0:
            continue
        here[:] = False
        where, held = 0.0, 0
        for i in range(begin, end):
            s = said[i]
            where += place[kind, s]
            if not here[s]:
                here[s] = True
                held += holds[kind, s] >= CORE
        where /= end - begin
        best = -1
        for r in range(RECENT):
            near = root[r] >= 0 and kind_of[r] == kind and rows[begin] - REACH <= last[r] < rows[begin]
            if not near or mean[r] >= where or max(cover[r], held) >= WHOLE * core[kind]:
                continue
            if length[r] + end - begin > LONGER * usual[kind]:
                continue
            both = 0
            for s in range(size):
                both += here[s] and has[r, s] and holds[kind, s] >= CORE
            if both <= SHARED * min(cover[r], held) and (best < 0 or last[r] > last[best]):
                best = r
        if best < 0:
            best = following
            following = (following + 1) % RECENT
            root[best], kind_of[best] = p, kind
            has[best] = here
            length[best], mean[best], cover[best] = end - begin, where, held
        else:
            out[p] = root[best]
            mean[best] = (mean[best] * length[best] + where * (end - begin)) / (length[best] + end - begin)
            length[best] += end - begin
            cover[best] = 0
            for s in range(size):
                has[best, s] |= here[s]
                cover[best] += has[best, s] and holds[kind, s] >= CORE
        last[best] = rows[end - 1]
    return out
