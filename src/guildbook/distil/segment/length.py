"""How long the description of a cut row of symbols is, kept exact while borders are moved.

Between two borders every symbol is told by the `ORDER` symbols before it in its segment, and by the segment's
beginning if that is nearer; an end is one more thing that can come next, and each beginning is told by how often a
segment begins so. The length of that is Σ over contexts of N·log₂N − Σ over what followed of n·log₂n (the code length
of the counts' own maximum likelihood), and `NEW` bits for everything that ever followed a context, since a grammar has
to be told, too. Each border takes `WORTH` bits off, and what else speaks for it.

A change only touches the counts near its gaps, so its exact gain is found by making it and taking it back.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = tuple[Ints, Floats, Floats, NDArray[np.uint64], Ints, Ints]
"""Symbols; bits for a border before each; n·log₂n; the keys and counts of an open hash table; where each symbol was
last before."""

ORDER: Final = 3
NEW: Final = 4.0
WORTH: Final = 0.25
AGAIN: Final = 0.1
"""Bits for every event that does again what its segment has done."""
ANCHOR: Final = 3
"""How often more than once a segment is taken to begin as the stream does."""
ROUNDS: Final = 400
HOPELESS: Final = 1.0
"""Bits a gap beyond which a move that lengthens the description is not looked at again."""
MOVES: Final = 4
HEAL, CUT, BACK, ON = range(MOVES)
"""What can be done with all gaps of a kind: heal them, cut them, shift the cuts by a step back or on."""
TINY: Final = 1e-6

_END: Final = 1
_TOTAL: Final = 7
_BEGIN: Final = 5
_SEED: Final = 1469598103934665603
_FACTOR: Final = 0x9E3779B97F4A7C15
_SHIFT: Final = 29
_ROOM: Final = 10


def row(symbol: Ints, weight: Floats) -> Row:
    """A row with room for its counts."""
    size = 1 << int(np.ceil(np.log2(_ROOM * len(symbol) + 1_000)))
    logs = np.arange(len(symbol) + 4, dtype=np.float64)
    logs[1:] *= np.log2(logs[1:])
    before = np.full(len(symbol), -1)
    by_symbol = np.argsort(symbol, kind="stable")
    same = np.flatnonzero(np.diff(symbol[by_symbol]) == 0)
    before[by_symbol[same + 1]] = by_symbol[same]
    return symbol, weight, logs, np.zeros(size, np.uint64), np.zeros(size, np.int64), before


@njit(cache=True, inline="always")
def _mix(state: Any, word: Any) -> Any:
    state = (state ^ uint64(word)) * uint64(_FACTOR)
    return state ^ (state >> uint64(_SHIFT))


@njit(cache=True)
def _slot(keys: Any, key: Any) -> Any:
    mask = uint64(len(keys) - 1)
    place = key & mask
    while keys[place] != uint64(0) and keys[place] != key:
        place = (place + uint64(1)) & mask
    keys[place] = key
    return place


@njit(cache=True)
def _count(held: Row, context: Any, following: int, step: int) -> Any:
    """Count (or uncount) one thing that followed a context; returns the change of length."""
    _, _, logs, keys, counts, _ = held
    whole = _slot(keys, _mix(context, _TOTAL))
    bits = logs[counts[whole] + step] - logs[counts[whole]]
    counts[whole] += step
    part = _slot(keys, _mix(context, following))
    before = counts[part]
    counts[part] = before + step
    bits -= logs[before + step] - logs[before]
    if before == 0:
        bits += NEW
    elif before + step == 0:
        bits -= NEW
    return bits


@njit(cache=True)
def _tell(held: Row, cut: Flags, gap: int, step: int) -> Any:
    """Count what comes at one gap: the next symbol, or an end and a beginning."""
    symbol = held[0]
    context = uint64(_SEED)
    place, known = gap - 1, 0
    while known < ORDER and place >= 0:
        context = _mix(context, symbol[place] + 3)
        known += 1
        if cut[place]:
            break
        place -= 1
    if known < ORDER:
        context = _mix(context, 1)
    if gap < len(symbol) and not cut[gap]:
        return _count(held, context, symbol[gap] + 11, step)
    bits = 0.0
    if gap > 0:
        bits += _count(held, context, _END, step)
    if gap < len(symbol):
        bits += _count(held, uint64(_BEGIN), symbol[gap] + 11, step)
    return bits


@njit(cache=True)
def _again(held: Row, cut: Flags, first: int, last: int) -> Any:
    """How many events between the cuts around these gaps do again what their segment has done."""
    before = held[5]
    first -= 1
    while first > 0 and not cut[first]:
        first -= 1
    last += 1
    while last < len(cut) and not cut[last]:
        last += 1
    count = 0
    for place in range(first, last):
        if cut[place]:
            first = place
        count += before[place] >= first
    return count


@njit(cache=True)
def whole(held: Row, cut: Flags) -> Any:
    """Count a row from nothing; returns its length, borders' worth not taken off."""
    held[3][:] = uint64(0)
    held[4][:] = 0
    bits = 0.0
    _count(held, uint64(_BEGIN), held[0][0] + 11, ANCHOR)
    for gap in range(len(cut) + 1):
        bits += _tell(held, cut, gap, 1)
    return bits + AGAIN * _again(held, cut, 1, len(cut) - 1)


