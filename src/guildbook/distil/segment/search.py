"""The borders under which a row of symbols is described in the fewest bits.

Where a performance ends, what comes next hangs on nothing that was done in it, so a border there costs nothing; within
a performance it costs what the steps before say about the steps after. Each border is worth a bit, so that of a round
that is run through again and again one turn is the segment, not all of it; to cut a rigid round of steps twice costs
two bits a turn more than to cut it once, and so is not done.

The search moves all borders of a kind at once: those between two symbols, before or after one or two. It is begun from
a few first moves that have nothing in common, and goes downhill from each; the shortest description is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.segment.length import CUT, MOVES, TINY, descend, first_gains, row, whole

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TWICE: Final = 2
"""Gaps of a kind that a move needs."""
MOST: Final = 1
OFTENEST: Final = 4
"""First moves tried of those that gain most, and then of those that gain most a border."""
OFTEN: Final = 0.004
"""Borders, as a share of the row, that the latter make at least."""
SAMPLE: Final = 8_192
BLOCK: Final = 1_024
"""Longer rows are looked at in blocks of this size, spread evenly, of `SAMPLE` places in all."""
SURE: Final = 0.5


@dataclass(frozen=True)
class Found:
    """Borders, and how much shorter they make the description."""

    cut: Flags
    """(n,): a segment begins at this place."""
    bits: float
    """Length with the borders."""
    plain: float
    """Length without any."""


def borders(symbol: Ints, weight: Floats, fixed: Flags, joint: Flags) -> Found:
    """Borders in a row.

    `weight`: bits for a border before each place; `fixed`: places that begin a strand; `joint`: places that begin a
    thread, each of which may be a border by itself.
    """
    if len(symbol) <= SAMPLE:
        return _searched(symbol, weight, fixed, joint)
    starts = np.linspace(0, len(symbol) - BLOCK, SAMPLE // BLOCK).astype(np.int64)
    rows = (starts[:, None] + np.arange(BLOCK)).ravel()
    inside = np.arange(len(rows)) % BLOCK > 0
    found = _searched(symbol[rows], weight[rows], fixed[rows] | ~inside, joint[rows])
    return Found(_applied(symbol, symbol[rows], found.cut, inside, joint) | fixed, found.bits, found.plain)


def _applied(symbol: Ints, seen: Ints, cut: Flags, inside: Flags, joint: Flags) -> Flags:
    """Borders where most gaps between the same two symbols of the sample had one.

    For two symbols the sample does not have side by side: at a joint, and where most gaps after the one or before
    the other had.
    `inside`: gaps of the sample that are not where its blocks meet.
    """
    width = int(max(symbol.max(), seen.max())) + 1
    at = np.flatnonzero(inside)
    was = cut[at]
    before, after = seen[at - 1], seen[at]
    known, place = np.unique(before * width + after, return_inverse=True)
    share = np.bincount(place, was) / np.bincount(place)
    ends = np.bincount(before, was, width) / np.maximum(np.bincount(before, minlength=width), 1)
    starts = np.bincount(after, was, width) / np.maximum(np.bincount(after, minlength=width), 1)
    wanted = symbol[:-1] * width + symbol[1:]
    found = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    guess = np.maximum(ends[symbol[:-1]], starts[symbol[1:]])
    out = np.zeros(len(symbol), dtype=bool)
    out[1:] = np.where(known[found] == wanted, share[found] >= SURE, joint[1:] | (guess >= SURE))
    return out


def _searched(symbol: Ints, weight: Floats, fixed: Flags, joint: Flags) -> Found:
    gaps, offsets = _kinds(symbol, fixed, joint)
    held = row(symbol, weight)
    cut = fixed.copy()
    plain = float(whole(held, cut))
    best = Found(cut, plain, plain)
    gains = first_gains(held, cut, gaps, offsets)
    for first in _openings(gains, gaps, offsets, fixed):
        cut = fixed.copy()
        whole(held, cut)
        bits = plain + float(descend(held, cut, gaps, offsets, gains.copy(), first))
        if bits < best.bits - TINY:
            best = Found(cut, bits, plain)
    return best


def _kinds(symbol: Ints, fixed: Flags, joint: Flags) -> tuple[Ints, Ints]:
    """The free gaps of each kind, in rising order: between two symbols, before or after one or two; and each joint."""
    free = np.flatnonzero(~fixed[1:]) + 1
    before, after = symbol[free - 1], symbol[free]
    runs: list[Ints] = []
    known: set[tuple[int, ...]] = set()
    width = symbol.max(initial=0) + 2
    earlier = np.where(free > 1, symbol[free - 2], width - 1)
    later = np.append(symbol, width - 1)[free + 1]
    for key in (before * width + after, after, before, earlier * width + before, after * width + later):
        by_key = np.argsort(key, kind="stable")
        splits = np.flatnonzero(np.diff(key[by_key])) + 1
        for run in np.split(free[by_key], splits):
            mark = len(run), int(run[0]) if len(run) else 0, int(run.sum())
            if len(run) >= TWICE and mark not in known:  # in rigid routines most kinds are the same gaps
                known.add(mark)
                runs.append(run)
    runs += [free[i : i + 1] for i in np.flatnonzero(joint[free]).tolist()]
    offsets = np.cumsum([0, *(len(run) for run in runs)]).astype(np.int64)
    return np.concatenate(runs) if runs else np.empty(0, np.int64), offsets


def _openings(gains: Floats, gaps: Ints, offsets: Ints, fixed: Flags) -> list[int]:
    """The best first moves that have no gap in common, whether or not they gain anything by themselves."""
    taken: set[int] = set()
    out: list[int] = []
    total = gains[CUT::MOVES]
    each = np.where(np.diff(offsets) >= OFTEN * len(fixed), total / np.diff(offsets), np.inf)
    for ranked, most in ((total, MOST), (each, MOST + OFTENEST)):
        for kind in np.argsort(ranked, kind="stable").tolist():
            at = gaps[offsets[kind] : offsets[kind + 1]].tolist()
            if len(out) < most and len(at) >= TWICE and taken.isdisjoint(at):
                out.append(MOVES * kind + CUT)
                taken.update(at)
    return out
