"""What each worker's traces add, made fit to be paid by: it does not pay to tell the same work many times.

Shapley values of traces as they are can be raised by replicating them (Han et al., *Replication Robust Payoff
Allocation in Submodular Cooperative Games*, arXiv 2006.14583). So what is told twice
counts once, and everybody is drawn from with the same budget of events an hour at work: who tells ten times as much of
the same hours is not heard more often. Hours at work are hours of the clock with an event in them, which no copy adds
to. The budget comes before a part is held back, so nobody's own work is asked about more often either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.contribution.additive import HOUR
from guildbook.measure.contribution.game import Game, Worth
from guildbook.measure.contribution.values import Draw, Value, contribution
from guildbook.measure.engine import Engine, chosen
from guildbook.measure.trial import Policy
from guildbook.measure.work import Split, Work

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

PPM: Final = 1_000_000
DRAWS: Final = 4
"""Samples of the work, each a game of its own."""
LOWEST: Final = 0.1
"""The budget is what the tenth least telling of workers tell an hour; whoever tells less is heard whole."""
HELD_BACK: Final = 0.2
_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX2: Final = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Added:
    """What one worker's traces add, and what is paid by it."""

    worker: str
    value: float
    """Mean Shapley value over the samples, in units of the metric."""
    error: float
    """Standard error over samples."""
    ppm: int
    """Share of what all that add something add together."""
    interval: tuple[int, int]
    """Of that share (95 %), the others' values taken as they are; at least 0."""
    seconds: int
    """At work, as the traces tell: overlapping times count once."""
    why: str = ""
    """Why nothing is paid by it, where nothing is."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What contributions were measured on."""

    metric: Worth
    samples: int
    pairs: int
    seed: int
    budget: float
    """Events an hour at work."""
    rows: tuple[Added, ...]


def basis(
    work: Work,
    metric: Worth = "augmentation",
    *,
    draw: Draw | None = None,
    samples: int = DRAWS,
    policy: Policy | None = None,
    progress: Callable[[float], None] | None = None,
) -> Basis:
    """What each worker adds to a model of samples of this work, for people who are paid by it."""
    draw = draw or Draw()
    once = distinct(work)
    hours, budget = clock_hours(once), per_hour(once)
    shape = chosen(Split.newest(once, HELD_BACK).train)
    found: list[Floats] = []
    pairs = 0
    for number in range(samples):
        part = sample(once, hours, budget, draw.seed * samples + number)
        engine = Engine.of(Split.newest(part, HELD_BACK), policy, shape)
        got = contribution(Game.of(engine, metric), "shapley", Draw(draw.pairs, draw.until, draw.seed + number))
        pairs += got.pairs
        found.append(np.array([one.value for one in got.values]))
        if progress is not None:
            progress((number + 1) / samples)
    values = np.stack(found)
    spread = values.std(axis=0, ddof=1) / np.sqrt(samples) if samples > 1 else np.zeros(values.shape[1])
    mean = values.mean(axis=0)
    shares = in_ppm({name: max(0.0, value) for name, value in zip(work.workers, mean.tolist(), strict=True)})
    rows = [
        Added(
            name, float(mean[w]), float(spread[w]), shares[name], _within(mean, float(mean[w]), float(spread[w])),
            seconds, _why(float(mean[w]), told=bool(hours[w])),
        )
        for w, (name, seconds) in enumerate(zip(work.workers, seconds_of(once).tolist(), strict=True))
    ]  # fmt: skip
    return Basis(metric, samples, pairs, draw.seed, budget, tuple(rows))


def distinct(work: Work) -> Work:
    """The work with what was told twice told once.

    That is the same step by the same worker at the same time in one trace, and traces that are the same in all of this.
    """
    event = _mixed(work.act, work.worker, work.time)
    order = np.lexsort((event, work.trace))
    same = np.zeros(work.events, dtype=bool)
    same[order[1:]] = (event[order[1:]] == event[order[:-1]]) & (work.trace[order[1:]] == work.trace[order[:-1]])
    work = work.where(~same)
    _, first = np.unique(_content(work, event[~same]), return_index=True)
    return work.pick(np.sort(first))