@njit(cache=True)
def _near(held: Row, cut: Flags, gaps: Ints, step: int) -> Any:
    """Count (or uncount) all that these gaps, in rising order, have a part in."""
    bits = 0.0
    done = -1
    for i in range(len(gaps)):
        for gap in range(max(gaps[i], done + 1), min(gaps[i] + ORDER, len(cut)) + 1):
            bits += _tell(held, cut, gap, step)
            done = gap
    return bits


@njit(cache=True)
def _set(held: Row, cut: Flags, gaps: Ints, sign: int) -> Any:
    """Cut (1) or heal (−1) these gaps; returns the change of length."""
    bits = _near(held, cut, gaps, -1)
    for i in range(len(gaps)):
        cut[gaps[i]] = sign > 0
        bits -= sign * (WORTH + held[1][gaps[i]])
    return bits + _near(held, cut, gaps, 1)


@njit(cache=True)
def _parts(cut: Flags, gaps: Ints, move: int) -> tuple[Ints, Ints]:
    """The gaps a move heals and those it cuts."""
    heal, make = np.empty(len(gaps), np.int64), np.empty(len(gaps), np.int64)
    healed, made = 0, 0
    for i in range(len(gaps)):
        gap = gaps[i]
        if move == CUT:
            if not cut[gap]:
                make[made] = gap
                made += 1
        elif cut[gap]:
            heal[healed] = gap
            healed += 1
            other = gap + 1 if move == ON else gap - 1
            if move != HEAL and 0 < other < len(cut) and not cut[other]:
                make[made] = other
                made += 1
    return heal[:healed], make[:made]


@njit(cache=True)
def _made(held: Row, cut: Flags, heal: Ints, make: Ints) -> Any:
    """Make a move; returns the change of length."""
    first, last = len(cut), 0
    for part in (heal, make):
        if len(part):
            first, last = min(first, part[0]), max(last, part[-1])
    bits = -AGAIN * _again(held, cut, first, last)
    bits += _set(held, cut, heal, -1) + _set(held, cut, make, 1)
    return bits + AGAIN * _again(held, cut, first, last)


@njit(cache=True)
def gain(held: Row, cut: Flags, gaps: Ints, move: int) -> Any:
    """The change of length a move would make; 0 for one that moves nothing."""
    heal, make = _parts(cut, gaps, move)
    if not len(heal) and not len(make):
        return 0.0
    bits = _made(held, cut, heal, make)
    _set(held, cut, make, -1)
    _set(held, cut, heal, 1)
    return bits


@njit(cache=True)
def first_gains(held: Row, cut: Flags, gaps: Ints, offsets: Ints) -> Floats:
    """The change of length each first move would make: every kind of gap cut."""
    out = np.zeros(MOVES * (len(offsets) - 1))
    for kind in range(len(offsets) - 1):
        out[MOVES * kind + CUT] = gain(held, cut, gaps[offsets[kind] : offsets[kind + 1]], CUT)
    return out


@njit(cache=True)
def descend(held: Row, cut: Flags, gaps: Ints, offsets: Ints, gains: Floats, first: int) -> Any:
    """Make the best move until none shortens the description, `first` before all; returns the change of length.

    `gains`: of every move from here. After a move only the best of what was known is looked at anew, until none seems
    to gain; then all are.
    """
    known = np.zeros(len(gains), np.int64)
    gained = 0.0
    made, swept = 0, 0
    best = first
    while made < ROUNDS:
        if made:
            best = int(np.argmin(gains))
        kind = best // MOVES
        at = gaps[offsets[kind] : offsets[kind + 1]]
        if made and gains[best] >= -TINY:
            if swept == made:
                break
            for move in range(len(gains)):
                kind = move // MOVES
                if gains[move] <= HOPELESS * (offsets[kind + 1] - offsets[kind]):
                    gains[move] = gain(held, cut, gaps[offsets[kind] : offsets[kind + 1]], move % MOVES)
                    known[move] = made
            swept = made
        elif known[best] < made:
            gains[best] = gain(held, cut, at, best % MOVES)
            known[best] = made
        else:
            heal, make = _parts(cut, at, best % MOVES)
            gained += _made(held, cut, heal, make)
            gains[best] = 0.0
            made += 1
    return gained
