"""The equations that the agents and the mean-field twin share; scalars in, scalars out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from guildbook.simulate.arrays import Array, Real
from guildbook.simulate.parameters import Parameters


@njit(cache=True, inline="always")
def output(plain: Real, skill: Real, head: Real, outside: Real, phi: Real, psi: Real) -> Real:
    """What a worker's sequence of information is worth a year: `zg·z·s·(1 + φ·max(h, X) + ψ·h·X)`."""
    best = max(outside, head)
    return plain * skill * (np.float32(1.0) + phi * best + psi * head * outside)


def complement(p: Parameters) -> float:
    """ψ as it is for a worker: with what AI helpers add to it, less the operator's fee, where AI may only help people.

    That an operator which may not do without people makes helpers, and that these make more of expertise in heads, are
    assumptions.
    """
    return p.psi + p.augment_only * p.helper * (1 - p.fee)


@njit(cache=True, inline="always")
def nash_wage(made: Real, reserve: Real, fallback: Real, beta: Real) -> Real:
    """The wage that splits what is left over both sides' fallbacks: `r + β·max(y − r − π⁰, 0)` (Nash 1950)."""
    surplus = made - reserve - fallback
    return reserve + beta * surplus if surplus > 0 else reserve


@njit(cache=True, inline="always")
def learnt(head: Real, outside: Real, pace: Real, taught: Real, ceiling: Real) -> Real:
    """Expertise after a month on the job: what is left to learn shrinks, the faster the more is outside heads."""
    left = ceiling - head
    if left <= 0:
        return head
    rate = pace * (np.float32(1.0) + taught * outside)
    return head + (rate if rate < 1 else np.float32(1.0)) * left


def ai_quality(traces: Array | Real, capital: Real, data_exponent: Array | float, capital_exponent: float) -> Any:
    """`exp(1 − q^−αD − K^−αC)`: 1/e where traces `q` (against those at the start) and capital are 1, at most e.

    The shape is Chinchilla's loss (Hoffmann et al. 2022, eq. 10), as a factor of output; 0 where either is 0.
    """
    with np.errstate(divide="ignore"):
        loss = np.power(traces, -data_exponent) + np.power(capital, -capital_exponent)
    return np.exp(1 - loss)


def extracted(outside: Array, heads: Array, pace: Array, seed: float, rot: float) -> Array:
    """Expertise outside heads after a month: `X + κ·(x0 + X)·(H̄ − X)⁺ − δX·X`, within [0, 1]; `pace` holds κ·m·(1−f)·g.

    Expertise is needed to extract expertise, so it starts slowly; it cannot pass what heads hold.
    """
    gained = np.minimum(pace * (seed + outside), 1.0) * np.maximum(heads - outside, 0)
    return np.clip(outside + gained - rot * outside, 0.0, 1.0)
