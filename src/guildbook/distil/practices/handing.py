"""Whom to hand work to, where nobody is asked by name: who takes it up clearly sooner, or takes nearly all of it.

Only where a task knows no asks, since an ask says whom it was meant for and a hand-over does not. A step that nearly
always goes to one person, who has much less of everything else, is how an approval looks whatever it is called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import PER_DOUBLING, log_centre
from guildbook.distil.practices import wording
from guildbook.distil.practices.answering import ELSEWHERE, MOSTLY, difference
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.runs import run_numbers, run_starts
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, tally, welch
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Effect, Kind, Practice, When

WAITED = 60.0
"""Seconds: what is taken up sooner was passed on by a system or across a desk, not handed over."""
OFTEN = 2.5
"""Times `min_side` hand-overs on each side."""
HALF = 0.69
"""Least |ln| of the ratio of waiting times: half the time."""
ACCEPT = 0.001
TOGETHER = 0.9
"""Share of a step that a few take together, for them to be those it goes to."""
MOST = 8
"""People who are named together at most."""
GIVERS = 3
"""People who hand a step over, for it to be a rule and not a pair of colleagues."""
FLOOR = (np.log(2) / PER_DOUBLING) ** 2 / 12
"""Least variance of ln seconds: that within one bucket."""


def mine_handovers(
    sums: Sums, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """For each step handed over the one person who takes it up in less than half the time of the others.

    And those few, or the one, who take up nearly all of it.
    """
    taken = _taken(sums)
    told: list[Practice] = []
    tests: list[Floats] = [np.zeros(0)]
    for miner in (_sooner, _mostly):
        found, p = miner(taken, names, titles, settings)
        told += [practice for practice in found if all(practice.id != other.id for other in told)]
        tests.append(p)
    return told, np.concatenate(tests)


@dataclass(frozen=True)
class _Taken:
    """Work taken up after others, one row for each (task, step, taker)."""

    groups: NDArray[np.uint64]
    """(g, 3)"""
    n: Floats
    total: Floats
    """Sum of ln seconds waited."""
    square: Floats
    givers: Floats
    """People it was taken up from."""


def _taken(sums: Sums) -> _Taken:
    """Hand-overs of tasks without asks that waited long enough to be hand-overs at all."""
    keys, counts = sums.handovers.keys, sums.handovers.counts.astype(np.float64)
    logs = log_centre(keys[:, 4])
    rows = ~np.isin(keys[:, 0], np.unique(sums.asks.keys[:, 0])) & (np.nan_to_num(logs, nan=-np.inf) >= np.log(WAITED))
    keys, counts, logs = keys[rows], counts[rows], logs[rows]
    groups, group = np.unique(keys[:, [0, 3, 2]], axis=0, return_inverse=True)
    group, size = group.reshape(-1), len(groups)
    pairs = np.unique(np.column_stack([group.astype(np.uint64), keys[:, 1]]), axis=0)[:, 0].astype(np.int64)
    n, total, square = (tally(group, part, size) for part in (counts, counts * logs, counts * logs**2))
    return _Taken(groups, n, total, square, tally(pairs, np.ones(len(pairs)), size))


def _topics(taken: _Taken) -> list[NDArray[np.int64]]:
    """The rows of each task and step."""
    if not len(taken.groups):
        return []
    return np.split(np.arange(len(taken.groups)), run_starts(run_numbers(taken.groups, 2))[1:])


def _sooner(
    taken: _Taken, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """Who takes a step up in less than half the time of the others."""
    told: list[Practice] = []
    tests: list[float] = []
    for here in _topics(taken):
        n, total = taken.n[here], taken.total[here]
        all_n, all_total = n.sum(), total.sum()
        enough = (n >= OFTEN * settings.min_side) & (all_n - n >= OFTEN * settings.min_side)
        if not enough.any():
            continue
        spread = max((taken.square[here].sum() - all_total**2 / all_n) / (all_n - 1), FLOOR)
        rows, n, total = here[enough], n[enough], total[enough]
        rest = all_n - n
        rest_mean = (all_total - total) / rest
        common = np.full(len(n), spread)
        effect = welch(n, total / n, common, rest, rest_mean, common)
        tests += np.where(effect.value < 0, effect.p, 1.0).tolist()
        best = int(np.argmin(effect.value / effect.error))
        value, half = float(effect.value[best]), Z95 * float(effect.error[best])
        if value > -HALF or effect.p[best] > ACCEPT:
            continue
        given, without = float(np.exp(total[best] / n[best])), float(np.exp(rest_mean[best]))
        p, size = float(effect.p[best]), int(n[best] + rest[best])
        shown = Effect("response", value, value - half, value + half, size, p, given, without)
        said = (
            f"it was taken up after {wording.length(given)} instead of {wording.length(without)} by others "
            f"({wording.number(size)} times)"
        )
        told.append(_practice(names, titles, taken.groups[rows[best] : rows[best] + 1], shown, said))
    return told, np.array(tests)


def _mostly(
    taken: _Taken, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """Who takes up nearly all of a step that several hand over, and much less of the rest: one person or a few."""
    told: list[Practice] = []
    tests: list[float] = []
    for here in _topics(taken):
        task = taken.groups[:, 0] == taken.groups[here[0], 0]
        n, rest = taken.n[here].sum(), taken.n[task].sum() - taken.n[here].sum()
        if n < OFTEN * settings.min_side or rest < OFTEN * settings.min_side:
            continue
        few = _few(taken, here, task, settings)
        if not len(few):
            tests.append(1.0)
            continue
        own = taken.n[few].sum()
        other = taken.n[task & np.isin(taken.groups[:, 2], taken.groups[few, 2])].sum() - own
        found = difference(*(np.array([float(value)]) for value in (n, own, rest, other)))
        mostly = other / rest <= ELSEWHERE * own / n
        tests.append(float(found.p[0]) if mostly else 1.0)
        if mostly and found.p[0] <= ACCEPT:
            value, half, given = float(found.value[0]), Z95 * float(found.error[0]), float(own / n)
            shown = Effect(
                "share", value, value - half, value + half, int(n + rest), float(found.p[0]), given, given - value
            )
            said = f"{wording.share(given)} of it goes there ({wording.number(n)} times), and "
            said += f"{wording.share(float(other / rest))} of everything else"
            told.append(_practice(names, titles, taken.groups[few], shown, said))
    return told, np.array(tests)


def _few(
    taken: _Taken, here: NDArray[np.int64], task: NDArray[np.bool_], settings: MiningSettings
) -> NDArray[np.int64]:
    """The one who takes `MOSTLY` of a step, else the fewest who together take `TOGETHER` of it; nobody if too many."""
    n = taken.n[here].sum()
    ranked = here[np.lexsort((taken.groups[here, 2], -taken.n[here]))]
    reached = np.cumsum(taken.n[ranked]) / n
    size = 1 if reached[0] >= MOSTLY else int(np.searchsorted(reached, TOGETHER)) + 1
    few = ranked[:size]
    people = len(np.unique(taken.groups[task, 2]))
    if size > min(MOST, people / 3) or taken.n[few].min() < settings.min_side or taken.givers[few].max() < GIVERS:
        return few[:0]
    return few


def _practice(names: Names, titles: dict[int, str], groups: NDArray[np.uint64], effect: Effect, said: str) -> Practice:
    task, label = titles[int(groups[0, 0])], names.label(int(groups[0, 1]))
    people = tuple(names.worker(int(code)) for code in groups[:, 2])
    *others, last = people
    listed = f"{', '.join(others)} or {last}" if others else last
    when = When(task)  # without a step that is asked: that is how evidence knows it for a hand-over
    return Practice(
        id=identity(Kind.PEOPLE, when, (label,), (), people),
        kind=Kind.PEOPLE,
        title=f"{wording.situation(when)}, hand “{wording.step(label)}” over to {listed}: {said}.",
        when=when,
        do=(label,),
        instead_of=(),
        effect=effect,
        people=people,
    )
