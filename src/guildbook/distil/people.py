"""What the sums show of each person's part: their tasks, whom they hand work to, what they are asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import median_seconds
from guildbook.distil.groups import Groups
from guildbook.distil.practices.asking import openings
from guildbook.distil.practices.wording import Names, step
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.distil.topics import Topics, topics
from guildbook.model.knowledge import Person

LISTED: Final = 12
"""Entries of a list at most, commonest first."""
ABOVE: Final = 2.0
"""How many times as often as expected a speciality is done (expected: as if who does it had nothing to do with it)."""
OFTEN: Final = 5
"""Fewest events of a speciality."""


Counted = tuple[NDArray[np.uint64], NDArray[np.int64]]
"""Symbols (or buckets) and how often."""
_NONE: Final[Counted] = (np.empty(0, np.uint64), np.empty(0, np.int64))


def people(sums: Sums, titles: Mapping[int, str] | None = None, groups: Groups | None = None) -> tuple[Person, ...]:
    """Everyone with an event, most events first. `titles`: task symbol → title; the task's own text where absent.

    `groups`: the teams and roles they belong to.
    """
    belongs = groups or Groups()
    names = Names(sums.texts)
    known = dict(titles or {})
    about = topics(sums, OFTEN)
    any_condition, topical = _asks(sums, about)
    tasks = _by_worker(sums.performers.by(2, 0))
    handed = _by_worker(sums.handovers.by(1, 2))
    asked = _by_worker(any_condition.by(3, 2) + topical.by(3, 1))
    waited = _by_worker(any_condition.by(3, 4) + topical.by(3, 4))
    days = _by_worker(sums.days.by(0, 1))
    special = _by_worker(_specialities(sums))
    found: list[Person] = []

    @cache
    def spoken(code: int) -> str:  # few steps, listed for many people
        return about.text(code) or step(names.label(code))

    for worker in sorted(days):
        buckets, times = waited.get(worker, _NONE)
        found.append(
            Person(
                name=names.worker(worker),
                events=int(days[worker][1].sum()),
                days=len(days[worker][1]),
                tasks=_ranked(tasks.get(worker, _NONE), lambda s: known.get(s) or names.label(s)),
                works_with=_ranked(handed.get(worker, _NONE), names.worker),
                asked_about=_ranked(asked.get(worker, _NONE), spoken),
                answers_in=median_seconds(buckets, times),
                known_for=_ranked(special.get(worker, _NONE), spoken),
                team=belongs.team(worker),
                role=belongs.role(worker),
            )
        )
    return tuple(sorted(found, key=lambda p: (-p.events, p.name)))


def _asks(sums: Sums, about: Topics) -> tuple[CountTable, CountTable]:
    """Asks under any condition, and by topic where messages have topics: those that open a thread."""
    whole = sums.asks.where(c1=0)
    if not about.words:
        return whole, CountTable.zero(6)
    topical = np.isin(sums.asks.keys[:, 1], about.main)
    opens = {tuple(pair) for pair in openings(sums).keys.tolist()}
    topical &= np.array([tuple(pair) in opens for pair in sums.asks.keys[:, [0, 2]].tolist()], dtype=bool)
    messages = np.isin(whole.keys[:, 0], np.unique(sums.asks.keys[topical, 0]))
    return (
        CountTable(whole.keys[~messages], whole.counts[~messages]),
        CountTable(sums.asks.keys[topical], sums.asks.counts[topical]),
    )


def _specialities(sums: Sums) -> CountTable:
    """(worker, activity) → events, where the worker's share of the activity is well above their share of all events."""
    done = sums.performers.by(2, 1)
    done = CountTable(done.keys[done.keys[:, 0] != 0], done.counts[done.keys[:, 0] != 0])
    if not len(done):
        return done
    workers, of_worker = np.unique(done.keys[:, 0], return_inverse=True)
    activities, of_activity = np.unique(done.keys[:, 1], return_inverse=True)
    by_worker = np.bincount(of_worker, done.counts, len(workers))
    by_activity = np.bincount(of_activity, done.counts, len(activities))
    expected = by_worker[of_worker] * by_activity[of_activity] / by_worker.sum()
    special = (done.counts >= ABOVE * expected) & (done.counts >= OFTEN) & (len(workers) > 1)
    return CountTable(done.keys[special], done.counts[special])


def _by_worker(table: CountTable) -> dict[int, Counted]:
    """A table with key columns (worker, thing) split by worker."""
    workers, starts = np.unique(table.keys[:, 0], return_index=True)
    ends = np.append(starts[1:], len(table))[: len(starts)]
    return {
        int(worker): (table.keys[start:end, 1], table.counts[start:end])
        for worker, start, end in zip(workers, starts, ends, strict=True)
        if worker
    }


def _ranked(counted: Counted, name: Callable[[int], str]) -> tuple[tuple[str, int], ...]:
    listed = [(name(int(code)), int(n)) for code, n in zip(*counted, strict=True) if code]
    return tuple(sorted(listed, key=lambda item: (-item[1], item[0]))[:LISTED])
