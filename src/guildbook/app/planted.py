"""How well mined practices agree with what was planted in a sample office.

A mined practice *finds* a planted one when all of this holds:

- the same kind, and the same task (by the case type of its evidence, else by the one that the task's title names);
- it names the planted step: `do` contains the step's label; for two ways, `do` contains the quick one and none of the
  slow one; for an order, the first step comes before the second, which may stand in `when.activity`; for people, the
  step may stand there;
- at least half of the office's steps that its `do` names belong to the planted practice or to what that rests on;
- for people, and where it matters who does a step: the first person it names is the one (in one of the branches);
- its effect has the planted sign, on the planted metric;
- its conditions do not contradict the planted one. A condition left out, too wide or too many is let pass and
  reported: `conditions` counts how many of the found conditional practices state exactly the planted condition.

A mined practice finds at most one planted practice. Several that find the same one count once, for recall and for
precision; the others are `duplicates`. What finds none is `false`, with one exception: doing what a practice rests on
also brings about what rests on it, so a mined practice that names a prerequisite of a planted practice, with the
kind, the metric and the sign of the latter, is true without having been planted on its own. It is an `echo`, neither
found nor false.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import nan
from typing import Any, Final

from guildbook.model import Kind, Practice
from guildbook.record.office import Planted, PlantedCondition, Truth

BENCH_EVENTS: Final = 120_000
"""Enough that every planted practice has at least 60 cases on each side."""

Label = Callable[[dict[str, Any]], str]
_CONDITION: Final = re.compile(r"(?:case:)?(?P<key>[^=<>≥≤]+?)\s*(?P<relation>≥|>=|≤|<=|=|>|<)\s*(?P<value>.+)")
_WINDOW: Final = re.compile(r"(?P<first>\d\d):00–(?P<end>\d\d):00")
_ABOUT: Final = 1
"""Hours by which a time of day may differ from the planted one."""
_RELATIONS: Final = {">=": "≥", ">": "≥", "<=": "≤"}


@dataclass(frozen=True, slots=True)
class Count:
    """Precision and recall of one group of practices."""

    planted: int
    found: int
    """Planted ones that were found."""
    false: int
    """Mined ones that are not so."""

    @property
    def precision(self) -> float | None:
        """Share of what was mined, duplicates aside, that was planted; None: nothing was mined."""
        mined = self.found + self.false
        return self.found / mined if mined else None

    @property
    def recall(self) -> float | None:
        """Share of what was planted that was found; None: nothing was planted."""
        return self.found / self.planted if self.planted else None

    def to_dict(self) -> dict[str, Any]:
        """With the two shares."""
        return asdict(self) | {"precision": self.precision, "recall": self.recall}


@dataclass(frozen=True, slots=True)
class Found:
    """A planted practice and the mined ones that find it, the surest first."""

    planted: str
    practices: tuple[str, ...]
    exact_condition: bool | None
    """Whether one of them states exactly the planted condition; None: there is none to state."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Prerequisites: what was planted and what was said, among practices that find planted ones."""

    planted: int
    found: int
    """Planted prerequisites that are stated, directly or through others."""
    true: int
    """Stated ones that were planted, directly or through others."""
    false: int
    """Stated ones that were not."""

    @property
    def precision(self) -> float | None:
        """Share of the stated that is true; None: none is stated."""
        stated = self.true + self.false
        return self.true / stated if stated else None

    @property
    def recall(self) -> float | None:
        """Share of the planted that is stated; None: none was planted."""
        return self.found / self.planted if self.planted else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None where one of them is."""
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def to_dict(self) -> dict[str, Any]:
        """With the three shares."""
        return asdict(self) | {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class PlantedScore:
    """What was found, missed and wrongly stated: planted practices by their id in the truth, mined ones by theirs."""

    overall: Count
    by_kind: dict[str, Count]
    by_layer: dict[int, Count]
    """Planted and found by the planted layer, false by the mined layer."""
    found: tuple[Found, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]
    duplicates: tuple[str, ...]
    echoes: tuple[str, ...]
    conditions: tuple[int, int]
    """Found conditional practices with exactly the planted condition, and all found conditional ones."""
    edges: Edges

    @property
    def strict_precision(self) -> float | None:
        """Share of all that was mined, duplicates and echoes counted against it; None: nothing was mined."""
        mined = self.overall.found + self.overall.false + len(self.duplicates) + len(self.echoes)
        return self.overall.found / mined if mined else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, with precision and recall overall on top."""
        exact, conditional = self.conditions
        return {
            "precision": self.overall.precision,
            "recall": self.overall.recall,
            "strict_precision": self.strict_precision,
            "overall": self.overall.to_dict(),
            "by_kind": {kind: count.to_dict() for kind, count in self.by_kind.items()},
            "by_layer": {str(layer): count.to_dict() for layer, count in self.by_layer.items()},
            "found": [asdict(f) for f in self.found],
            "missed": list(self.missed),
            "false": list(self.false),
            "duplicates": list(self.duplicates),
            "echoes": list(self.echoes),
            "conditions": {"exact": exact, "found": conditional},
            "prerequisites": self.edges.to_dict(),
        }


