"""The Boltzmann wealth model in the manner of the simulator: columns, one compiled pass, numbers by counter.

Everybody begins with 1. Two rules: in turns, as in Mesa's example, all act once a step in an order drawn anew, so that
who was given something before their turn can pass it on; and all at once, as in mesa-frames', who has something when
the step begins gives 1 away. Whom one gives to is anybody, also oneself.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from guildbook.simulate.draws import key
from guildbook.simulate.draws import mixed as _mixed

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ORDER, _GIFT = np.uint64(101), np.uint64(102)


@njit(cache=True, inline="always")
def _below(drawn: int, count: int) -> int:
    """A whole number below `count`, 2^32 at most, from the high half of drawn bits (Lemire, ACM TOMACS 2019)."""
    return ((drawn >> uint64(32)) * uint64(count)) >> uint64(32)


@njit(cache=True)
def in_turns(wealth: NDArray[np.int32], order: NDArray[np.uint32], seed: int, step: int) -> None:
    """A step of everybody, one after the other, in an order drawn anew (Fisher and Yates); in place."""
    count = len(wealth)
    shuffling, giving = key(seed, step, _ORDER), key(seed, step, _GIFT)
    for place in range(count - 1, 0, -1):
        other = _below(_mixed(shuffling + uint64(place) * _GOLDEN), place + 1)
        mine = order[place]
        order[place] = order[other]
        order[other] = mine
    for place in range(count):
        giver = order[place]
        has = wealth[giver] > 0
        wealth[giver] -= has
        wealth[_below(_mixed(giving + uint64(giver) * _GOLDEN), count)] += has


@njit(cache=True)
def at_once(wealth: NDArray[np.int32], given: NDArray[np.int32], seed: int, step: int) -> None:
    """A step of everybody together; `given` is room for what each is given."""
    count = len(wealth)
    giving = key(seed, step, _GIFT)
    given[:] = 0
    for giver in range(count):
        given[_below(_mixed(giving + uint64(giver) * _GOLDEN), count)] += wealth[giver] > 0
    for each in range(count):
        wealth[each] += given[each] - (wealth[each] > 0)


def ordered(count: int) -> NDArray[np.uint32]:
    """Everybody in order."""
    return np.arange(count, dtype=np.uint32)
