"""Who ought to ask: requests after which the cases of those who are new to a task end better, and nobody else's.

Everybody may ask, so that somebody asks says little; what tells is whose cases it helps. And of what everybody asks,
whether those who are new know whom to turn to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from guildbook.distil.practices import wording
from guildbook.distil.practices.answering import difference
from guildbook.distil.practices.experience import Experience
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.runs import within
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Difference, Floats, partial
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums, worker_symbol
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Effect, Kind, Practice, When

ACCEPT: Final = 0.005
LESS: Final = 0.5
"""Others gain less than this share of what the new gain."""
SURELY: Final = 1.5
"""Standard errors by which they gain less."""
OFTEN: Final = (0.05, 0.95)
"""A request in between these shares of the cases is one that may be made or not."""
KNOWN: Final = 0.15
"""Least difference of the shares that the experienced and the new ask of one person."""
SURE: Final = 0.01
"""Largest p of that difference."""
OFTEN_ASKED: Final = 20
"""Asks of either group, at least."""


def mine_consulting(
    sums: Sums, block: TaskTraces, people: Experience, names: Names, title: str, settings: MiningSettings
) -> tuple[list[Practice], Floats, frozenset[int]]:
    """What those who are new to one task had better ask, the p-values it was found among, and the requests told of."""
    if not people.told_apart:
        return [], np.zeros(0), frozenset()
    asked = np.unique(sums.askers.keys[sums.askers.keys[:, 0] == np.uint64(block.task), 1])
    share = block.weights @ (block.first >= 0) / block.weights.sum()
    columns = np.flatnonzero(np.isin(block.activities, asked) & (share > OFTEN[0]) & (share < OFTEN[1]))
    settled = block.outcome > 0
    new, others = (settled & people.rows(block, who) for who in (people.new, ~people.new & np.isfinite(people.weeks)))
    told: list[Practice] = []
    tests: list[float] = []
    found: set[int] = set()
    for column in columns.tolist():
        inside, outside = (_gain(block, column, rows, settings) for rows in (new, others))
        if inside is None or outside is None:
            continue
        value, error, p = (float(part[0]) for part in (inside.value, inside.error, inside.p))
        elsewhere, other_error = float(outside.value[0]), float(outside.error[0])
        tests.append(p if value > 0 else 1.0)
        apart = value - elsewhere > SURELY * float(np.hypot(error, other_error)) and elsewhere < LESS * value
        if value >= settings.min_good_rate and p <= ACCEPT and apart:
            told.append(_practice(block, column, new, (value, error, p), elsewhere, names, title))
            found.add(int(block.activities[column]))
    return told, np.array(tests), frozenset(found)


def _gain(block: TaskTraces, column: int, rows: Flags, settings: MiningSettings) -> Difference | None:
    """Good outcomes with the request less those without, alike in conditions and in whose case it is."""
    flags = (block.first[rows, column] >= 0)[:, None]
    weights = block.weights[rows]
    done = float(weights @ flags[:, 0])
    if min(done, float(weights.sum()) - done) < settings.min_side:
        return None
    owners = np.unique(block.main[rows])
    covariates = np.column_stack([block.holds[rows], block.main[rows][:, None] == owners[1:]])
    found = partial((block.outcome[rows] == 1).astype(np.float64), flags, covariates, weights)
    return found.effect if np.isfinite(found.effect.error[0]) else None


def _practice(
    block: TaskTraces,
    column: int,
    rows: Flags,
    gain: tuple[float, float, float],
    elsewhere: float,
    names: Names,
    title: str,
) -> Practice:
    value, error, p = gain
    label = names.label(int(block.activities[column]))
    done = rows & (block.first[:, column] >= 0)
    given = float(block.weights[done] @ (block.outcome[done] == 1) / block.weights[done].sum())
    without = float(np.clip(given - value, 0.0, 1.0))
    n = round(float(block.weights[rows].sum()))
    effect = Effect("good-rate", value, value - Z95 * error, value + Z95 * error, n, p, given, without)
    when = When(title)
    return Practice(
        id=identity(Kind.PEOPLE, when, (label,), (), ()),
        kind=Kind.PEOPLE,
        title=(
            f"{wording.situation(when)} and are new to it, do “{wording.step(label)}”: {wording.share(given)} of such "
            f"cases ended well instead of {wording.share(without)} ({wording.number(n)} cases of people new to it, "
            f"alike in conditions and people); for others it made {_little(elsewhere)}."
        ),
        when=when,
        do=(label,),
        instead_of=(),
        effect=effect,
    )


def _little(difference: float) -> str:
    points = round(100 * difference)
    return f"{abs(points)} points {'more' if points > 0 else 'less'}" if points else "no difference"


def asked_by(found: Practice, sums: Sums, block: TaskTraces, people: Experience) -> Practice:
    """The practice of turning to somebody, with who does so already and who does not, where these differ."""
    if found.when.attributes or not found.people or found.effect.metric not in {"response", "share"}:
        return found
    rows = within(sums.askers.keys, block.task, symbol(found.do[0]))
    keys, counts = sums.askers.keys[rows], sums.askers.counts[rows].astype(np.float64)
    there = keys[:, 3] == np.uint64(worker_symbol(found.people[0]))
    sides = [np.isin(keys[:, 2], block.workers[who]) for who in (people.experienced, people.new)]
    asks = [counts[side].sum() for side in sides]
    hits = [counts[side & there].sum() for side in sides]
    if min(asks) < OFTEN_ASKED:
        return found
    gap = difference(*(np.array([float(v)]) for v in (asks[0], hits[0], asks[1], hits[1])))
    if float(gap.value[0]) < KNOWN or float(gap.p[0]) > SURE:
        return found
    shares = [wording.share(float(hit / n)) for hit, n in zip(hits, asks, strict=True)]
    said = f"{shares[0]} of what experienced people ask goes there, and {shares[1]} of what those new to it ask"
    return replace(found, title=f"{found.title.removesuffix('.')}; {said}.")
