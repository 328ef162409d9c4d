"""What a strike would cost whoever trains on the work: exact counterfactuals over shares of the workers.

Every point is a model that was counted without the strikers, not an extrapolation. A strike at a share q is one of
many: `paths` gives how the loss is spread over who strikes, `targeted` the worst that a chosen q can do. What the same
share of *other* people would cost, whose work was not measured, is a forecast with an interval (`forecast`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Estimate, Measured
from guildbook.measure.leverage import Metric, looks, looks_at
from guildbook.measure.model import Table
from guildbook.measure.trial import Trial
from guildbook.measure.work import Split, Work

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
BAND: Final = 0.9
"""Level of the bands over who strikes."""
LOOKED_AT: Final = 8
"""Candidates of a targeted strike that are tried again at each step."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Point:
    """The loss when this share of the workers strikes."""

    share: float
    workers: int
    loss: float
    """Mean over who strikes."""
    low: float
    high: float
    """The band that holds nine strikes in ten; of a targeted strike the interval over held-back traces."""
    subjective: float | None = None
    """The mean loss that the licensee sees on what it has left: traces of those who do not strike."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "share": self.share, "workers": self.workers, "loss": self.loss, "low": self.low, "high": self.high,
            "subjective": self.subjective,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Paths:
    """Losses along random orders in which workers join a strike."""

    shares: tuple[float, ...]
    counts: tuple[int, ...]
    losses: Floats
    """(draws, shares)"""
    seen: Floats | None
    """(draws, shares): the same by the subjective test."""

    def points(self) -> list[Point]:
        """One for each share."""
        edge = (1 - BAND) / 2
        low, high = np.quantile(self.losses, [edge, 1 - edge], axis=0)
        return [
            Point(share, count, float(self.losses[:, at].mean()), float(low[at]), float(high[at]), self._seen(at))
            for at, (share, count) in enumerate(zip(self.shares, self.counts, strict=True))
        ]

    def _seen(self, at: int) -> float | None:
        """The mean loss by the subjective test; None where no strike left the licensee anything to try models on."""
        told = np.empty(0) if self.seen is None else self.seen[:, at]
        told = told[~np.isnan(told)]
        return float(told.mean()) if len(told) else None

    def critical(self, wanted: float) -> tuple[float, float, float] | None:
        """The least share that costs `wanted`: (median, low, high) over who strikes, or None where most never do."""
        shares = np.concatenate([[0.0], self.shares])
        crossings: list[float] = []
        for losses in self.losses:
            reached = np.concatenate([[0.0], np.maximum.accumulate(losses)])
            above = np.flatnonzero(reached >= wanted)
            if not len(above):
                crossings.append(np.inf)
                continue
            at = int(above[0])
            if at == 0:
                crossings.append(0.0)
                continue
            rise = reached[at] - reached[at - 1]
            part = (wanted - reached[at - 1]) / rise if rise > 0 else 1.0
            crossings.append(float(shares[at - 1] + part * (shares[at] - shares[at - 1])))
        edge = (1 - BAND) / 2
        low, median, high = np.quantile(crossings, [edge, 0.5, 1 - edge], method="nearest")
        return None if np.isinf(median) else (float(median), float(low), min(1.0, float(high)))


def paths(
    engine: Engine,
    members: Bools,
    *,
    metric: Metric = "augmentation",
    shares: Sequence[float] = SHARES,
    draws: int = 20,
    seed: int = 0,
    subjective: bool = False,
    substitute: Work | None = None,
    progress: Progress | None = None,
) -> Paths:
    """Strikes of growing shares of the members (W,), in `draws` random orders; each order is one strike that grows.

    `substitute`: work that the licensee trains on besides what is left to it.
    """
    who = np.flatnonzero(members)
    counts = [max(1, round(share * len(who))) for share in shares]
    rng = np.random.Generator(np.random.Philox(seed))
    orders = [rng.permutation(who) for _ in range(draws)]
    look = looks(engine, metric)
    base = look(engine.total)
    _ = engine.trial.places

    def along(order: NDArray[np.int64]) -> tuple[list[float], list[float]]:
        losses: list[float] = []
        seen: list[float] = []
        for count in counts:
            left = engine.everybody()
            left[order[:count]] = False
            model = engine.model(left)
            if substitute is not None:
                model.add(substitute)
            losses.append(base.value - look(model).value)
            seen.append(_subjective(engine, model, left, metric) if subjective else np.nan)
        return losses, seen

    with ThreadPoolExecutor(2) as pool:
        found: list[tuple[list[float], list[float]]] = []
        for number, one in enumerate(pool.map(along, orders)):
            found.append(one)
            if progress is not None:
                progress((number + 1) / draws)
    losses = np.array([one[0] for one in found])
    return Paths(tuple(shares), tuple(counts), losses, np.array([one[1] for one in found]) if subjective else None)


def _subjective(engine: Engine, model: Table, left: Bools, metric: Metric) -> float:
    """The loss on held-back work of those who are left: what the licensee can find out by itself. NaN where none is."""
    test = engine.test.of(left)
    if not test.events:
        return float("nan")
    look = looks_at(Trial(test, test, engine.shape), engine.policy, metric)
    return look(engine.total).value - look(model).value


def targeted(
    engine: Engine,
    members: Bools,
    *,
    metric: Metric = "augmentation",
    shares: Sequence[float] = SHARES,
    progress: Progress | None = None,
) -> tuple[list[Point], tuple[int, ...]]:
    """A strike of those whose absence costs most, chosen one by one; (points, the workers in that order).

    Greedy: at each step the `LOOKED_AT` candidates that cost most when last tried are tried again (lazy evaluation
    after Minoux, 1978). Loss is not exactly submodular, so a better choice may exist: the worst costs at least this.
    """
    look = looks(engine, metric)
    base = look(engine.total)
    who = np.flatnonzero(members)
    counts = [max(1, round(share * len(who))) for share in shares]
    left = engine.everybody()

    def without(worker: int) -> Measured:
        tried = left.copy()
        tried[worker] = False
        return look(engine.model(tried))

    alone = engine.sweep([_less(left, worker) for worker in who.tolist()], look)
    known = {int(worker): found.value for worker, found in zip(who, alone, strict=True)}
    chosen: list[int] = []
    losses: dict[int, Estimate] = {}
    while len(chosen) < max(counts):
        candidates = sorted(known, key=lambda w: (known[w], w))[:LOOKED_AT]
        found = {w: without(w) for w in candidates}
        known |= {w: m.value for w, m in found.items()}
        best = min(candidates, key=lambda w: (found[w].value, w))
        left[best] = False
        del known[best]
        chosen.append(best)
        losses[len(chosen)] = base.minus(found[best], BAND)
        if progress is not None:
            progress(len(chosen) / max(counts))
    points = [
        Point(share, count, losses[count].value, losses[count].low, losses[count].high)
        for share, count in zip(shares, counts, strict=True)
    ]
    return points, tuple(chosen)


def _less(left: Bools, worker: int) -> Bools:
    out = left.copy()
    out[worker] = False
    return out


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a strike of this share of people would cost whose work was not measured, from people whose work was."""

    share: float
    loss: float
    low: float
    high: float
    level: float
    halves: int
    """Pairs of halves of the measured people on which the interval was found."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "share": self.share, "loss": self.loss, "low": self.low, "high": self.high, "level": self.level,
            "halves": self.halves,
        }  # fmt: skip


def forecast(
    engine: Engine,
    share: float,
    *,
    metric: Metric = "augmentation",
    level: float = BAND,
    halves: int = 20,
    draws: int = 20,
    seed: int = 0,
    system: Bools | None = None,
) -> Forecast:
    """The loss when a random share of *other* people strikes, from a model of these.

    `system` (W,): whoever is no person, such as an automatic resource: part of every world, and never on strike.

    The value is the mean over random strikes of these people. Its reach is that of a prediction for one strike more
    (Student's t over the draws), where two spreads are added as independent: that over who strikes, and how far other
    people differ from these. The second is what one half of these people foretells wrongly of the other, halved, since
    halves of half as many people differ by more.
    """
    rng = np.random.Generator(np.random.Philox([seed, 1]))
    machines = np.zeros(len(engine.train.workers), dtype=bool) if system is None else system
    who = np.flatnonzero(engine.train.present & ~machines)
    own = np.array(losses_of(engine, share, draws, seed, metric, machines))
    errors: list[float] = []
    for number in range(halves):
        order = rng.permutation(who)
        ours, theirs = (among(engine, part, machines) for part in (order[::2], order[1::2]))
        told = float(np.mean(losses_of(ours, share, max(4, draws // 4), seed + number, metric, machines)))
        errors.append(losses_of(theirs, share, 1, seed + number, metric, machines)[0] - told)
    spread = float(np.hypot(own.std(ddof=1), np.std(errors) / 2))
    reach = float(stdtrit(draws - 1, 0.5 + level / 2)) * spread * np.sqrt(1 + 1 / draws)
    mean = float(own.mean())
    return Forecast(share, mean, mean - reach, mean + reach, level, halves)


def losses_of(
    engine: Engine, share: float, draws: int, seed: int, metric: Metric = "augmentation", system: Bools | None = None
) -> list[float]:
    """The losses of `draws` random strikes of this share of the people who are in the training work."""
    people = engine.train.present if system is None else engine.train.present & ~system
    found = paths(engine, people, metric=metric, shares=(share,), draws=draws, seed=seed)
    return found.losses[:, 0].tolist()


def among(engine: Engine, workers: NDArray[np.int64], system: Bools | None = None) -> Engine:
    """The engine of a world in which only these workers, and the system, ever were."""
    only = np.zeros(len(engine.train.workers), dtype=bool) if system is None else system.copy()
    only[workers] = True
    return Engine.of(Split(engine.train.of(only), engine.test.of(only)), engine.policy, engine.shape)
