"""Shares of episodes with an interval that does not vanish where none, or all, of them count."""

from __future__ import annotations

import hashlib
from math import sqrt

import numpy as np
from scipy.special import ndtri

from guildbook.measure.estimate import LEVEL, Estimate, Measured
from guildbook.measure.trial import Alone
from guildbook.measure.work import Work

_NOUGHT = 1e-12
"""Errors below this are those of adding up."""


def wilson(share: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """The score interval of a share of n independent episodes (Wilson, *J. Amer. Stat. Assoc.* 22, 1927).

    For values between 0 and 1 with that mean the variance is at most that of all-or-nothing, so it is wide enough
    where each episode counts in part (several runs of it).
    """
    if n <= 0:
        return 0.0, 1.0
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))


def share_of(measured: Measured, level: float = LEVEL) -> Estimate:
    """A share of episodes that all weigh the same, such as S, with Wilson's interval."""
    n = int(np.count_nonzero(measured.den))
    low, high = wilson(measured.value, n, level)
    return Estimate(measured.value, low, high, measured.estimate(level).error, n)


def weighted(measured: Measured, most: float = 1.0, level: float = LEVEL) -> Estimate:
    """A share of something that traces have different amounts of, at most `most`.

    Where all traces are alike the linearised error vanishes; then it is Wilson's interval for as many traces as weigh
    the same in all (Kish, *Survey Sampling*, 1965, § 11.7).
    """
    found = measured.estimate(level)
    if found.error > _NOUGHT or not found.n or most <= 0:
        low, high = max(0.0, found.low), min(most, found.high)
        return Estimate(found.value, min(low, found.value), max(high, found.value), found.error, found.n)
    alike = float(measured.den.sum()) ** 2 / float((measured.den**2).sum())
    low, high = wilson(found.value / most, alike, level)
    return Estimate(found.value, low * most, high * most, 0.0, found.n)


def longest(alone: Alone, share: float = 0.95) -> Estimate:
    """The longest human-free run of which this share of steps is valid, in steps, with an interval.

    The steps of one episode hang together, so the interval of the share of valid steps is that of as many draws as
    there are episodes, not steps; the ends are the runs up to which its lower or its upper end is still enough.
    """
    good, done = np.cumsum(alone.valid * alone.reached), np.cumsum(alone.reached)
    n = int(np.count_nonzero(alone.measured.den))
    found = [0, 0]
    for step in np.flatnonzero(alone.reached > 0).tolist():
        for side, end in enumerate(wilson(float(good[step] / done[step]), n)):
            if end >= share:
                found[side] = step + 1
    value = float(alone.longest(share))
    return Estimate(value, float(min(found[0], value)), float(max(found[1], value)), 0.0, n)


def digest_of(work: Work) -> str:
    """SHA-256 over everything a measure can depend on: equal digests give equal figures."""
    sha = hashlib.sha256(b"guildbook-work-1\n")
    for values, kind in (
        (work.offsets, "<i8"), (work.act, "<i4"), (work.worker, "<i4"), (work.time, "<i8"), (work.own, "<i8"),
        (work.agent, "u1"), (work.task, "<i4"), (work.outcome, "i1"),
    ):  # fmt: skip
        sha.update(values.astype(kind).tobytes())
    for names in (work.acts, work.workers, work.tasks):
        sha.update("\0".join(names).encode() + b"\n")
    return sha.hexdigest()
