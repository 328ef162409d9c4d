"""What the page shows, computed once and in plain values; the template only places it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from guildbook.model import Effect, Kind, Knowledge, Person, Practice, ProcessMap, Status, Task
from guildbook.model import time as times
from guildbook.teach import words

MOST_PRACTICES: Final = 400
MOST_PEOPLE: Final = 300
MOST_TASKS: Final = 24
MOST_SPANS: Final = 10
MOST_EVENTS: Final = 4
EVENT_DIGITS: Final = 12
"""Digits of an event id that are shown; the command line tells it whole."""
_BARS: Final = 8
_NAMES: Final = 6
_LINK: Final = 100
"""Characters of a title where it only points to its practice."""
_LISTED: Final = 4


@dataclass(frozen=True, slots=True)
class Link:
    """A place on the page."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Interval:
    """An effect as drawn, in percent of the width of the drawing."""

    zero: float
    low: float
    high: float
    middle: float
    tone: str
    """`better`, `worse` or `plain`: whether the whole interval lies on one side, and on which."""


@dataclass(frozen=True, slots=True)
class Card:
    """One practice."""

    anchor: str
    practice: Practice
    when: str
    effect: str
    certainty: str
    interval: Interval | None
    status: str
    needs: tuple[Link, ...]
    leads_to: tuple[Link, ...]
    seen: str
    spans: tuple[tuple[str, str], ...]
    """Case or episode, and the first event ids."""
    more_spans: int


@dataclass(frozen=True, slots=True)
class Group:
    """The practices of one kind, lower layers first."""

    kind: Kind
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One length of time: `width` in percent on a logarithmic scale from a second."""

    label: str
    time: str
    width: float
    count: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task, its map's number on the page (or none), and its times."""

    anchor: str
    task: Task
    median: str
    map: int | None
    steps: tuple[tuple[str, int, int], ...]
    """All activities: label, events, episodes."""
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """The commonest of something with how often, and how many more there are."""

    entries: tuple[tuple[str, int], ...]
    more: int


@dataclass(frozen=True, slots=True)
class PersonView:
    """One colleague's part."""

    person: Person
    tasks: Counted
    works_with: Counted
    asked_about: Counted
    known_for: Counted
    answers_in: str


def groups(knowledge: Knowledge) -> tuple[Group, ...]:
    """Practices by kind; retired ones are left out."""
    taught = sorted(
        (p for p in knowledge.practices if p.status is not Status.RETIRED),
        key=lambda p: (list(Kind).index(p.kind), p.layer, p.effect.p, p.id),
    )[:MOST_PRACTICES]
    links = {p.id: Link(f"p{i}", words.shorten(p.title, _LINK)) for i, p in enumerate(taught, 1)}
    leads: dict[str, list[Link]] = {}
    for practice in taught:
        for other in practice.prerequisites:
            leads.setdefault(other, []).append(links[practice.id])
    reach = _reach(taught)
    return tuple(
        Group(kind, words.KIND_WORDS[kind], tuple(_card(p, links, leads, reach) for p in taught if p.kind is kind))
        for kind in Kind
    )


def tasks(knowledge: Knowledge) -> tuple[TaskView, ...]:
    """The commonest tasks with their times, commonest first."""
    maps = maps_of(knowledge)
    numbers = {found.task: i for i, found in enumerate(maps)}
    views: list[TaskView] = []
    for i, task in enumerate(_shown_tasks(knowledge), 1):
        number = numbers.get(task.id, numbers.get(task.title))
        found = None if number is None else maps[number]
        nodes = sorted(found.nodes, key=lambda node: (-node.count, node.label)) if found else []
        steps = tuple((node.label, node.count, node.episodes) for node in nodes)
        median = "" if task.median_seconds is None else times.words(task.median_seconds)
        views.append(TaskView(f"t{i}", task, median, number, steps, _step_bars(found)))
    return tuple(views)


def maps_of(knowledge: Knowledge) -> tuple[ProcessMap, ...]:
    """The maps of the shown tasks, in the order of the book; those with no step to draw are left out."""
    wanted = {name for task in _shown_tasks(knowledge) for name in (task.id, task.title)}
    return tuple(found for found in knowledge.maps if found.task in wanted and found.nodes)


def _shown_tasks(knowledge: Knowledge) -> list[Task]:
    """The commonest tasks. A map whose task the book does not list stands for one."""
    known = {name for task in knowledge.tasks for name in (task.id, task.title)}
    unlisted = (
        Task(found.task, found.task, sum(edge.count for edge in found.edges if not edge.source), ())
        for found in knowledge.maps
        if found.task not in known
    )
    return sorted((*knowledge.tasks, *unlisted), key=lambda task: (-task.episodes, task.title))[:MOST_TASKS]


def task_bars(knowledge: Knowledge) -> tuple[Bar, ...]:
    """The median time of each task."""
    timed = [
        (t.title, t.median_seconds, f"{t.episodes:,} episodes") for t in knowledge.tasks if t.median_seconds is not None
    ]
    return _bars(sorted(timed, key=lambda entry: (-entry[1], entry[0]))[:MOST_TASKS])


def people(knowledge: Knowledge) -> tuple[PersonView, ...]:
    """Colleagues by name: the page does not rank them."""
    titles = {task.id: task.title for task in knowledge.tasks}
    shown = sorted(knowledge.people, key=lambda p: (-p.events, p.name))[:MOST_PEOPLE]
    return tuple(
        PersonView(
            person,
            _commonest([(titles.get(name, name), count) for name, count in person.tasks]),
            _commonest(person.works_with),
            _commonest(person.asked_about),
            _commonest(person.known_for),
            "" if person.answers_in is None else times.words(person.answers_in),
        )
        for person in sorted(shown, key=lambda p: (p.name.casefold(), p.name))
    )


