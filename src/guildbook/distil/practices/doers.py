"""By whom a step is best done: quality practices that name people.

For each step that is mostly done by somebody else than the one whose case it is, every person who does it often enough
is compared with the others who do it, on the share of good outcomes, in like cases: of the same conditions, week and
owner, in which the same practices were followed. So that hard cases go to the best people spoils nothing, as far as
the log tells which cases are hard. Nobody is said to do a thing badly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guildbook.distil.practices import wording
from guildbook.distil.practices.contrast import ACCEPT, KEPT, Target
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Difference, Floats, Projection, project, simes
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.special import ndtr
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Effect, Kind, Practice, When

HANDED = 0.5
"""A step of which at least this share is done by others than the case's owner is one that is given to somebody."""
SAME = 0.95
"""Steps that the same person does in this share of the traces are one to give away."""
LEAST = 0.1
"""Least difference of good outcomes that is told of people: below it, it may be all that makes people differ."""
MOST = 4
"""People named for one step."""
SHARES = (0.2, 0.8)
"""Between these shares of the traces, those who have done the step often are compared with those who have not."""


@dataclass(frozen=True)
class _Candidate:
    """Some of those who do a step."""

    people: tuple[int, ...]
    """Columns of workers."""
    often: int = 0
    """They are all who have done it so many times; 0: people by name."""


@dataclass(frozen=True)
class Cases:
    """What the miner looks at in one task."""

    traces: TaskTraces
    target: Target
    held: list[Flags]
    """Where accepted practices were followed."""
    performers: CountTable
    """task, activity, worker: events."""


def mine_doers(cases: Cases, names: Names, title: str, settings: MiningSettings) -> tuple[list[Practice], Floats]:
    """(practices, p-values of all steps compared)."""
    found: list[Practice] = []
    tests: list[float] = []
    for step in _given(cases):
        rows = cases.target.valid & (cases.traces.doer[:, step] >= 0)
        chosen, first = _best(cases, step, rows, settings)
        if first is not None:
            tests.append(first)
        if chosen is not None:
            found.append(_practice(cases, step, chosen, names, title))
    return found, np.array(tests)


def _given(cases: Cases) -> list[int]:
    """Steps that are mostly given to somebody, the first of several that go together."""
    traces = cases.traces
    weights = np.where(cases.target.valid, traces.weights, 0.0)
    known = traces.doer >= 0
    size = weights @ known
    handed = weights @ (known & (traces.doer != traces.main[:, None]))
    place = weights @ np.where(traces.first >= 0, traces.first, 0) / np.maximum(weights @ (traces.first >= 0), 1.0)
    out: list[int] = []
    for step in np.argsort(place, kind="stable").tolist():
        if step in cases.target.barred_steps or handed[step] < max(HANDED * size[step], 1.0):
            continue
        own = traces.doer[:, step]
        alike = [weights @ ((own == traces.doer[:, other]) & known[:, step]) for other in out]
        if not any(share >= SAME * size[step] for share in alike):
            out.append(step)
    return out


def _best(
    cases: Cases, step: int, rows: Flags, settings: MiningSettings
) -> tuple[tuple[_Candidate, Difference, Flags] | None, float | None]:
    """(who does it better and by how much, p that nobody does)."""
    traces, target = cases.traces, cases.target
    doer, weights, y = traces.doer[rows, step], traces.weights[rows], target.y[rows]
    total = float(weights.sum())
    done = np.bincount(doer, weights, len(traces.workers))
    enough = (done >= settings.min_side) & (done <= total - settings.min_side)
    listed = [_Candidate((int(p),)) for p in np.flatnonzero(enough)]
    listed += _seasoned(cases, step, doer, weights)
    if not listed:
        return None, None
    base = _covariates(cases, rows, settings.min_side)
    people: tuple[int, ...] = ()
    first: float | None = None
    while len(people) < MOST:
        tried = [_Candidate((*people, *c.people), c.often) for c in listed if not {*c.people} & {*people}]
        tried = tried if not people else [c for c in tried if not c.often]
        projection = base.extended(np.isin(doer, people)[:, None]) if people else base
        more = [_Candidate(c.people[len(people) :], c.often) for c in tried]
        if not more:
            break
        part = projection.partial(y, np.column_stack([np.isin(doer, c.people) for c in more]))
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where((part.kept >= KEPT) & (part.effect.error > 0), part.effect.value / part.effect.error, 0.0)
        if first is None:
            first = float(simes(ndtr(-z), np.zeros(len(z), np.int64))[0])
        sure = (part.effect.value >= LEAST) & (part.effect.p < ACCEPT) & (z > 0)
        if not sure.any():
            break
        best = tried[int(np.argmax(np.where(sure, z, -np.inf)))]
        people = best.people
        if best.often:
            return _measured(base, y, doer, best, rows), first
    return (_measured(base, y, doer, _Candidate(people), rows) if people else None), first


