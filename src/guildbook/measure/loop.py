"""The alarm for a feedback loop: AI does more and more of the work, and the work has less and less in it.

Three things have to be so at once, each surely: the share of AI rises, what is new falls, and the entropy falls. Each
is tested by itself, and all have to pass (an intersection-union test: Berger, *Technometrics* 24, 1982). So the alarm
goes off falsely no more often than the rarest of the tests that should not have passed, whatever the others do: neither
work that narrows by itself nor AI that comes in and does no harm is enough. What is new is told by steps and by ways,
either of which will do at half the error.

Each test is Mann's of a trend (*Econometrica* 13, 1945), by permutation of the windows; where windows hang together so
that neighbours are alike, the statistic is divided by what that adds to its spread (Hamed and Rao, *J. Hydrology* 204,
1998, with the first lag).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.health import Window

Floats = NDArray[np.float64]

ALPHA: Final = 0.01
SHUFFLES: Final = 4_999
FEWEST: Final = 8
"""Windows below which no trend is told."""
MATERIAL: Final = 0.1
"""By so much of what it was in the first third a value has to have changed in the last."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over the windows, and how it moves."""

    name: str
    rises: bool
    """The direction that alarms."""
    first: float
    """Mean of the first third of the windows."""
    last: float
    low: float
    """Control limits: mean of the first third ± 3 standard deviations."""
    high: float
    p: float
    """Of a trend in that direction, if there is none."""
    moved: bool
    """Whether it surely moves so, and by enough to matter."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the windows say together."""

    state: str
    """`too-little`, `healthy`, `narrowing` (less in the work, and no more AI that is marked) or `loop`."""
    trends: tuple[Trend, ...]
    since: int | None
    """Begin of the first window from which on the share of AI was above its limit, µs UTC."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"state": self.state, "since": self.since, "trends": [one.to_dict() for one in self.trends]}


def judge(found: Sequence[Window], seed: int = 0) -> Verdict:
    """Hold the windows against the three conditions."""
    told = [w for w in found if w.entropy is not None and w.new_steps is not None]
    if len(told) < FEWEST:
        return Verdict("too-little", (), None)
    ai = _trend("ai", [w.ai for w in told], rises=True, seed=seed)
    new = [
        _trend(name, [getattr(w, name) for w in told], rises=False, seed=seed, alpha=ALPHA / 2)
        for name in ("new_steps", "new_variants")
    ]
    entropy = _trend("entropy", [w.entropy or 0.0 for w in told], rises=False, seed=seed)
    trends = (ai, *new, entropy)
    less = any(one.moved for one in new) and entropy.moved
    state = "loop" if less and ai.moved else "narrowing" if less else "healthy"
    above = [w.begins for w in told if w.ai > ai.high]
    return Verdict(state, trends, above[0] if state == "loop" and above else None)


def _trend(name: str, values: Sequence[float], *, rises: bool, seed: int, alpha: float = ALPHA) -> Trend:
    series = np.array(values)
    third = max(1, len(series) // 3)
    first, last = float(series[:third].mean()), float(series[-third:].mean())
    spread = float(series[:third].std(ddof=1)) if third > 1 else 0.0
    p = _p(series if rises else -series, seed)
    change = (last - first) if rises else (first - last)
    enough = change >= MATERIAL * abs(first) and change > 0
    return Trend(name, rises, first, last, first - 3 * spread, first + 3 * spread, p, p <= alpha and enough)


def _p(series: Floats, seed: int) -> float:
    """One-sided p of an upward trend."""
    rng = np.random.Generator(np.random.Philox(seed))
    size = len(series)
    seen = _kendall(series[None, :])[0] / np.sqrt(_inflation(series))
    orders = rng.permuted(np.tile(np.arange(size), (SHUFFLES, 1)), axis=1)
    shuffled = np.concatenate([_kendall(series[part]) for part in np.array_split(orders, 20)])
    return float((1 + np.count_nonzero(shuffled >= seen - 1e-9)) / (1 + SHUFFLES))


def _kendall(rows: Floats) -> Floats:
    """Mann's S of each row: pairs that rise less pairs that fall."""
    size = rows.shape[1]
    low, high = np.triu_indices(size, 1)
    return np.sign(rows[:, high] - rows[:, low]).sum(axis=1).astype(np.float64)


def _inflation(series: Floats) -> float:
    """By how much neighbours that are alike widen S, once the trend itself is taken out; at least 1."""
    size = len(series)
    low, high = np.triu_indices(size, 1)
    slope = float(np.median((series[high] - series[low]) / (high - low)))  # Theil and Sen
    ranks = np.argsort(np.argsort(series - slope * np.arange(size))).astype(np.float64)
    centred = ranks - ranks.mean()
    total = float((centred**2).sum())
    lag = float((centred[1:] * centred[:-1]).sum()) / total if total else 0.0
    more = 2.0 / (size * (size - 1) * (size - 2)) * (size - 1) * (size - 2) * (size - 3) * max(0.0, lag)
    return 1.0 + more
