"""What experienced people use in their tools and newcomers do not, wherever in a case it serves.

Two ways between the same steps are compared in `tool`. A feature, such as a shortcut or a second view, need have no
counterpart and no place: it turns up here and there, and all of the case gets quicker, or ends better. It is told when
both hold among like cases of one task: those who have done the task for long use it clearly more often than those who
are new to it, and one and the same person does better with it than without.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from guildbook.distil.buckets import log_centre
from guildbook.distil.practices import wording
from guildbook.distil.practices.experience import FEWEST, Experience
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, partial, tally
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.practices.workflow import SETTLED
from guildbook.distil.special import stdtr
from guildbook.model.knowledge import Effect, Kind, Practice, When

REACHED: Final = 0.9
"""Share of cases with a step from which on it says where in a case one is."""
ROAMS: Final = (0.15, 0.85)
"""A feature comes before such a step in between these shares of the cases that have both."""
PLACES: Final = 3
"""Of so many steps; two can be in either order, and a step of the work is before or after all others."""
MORE: Final = 0.15
"""Least difference of the shares of cases in which the experienced and the new use it."""
SURELY: Final = 0.01
"""Largest p of that difference, one-sided, people counted once each."""
ACCEPT: Final = 0.001
"""Largest p of what it brings; false-discovery control comes on top."""
USED: Final = (0.02, 0.95)
"""Between these shares of the cases there is something to compare."""
PRIOR: Final = 8
"""Degrees of freedom with which other steps tell how much people differ anyway."""


@dataclass(frozen=True)
class _Target:
    metric: str
    y: Floats
    known: Flags
    better: int
    least: float


@dataclass(frozen=True)
class Use:
    """In which share of their cases people use something, like cases compared."""

    experienced: float
    new: float
    p: float


def mine_features(
    block: TaskTraces, people: Experience, names: Names, title: str, settings: MiningSettings
) -> tuple[list[Practice], Floats, frozenset[int]]:
    """The features of one task, the p-values of all that were compared, and the features' symbols."""
    if not people.told_apart:
        return [], np.zeros(0), frozenset()
    told: list[Practice] = []
    tests: list[float] = []
    found: set[int] = set()
    often = uses(block, people)
    for column in roaming(block, settings.min_side):
        use = often.get(column)
        if use is None or ": " not in names.label(int(block.activities[column])):
            continue
        effects = [_effect(block, column, target, settings) for target in _targets(block, settings)]
        for effect, surely in (e for e in effects if e is not None):
            p = max(effect.p, use.p)
            tests.append(p)
            taken = int(block.activities[column]) in found
            if surely and use.p <= SURELY and use.experienced - use.new >= MORE and not taken:
                # Both must hold, so the less sure of them is what false-discovery control is to know.
                told.append(_practice(block, column, use, replace(effect, p=p), names, title))
                found.add(int(block.activities[column]))
    return told, np.array(tests), frozenset(found)


def roaming(block: TaskTraces, minimum: float) -> list[int]:
    """The columns of steps in some app that have no place of their own in the task."""
    present = block.first >= 0
    total = float(block.weights.sum())
    size = block.weights @ present
    landmarks = np.flatnonzero(size >= REACHED * total)
    found: list[int] = []
    for column in np.flatnonzero((size >= max(minimum, USED[0] * total)) & (size <= USED[1] * total)).tolist():
        rows = present[:, column]
        both = present[rows][:, landmarks]
        weights = block.weights[rows]
        before = weights @ (both & (block.first[rows, column][:, None] < block.first[rows][:, landmarks]))
        share = before / np.maximum(weights @ both, 1.0)
        if int(((share > ROAMS[0]) & (share < ROAMS[1])).sum()) >= PLACES:
            found.append(column)
    return found


def _targets(block: TaskTraces, settings: MiningSettings) -> list[_Target]:
    """The time that cases take, and how they end."""
    settled = block.outcome > 0
    ended = settled if block.weights @ settled > SETTLED * block.weights.sum() else np.ones_like(settled)
    timed = (block.active > 1) & ended
    time = np.where(timed, np.nan_to_num(log_centre(block.active)), 0.0)
    return [
        _Target("duration", time, timed, -1, settings.min_log_ratio),
        _Target("good-rate", (block.outcome == 1).astype(np.float64), settled, 1, settings.min_good_rate),
    ]