def _measured(
    base: Projection, y: Floats, doer: np.ndarray, chosen: _Candidate, rows: Flags
) -> tuple[_Candidate, Difference, Flags]:
    flags = np.isin(doer, chosen.people)
    spread = np.zeros(len(rows), dtype=bool)
    spread[np.flatnonzero(rows)[flags]] = True
    return chosen, base.partial(y, flags[:, None]).effect, spread


def _covariates(cases: Cases, rows: Flags, minimum: float) -> Projection:
    """Conditions, week and workload, whose case it is, and what was followed in it."""
    traces = cases.traces
    owner = traces.main[:, None] == np.arange(len(traces.workers))
    columns = np.column_stack([traces.holds, owner, *cases.held])[rows]
    weights = traces.weights[rows]
    size = weights @ columns
    return project(columns[:, (size >= minimum) & (size <= weights.sum() - minimum)], weights)


def _seasoned(cases: Cases, step: int, doer: np.ndarray, weights: Floats) -> list[_Candidate]:
    """Those who have done the step at least so many times: round numbers that part the traces."""
    traces = cases.traces
    own = cases.performers.where(c0=traces.task, c1=int(traces.activities[step])).by(2)
    at = np.searchsorted(own.keys[:, 0], traces.workers)
    at = np.minimum(at, max(len(own) - 1, 0))
    times = np.where(own.keys[at, 0] == traces.workers, own.counts[at], 0) if len(own) else np.zeros(len(at), np.int64)
    out: list[_Candidate] = []
    for bound in (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000):
        people = np.flatnonzero(times >= bound)
        share = float(weights[np.isin(doer, people)].sum() / weights.sum())
        if SHARES[0] <= share <= SHARES[1] and len(people) > 1:
            out.append(_Candidate(tuple(people[np.argsort(-times[people], kind="stable")].tolist()), bound))
    return out


def _practice(
    cases: Cases, step: int, chosen: tuple[_Candidate, Difference, Flags], names: Names, title: str
) -> Practice:
    who, difference, flags = chosen
    traces, target = cases.traces, cases.target
    rows = target.valid & (traces.doer[:, step] >= 0)
    mean = float(traces.weights[flags] @ target.y[flags] / traces.weights[flags].sum())
    n = float(traces.weights[rows].sum())
    without = float(np.clip(mean - difference.value[0], 0, 1))
    low, high, p = float(difference.low[0]), float(difference.high[0]), float(difference.p[0])
    effect = Effect("good-rate", float(difference.value[0]), low, high, round(n), p, mean, without)
    people = tuple(names.worker(int(traces.workers[p])) for p in who.people)
    label = names.label(int(traces.activities[step]))
    when = When(title, label)
    told = wording.people(people, MOST)
    if who.often:
        told = f"somebody who has done it {who.often:,} times or more ({told})"
    text = (
        f"{wording.situation(when)}, let {told} do “{wording.step(label)}”: "
        f"{wording.share(effect.with_value or 0.0)} of such cases ended well instead of "
        f"{wording.share(effect.without_value or 0.0)} where others did it ({wording.number(n)} cases, alike in "
        "conditions, week, whose case it is and what was done)."
    )
    return Practice(
        id=identity(Kind.QUALITY, when, (label,), (), (f"≥{who.often}",) if who.often else people),
        kind=Kind.QUALITY,
        title=text,
        when=when,
        do=(label,),
        instead_of=(),
        effect=effect,
        people=people,
    )
