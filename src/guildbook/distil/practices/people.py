"""Knowing the others: who answers what quickly and surely, and whom to hand what to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices import wording
from guildbook.distil.practices.answering import mine_answers, mine_going, turning_to, whom
from guildbook.distil.practices.asking import Asks, grouped, groups_of, openings
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.runs import run_numbers
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, tally, welch
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.distil.topics import topics
from guildbook.model.knowledge import Effect, Practice

ACCEPT = 0.001
SIMPLER = 0.5
"""Standard errors that a condition must add to be stated."""


@dataclass(frozen=True)
class _Choice:
    row: int
    effect: Effect


def mine_people(
    sums: Sums, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """Of those who are asked the same thing: who answers clearly sooner, who more surely, and who is asked at all.

    And under which condition: of the case, or of what a message is about.
    """
    subjects = topics(sums, settings.min_side)
    table = grouped(sums.asks, subjects, openings(sums) if subjects.words else None)
    minimum = max(settings.min_side / 2, 5)
    told: list[Practice] = []
    taken: set[tuple[int, int]] = set()
    tests: list[Floats] = []
    listed = groups_of(table)
    for group in listed:
        left = group.rows
        while True:
            # Those who are named are taken out, so that the next is held against the rest: an office of several
            # branches has several to turn to. What is left when nobody stands out is what false-discovery control
            # holds the named against.
            best, p = _surest(table, left, minimum, settings)
            if best is None:
                tests.append(p)
                break
            person = int(table.keys[best.row, 3])
            left = left[table.keys[left, 3] != np.uint64(person)]
            if group.topic and any(subjects.within(group.topic, t) for t, who in taken if who == person):
                continue  # the same threads, by another word
            taken.add((group.topic, person))
            told.append(_practice(table, best, names, titles))
    # What is told of somebody in one way is not told again in another, nor for another word of the same threads.
    known = [
        (group, frozenset(who for topic, who in taken if topic == group.topic or subjects.within(group.topic, topic)))
        for group in listed
    ]
    for miner in (mine_answers, mine_going):
        found, p = miner(table, known, names, titles, settings)
        told += found
        tests.append(p)
    once: dict[str, Practice] = {}
    for practice in told:
        once.setdefault(practice.id, practice)
    return list(once.values()), np.concatenate([np.zeros(0), *tests])


def _surest(
    table: Asks, rows: NDArray[np.int64], minimum: float, settings: MiningSettings
) -> tuple[_Choice | None, Floats]:
    """Who stands out most from the others asked under the same condition, without one if that is about as sure.

    With the p-values of all who were compared, 1 for the slower. `rows` are those of one topic, in order.
    """
    group = run_numbers(table.keys[rows, 1:2], 1)
    own = table.answered[rows], table.total[rows], table.square[rows]
    whole = [tally(group, part, int(group[-1]) + 1 if len(group) else 0)[group] for part in own]
    rest = [together - part for together, part in zip(whole, own, strict=True)]
    enough = (own[0] >= minimum) & (rest[0] >= minimum)
    rows = rows[enough]
    n, total, square = (part[enough] for part in own)
    rest_n, rest_total, rest_square = (part[enough] for part in rest)
    (mean, spread), (rest_mean, rest_spread) = _mean(n, total, square), _mean(rest_n, rest_total, rest_square)
    # An answer waits for the next morning or does not: few answers can all fall on one side, and their own
    # variance then says nothing. Under no difference it is that of all answers.
    common = _mean(*(part[enough] for part in whole))[1]
    effect = welch(n, mean, np.maximum(spread, common), rest_n, rest_mean, np.maximum(rest_spread, common))
    tests = np.where(effect.value < 0, effect.p, 1.0)
    # Which condition fits best is seen by the variances of the two sides themselves.
    plain = np.sqrt(spread / n + rest_spread / rest_n)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(plain > 0, -effect.value / plain, 0.0)
    z += np.where(table.keys[rows, 1] == 0, SIMPLER, 0.0)
    sure = np.flatnonzero((effect.p <= ACCEPT) & (effect.value <= -settings.min_log_ratio))
    if not len(sure):
        return None, tests
    i = int(sure[np.argmax(z[sure])])
    value, half = float(effect.value[i]), Z95 * float(effect.error[i])
    given, without = float(np.exp(total[i] / n[i])), float(np.exp(rest_total[i] / rest_n[i]))
    size = int(n[i] + rest_n[i])
    shown = Effect("response", value, value - half, value + half, size, float(effect.p[i]), given, without)
    return _Choice(int(rows[i]), shown), tests


def _mean(n: Floats, total: Floats, square: Floats) -> tuple[Floats, Floats]:
    """Mean and unbiased variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        return mean, np.maximum(square - n * mean**2, 0.0) / (n - 1)


def _practice(table: Asks, choice: _Choice, names: Names, titles: dict[int, str]) -> Practice:
    return reworded(turning_to(table.keys[choice.row], choice.effect, names, titles), ())


def reworded(found: Practice, after: tuple[str, ...]) -> Practice:
    """The practice with what must be done before, its id and its sentence."""
    if found.effect.metric != "response":
        return found
    when = replace(found.when, after=after)
    effect = found.effect
    given, without = wording.length(effect.with_value or 0.0), wording.length(effect.without_value or 0.0)
    return replace(
        found,
        id=identity(found.kind, when, found.do, found.instead_of, found.people),
        when=when,
        title=(
            f"{whom(replace(found, when=when))}: the answer came in {given} instead of {without} from others "
            f"({wording.number(effect.n)} times)."
        ),
    )