def uses(block: TaskTraces, people: Experience) -> dict[int, Use]:
    """How often the experienced and the new do each step that not all do, adjusted for the cases' conditions.

    Each person counts once, and what conditions do is told within people: so that neither one person's habit nor who
    gets which cases can pass for experience. How much people differ anyway is told by all such steps together with the
    step at hand (the moderated t of Smyth, *Stat. Appl. Genet. Mol. Biol.* 3 (2004) 3, its prior degrees of freedom
    given): three people on a side tell little of their own variance.
    """
    rows = block.main >= 0
    weights = block.weights[rows]
    present = (block.first[rows] >= 0).astype(np.float64)
    share = weights @ present / weights.sum()
    columns = np.flatnonzero((share >= USED[0]) & (share <= USED[1]))
    if not len(columns):
        return {}
    rate, known = _rates(block, rows, present[:, columns])
    sides = [rate[group & known] for group in (people.experienced, people.new)]
    if min(len(side) for side in sides) < FEWEST:
        return {}
    means = [side.mean(axis=0) for side in sides]
    freedom = sum(len(side) - 1 for side in sides)
    spread = np.array([((side - mean) ** 2).sum(axis=0) for side, mean in zip(sides, means, strict=True)]).sum(axis=0)
    spread = (spread + PRIOR * spread.mean() / freedom) / (freedom + PRIOR)
    error = np.sqrt(spread * sum(1 / len(side) for side in sides))
    t = (means[0] - means[1]) / np.maximum(error, 1e-9)
    p = stdtr(np.full(len(t), float(freedom + PRIOR)), -t)
    shares = [np.clip(mean, 0.0, 1.0) for mean in means]
    return {
        column: Use(float(shares[0][i]), float(shares[1][i]), float(p[i])) for i, column in enumerate(columns.tolist())
    }


def _rates(block: TaskTraces, rows: Flags, done: Floats) -> tuple[Floats, Flags]:
    """((W, k) each person's shares of cases with each step, as if all had the same mix of cases; who has any)."""
    who, weights, holds = block.main[rows], block.weights[rows], block.holds[rows].astype(np.float64)
    size = len(block.workers)
    n = tally(who, weights, size)
    both = np.column_stack([holds, done])
    mean = np.array([tally(who, weights * column, size) for column in both.T]).T / np.maximum(n, 1.0)[:, None]
    inner = both - mean[who]
    inner, inner_done = inner[:, : holds.shape[1]], inner[:, holds.shape[1] :]
    gram = (inner * weights[:, None]).T @ inner
    gram.flat[:: len(gram) + 1] += 1e-6 * np.maximum(gram.diagonal(), 1.0)
    slope = np.linalg.solve(gram, (inner * weights[:, None]).T @ inner_done)
    mix = mean[:, : holds.shape[1]] - weights @ holds / weights.sum()
    return mean[:, holds.shape[1] :] - mix @ slope, n > 0


def _effect(block: TaskTraces, column: int, target: _Target, settings: MiningSettings) -> tuple[Effect, bool] | None:
    """What it brings, the same conditions and people, and whether that is sure and worth telling."""
    flags = (block.first[target.known, column] >= 0)[:, None]
    weights, y = block.weights[target.known], target.y[target.known]
    n, done = float(weights.sum()), float(weights @ flags[:, 0])
    if min(done, n - done) < settings.min_side:
        return None
    covariates = np.column_stack([block.holds[target.known], block.took_part[target.known]])
    found = partial(y, flags, covariates, weights).effect
    value, error, p = (float(part[0]) for part in (found.value, found.error, found.p))
    given = float((weights * y) @ flags[:, 0] / done)
    sides = np.array([given, given - value])
    shown = (np.exp(sides) if target.metric == "duration" else np.clip(sides, 0.0, 1.0)).tolist()
    low, high = value - Z95 * error, value + Z95 * error
    effect = Effect(target.metric, value, low, high, round(n), p, shown[0], shown[1])
    return effect, bool(p <= ACCEPT and target.better * value >= target.least)


def _practice(block: TaskTraces, column: int, use: Use, effect: Effect, names: Names, title: str) -> Practice:
    label = names.label(int(block.activities[column]))
    given, without = effect.with_value or 0.0, effect.without_value or 0.0
    if effect.metric == "duration":
        result = f"such cases took {wording.length(given)} instead of {wording.length(without)}"
    else:
        result = f"{wording.share(given)} of such cases ended well instead of {wording.share(without)}"
    when = When(title)
    return Practice(
        id=identity(Kind.TOOL, when, (label,), (), ()),
        kind=Kind.TOOL,
        title=(
            f"{wording.situation(when)}, use “{wording.step(label)}”, as experienced people do in "
            f"{wording.share(use.experienced)} of their cases and those new to it in {wording.share(use.new)}: "
            f"{result} ({wording.number(effect.n)} cases, alike in conditions and people)."
        ),
        when=when,
        do=(label,),
        instead_of=(),
        effect=effect,
    )
