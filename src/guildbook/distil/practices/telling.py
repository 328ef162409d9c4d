"""Who must be told: cases in which somebody gets word at once end better than like cases in which they do not.

Told is whom an event is addressed to or copied to. Who then acts was asked, not told, and is what `people` is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import log_centre
from guildbook.distil.groups_teams import places
from guildbook.distil.practices import wording
from guildbook.distil.practices.asking import about, is_message
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, partial
from guildbook.distil.practices.traces import Flags, Symbols, TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import MARKS, Sums
from guildbook.model.knowledge import Effect, Kind, Practice, When

ACCEPT: Final = 0.001
SIMPLER: Final = 0.5
"""Standard errors that a condition must add to be stated."""
MOST_PEOPLE: Final = 60
"""People told of one task who are looked at, those told most."""
ACTS: Final = 0.3
"""Share of the cases in which somebody told at once then acts, from which on they are asked rather than told."""
NEARLY: Final = 0.9
"""Share of those told that must be told under a condition for it to be stated: elsewhere nothing was seen."""
FIRST_LOOK: Final = 3.0
"""Standard errors of the plain difference from which like cases are compared."""
SHORTER: Final = 0.4
"""Least |ln| of the ratio of times from first to last event: a third less."""
FEWER: Final = 0.1
"""Least difference of the share of cases in which a step is done again."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """Who was told in the traces of one task; rows as in its `TaskTraces`."""

    people: Symbols
    """(P,): those told at once most first."""
    at_once: Flags
    """(n, P)"""
    later: Flags
    acted: Flags
    """(n, P): whether they took part."""


@dataclass(frozen=True)
class _Target:
    metric: str
    values: Floats
    known: Flags
    sign: float
    """+1: more is better."""
    least: float


@dataclass(frozen=True)
class _Finding:
    person: int
    """Symbol of the worker."""
    condition: int
    """Column of the traces' conditions; −1: any."""
    effect: Effect
    sure: float
    missed: float
    """Share of the cases in which they were not told at once and had to be told later."""
    told: float
    """Cases in which they were told at once."""


