"""What a process looks like, for people to see: filtered maps, variants, changes over time, one case against the rest.

`distil` makes these records from the sums; `teach` draws and words them. All shares are between 0 and 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Box:
    """What a filtered map shows as one: an activity, or a cluster of rare ones."""

    label: str
    """Unique in its map."""
    count: int
    """Events."""
    episodes: int
    """Joint traces it occurs in; for a cluster at most that, since one trace may hold several of its members."""
    members: tuple[tuple[str, int], ...] = ()
    """The activities of a cluster with their events, commonest first; empty for an activity."""


@dataclass(frozen=True, slots=True)
class Link:
    """A move from one box to the next. Empty `source` is the start, empty `target` the end."""

    source: str
    target: str
    count: int
    median_seconds: float | None = None
    either_order: bool = False
    """The two follow one another in either order, about as often: `count` holds both."""


@dataclass(frozen=True, slots=True)
class MapLevel:
    """One position between the happy path (0) and everything (1). Boxes and links come commonest first."""

    level: float
    boxes: tuple[str, ...]
    """Labels."""
    links: tuple[tuple[str, str], ...]
    """Ends."""
    events: float
    """Share of all events that a shown box stands for."""
    moves: float
    """Share of all moves, start and end included, that the level can replay."""
    traces: float
    """Share of joint traces of which it can replay every move."""


@dataclass(frozen=True, slots=True)
class FilteredMap:
    """A task's process map at a few nested levels, each readable."""

    id: str
    """Of the task."""
    task: str
    """Its title."""
    episodes: int
    activities: int
    """How many there are, shown or not."""
    moves: int
    """How many kinds of move there are."""
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    happy: tuple[str, ...]
    """Labels along the commonest way."""
    levels: tuple[MapLevel, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    def nearest(self, level: float) -> MapLevel:
        """The level that lies nearest to the given number, the simpler one of two."""
        return min(self.levels, key=lambda held: (abs(held.level - level), held.level))


@dataclass(frozen=True, slots=True)
class Variant:
    """A whole sequence of activities with how it ended and how long it took."""

    steps: tuple[str, ...]
    """Ends in `…` where it was cut."""
    count: int
    share: float
    good: int
    bad: int
    good_rate: float | None
    """Good outcomes among those that are good or bad."""
    good_low: float | None
    good_high: float | None
    """95 % interval of that rate."""
    median_seconds: float | None
    low_seconds: float | None
    high_seconds: float | None
    """Quartiles of the time from first to last event."""
    differs: tuple[str, ...] = ()
    """In words, from the commonest variant."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the tree of beginnings: what comes next, how often, and what follows from there."""

    step: str
    count: int
    ends: int
    """How many of these cases end here."""
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Variants:
    """The variants of one task."""

    id: str
    task: str
    episodes: int
    kinds: int
    """Distinct variants in all."""
    shown: float
    """Share of the episodes that the listed variants cover."""
    variants: tuple[Variant, ...]
    tree: tuple[Branch, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the process over time."""

    kind: str
    """`follows`: what comes after a step. `begins`: what cases begin with. `appears`, `disappears`: a step.

    `lasts`: how long cases take, by when they begin.
    """
    task: str
    """Title."""
    activity: str
    """The step it concerns; empty where it is about the beginning of cases."""
    date: str
    """Monday from which on it is otherwise, `2012-03-05`."""
    low: str
    high: str
    """Mondays that bound the date with 95 % confidence."""
    before: tuple[tuple[str, float], ...]
    after: tuple[tuple[str, float], ...]
    """What follows with its share, those first whose share changed most; the end of a case is an empty label."""
    n_before: int
    n_after: int
    """Occurrences compared: since the change before it, and until the one after."""
    p: float
    """After false-discovery control."""
    words: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way in which a case differs from what is usual."""

    kind: str
    """`missing`, `unexpected`, `out-of-order`, `late` or `repeated`."""
    step: str
    place: int | None
    """Which event of the case, from 0; for a missing step the one before which it would stand."""
    words: str


@dataclass(frozen=True, slots=True)
class Conformance:
    """One case against what is usual in its task."""

    case: str
    task: str
    steps: tuple[str, ...]
    fitness: float
    """1: every move is usual; 0: none is."""
    rank: float
    """Share of the task's cases that fit at least as well."""
    cost: int
    """Steps to leave out and to put in, at least, to make it usual."""
    nearest: tuple[str, ...]
    """The common variant that is nearest."""
    nearest_count: int
    nearest_distance: int
    """Steps to leave out and to put in to get there."""
    deviations: tuple[Deviation, ...]
    """In the order of the case."""
    seconds: float | None
    """First to last event."""
    usual_seconds: float | None
    """Median of the task."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)