def score(
    practices: Sequence[Practice], truth: Truth, label: Label, *, tasks: Mapping[str, str] | None = None
) -> PlantedScore:
    """Hold mined practices against the truth, by the rule at the top of this module.

    `label` turns event fields into the distiller's activity label. `tasks` maps task titles to case types; without
    it evidence and titles tell.
    """
    office = _Office(truth, label, tasks or {})
    candidates = {p.id: office.candidates(p) for p in practices}
    assigned = _assign(practices, candidates)
    finders: dict[str, list[Practice]] = {}
    for practice in practices:
        if practice.id in assigned:
            finders.setdefault(assigned[practice.id], []).append(practice)
    rest = [p for p in practices if p.id not in assigned]
    echoes = [p for p in rest if office.is_echo(p)]
    false = [p for p in rest if p not in echoes]
    found = tuple(_found(p, finders[p.id]) for p in truth.practices if p.id in finders)
    return PlantedScore(
        overall=_count(truth.practices, finders, false),
        by_kind={k.value: _group(k.value, truth, finders, false, "kind") for k in Kind},
        by_layer={n: _group(n, truth, finders, false, "layer") for n in sorted({p.layer for p in truth.practices})},
        found=found,
        missed=tuple(p.id for p in truth.practices if p.id not in finders),
        false=tuple(p.id for p in false),
        duplicates=tuple(i for f in found for i in f.practices[1:]),
        echoes=tuple(p.id for p in echoes),
        conditions=(sum(f.exact_condition is True for f in found), sum(f.exact_condition is not None for f in found)),
        edges=_edges(truth, finders, practices),
    )