def clock_hours(work: Work) -> Ints:
    """(W,): hours of the clock in which each worker did anything."""
    cells = np.unique(np.stack([work.worker.astype(np.int64), work.time // HOUR]), axis=1)
    return np.bincount(cells[0], minlength=len(work.workers)).astype(np.int64)


def seconds_of(work: Work) -> Ints:
    """(W,): seconds at work, overlapping times counted once; where no trace tells any time, hours of the clock."""
    known = work.own > 0
    if not known.any():
        return clock_hours(work) * 3600
    usual = np.zeros(len(work.acts), np.int64)
    for act in np.unique(work.act[known]).tolist():
        usual[act] = int(np.median(work.own[known & (work.act == act)]))
    begun, ended = work.time, work.time + np.where(work.own >= 0, work.own, usual[work.act])
    order = np.lexsort((ended, begun, work.worker))
    worker, begun, ended = work.worker[order].astype(np.int64), begun[order], ended[order]
    # The latest end so far, of each worker apart: workers are moved out of one another's reach first.
    reach = int(ended.max(initial=0)) - int(begun.min(initial=0)) + 1
    latest = np.maximum.accumulate(ended + worker * reach) - worker * reach
    before = np.empty_like(begun)
    before[:1], before[1:] = begun[:1], latest[:-1]
    before[1:][worker[1:] != worker[:-1]] = begun[1:][worker[1:] != worker[:-1]]
    spent = np.maximum(ended - np.maximum(begun, before), 0)
    out = np.zeros(len(work.workers), np.int64)
    np.add.at(out, worker, spent)
    return out // 1_000_000


def per_hour(work: Work) -> float:
    """The budget: events an hour at work."""
    hours = clock_hours(work)
    events = np.bincount(work.worker, minlength=len(work.workers))
    there = hours > 0
    return float(np.quantile(events[there] / hours[there], LOWEST, method="lower")) if there.any() else 0.0


def sample(work: Work, hours: Ints, budget: float, seed: int) -> Work:
    """Of each worker as many events as their hours allow, whole parts of traces in an order drawn by the seed.

    The order goes by what a trace says and is the same for all who share one, so shared traces mostly stay whole.
    """
    width = max(len(work), 1)
    cell = work.worker.astype(np.int64) * width + work.trace
    cells, which, size = np.unique(cell, return_inverse=True, return_counts=True)
    worker, trace = cells // width, cells % width
    told = _content(work, _mixed(work.act, work.time))  # not whose: how people are called is nothing
    rank = _mix(told ^ _mix(np.full(len(work), seed, np.uint64)))[trace]
    order = np.lexsort((rank, worker))
    before = np.cumsum(size[order]) - size[order]
    first = np.searchsorted(worker[order], np.arange(len(work.workers)))
    taken = before - np.append(before, 0)[first][worker[order]]
    keep = np.zeros(len(cells), dtype=bool)
    keep[order] = taken < np.ceil(budget * hours[worker[order]])
    return work.where(keep[which.reshape(-1)])


def in_ppm(values: Mapping[str, float]) -> dict[str, int]:
    """Millionths of the sum, which they add up to, by largest remainder; all 0 where there is nothing."""
    total = sum(values.values())
    if total <= 0:
        return dict.fromkeys(values, 0)
    exact = {name: value / total * PPM for name, value in values.items()}
    down = {name: int(share) for name, share in exact.items()}
    order = sorted(values, key=lambda name: (down[name] - exact[name], name))
    left = PPM - sum(down.values())
    return {name: down[name] + (place < left) for place, name in enumerate(order)}


def _within(mean: Floats, value: float, error: float) -> tuple[int, int]:
    total = float(np.maximum(mean, 0).sum())
    low, high = Value("", value, error).interval()
    return (round(max(0.0, low) / total * PPM), round(max(0.0, high) / total * PPM)) if total > 0 else (0, 0)


def _why(value: float, *, told: bool) -> str:
    if not told:
        return "no traces"
    if value < 0:
        return "with these traces the model is right less often: the share is 0, never less"
    return "" if value > 0 else "the model is as often right without these traces"


def _content(work: Work, event: Keys) -> Keys:
    """(T,): a hash of each trace's task and of the hashes of its events, in whatever order."""
    total = np.add.reduceat(event, work.offsets[:-1]) if work.events else np.empty(0, np.uint64)
    return _mix(total ^ _mix(work.task.astype(np.uint64)))


def _mixed(*columns: NDArray[np.int32] | Ints) -> Keys:
    out = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        out = _mix(out ^ column.astype(np.uint64))
    return out


def _mix(value: Keys) -> Keys:
    """splitmix64's finaliser (Steele, Lea and Flood, OOPSLA 2014)."""
    z = value + _GAMMA
    z = (z ^ (z >> np.uint64(30))) * _MIX1
    z = (z ^ (z >> np.uint64(27))) * _MIX2
    return z ^ (z >> np.uint64(31))
