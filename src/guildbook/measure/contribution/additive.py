"""What is exact without any model: hours, events, and the held-back steps that somebody has shown how to do.

Hours and events add up, so a worker's Shapley value is what is theirs. A held-back step counts as covered once one
worker of the coalition has taken it in the same place; the Shapley value of such a game shares it equally among all
who have (Shapley 1953, by symmetry and additivity: the dual of a unanimity game).
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.contribution.values import Contribution, Value
from guildbook.measure.work import Work

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Amount = Literal["hours", "events", "covered"]
AMOUNTS: Final[tuple[Amount, ...]] = ("hours", "events", "covered")

HOUR: Final = 3_600_000_000
"""µs."""


def amounts(train: Work, test: Work, amount: Amount) -> Contribution:
    """What each worker adds: hours of work told, events told, or the share of held-back steps they show."""
    if amount == "covered":
        return _covered(train, test)
    if amount == "hours":
        each = worked(train).astype(np.float64) / HOUR
    else:
        each = np.bincount(train.worker, minlength=len(train.workers)).astype(np.float64)
    return _exact(train, amount, each, float(each.sum()))


def worked(work: Work) -> Ints:
    """(W,): µs of work each worker's events tell of; where a duration is not known, the median of the same act."""
    known = work.own >= 0
    filled = np.where(known, work.own, 0)
    for act in np.unique(work.act[~known]).tolist():
        same = known & (work.act == act)
        filled[~known & (work.act == act)] = int(np.median(work.own[same])) if same.any() else 0
    out = np.zeros(len(work.workers), np.int64)
    np.add.at(out, work.worker, filled)
    return out


def _covered(train: Work, test: Work) -> Contribution:
    """A step is a task, the act before and the act itself."""
    wanted, often = np.unique(_steps(test), return_counts=True)
    steps = _steps(train)
    at = np.minimum(np.searchsorted(wanted, steps), max(len(wanted) - 1, 0))
    rows = np.flatnonzero(wanted[at] == steps) if len(wanted) else np.empty(0, np.int64)
    cells = np.unique(at[rows] * len(train.workers) + train.worker[rows])
    step, worker = cells // len(train.workers), cells % len(train.workers)
    sharers = np.bincount(step, minlength=len(wanted))
    total = max(int(often.sum()), 1)
    each = np.bincount(worker, often[step] / sharers[step], len(train.workers)) / total
    return _exact(train, "covered", each, float(often[sharers > 0].sum()) / total)


def _steps(work: Work) -> Ints:
    """(n,): a code for each event's task, act before (0 at the start) and act."""
    size = len(work.acts) + 1
    before = np.zeros(work.events, np.int64)
    before[1:] = work.act[:-1] + 1
    before[work.offsets[:-1]] = 0
    return (work.task[work.trace] * size + before) * size + work.act


def _exact(train: Work, amount: Amount, each: Floats, whole: float) -> Contribution:
    values = tuple(Value(worker, value, 0.0) for worker, value in zip(train.workers, each.tolist(), strict=True))
    return Contribution("shapley", amount, whole, values, exact=True)
