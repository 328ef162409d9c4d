"""What else than the order of steps speaks for or against a border at a gap, in bits: soft, and all of it optional."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.distil.segment.stream import NONE, Stream
from guildbook.distil.segment.things import between

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FLOW: Final = -1.5
"""A content on its way from one element to another crosses the gap (copied before, pasted after)."""
FLOW_REACH: Final = 8
SAME: Final = -1.0
"""The same thing (row of a sheet, number of a document) is worked on before and after."""
SAME_REACH: Final = 40
NAMED: Final = -3.0
"""An identifier (`C-003`) is named before and after, in whatever field: surer than the place in a sheet."""
LEFT: Final = 2.0
"""What was named last is not named again soon, and something else is named next."""
LEAST_CHANGES: Final = 0.01
MOST_CHANGES: Final = 0.6
"""Share of consecutive mentions at which a kind of thing changes; outside of this it tells no performances apart."""
IDLE: Final = 0.3
"""Weight of how rare so long a gap is (bits of its rank), above the median's."""
IDLE_MOST: Final = 0.6
IDLE_LEAST: Final = -0.3


def weights(stream: Stream, places: Ints) -> Floats:
    """(len(places),): bits for a border before each place; `places` are rows of the stream, −1 between strands."""
    known = places >= 0
    value = np.where(known, stream.value[places], NONE)
    symbol = np.where(known, stream.symbol[places], NONE)
    out = FLOW * _flows(value, symbol) + idle(np.where(known, stream.time[places], 0), known)
    same = np.zeros(len(places), dtype=bool)
    for kind in np.unique(stream.kind[stream.kind >= 0]).tolist():
        key = np.where(known & (stream.kind[places] == kind), stream.key[places], NONE)
        said = key[key >= 0]
        changes = np.mean(said[1:] != said[:-1]) if len(said) > 1 else 0.0
        if LEAST_CHANGES <= changes <= MOST_CHANGES:
            same |= _sames(key)
    held, left = things(stream, places)
    return out + np.where(held, NAMED, SAME * same + LEFT * left)


def things(stream: Stream, places: Ints) -> tuple[Flags, Flags]:
    """(where one thing is named before and after, where one is left and another begun next); `places` as above.

    Between the last mention of one thing and the first of the next there are several gaps: it is left at the longest.
    """
    known = places >= 0
    held = between(np.where(known[:, None], stream.named[places], NONE))
    left = np.zeros(len(places), dtype=bool)
    within = np.flatnonzero(held)
    gap = np.diff(np.where(known, stream.time[places], 0), prepend=0)
    for before, after in zip(within[:-1].tolist(), within[1:].tolist(), strict=True):
        if after - before > 1:
            left[before + 1 + int(np.argmax(gap[before + 1 : after]))] = True
    return held, left


def idle(time: Ints, known: NDArray[np.bool_]) -> Floats:
    """How rare so long a gap is, in bits above the median's. Clocks that stand still or go backwards say nothing."""
    gap = np.diff(time, prepend=time[:1])
    told = known & np.concatenate([[False], known[:-1]]) & (gap > 0)
    out = np.zeros(len(time))
    lengths = np.sort(gap[told])
    low, high = np.searchsorted(lengths, gap[told], "left"), np.searchsorted(lengths, gap[told], "right")
    rank = (low + high) / 2 / max(len(lengths), 1)
    out[told] = np.clip(IDLE * (-np.log2(1 - np.minimum(rank, 1 - 1e-9)) - 1), IDLE_LEAST, IDLE_MOST)
    return out


@njit(cache=True)
def _flows(value: Ints, symbol: Ints) -> NDArray[np.bool_]:
    out = np.zeros(len(value), np.bool_)
    for j in range(len(value)):
        if value[j] < 0:
            continue
        for i in range(j - 1, max(j - FLOW_REACH, 0) - 1, -1):
            if value[i] == value[j] and symbol[i] != symbol[j]:
                out[i + 1 : j + 1] = True
                break
    return out


@njit(cache=True)
def _sames(key: Ints) -> NDArray[np.bool_]:
    out = np.zeros(len(key), np.bool_)
    last = -1
    for j in range(len(key)):
        if key[j] < 0:
            continue
        if last >= 0 and key[last] == key[j] and j - last <= SAME_REACH:
            out[last + 1 : j + 1] = True
        last = j
    return out
