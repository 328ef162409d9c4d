"""Where a series of counts changes its shares: binary segmentation by the G statistic.

A series is a table of counts (periods, categories). For a split into before and after, G = 2 Σ O ln(O / E) compares
two sets of shares with one (Wilks, Ann. Math. Stat. 9 (1938) 60–62). Counts of one period are seldom independent: a
case that loops counts many times, a busy week brings cases alike. So G is held against the scatter of periods about
the shares of their own side: with φ = Pearson's X² / its degrees of freedom, G / (φ (K − 1)) is compared with
Fisher's F (McCullagh and Nelder, Generalized Linear Models, 2nd ed., 1989, ch. 4.5), times the number of splits tried
(Bonferroni). A split that passes must also beat `PERMUTATIONS` shuffles of the periods, which assume nothing but that
periods may be exchanged. Each side is then looked at alone (Scott and Knott, Biometrics 30 (1974) 507–512).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.special import fdtrc, xlogy

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MIN_PERIODS: Final = 3
"""On each side of a split."""
MIN_SIDE: Final = 30
"""Occurrences on each side of a split."""
MIN_SHIFT: Final = 0.1
"""Least share that must have moved from some categories to others; less is told by nobody."""
PERMUTATIONS: Final = 99
_VETO: Final = 0.02
_TINY: Final = 1e-6
"""Gains that differ by less are equal but for rounding."""
_MASS: Final = 0.95


@dataclass(frozen=True, slots=True)
class Split:
    """The best place to split a series."""

    at: int
    """First period of what is after."""
    low: int
    high: int
    """Bounds of `at`: 95 % of the posterior under a flat prior (Smith, Biometrika 62 (1975) 407–416), and one period
    more before it, since a change in the midst of a period, or with stragglers, is whole only in the next."""
    p: float
    shift: float
    """Total variation distance of the two sides' shares: how much moved."""


def best_split(counts: Ints) -> Split | None:
    """The best split of a series; None where no split leaves enough on both sides."""
    tried, gain = _gains(counts)
    if not len(tried):
        return None
    place = int(np.argmax(gain))
    at = int(tried[place])
    before, after = counts[:at].sum(axis=0), counts[at:].sum(axis=0)
    used = int(((before + after) > 0).sum()) - 1
    if used < 1:
        return None
    noise, freedom = _dispersion(counts, at, used)
    p = min(1.0, len(tried) * float(fdtrc(used, freedom, gain[place] / (noise * used))))
    weight = np.exp((gain - gain[place]) / (2 * noise))
    inside = _bulk(weight)
    shift = 0.5 * float(np.abs(before / before.sum() - after / after.sum()).sum())
    return Split(at, max(int(tried[inside].min()) - 1, 0), int(tried[inside].max()), p, shift)


def splits(counts: Ints, threshold: float, seed: int) -> list[Split]:
    """All splits of a series that are surer than `threshold`, in order; each placed between its neighbours."""
    found: list[int] = []
    waiting = [(0, len(counts))]
    while waiting:
        low, high = waiting.pop()
        split = best_split(counts[low:high])
        if split is None or not accepted(counts[low:high], split, threshold, seed):
            continue
        found.append(low + split.at)
        waiting += [(low, low + split.at), (low + split.at, high)]
    return _settled(counts, sorted(found), threshold, seed)


def accepted(counts: Ints, split: Split, threshold: float, seed: int) -> bool:
    """Whether a split is sure and large enough, and stands out among shuffles."""
    if split.p > threshold or split.shift < MIN_SHIFT:
        return False
    beaten = int((_shuffled(counts, seed) >= float(_gains(counts)[1].max()) - _TINY).sum())
    return (1 + beaten) / (1 + PERMUTATIONS) <= _VETO


def _shuffled(counts: Ints, seed: int) -> Floats:
    """(PERMUTATIONS,): the largest G of each shuffle of the periods; all of them at once, logarithms from a table."""
    chance = np.random.default_rng(seed)
    orders = np.array([chance.permutation(len(counts)) for _ in range(PERMUTATIONS)])
    left = np.cumsum(counts[orders], axis=1)[:, :-1]
    whole = counts.sum(axis=0)
    total = int(whole.sum())
    size = left.sum(axis=2)
    at = np.arange(1, len(counts))
    numbers = np.arange(total + 1, dtype=np.float64)
    logs = xlogy(numbers, numbers)
    likely = logs[left].sum(axis=2) - logs[size] + logs[whole - left].sum(axis=2) - logs[total - size]
    gain = 2 * (likely - logs[whole].sum() + logs[total])
    return np.where(_fit(at, len(counts), size, total), gain, 0.0).max(axis=1, initial=0.0)


def _fit(at: Ints, periods: int, size: NDArray[np.number], total: float) -> NDArray[np.bool_]:
    """Which splits leave enough on both sides."""
    enough = (size >= MIN_SIDE) & (total - size >= MIN_SIDE)
    return enough & (at >= MIN_PERIODS) & (at <= periods - MIN_PERIODS)


def _settled(counts: Ints, places: list[int], threshold: float, seed: int) -> list[Split]:
    """Each split looked at again between its neighbours: what an early split had to blur is placed well now."""
    edges = [0, *places, len(counts)]
    found: list[Split] = []
    for i in range(1, len(edges) - 1):
        low, high = edges[i - 1], edges[i + 1]
        split = best_split(counts[low:high])
        if split is not None and accepted(counts[low:high], split, threshold, seed):
            edges[i] = low + split.at
            found.append(Split(low + split.at, low + split.low, low + split.high, split.p, split.shift))
    return found


def _gains(counts: Ints) -> tuple[Ints, Floats]:
    """(splits tried, G of each)."""
    left = np.cumsum(counts, axis=0)[:-1].astype(np.float64)
    whole = counts.sum(axis=0).astype(np.float64)
    size = left.sum(axis=1)
    total = float(whole.sum())
    at = np.arange(1, len(counts))
    fit = _fit(at, len(counts), size, total)
    left, size = left[fit], size[fit]
    right, rest = whole - left, total - size
    likely = xlogy(left, left).sum(axis=1) - xlogy(size, size) + xlogy(right, right).sum(axis=1) - xlogy(rest, rest)
    return at[fit], 2 * (likely - xlogy(whole, whole).sum() + xlogy(total, total))


def _dispersion(counts: Ints, at: int, used: int) -> tuple[float, float]:
    """(φ, its degrees of freedom): the scatter of periods about the shares of their side, 1 for independent counts."""
    size = counts.sum(axis=1, keepdims=True).astype(np.float64)
    scatter = 0.0
    for side in (slice(None, at), slice(at, None)):
        share = counts[side].sum(axis=0) / max(float(counts[side].sum()), 1.0)
        expected = size[side] * share
        gap = (counts[side] - expected) ** 2
        scatter += float(np.divide(gap, expected, out=np.zeros_like(gap), where=expected > 0).sum())
    freedom = max(1.0, (float((size > 0).sum()) - 2) * used)
    return max(1.0, scatter / freedom), freedom


def _bulk(weight: Floats) -> NDArray[np.bool_]:
    """The likeliest places that together hold `_MASS` of the weight."""
    order = np.argsort(-weight, kind="stable")
    reached = np.cumsum(weight[order])
    inside = np.zeros(len(weight), dtype=np.bool_)
    inside[order[: int(np.searchsorted(reached, _MASS * reached[-1])) + 1]] = True
    return inside
