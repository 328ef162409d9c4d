"""Who takes a step up under a condition, and else does not: approvals from an amount on, a product that is somebody's.

Hand-overs alone tell of it, so nobody need be asked by name. Steps that answer a request are left to `people`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices import wording
from guildbook.distil.practices.answering import difference
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.handing import GIVERS, MOST, TOGETHER
from guildbook.distil.practices.runs import run_numbers, run_starts
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, tally
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Effect, Kind, Practice, When

ACCEPT: Final = 0.001
ELSEWHERE: Final = 0.7
"""Most of their share under the condition that those named may have where it does not hold."""
ANSWERS: Final = 0.5
"""A step that follows a request in this share of its occurrences is the answer to it."""

Ints = NDArray[np.int64]


def mine_approvals(
    sums: Sums, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """For each step handed over the condition under which a few take up nearly all of it, much more than otherwise."""
    told: list[Practice] = []
    tests: list[float] = []
    answers, givers = _answers(sums), _givers(sums)
    for task, step, table in _steps(sums):
        if (task, step) in answers or givers.get((task, step), 0) < GIVERS:
            continue
        rule = _clearest(table, settings)
        if rule is not None:
            tests.append(rule.effect.p)
            if rule.effect.p <= ACCEPT and rule.otherwise <= ELSEWHERE * rule.share:
                told.append(_practice(titles[task], names.label(step), rule, names))
    return told, np.array(tests)


@dataclass(frozen=True)
class _Rule:
    """A condition and who takes a step up under it."""

    condition: int
    people: list[int]
    share: float
    """What they take of it under the condition,"""
    otherwise: float
    """and where it does not hold."""
    times: float
    """Occurrences under the condition."""
    effect: Effect


_Rows = tuple[NDArray[np.uint64], NDArray[np.uint64], Floats]
"""(condition, worker, occurrences) of one step."""


def _steps(sums: Sums) -> Iterator[tuple[int, int, _Rows]]:
    """Each (task, step) with who took it up under which condition."""
    keys, counts = sums.takers.keys, sums.takers.counts.astype(np.float64)
    order = np.lexsort((keys[:, 3], keys[:, 1], keys[:, 2], keys[:, 0]))
    keys, counts = np.ascontiguousarray(keys[order][:, [0, 2, 1, 3]]), counts[order]
    starts = run_starts(run_numbers(keys, 2))
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=False):
        yield int(keys[start, 0]), int(keys[start, 1]), (keys[start:end, 2], keys[start:end, 3], counts[start:end])


def _clearest(table: _Rows, settings: MiningSettings) -> _Rule | None:
    """The condition that changes most surely who takes the step up."""
    condition, worker, counts = table
    people, who = np.unique(worker, return_inverse=True)
    always = condition == 0
    whole = tally(who[always], counts[always], len(people))
    best: tuple[float, _Rule] | None = None
    tried = 0
    for code in np.unique(condition[~always]).tolist():
        held = condition == np.uint64(code)
        own = tally(who[held], counts[held], len(people))
        rest = whole - own
        n, other = float(own.sum()), float(rest.sum())
        if min(n, other) < settings.min_side:
            continue
        few = _few(own)
        if not len(few) or own[few].min() < settings.min_side / 2:
            continue
        found = difference(*(np.array([float(v)]) for v in (n, own[few].sum(), other, rest[few].sum())))
        value, error, p = (float(part[0]) for part in (found.value, found.error, found.p))
        tried += 1
        if value <= 0:
            continue
        given, otherwise = float(own[few].sum() / n), float(rest[few].sum() / other)
        effect = Effect("share", value, value - Z95 * error, value + Z95 * error, round(n + other), p, given, otherwise)
        z = value / max(error, 1e-9)
        if best is None or z > best[0]:
            best = z, _Rule(int(code), [int(people[i]) for i in few], given, otherwise, n, effect)
    if best is None:
        return None
    # The clearest of several conditions is one of several chances to be taken in (Bonferroni).
    return replace(best[1], effect=replace(best[1].effect, p=min(best[1].effect.p * tried, 1.0)))


def _few(own: Floats) -> Ints:
    """The fewest who together take nearly all of it, most first; nobody where that is more than half of all."""
    ranked = np.argsort(-own, kind="stable")
    size = int(np.searchsorted(np.cumsum(own[ranked]) / own.sum(), TOGETHER)) + 1
    return ranked[:size] if size <= min(MOST, len(own) / 2) else ranked[:0]


def _answers(sums: Sums) -> set[tuple[int, int]]:
    """(task, step) that mostly come right after a request."""
    asked = {(task, ask) for task, ask in sums.askers.by(0, 1).keys.tolist()}
    if not asked:
        return set()
    table = sums.follows.by(0, 1, 2)
    every: dict[tuple[int, int], int] = {}
    after: dict[tuple[int, int], int] = {}
    for (task, first, then), n in zip(table.keys.tolist(), table.counts.tolist(), strict=True):
        every[task, then] = every.get((task, then), 0) + n
        if (task, first) in asked:
            after[task, then] = after.get((task, then), 0) + n
    return {key for key, n in after.items() if n >= ANSWERS * every[key]}


def _givers(sums: Sums) -> dict[tuple[int, int], int]:
    """Of how many people each (task, step) was taken up."""
    pairs = sums.handovers.by(0, 3, 1).by(0, 1)
    distinct = sums.handovers.by(0, 3, 1)
    numbers = run_numbers(distinct.keys, 2)
    size = np.bincount(numbers, minlength=len(pairs))
    return {(task, step): int(n) for (task, step), n in zip(pairs.keys.tolist(), size.tolist(), strict=True)}


def _practice(title: str, label: str, rule: _Rule, names: Names) -> Practice:
    *others, last = who = tuple(names.worker(code) for code in rule.people)
    listed = f"{', '.join(others)} or {last}" if others else last
    when = When(title, "", (names.condition(rule.condition),))
    return Practice(
        id=identity(Kind.PEOPLE, when, (label,), (), who),
        kind=Kind.PEOPLE,
        title=(
            f"{wording.situation(when)}, hand “{wording.step(label)}” over to {listed}: "
            f"{wording.share(rule.share)} of it goes there ({wording.number(rule.times)} times), and "
            f"{wording.share(rule.otherwise)} of it in other cases."
        ),
        when=when,
        do=(label,),
        instead_of=(),
        effect=rule.effect,
        people=who,
    )
