"""All that follows from the sums, in one place: tasks, maps, practices, people and notes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from guildbook.distil.alike import Alike, alike
from guildbook.distil.companion import Companion
from guildbook.distil.drift import changes, retired
from guildbook.distil.evidence import Shows
from guildbook.distil.groups import Groups, groups
from guildbook.distil.maps import maps, tasks, titles
from guildbook.distil.outcomes import BAD, GOOD, step_code
from guildbook.distil.people import people
from guildbook.distil.practices import MiningSettings, limits, mine
from guildbook.distil.practices.evidence import find, supported
from guildbook.distil.settings import Settings
from guildbook.distil.sums import Sums
from guildbook.distil.view import TraceView
from guildbook.model.knowledge import Knowledge, Person, Practice, ProcessMap, Task
from guildbook.model.process import Change

DERIVED_VERSION: Final = 7
"""Raised whenever the same sums may give different knowledge."""


@dataclass(frozen=True)
class Described:
    """What sums show beside practices and changes."""

    groups: Groups
    tasks: tuple[Task, ...]
    people: tuple[Person, ...]
    maps: tuple[ProcessMap, ...]


@dataclass(frozen=True)
class Derivation:
    """What is derived from one set of sums, titles found once."""

    sums: Sums
    settings: Settings
    titles: dict[int, str]
    practices: tuple[Practice, ...]
    """Without evidence; those of a step that is no longer done are retired."""
    changes: tuple[Change, ...] = ()
    alike: Alike = field(default_factory=Alike)
    """Which names of routines are of one task."""
    told: Sums | None = None
    """The sums with one task for each of those; None where there are none."""
    described: Described | None = None
    """What else they show, where it was looked for already."""

    @property
    def read(self) -> Sums:
        """What everything was derived from."""
        return self.sums if self.told is None else self.told

    def find(self, practices: Sequence[Practice], view: TraceView, sums: Sums, limit: int) -> Shows:
        """The `evidence.Finder` of these practices."""
        return find(practices, self.alike.view(view), sums, limit, titles=self.titles)


def derive(sums: Sums, settings: Settings, helper: Companion | None = None) -> Derivation:
    """Mine the sums. `helper`: a second process that takes a share of it; the result is the same."""
    names = alike(sums)
    read = names.sums(sums)
    named = titles(read)
    settling = frozenset(code for code, text in read.texts.items() if step_code(text, settings))
    mining = MiningSettings(fdr=settings.fdr, min_side=settings.min_cases, settling=settling)
    with ThreadPoolExecutor(1) as aside:
        settled = aside.submit(sums.settle)
        described = aside.submit(_described, read, named)
        found = changes(read, named, settings.fdr)
        practices = retired(mine(read, mining, titles=named, helper=helper), found)
        settled.result()
    return Derivation(sums, settings, named, practices, found, names, read, described.result())


def _described(sums: Sums, titles: dict[int, str]) -> Described:
    grouped = groups(sums, titles)
    return Described(grouped, tasks(sums, titles), people(sums, titles, grouped), maps(sums, titles))


def knowledge(found: Derivation, practices: Sequence[Practice], period: tuple[int, int] | None) -> Knowledge:
    """The knowledge with its practices as they are to be shown, evidence attached."""
    sums = found.read
    seen = found.described or _described(sums, found.titles)
    return Knowledge(
        model_hash=found.sums.digest(),
        events=sums.events,
        workers=sums.workers,
        cases=sums.cases,
        episodes=sums.traces,
        tasks=seen.tasks,
        practices=tuple(supported(practices)),
        people=seen.people,
        maps=seen.maps,
        changes=found.changes,
        period=period,
        teams=seen.groups.teams,
        roles=seen.groups.roles,
        notes=(*_notes(sums), *limits(sums, titles=found.titles)),
    )


def _notes(sums: Sums) -> tuple[str, ...]:
    """What could not be learnt, and why."""
    notes: list[str] = []
    if not sums.traces:
        return ("No events are admitted, so there is nothing to learn from.",)
    outcomes = sums.profiles.head[:, 1]
    good, bad = (int(sums.profiles.counts[outcomes == np.uint64(code)].sum()) for code in (GOOD, BAD))
    if not good and not bad:
        notes.append("No event says how its case ended, so there are no quality practices.")
    elif not good or not bad:
        notes.append(f"All known outcomes are {'good' if good else 'bad'}, so there are no quality practices.")
    if not sums.cases:
        long = ", and weeks in which those are long by what is done" if len(sums.long) else ""
        notes.append(f"No event names a case, so work is cut into episodes by idle time{long}.")
    if not len(sums.ways):
        notes.append("No two ways to one effect were seen in an app, so there are no tool practices.")
    if not len(sums.asks) and not len(sums.handovers):
        notes.append("Nobody asks or hands work to anybody, so there are no people practices.")
    return tuple(notes)