def mine_told(
    sums: Sums, blocks: list[TaskTraces], names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """Of each task the people who must be told, each with the condition under which that matters most."""
    found: list[Practice] = []
    tests: list[Floats] = [np.zeros(0)]
    for block in blocks:
        told = told_in(sums, block, settings)
        if len(told.people):
            surest, p = _surest(block, told, settings)
            tests.append(p)
            found += [_practice(block, finding, names, titles[block.task]) for finding in surest]
    return found, np.concatenate(tests)


def told_in(sums: Sums, block: TaskTraces, settings: MiningSettings) -> Told:
    """Who was told in the traces of this block."""
    rows = np.flatnonzero(sums.profiles.head[:, 0] == np.uint64(block.task))[: settings.max_traces]
    own = sums.profiles.pick(rows)
    marks = np.flatnonzero(own.tokens == 0).reshape(-1, MARKS)
    once_row, once = _section(own.tokens, marks[:, 2] + 1, marks[:, 3])
    later_row, later = _section(own.tokens, marks[:, 3] + 1, own.offsets[1:])
    people, code = np.unique(once, return_inverse=True)
    often = np.bincount(code, block.weights[once_row], len(people))
    kept = np.flatnonzero(often >= settings.min_side)
    kept = np.sort(kept[np.lexsort((people[kept], -often[kept]))][:MOST_PEOPLE])
    people = people[kept]
    shape = len(rows), len(people)
    by_symbol = np.argsort(block.workers)
    worker = places(block.workers[by_symbol], people)
    acted = np.zeros(shape, dtype=bool)
    acted[:, worker >= 0] = block.took_part[:, by_symbol][:, worker[worker >= 0]]
    return Told(
        people, _flags(shape, once_row, places(people, once)), _flags(shape, later_row, places(people, later)), acted
    )


def _section(tokens: Symbols, starts: Ints, ends: Ints) -> tuple[Ints, Symbols]:
    """(row, token) of the tokens between."""
    lengths = ends - starts
    row = np.repeat(np.arange(len(starts)), lengths)
    within = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
    return row, tokens[within]


def _flags(shape: tuple[int, int], row: Ints, column: Ints) -> Flags:
    out = np.zeros(shape, dtype=bool)
    out[row[column >= 0], column[column >= 0]] = True
    return out


def _targets(block: TaskTraces, settings: MiningSettings) -> list[_Target]:
    """What may go better: the end, the time until then, and whether anything is done again."""
    good, again = block.outcome == 1, np.asarray(block.repeated.any(axis=1))
    lead = np.asarray(np.where(block.lead > 1, log_centre(block.lead), 0.0))
    every = np.ones(len(block.weights), dtype=bool)
    return [
        _Target("good-rate", good.astype(np.float64), block.outcome > 0, 1.0, settings.min_good_rate),
        _Target("duration", lead, block.lead > 1, -1.0, SHORTER),
        _Target("share", again.astype(np.float64), every, -1.0, FEWER),
    ]


def _surest(block: TaskTraces, told: Told, settings: MiningSettings) -> tuple[list[_Finding], Floats]:
    """The surest finding about each person, and the p-values it was found among."""
    messages = np.asarray((told.at_once | told.later).any(axis=1))
    scopes = messages[:, None] & np.column_stack([messages, block.holds])
    told = _not_asked(block, told, scopes, settings.min_side)
    listed: dict[int, list[_Finding]] = {}
    tests: list[Floats] = [np.zeros(0)]
    for target in _targets(block, settings) if len(told.people) else ():
        inside = scopes & target.known[:, None]
        z = target.sign * _plain(block, told, target, inside, settings.min_side)
        p = np.ones(z.shape)
        for scope, person in np.argwhere(z >= FIRST_LOOK).tolist():
            found = _compared(block, told, person, target, inside[:, scope])
            p[scope, person] = found.p
            surer = target.sign * found.difference / max((found.high - found.low) / (2 * Z95), 1e-12)
            surer += SIMPLER if scope == 0 else 0.0
            if found.p <= ACCEPT and target.sign * found.difference >= target.least:
                listed.setdefault(person, []).append(
                    _finding(block, told, person, scope, inside[:, scope], found, surer)
                )
        tests.append(p.ravel())
    return [_chosen(listed[person]) for person in sorted(listed)], np.concatenate(tests)


def _finding(
    block: TaskTraces, told: Told, person: int, scope: int, rows: Flags, effect: Effect, sure: float
) -> _Finding:
    weights, x = block.weights, told.at_once[:, person]
    missed = weights[rows & ~x & told.later[:, person]].sum() / weights[rows & ~x].sum()
    return _Finding(int(told.people[person]), scope - 1, effect, sure, float(missed), float(weights[rows & x].sum()))


def _chosen(listed: list[_Finding]) -> _Finding:
    """The surest; where it states no condition, but nearly all who are told are told under one, the surest of these."""
    best = max(listed, key=lambda found: found.sure)
    if best.condition >= 0:
        return best
    narrower = [found for found in listed if found.condition >= 0 and found.told >= NEARLY * best.told]
    return max(narrower, key=lambda found: found.sure, default=best)


def _not_asked(block: TaskTraces, told: Told, scopes: Flags, least: int) -> Told:
    """Those who in some scope are told often enough, not always, and mostly do not act upon it."""
    weighted = (scopes * block.weights[:, None]).T.astype(np.float32)
    n1 = weighted @ told.at_once.astype(np.float32)
    acts = weighted @ (told.at_once & told.acted).astype(np.float32)
    n0 = weighted.sum(axis=1, keepdims=True) - n1
    kept = ((n1 >= least) & (n0 >= least) & (acts <= ACTS * n1)).any(axis=0)
    return Told(told.people[kept], told.at_once[:, kept], told.later[:, kept], told.acted[:, kept])


def _plain(block: TaskTraces, told: Told, target: _Target, scopes: Flags, least: int) -> Floats:
    """(scopes, people): the plain difference of means in standard errors; 0 where there is nothing to compare.

    That is where too few stand on a side, or where those told mostly act upon it: they were asked.
    """
    weighted = scopes * block.weights[:, None]
    y = target.values[:, None]
    all_n, all_y = weighted.sum(axis=0)[:, None], (weighted * y).sum(axis=0)[:, None]
    square = (weighted * y**2).sum(axis=0)[:, None]
    n1, y1 = weighted.T @ told.at_once, weighted.T @ (told.at_once * y)
    acts = weighted.T @ (told.at_once & told.acted)
    n0, y0 = all_n - n1, all_y - y1
    usable = (n1 >= least) & (n0 >= least) & (acts <= ACTS * n1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(square / all_n - (all_y / all_n) ** 2, 1e-12)
        z = (y1 / n1 - y0 / n0) / np.sqrt(spread * (1 / n1 + 1 / n0))
    return np.where(usable, np.nan_to_num(z), 0.0)


def _compared(block: TaskTraces, told: Told, person: int, target: _Target, rows: Flags) -> Effect:
    """The difference between like cases: of the same conditions, in which the same others were told."""
    x = told.at_once[rows, person]
    weights, y = block.weights[rows], target.values[rows]
    others = np.delete(told.at_once[rows], person, axis=1)
    effect = partial(y, x[:, None], np.column_stack([block.holds[rows], others]), weights).effect
    value, half = float(effect.value[0]), Z95 * float(effect.error[0])
    given = float(weights[x] @ y[x] / weights[x].sum())
    # What is fitted where covariates nearly say the same can lie beyond anything that was ever seen.
    with_value, without = given, float(np.clip(given - value, y.min(), y.max()))
    if target.metric == "duration":
        with_value, without = float(np.exp(with_value)), float(np.exp(without))
    else:
        with_value, without = float(np.clip(with_value, 0, 1)), float(np.clip(without, 0, 1))
    n = round(float(weights.sum()))
    return Effect(target.metric, value, value - half, value + half, n, float(effect.p[0]), with_value, without)


def _practice(block: TaskTraces, found: _Finding, names: Names, title: str) -> Practice:
    name = names.worker(found.person)
    held = (names.condition(int(block.conditions[found.condition])),) if found.condition >= 0 else ()
    when, do = When(title, "", held), (wording.telling(name),)
    effect = found.effect
    given, without = effect.with_value or 0.0, effect.without_value or 0.0
    things = "threads" if is_message(when) else "cases"
    if effect.metric == "good-rate":
        result = f"{wording.share(given)} of such {things} ended well instead of {wording.share(without)}"
    elif effect.metric == "duration":
        result = f"such {things} took {wording.length(given)} instead of {wording.length(without)}"
    else:
        result = f"{wording.share(given)} of such {things} needed another round instead of {wording.share(without)}"
    later = f"; of the others {wording.share(found.missed)} came to {name} later" if found.missed >= FEWER else ""
    return Practice(
        id=identity(Kind.PEOPLE, when, do, (), (name,)),
        kind=Kind.PEOPLE,
        title=f"{about(when)}, tell {name} at once: {result} ({wording.number(effect.n)} {things}){later}.",
        when=when,
        do=do,
        instead_of=(),
        effect=effect,
        people=(name,),
    )