def figures(knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    """The numbers at the top: value and what it counts."""
    taught = [p for p in knowledge.practices if p.status is not Status.RETIRED]
    counted = (
        (len(taught), "practice", "practices"),
        (len(knowledge.tasks), "task", "tasks"),
        (knowledge.workers, "person", "people"),
        (knowledge.cases, "case", "cases"),
        (knowledge.episodes, "episode", "episodes"),
        (knowledge.events, "event", "events"),
    )
    return tuple((f"{count:,}", one if count == 1 else many) for count, one, many in counted)


def omissions(knowledge: Knowledge) -> tuple[str, ...]:
    """What the page leaves out for size, said aloud."""
    taught = sum(p.status is not Status.RETIRED for p in knowledge.practices)
    limits = (
        (taught, MOST_PRACTICES, "practices"),
        (len(knowledge.people), MOST_PEOPLE, "people"),
        (len(knowledge.tasks), MOST_TASKS, "tasks"),
    )
    return tuple(
        f"This page shows {most:,} of {count:,} {what}; the command line has them all."
        for count, most, what in limits
        if count > most
    )


def period(knowledge: Knowledge) -> str:
    """The days the traces cover."""
    if knowledge.period is None:
        return ""
    first, last = (times.iso(edge)[:10] for edge in knowledge.period)
    return first if first == last else f"{first} to {last}"


def _card(
    practice: Practice, links: Mapping[str, Link], leads: Mapping[str, Sequence[Link]], reach: Mapping[str, float]
) -> Card:
    spans = tuple((span.episode, _ids(span.events)) for span in practice.evidence[:MOST_SPANS])
    return Card(
        links[practice.id].anchor,
        practice,
        words.when(practice.when),
        _together(words.effect(practice.effect)),
        _together(words.certainty(practice.effect)),
        _interval(practice.effect, reach.get(practice.effect.metric, 0.0)),
        words.STATUS_WORDS[practice.status],
        tuple(links[other] for other in practice.prerequisites if other in links),
        tuple(leads.get(practice.id, ())),
        _counted(practice.contributors),
        spans,
        len(practice.evidence) - len(spans),
    )


def _together(text: str) -> str:
    """Numbers stay on one line with their units."""
    return re.sub(r"(?<=\d) (?=%|s\b|min\b|h\b|days\b)|(?<=p) (?=[<=])|(?<=[<=]) (?=\d)", "\u00a0", text)


def _ids(events: Sequence[str]) -> str:
    shown = " ".join(event[:EVENT_DIGITS] for event in events[:MOST_EVENTS])
    return f"{shown} +{len(events) - MOST_EVENTS}" if len(events) > MOST_EVENTS else shown


def _counted(entries: Iterable[tuple[str, int]]) -> str:
    """`Settle a claim (200), Pay an invoice (96) and 3 more`."""
    every = [f"{words.shorten(name, 80)} ({count:,})" for name, count in entries]
    more = f" and {len(every) - _NAMES:,} more" if len(every) > _NAMES else ""
    return ", ".join(every[:_NAMES]) + more


def _commonest(entries: Sequence[tuple[str, int]]) -> Counted:
    ranked = sorted(entries, key=lambda entry: (-entry[1], entry[0]))
    shown = tuple((words.shorten(name, 80), count) for name, count in ranked[:_LISTED])
    return Counted(shown, len(entries) - len(shown))


def _reach(practices: Iterable[Practice]) -> dict[str, float]:
    """The farthest bound of each metric: effects of one metric are drawn to one scale."""
    reach: dict[str, float] = {}
    for practice in practices:
        found = practice.effect
        farthest = max((abs(v) for v in (found.low, found.high, found.difference) if math.isfinite(v)), default=0.0)
        reach[found.metric] = max(reach.get(found.metric, 0.0), farthest)
    return reach


def _interval(found: Effect, reach: float) -> Interval | None:
    bounds = (found.low, found.high, found.difference)
    if reach <= 0 or not all(math.isfinite(v) for v in bounds):
        return None
    low, high, middle = (round(50 + 46 * v / reach, 1) for v in bounds)
    faster = found.metric in {"duration", "response"}
    if found.metric == "share" or found.low <= 0 <= found.high:
        tone = "plain"
    else:
        tone = "better" if (found.difference < 0) == faster else "worse"
    return Interval(50.0, low, high, middle, tone)


def _step_bars(found: ProcessMap | None) -> tuple[Bar, ...]:
    """Median times between steps, the commonest ones, longest first."""
    if found is None:
        return ()
    timed = [e for e in found.edges if e.median_seconds is not None and e.source and e.target]
    common = sorted(timed, key=lambda e: (-e.count, e.source, e.target))[:_BARS]
    entries = [(f"{e.source} → {e.target}", e.median_seconds or 0.0, f"{e.count:,}×") for e in common]
    return _bars(sorted(entries, key=lambda entry: (-entry[1], entry[0])))


def _bars(entries: Sequence[tuple[str, float, str]]) -> tuple[Bar, ...]:
    longest = max((seconds for _, seconds, _ in entries), default=0.0)
    scale = math.log1p(max(longest, 1.0))
    return tuple(
        Bar(label, times.words(seconds), round(100 * math.log1p(max(seconds, 0.0)) / scale, 1), count)
        for label, seconds, count in entries
    )