class _Office:
    """The truth in the words of the learner."""

    def __init__(self, truth: Truth, label: Label, tasks: Mapping[str, str]) -> None:
        self.by_id = {p.id: p for p in truth.practices}
        self.steps = {p.id: [label(dict(s)) for s in p.steps] for p in truth.practices}
        self.slow = {p.id: [label(dict(s)) for s in p.instead_of] for p in truth.practices}
        self.seen_as = {p.id: [label(dict(s)) for s in p.seen_as] for p in truth.practices}
        decoys = [label(dict(s)) for d in truth.decoys for s in d.steps]
        known = [
            *decoys,
            *(x for group in (self.steps, self.slow, self.seen_as) for labels in group.values() for x in labels),
        ]
        self.labels = sorted(set(known), key=len, reverse=True)
        self.titles = tasks
        self.case_types = {p.task for p in truth.practices}

    def candidates(self, mined: Practice) -> list[Planted]:
        """Every planted practice this one could find."""
        return [p for p in self.by_id.values() if p.kind == mined.kind and self._finds(mined, p)]

    def is_echo(self, mined: Practice) -> bool:
        """Whether it says of a prerequisite what is true of the practice that rests on it."""
        for planted in self.by_id.values():
            if planted.kind != mined.kind or not self._agrees(mined, planted):
                continue
            if any(self._names(mined, self.by_id[i]) for i in self._below(planted)):
                return True
        return False

    def _finds(self, mined: Practice, planted: Planted) -> bool:
        if planted.people and not self._names_person(mined, planted):
            return False
        if planted.kind is Kind.QUALITY and mined.people and not planted.people:
            return False  # what is to be done is not said by who does it
        return self._agrees(mined, planted) and self._names(mined, planted)

    def _agrees(self, mined: Practice, planted: Planted) -> bool:
        """Task, metric, sign and conditions."""
        return (
            self._task(mined) == planted.task
            and mined.effect.metric == planted.metric
            and mined.effect.difference * planted.effect > 0
            and not _contradicts(mined, planted.condition)
        )

    def _task(self, mined: Practice) -> str | None:
        if mined.when.task in self.titles:
            return self.titles[mined.when.task]
        shown = Counter(s.episode.split(":", 1)[0] for s in mined.evidence if ":" in s.episode)
        seen = [(n, t) for t, n in shown.items() if t in self.case_types]
        if seen:
            return max(seen)[1]
        words = set(re.findall(r"\w+", mined.when.task.lower()))
        named = [t for t in self.case_types if t in words]
        return named[0] if len(named) == 1 else None

    def _names(self, mined: Practice, planted: Planted) -> bool:
        do = self._spot(mined.do)
        if planted.kind is Kind.TOOL:
            named = self.steps[planted.id][0] in do and not set(self.slow[planted.id]) & set(do)
        elif len(self.steps[planted.id]) > 1:
            named = _in_order(self.steps[planted.id], [*do, *self._spot([mined.when.activity])])
        else:
            places = do + self._spot([mined.when.activity]) if planted.kind is Kind.PEOPLE else do
            named = any(s in places for s in self._accepted(planted))
        return named and self._to_the_point(do, planted)

    def _accepted(self, planted: Planted) -> list[str]:
        return [*self.steps[planted.id], *self.seen_as[planted.id]]

    def _to_the_point(self, do: list[str], planted: Planted) -> bool:
        related = [planted, *(self.by_id[i] for i in self._below(planted))]
        own = {s for p in related for s in self._accepted(p)}
        return 2 * sum(s in own for s in do) >= len(do)

    def _names_person(self, mined: Practice, planted: Planted) -> bool:
        if mined.people:
            return mined.people[0] in planted.people
        return any(re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text) for n in planted.people for text in mined.do)

    def _below(self, planted: Planted) -> list[str]:
        """All it rests on, directly or not."""
        direct = list(planted.prerequisites)
        return direct + [j for i in direct for j in self._below(self.by_id[i])]

    def _spot(self, texts: Iterable[str]) -> list[str]:
        """The office's steps that texts name, in order. A label inside a longer one does not count."""
        spotted: list[str] = []
        for text in texts:
            if text in self.labels:
                spotted.append(text)
                continue
            places: dict[int, str] = {}
            for known in self.labels:
                for hit in re.finditer(rf"(?<!\w){re.escape(known)}(?!\w)", text):
                    if not any(at <= hit.start() < at + len(longer) for at, longer in places.items()):
                        places[hit.start()] = known
            spotted += [places[at] for at in sorted(places)]
        return spotted


def _in_order(steps: list[str], named: list[str]) -> bool:
    """Whether the steps are named, each before the next."""
    places = [named.index(s) if s in named else -1 for s in steps]
    return min(places) >= 0 and places == sorted(places)


def _conditions(mined: Practice) -> list[tuple[str, str, str]]:
    """What it says of the case, as key, relation and value."""
    read: list[tuple[str, str, str]] = []
    for key, value in mined.when.attributes:
        related = bool(_CONDITION.fullmatch(key)) or value[:1] in {"≥", "≤", "<", ">", "="}
        hit = _CONDITION.fullmatch(f"{key}{value}" if related else f"{key}={value}")
        if hit:
            relation = hit["relation"]
            read.append((hit["key"].strip(), _RELATIONS.get(relation, relation), hit["value"].strip()))
    return read


