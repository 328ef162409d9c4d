"""The outcome model: how likely a performance of a task ends well, from what the sums know of it.

It is for finding what to look at, not for advice: what helps is the practices' business. A deterministic function of
the sums, so that a worker who is forgotten is gone from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from guildbook.distil.buckets import log_centre
from guildbook.distil.practices.quality import DECIDES
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.traces import TaskTraces, by_task
from guildbook.distil.quality.logistic import Fit, chosen
from guildbook.distil.quality.ranking import auc
from guildbook.distil.quality.verdicts import RIGHT, WORDS_GIVEN, WRONG, deed_asked
from guildbook.distil.sums import Sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FOLDS: Final = 10
INNER: Final = 5
ROUNDS: Final = 3
_GOOD: Final = 1
_SUPPORT: Final = 5
"""Episodes that must have a feature and that must lack it."""
_MOST: Final = 300
"""Features of one task, commonest first."""


@dataclass(frozen=True)
class Episodes:
    """What is known of each settled joint trace of one task, several alike as several rows."""

    names: tuple[str, ...]
    columns: Floats
    """(n, p)"""
    good: Flags
    """(n,)"""


def episodes(traces: TaskTraces, texts: Mapping[int, str], settling: frozenset[int] = frozenset()) -> Episodes:
    """The features of a task's settled traces: verdicts and conditions, steps done, repeated and last, time.

    Where a request was made, also which steps were done for which kind of request. `settling`: activities that the
    outcome was read from, which are left out.
    """
    if settling:
        kept = ~np.isin(traces.activities, np.array(sorted(settling), np.uint64))
        first, repeated = traces.first[:, kept], traces.repeated[:, kept]
        traces = replace(traces, activities=traces.activities[kept], first=first, repeated=repeated)
    settled = np.flatnonzero(traces.outcome > 0)
    rows = np.repeat(settled, traces.weights[settled].astype(np.int64))
    listed: list[tuple[str, Flags]] = []
    labels = [texts.get(int(code), "") for code in traces.activities]
    held = [(texts.get(int(code), ""), traces.holds[rows, i]) for i, code in enumerate(traces.conditions)]
    present = traces.first[rows] >= 0
    last = np.where(present.any(axis=1), np.argmax(traces.first[rows], axis=1), -1) if labels else None
    listed += held
    for i, label in enumerate(labels):
        listed.append((label, present[:, i]))
        listed.append((f"{label}, again", traces.repeated[rows, i]))
        if last is not None:
            listed.append((f"{label}, last", last == i))
    listed += [(texts.get(int(code), ""), traces.took_part[rows, i]) for i, code in enumerate(traces.workers)]
    asked = [(name, flags) for name, flags in held if name.startswith(deed_asked("")) or name == WORDS_GIVEN]
    listed += [
        (f"{label} where {name}", flags & present[:, i]) for name, flags in asked for i, label in enumerate(labels)
    ]
    kept = _distinct(listed, len(rows))
    columns = [flags.astype(np.float64) for _, flags in kept] + [column for _, column in _numbers(traces, rows, held)]
    names = [name for name, _ in kept] + [name for name, _ in _numbers(traces, rows, held)]
    return Episodes(tuple(names), np.column_stack(columns), traces.outcome[rows] == _GOOD)


def _numbers(traces: TaskTraces, rows: Ints, held: list[tuple[str, Flags]]) -> list[tuple[str, Floats]]:
    none = np.zeros(len(rows))
    lead, active = (np.nan_to_num(log_centre(b[rows]), nan=0.0) for b in (traces.lead, traces.active))
    return [
        ("time from first to last step", lead),
        ("the same, squared", lead**2),
        ("time at work", active),
        ("different steps", np.log1p((traces.first[rows] >= 0).sum(axis=1))),
        ("steps done again", np.log1p(traces.repeated[rows].sum(axis=1))),
        ("verdicts right", sum((f.astype(np.float64) for n, f in held if n.startswith(RIGHT)), none)),
        ("verdicts wrong", sum((f.astype(np.float64) for n, f in held if n.startswith(WRONG)), none)),
    ]


def _distinct(listed: list[tuple[str, Flags]], size: int) -> list[tuple[str, Flags]]:
    """Features that enough rows have and enough lack, each set of rows once, commonest first."""
    found: dict[bytes, tuple[str, Flags]] = {}
    for name, flags in listed:
        if _SUPPORT <= flags.sum() <= size - _SUPPORT:
            found.setdefault(np.packbits(flags).tobytes(), (name, flags))
    return sorted(found.values(), key=lambda item: -int(item[1].sum()))[:_MOST]


def fitted(known: Episodes) -> Fit:
    """The model of one task."""
    with threadpool_limits(limits=1, user_api="blas"):
        return _fitted(known.columns, known.good.astype(np.float64), known.names, 0)


def _fitted(columns: Floats, good: Floats, names: tuple[str, ...], seed: int) -> Fit:
    """A fit with its penalty chosen inside; steps that record the outcome are left out."""
    usable = ~_records(columns, good, names)
    model = chosen(columns * usable, good, _folds(good > 0, INNER, seed))
    return Fit(model.intercept, model.slopes * usable, model.penalty)


def _records(columns: Floats, good: Floats, names: tuple[str, ...]) -> Flags:
    """Columns so near the outcome (φ) that they are its record; a verdict on what was entered is none."""
    spread = columns.std(axis=0) * good.std()
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = np.abs((columns - columns.mean(axis=0)).T @ (good - good.mean())) / (len(good) * spread)
    verdict = np.array([name.startswith((RIGHT, WRONG, "verdicts")) for name in names])
    return (np.nan_to_num(phi) > DECIDES) & ~verdict


def _folds(good: Flags, count: int, seed: int) -> Ints:
    """A fold for each row, good and bad spread evenly."""
    rng = np.random.default_rng(seed)
    folds = np.empty(len(good), np.int64)
    for side in (good, ~good):
        rows = rng.permutation(np.flatnonzero(side))
        folds[rows] = np.arange(len(rows)) % count
    return folds


@dataclass(frozen=True)
class Validated:
    """Settled traces of all tasks, ranked by models that never saw them."""

    logits: Floats
    """(r, n): by round."""
    folds: Ints
    """(r, n): traces of one round with one number were ranked by one model."""
    good: Flags
    """(n,)"""

    @property
    def chances(self) -> Floats:
        """(n,): of a good end."""
        return 1.0 / (1.0 + np.exp(-self.logits.mean(axis=0)))

    def auc(self) -> tuple[float, float, float]:
        """(area, low, high): see `ranking.auc`."""
        return auc(self.logits, self.good, self.folds)


def cross_validated(sums: Sums, settings: MiningSettings | None = None) -> Validated:
    """Every settled trace ranked by models that never saw it: ten folds of each task, in three rounds.

    The penalty is chosen inside each. A task with too few of either side is given its base rate.
    """
    parts: list[Validated] = [Validated(np.empty((ROUNDS, 0)), np.empty((ROUNDS, 0), np.int64), np.empty(0, bool))]
    with threadpool_limits(limits=1, user_api="blas"):
        mining = settings or MiningSettings()
        for number, traces in enumerate(by_task(sums.profiles, mining)):
            known = episodes(traces, sums.texts, mining.settling)
            if len(known.good):
                parts.append(_out_of_fold(known, FOLDS * number))
    return Validated(
        np.concatenate([part.logits for part in parts], axis=1),
        np.concatenate([part.folds for part in parts], axis=1),
        np.concatenate([part.good for part in parts]),
    )


def _out_of_fold(known: Episodes, first: int) -> Validated:
    """`first`: the number of the first fold."""
    good = known.good.astype(np.float64)
    shape = ROUNDS, len(good)
    if min(known.good.sum(), (~known.good).sum()) < FOLDS:
        rate = (good.sum() + 0.5) / (len(good) + 1.0)
        return Validated(np.full(shape, np.log(rate / (1 - rate))), np.full(shape, first), known.good)
    logits, folds = np.zeros(shape), np.zeros(shape, np.int64)
    for number in range(ROUNDS):
        folds[number] = _folds(known.good, FOLDS, number)
        for fold in range(FOLDS):
            own = folds[number] == fold
            model = _fitted(known.columns[~own], good[~own], known.names, number)
            logits[number, own] = model.logits(known.columns[own])
    return Validated(logits, folds + first, known.good)
