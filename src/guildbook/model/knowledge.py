"""What was learnt, as people-sized frozen records. `distil` makes them; `teach`, the shells and exports read them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final

from guildbook.model.process import Change


class Kind(StrEnum):
    """The four kinds of expertise."""

    PEOPLE = "people"
    QUALITY = "quality"
    WORKFLOW = "workflow"
    TOOL = "tool"


class Status(StrEnum):
    """Where a practice stands with the people it came from."""

    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class When:
    """The conditions under which a practice holds; empty parts hold always."""

    task: str = ""
    """Title of the task."""
    activity: str = ""
    """The step it concerns or comes before."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Conditions on the case, such as `("product", "marine")`."""
    after: tuple[str, ...] = ()
    """Steps that must have been done for it to hold."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The measured difference between doing and not doing it. `low` and `high` bound 95 %."""

    metric: str
    """What is compared, and how `difference` is to be read:

    `good-rate`: share of good outcomes, with − without. `duration`, `response`: natural logarithm of the ratio of
    geometric mean seconds, with ÷ without (negative is faster). `share`: share of occurrences, with − without.
    """
    difference: float
    low: float
    high: float
    n: int
    """Cases or occurrences compared, both sides together."""
    p: float
    """Two-sided, after false-discovery control (Benjamini–Hochberg)."""
    with_value: float | None = None
    """The metric where it is done: a rate in [0, 1], or seconds."""
    without_value: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One place in the traces that shows it."""

    episode: str
    """The joint trace: a case id, or worker and day."""
    events: tuple[str, ...]
    """Event ids as hex."""


@dataclass(frozen=True, slots=True)
class Practice:
    """One piece of expertise: it states one thing, in at most 120 words."""

    id: str
    kind: Kind
    title: str
    when: When
    do: tuple[str, ...]
    """Steps, as activity labels or plain words."""
    instead_of: tuple[str, ...]
    effect: Effect
    people: tuple[str, ...] = ()
    evidence: tuple[Span, ...] = ()
    contributors: tuple[tuple[str, int], ...] = ()
    """Workers whose traces show it, with how often."""
    prerequisites: tuple[str, ...] = ()
    """Ids of the practices this one is written in terms of."""
    layer: int = 1
    status: Status = Status.PROPOSED
    version: int = 1
    retired: str = ""
    """Monday from which on its step is no longer done, `2012-03-05`; empty unless retired."""
    opposed: tuple[str, ...] = ()
    """Ids of practices of the same task that advise the opposite, under other conditions or for another end."""

    def to_dict(self) -> dict[str, Any]:
        """The contract of `practices list --json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Task:
    """A class of episodes, titled by template."""

    id: str
    title: str
    episodes: int
    activities: tuple[tuple[str, int], ...]
    """Commonest activities with counts."""
    good: int = 0
    bad: int = 0
    """Episodes with a good and with a bad outcome; the rest have none."""
    median_seconds: float | None = None
    """Median time from first to last event of an episode."""


@dataclass(frozen=True, slots=True)
class Person:
    """What the traces show of one worker's part, without judging it."""

    name: str
    events: int
    days: int
    tasks: tuple[tuple[str, int], ...]
    works_with: tuple[tuple[str, int], ...]
    """Whom work is handed to, with counts."""
    asked_about: tuple[tuple[str, int], ...]
    """Topics others ask this person about, with counts."""
    answers_in: float | None = None
    """Median seconds to an answer."""
    known_for: tuple[tuple[str, int], ...] = ()
    """Steps done at least twice as often as this person's part of all work would lead one to expect, with counts."""
    team: str = ""
    """Name of the `Group` this person works in; empty where none is seen."""
    role: str = ""
    """Name of the `Group` of people who do the same work."""


@dataclass(frozen=True, slots=True)
class Group:
    """People who belong together by what the traces show: a team shares cases, a role does the same steps."""

    name: str
    members: tuple[str, ...]
    """Labels of two or more workers, or of one whom nobody is like; most events first."""
    marked_by: tuple[tuple[str, int], ...] = ()
    """What sets it apart, with counts: the steps of a role, the tasks of a team."""


@dataclass(frozen=True, slots=True)
class MapNode:
    """An activity on the process map."""

    label: str
    count: int
    """Events."""
    episodes: int


@dataclass(frozen=True, slots=True)
class MapEdge:
    """A step from one activity to the next within an episode. Empty `source` is the start, empty `target` the end."""

    source: str
    target: str
    count: int
    median_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ProcessMap:
    """What follows what in one task."""

    task: str
    nodes: tuple[MapNode, ...]
    edges: tuple[MapEdge, ...]
    variants: tuple[tuple[tuple[str, ...], int], ...] = ()
    """Commonest whole sequences with counts, most frequent first."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a book has learnt from one admitted set: a deterministic function of its sums."""

    model_hash: str
    events: int
    workers: int
    cases: int
    episodes: int
    tasks: tuple[Task, ...] = ()
    practices: tuple[Practice, ...] = ()
    people: tuple[Person, ...] = ()
    maps: tuple[ProcessMap, ...] = ()
    period: tuple[int, int] | None = None
    """First and last event, µs UTC."""
    teams: tuple[Group, ...] = ()
    roles: tuple[Group, ...] = ()
    """Both largest first, and empty where all work together or do the same."""
    notes: tuple[str, ...] = field(default=())
    """What could not be learnt and why (for example: no outcomes, so no quality practices)."""
    changes: tuple[Change, ...] = ()
    """Changes of the process over time, oldest first."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; `knowledge_from_dict` reads it back."""
        return _plain(self)


def _plain(value: Any) -> Any:
    """What `dataclasses.asdict` gives, without its copies of what cannot change: there are many thousand spans."""
    kind = type(value)
    if kind is str or kind is int or kind is float or value is None:
        return value
    if kind is tuple:
        return tuple([_plain(item) for item in value])
    names = _NAMES.get(kind)
    if names is None:
        if not is_dataclass(value):
            return asdict(_Held(value))["value"]
        names = _NAMES[kind] = tuple(f.name for f in fields(value))
    return {name: _plain(getattr(value, name)) for name in names}


@dataclass(frozen=True, slots=True)
class _Held:
    value: Any


_NAMES: Final[dict[type, tuple[str, ...]]] = {}
"""Names of the fields of the classes met so far."""


_COUNTED: Final = ("tasks", "works_with", "asked_about", "known_for")
"""The fields of `Person` that are lists of a name and a count."""


def knowledge_from_dict(data: dict[str, Any]) -> Knowledge:
    """Read back `Knowledge.to_dict()`, also after a trip through JSON. Raises `KeyError` or `TypeError` otherwise."""
    period = data["period"]
    read: dict[str, Any] = data | {
        "tasks": tuple(Task(**_paired(item, "activities")) for item in data["tasks"]),
        "people": tuple(Person(**_paired(item, *_COUNTED)) for item in data["people"]),
        "practices": tuple(practice_from_dict(item) for item in data["practices"]),
        "maps": tuple(_map(item) for item in data["maps"]),
        "changes": tuple(Change(**_paired(item, "before", "after")) for item in data.get("changes", ())),
        "period": None if period is None else (period[0], period[1]),
        "teams": tuple(_group(item) for item in data.get("teams", ())),
        "roles": tuple(_group(item) for item in data.get("roles", ())),
        "notes": tuple(data["notes"]),
    }
    return Knowledge(**read)


def practice_from_dict(data: dict[str, Any]) -> Practice:
    """Read back `Practice.to_dict()`, also after a trip through JSON."""
    when = _paired(data["when"], "attributes")
    when["after"] = tuple(when["after"])
    read: dict[str, Any] = _paired(data, "contributors") | {
        "kind": Kind(data["kind"]),
        "status": Status(data["status"]),
        "when": When(**when),
        "effect": Effect(**data["effect"]),
        "evidence": tuple(Span(item["episode"], tuple(item["events"])) for item in data["evidence"]),
    }
    for name in ("do", "instead_of", "people", "prerequisites", "opposed"):
        read[name] = tuple(data.get(name, ()))
    return Practice(**read)


def _group(item: dict[str, Any]) -> Group:
    return Group(item["name"], tuple(item["members"]), _paired(item, "marked_by")["marked_by"])


def _paired(item: dict[str, Any], *names: str) -> dict[str, Any]:
    """The item with these lists of two-element lists as tuples of pairs."""
    return item | {name: tuple((first, second) for first, second in item.get(name, ())) for name in names}


def _map(data: dict[str, Any]) -> ProcessMap:
    return ProcessMap(
        task=data["task"],
        nodes=tuple(MapNode(**item) for item in data["nodes"]),
        edges=tuple(MapEdge(**item) for item in data["edges"]),
        variants=tuple((tuple(steps), count) for steps, count in data["variants"]),
    )
