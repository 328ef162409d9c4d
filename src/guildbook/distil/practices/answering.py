"""Who answers more surely than the others asked the same, and to whom one goes with what: differences of shares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices import wording
from guildbook.distil.practices.asking import Asks, Group, about, is_message
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.runs import run_numbers
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Difference, Floats, tally, two_sided
from guildbook.distil.practices.wording import Names
from guildbook.model.knowledge import Effect, Kind, Practice, When

ACCEPT = 0.001
SURER = 0.15
"""Least difference of shares of answers."""
MOSTLY = 0.8
"""Share of what is asked about something that goes to one person, for that person to be the one it goes to."""
ELSEWHERE = 0.5
"""Most of that share that the person may have of everything else."""
OFTEN = 2
"""Times `min_side` asks."""

Listed = Sequence[tuple[Group, Collection[int]]]
"""Groups, and of whom each has told already."""


def mine_answers(
    table: Asks, listed: Listed, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """Who answers a larger share than the others asked the same thing under the same condition."""
    told: list[Practice] = []
    tests: list[Floats] = [np.zeros(0)]
    for group, known in listed:
        rows = group.rows
        condition = run_numbers(table.keys[rows, 1:2], 1)
        size = int(condition[-1]) + 1
        n, done = table.asked[rows], table.answered[rows]
        rest, rest_done = tally(condition, n, size)[condition] - n, tally(condition, done, size)[condition] - done
        enough = (n >= settings.min_side) & (rest >= settings.min_side)
        rows = rows[enough]
        n, done, rest, rest_done = (part[enough] for part in (n, done, rest, rest_done))
        found = difference(n, done, rest, rest_done)
        tests.append(np.where(found.value >= SURER, found.p, 1.0))  # less is not told, whatever its p
        new = np.array([int(who) not in known for who in table.keys[rows, 3]], dtype=bool)
        sure = np.flatnonzero((found.p <= ACCEPT) & (found.value >= SURER) & new)
        if len(sure):
            i = int(sure[np.argmax(found.value[sure] / found.error[sure])])
            shown = _effect(found, i, int(n[i] + rest[i]), float(done[i] / n[i]))
            said = f"{wording.share(done[i] / n[i])} of the asks were answered instead of"
            said = f"{said} {wording.share(rest_done[i] / rest[i])} by others ({wording.number(n[i] + rest[i])} times)"
            told.append(_practice(table.keys[rows[i]], shown, said, names, titles))
    return told, np.concatenate(tests)


def mine_going(
    table: Asks, listed: Listed, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """To whom nearly all goes that is written about one thing, while what is about other things goes to others."""
    told: list[Practice] = []
    tests: list[Floats] = [np.zeros(0)]
    for group, known in listed:
        if not group.topic:
            continue
        rows, person = group.rows, table.keys[group.rows, 3]
        here = (table.keys[:, 0] == np.uint64(group.task)) & (table.keys[:, 2] == np.uint64(group.ask))
        here &= (table.topic != 0) & (table.topic != np.uint64(group.topic))
        n, rest = float(table.asked[rows].sum()), float(table.asked[here].sum())
        if min(n, rest) < OFTEN * settings.min_side:
            continue
        own = table.asked[rows]
        other = np.array([table.asked[here & (table.keys[:, 3] == who)].sum() for who in person])
        found = difference(np.full(len(own), n), own, np.full(len(own), rest), other)
        mostly = (own >= MOSTLY * n) & (other / rest <= ELSEWHERE * own / n) & (table.answered[rows] > 0)
        tests.append(np.where(mostly, found.p, 1.0))
        fits = mostly & (found.p <= ACCEPT)
        for i in np.flatnonzero(fits).tolist():
            if int(person[i]) in known:
                continue
            shown = _effect(found, i, int(n + rest), float(own[i] / n))
            said = f"{wording.share(own[i] / n)} of such messages go there, and {wording.share(other[i] / rest)} of"
            told.append(_practice(table.keys[rows[i]], shown, f"{said} others ({wording.number(n)})", names, titles))
    return told, np.concatenate(tests)


def difference(n1: Floats, k1: Floats, n0: Floats, k0: Floats) -> Difference:
    """Difference of two shares k/n, first − second; p of the pooled two-proportion test, normal."""
    share1, share0, pooled = k1 / n1, k0 / n0, (k1 + k0) / (n1 + n0)
    # A share of 0 or 1 has no variance of its own: one more of each kind (Agresti and Caffo 2000) keeps it honest.
    soft1, soft0 = (k1 + 1) / (n1 + 2), (k0 + 1) / (n0 + 2)
    error = np.sqrt(soft1 * (1 - soft1) / (n1 + 2) + soft0 * (1 - soft0) / (n0 + 2))
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    z = np.divide(share1 - share0, spread, out=np.zeros_like(spread), where=spread > 0)
    return Difference(share1 - share0, error, two_sided(z))


def _effect(found: Difference, i: int, n: int, given: float) -> Effect:
    value, half = float(found.value[i]), Z95 * float(found.error[i])
    return Effect("share", value, value - half, value + half, n, float(found.p[i]), given, given - value)


def turning_to(key: NDArray[np.uint64], effect: Effect, names: Names, titles: dict[int, str]) -> Practice:
    """The practice of turning to somebody, without its sentence. `key`: task, condition, ask, person."""
    task, condition, ask, person = (int(s) for s in key)
    label, name = names.label(ask), names.worker(person)
    when = When(titles[task], label, (names.condition(condition),) if condition else ())
    return Practice(
        id=identity(Kind.PEOPLE, when, (label,), (), (name,)),
        kind=Kind.PEOPLE,
        title="",
        when=when,
        do=(label,),
        instead_of=(),
        effect=effect,
        people=(name,),
    )


def _practice(key: NDArray[np.uint64], effect: Effect, said: str, names: Names, titles: dict[int, str]) -> Practice:
    made = turning_to(key, effect, names, titles)
    return replace(made, title=f"{whom(made)}: {said}.")


def whom(found: Practice) -> str:
    """The first half of the sentence: when, and whom to turn to with what."""
    told = f"{about(found.when)}, turn to {found.people[0]}"
    return told if is_message(found.when) else f"{told} for “{wording.steps(found.do)}”"