def _contradicts(mined: Practice, condition: PlantedCondition | None) -> bool:
    """Whether it states the opposite of the planted condition, or a part of the office where that never holds."""
    if condition is None:
        return False
    for key, relation, value in _conditions(mined):
        if key != condition.key:
            continue
        window = _WINDOW.fullmatch(value)
        if window:
            if not (int(condition.value[:2]) - int(window["first"])) % 24 < _length(window):
                return True
            continue
        if not condition.at_least:
            if value != condition.value:
                return True
            continue
        # `<` and `≤` name an upper end, `=` is its own; at or above the planted bound there is room left.
        end, least = _number(value), _number(condition.value)
        if (relation != "≥" and end < least) or (relation == "<" and end == least):
            return True
    return False


def _states(mined: Practice, condition: PlantedCondition) -> bool:
    """Whether it states exactly this condition and no other."""
    said = _conditions(mined)
    if len(said) != 1 or said[0][0] != condition.key:
        return False
    _, relation, value = said[0]
    window = _WINDOW.fullmatch(value)
    if window:
        return abs(int(window["first"]) - int(condition.value[:2])) <= _ABOUT
    if condition.at_least:
        return relation == "≥" and _number(value) == _number(condition.value)
    return relation == "=" and value == condition.value


def _length(window: re.Match[str]) -> int:
    """Hours between two times of day."""
    return (int(window["end"]) - int(window["first"])) % 24


def _number(text: str) -> float:
    """The number a text is; not a number compares false with everything."""
    try:
        return float(text)
    except ValueError:
        return nan


def _assign(practices: Sequence[Practice], candidates: Mapping[str, list[Planted]]) -> dict[str, str]:
    """One planted practice for each mined one that could find any: those with least choice first, then by certainty."""
    assigned: dict[str, str] = {}
    taken: set[str] = set()
    for mined in sorted(practices, key=lambda p: (len(candidates[p.id]), p.effect.p, p.id)):
        possible = sorted(candidates[mined.id], key=lambda p: (p.id in taken, not _fits(mined, p), p.id))
        if possible:
            assigned[mined.id] = possible[0].id
            taken.add(possible[0].id)
    return assigned


def _fits(mined: Practice, planted: Planted) -> bool:
    return _states(mined, planted.condition) if planted.condition else not mined.when.attributes


def _found(planted: Planted, finders: list[Practice]) -> Found:
    ordered = sorted(finders, key=lambda p: (p.effect.p, p.id))
    held = planted.condition
    exact = None if held is None else any(_states(p, held) for p in ordered)
    return Found(planted.id, tuple(p.id for p in ordered), exact)


def _count(planted: Sequence[Planted], finders: Mapping[str, list[Practice]], false: Sequence[Practice]) -> Count:
    return Count(len(planted), sum(p.id in finders for p in planted), len(false))


def _group(
    value: str | int, truth: Truth, finders: Mapping[str, list[Practice]], false: Sequence[Practice], by: str
) -> Count:
    planted = [p for p in truth.practices if getattr(p, by) == value]
    return _count(planted, finders, [p for p in false if getattr(p, by) == value])


def _edges(truth: Truth, finders: Mapping[str, list[Practice]], practices: Sequence[Practice]) -> Edges:
    """Prerequisites between practices that find planted ones, held against the planted, each way up to closure."""
    said = {p.id: set(p.prerequisites) for p in practices}
    meant = {p.id: set(p.prerequisites) for p in truth.practices}
    planted = [(p.id, q) for p in truth.practices for q in p.prerequisites]
    found = 0
    for upper, lower in planted:
        rests = {i for p in finders.get(upper, []) for i in _closure(p.id, said)}
        found += any(p.id in rests for p in finders.get(lower, []))
    finds = {p.id: key for key, group in finders.items() for p in group}
    stated = [(finds[upper], finds[lower]) for upper in finds for lower in said[upper] if lower in finds]
    true = sum(lower == upper or lower in _closure(upper, meant) for upper, lower in stated)
    return Edges(len(planted), found, true, len(stated) - true)


def _closure(start: str, below: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for lower in below.get(todo.pop(), set()) - seen:
            seen.add(lower)
            todo.append(lower)
    return seen
