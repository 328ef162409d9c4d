"""When the operators' capital runs away: the months in which it grows faster than exponentially, and where that leads.

Capital earns, and what it earns buys capital. Where revenue rises with capital by a power `e`, that loop is
`dK/dt = sR·K^e − δ·(K − 1)` (capital of 1 is kept up without investing). For e > 1 it passes all bounds at a finite
time, `1/((e − 1)·sR·K^(e − 1))` from K on where nothing wears out (`theory.singularity`). In the whole model it never
gets there: what AI can do is bounded, and so are the jobs it can take. What can be dated is the phase in which capital
behaves so, and the time at which it would have run away had that gone on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from guildbook.simulate.occupations import Floats
from guildbook.simulate.theory import singularity

RISING: Final = 12
"""Months for which growth has to rise without a break (assumption)."""
SMOOTHED: Final = 12
"""Months over which growth is averaged, so that one month's chance breaks no rise (assumption)."""
DOUBLED: Final = 2.0
"""By how much capital has to grow in that phase for it to be more than a start from nothing (assumption)."""
_STILL: Final = 1e-6
"""Growth that changes by less, in a month, stays as it is."""
_FEWEST: Final = 6
"""Months that a power is fitted to, at least."""


@dataclass(frozen=True, slots=True)
class Runaway:
    """What the months of a run say of runaway capital."""

    month: int | None
    """From which capital grew faster than exponentially; None: it did not."""
    until: int | None
    """Until which it did."""
    power: float | None
    """e, fitted to that phase; None: there is nothing to fit."""
    blow_up: float | None
    """The month in which capital would have passed all bounds, had the phase gone on; None: it would not."""
    why: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


def runaway(capital: Floats, wear: float, base: float = 1.0) -> Runaway:
    """Date it in `capital`, (months,) at the end of each; `wear` a month of what is above `base`."""
    growth = np.diff(np.log(np.maximum(capital, 1e-300)))
    if len(growth) < RISING + SMOOTHED:
        return Runaway(None, None, None, None, f"Fewer than {RISING + SMOOTHED + 1} months say nothing of it.")
    smooth = np.convolve(growth, np.full(SMOOTHED, 1 / SMOOTHED), "valid")
    first, last = _longest(np.diff(smooth) > _STILL)
    if last - first < RISING:
        return Runaway(None, None, None, None, f"Its growth never rose for {RISING} months on end.")
    begin, end = first, last + SMOOTHED
    times = float(capital[end] / capital[begin])
    power, scale = _fitted(capital[begin : end + 1], wear, base)
    if times < DOUBLED:
        why = f"Its growth rose from month {begin} to {end}, while it grew {times:.2f} times: a start, not a loop."
        return Runaway(None, None, None, None, why)
    if power is None or power <= 1:
        return Runaway(None, None, power, None, "Its growth rose, but revenue rose less than in proportion to it.")
    left = _left(float(capital[end]), scale, power, wear, base)
    blow_up = end + left if math.isfinite(left) else None
    after = "and to the end" if end == len(capital) - 1 else "and then no more: what AI can take or make is bounded"
    return Runaway(begin, end, power, blow_up, f"Its growth rose from month {begin} to {end}, {after}.")


def _longest(rising: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest run of true values begins and ends (exclusive)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rising.astype(np.int8), [0]])))
    if not len(edges):
        return 0, 0
    begins, ends = edges[::2], edges[1::2]
    place = int((ends - begins).argmax())
    return int(begins[place]), int(ends[place])


def _fitted(capital: Floats, wear: float, base: float) -> tuple[float | None, float]:
    """Power e and sR by least squares in logarithms: what a month bought against the geometric mean of its ends."""
    middle = np.sqrt(capital[1:] * capital[:-1])
    bought = np.diff(capital) + wear * (middle - base)
    good = bought > 0
    if good.sum() < _FEWEST or np.ptp(middle[good]) == 0:
        return None, 0.0
    power, scale = np.polyfit(np.log(middle[good]), np.log(bought[good]), 1)
    return float(power), float(np.exp(scale))


def _left(capital: float, scale: float, power: float, wear: float, base: float) -> float:
    """Months until all bounds are passed: `∫ dK/(sR·K^e − δ(K − base))` from here on; infinite where it comes to rest.

    In closed form where nothing wears out.
    """
    if wear == 0:
        return singularity(scale, power, capital)
    worst = max(capital, power * base / (power - 1))  # where wear is most, of what is bought
    if scale <= wear * (worst - base) * worst**-power:
        return math.inf

    def slowness(v: float) -> float:
        """By v = K^(1 − e), of which there is an end: 0."""
        return 1 / ((power - 1) * (scale - wear * (v - base * v ** (power / (power - 1)))))

    return float(quad(slowness, 0, capital ** (1 - power))[0])
