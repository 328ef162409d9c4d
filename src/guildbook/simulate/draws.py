"""Random numbers by counter: the same for the same seed, step, worker and purpose, whatever was drawn before.

Each seed, step and purpose have a stream of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014; mixer by David Stafford),
whose n-th number can be had without those before it: that of the n-th worker. Where a stream begins is itself mixed, so
that two streams of 10⁷ numbers overlap with a chance of about 10⁻¹². Two policies see the same numbers, so that their
difference is paired; threads change nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from guildbook.simulate.arrays import Array, Real, Whole

SEPARATION = np.uint64(1)
SEARCH = np.uint64(2)
CONTEST = np.uint64(3)
BIAS = np.uint64(4)
SKILL = np.uint64(5)
START = np.uint64(6)
FRIENDS = np.uint64(7)
OPENING = np.uint64(8)
PLACE = np.uint64(9)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1B54A32D192ED03)
_PURPOSE = np.uint64(0x8CB92BA72F3D8DD7)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_UNIT = np.float32(1.0 / (1 << 24))
_LEAST = -np.sqrt(2 * np.log(2) * np.arange(25)).astype(np.float32) * np.float32(1.0001)
"""Of normal numbers whose near draw is at least 2^-n: they are no less than this."""


@njit(cache=True, inline="always")
def mixed(x: Whole) -> Whole:
    """64 bits, each of which hangs on every bit of `x`."""
    x = uint64(x)
    x = (x ^ (x >> uint64(30))) * _FIRST
    x = (x ^ (x >> uint64(27))) * _SECOND
    return x ^ (x >> uint64(31))


@njit(cache=True, inline="always")
def key(seed: Whole, step: Whole, purpose: Whole) -> Whole:
    """What the draws of one purpose in one step have in common."""
    return mixed(uint64(seed) * _GOLDEN + uint64(step) * _STEP + uint64(purpose) * _PURPOSE)


@njit(cache=True, inline="always")
def bits(key: Whole, number: Whole) -> Whole:
    """64 random bits for a worker (or whatever has a number)."""
    return mixed(key + uint64(number) * _GOLDEN)


@njit(cache=True, inline="always")
def low_unit(drawn: Whole) -> Real:
    """A number in [0, 1) from the low half of drawn bits; float32 with 24 bits."""
    return np.float32(np.int32(drawn & uint64(0xFFFFFF))) * _UNIT


@njit(cache=True, inline="always")
def high_unit(drawn: Whole) -> Real:
    """As `low_unit`, from the high half: independent of it."""
    return np.float32(np.int32(drawn >> uint64(40))) * _UNIT


@njit(cache=True, inline="always")
def normal(drawn: Whole) -> Real:
    """A standard normal number (Box and Muller, Ann. Math. Stat. 1958), float32."""
    near = np.float32(1.0) - low_unit(drawn)  # in (0, 1], so that the logarithm is finite
    return np.sqrt(np.float32(-2.0) * np.log(near)) * np.cos(np.float32(6.2831855) * high_unit(drawn))


@njit(cache=True, inline="always")
def normal_at_least(drawn: Whole) -> Real:
    """No more than `normal` of the same bits (but for rounding, 1e-6), for a small part of its cost."""
    if not ((drawn >> uint64(62)) + uint64(1)) & uint64(2):  # the first or last quarter, where the cosine is positive
        return np.float32(0.0)
    near = np.float32(np.int32(uint64(1 << 24) - (drawn & uint64(0xFFFFFF))))
    power = (near.view(np.int32) >> 23) - 127  # the exponent in its floating-point form
    return _LEAST[24 - power]


@njit(cache=True)
def rounded_up(parts: Array, seed: Whole, step: Whole, purpose: Whole) -> Array:
    """For each part in [0, 1), 1 with that probability, else 0."""
    found = np.zeros(len(parts), np.int64)
    drawn = key(seed, step, purpose)
    for place in range(len(parts)):
        found[place] = low_unit(bits(drawn, place)) < parts[place]
    return found
