"""How much a model helps, and how much it does alone, by task and by group of workers; in hours and in money.

A (augmentation) of a group counts the steps its members did. S (substitution) of a group counts the episodes of which
they did more steps than any other group. What rests on fewer than five workers is not shown, nor as much else as would
let it be worked out from the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.endings import Endings
from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Estimate, Measured
from guildbook.measure.shares import longest, share_of, weighted
from guildbook.measure.trial import Alone
from guildbook.measure.work import UNKNOWN, Work

LEAST_WORKERS: Final = 5
GATES: Final = ("none", "result", "step")
_HOUR: Final = 3.6e9

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wage:
    """What an hour of work costs."""

    hourly: float
    currency: str = ""
    source: str = "given"


@dataclass(frozen=True, slots=True)
class Value:
    """A and S of one part of the work. Where `hidden`, it rests on too few workers, or shields a part that does."""

    kind: str
    """`all`, `task` or `group`."""
    name: str
    workers: int | None = None
    episodes: int = 0
    hidden: bool = False
    augmentation: Estimate | None = None
    system: Estimate | None = None
    """S with the human gate."""
    alone: Estimate | None = None
    """S with the gate removed."""
    hours: float = 0.0
    """Hours of work in the held-back part."""
    saved: Estimate | None = None
    """Hours of these that are saved when it assists."""
    replaced: Estimate | None = None
    """Hours in episodes that it does alone."""
    money: Estimate | None = None
    """Hours saved × wage."""
    money_alone: Estimate | None = None
    """Hours in episodes that it does alone × wage."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        out: dict[str, Any] = {"kind": self.kind, "name": self.name, "hidden": self.hidden}
        if self.hidden:
            return out
        out |= {"workers": self.workers, "episodes": self.episodes, "hours": self.hours}
        for name in ("augmentation", "system", "alone", "saved", "replaced", "money", "money_alone"):
            found: Estimate | None = getattr(self, name)
            out[name] = None if found is None else found.to_dict()
        return out


@dataclass(frozen=True, slots=True)
class Assessed:
    """All parts, and how far a model comes without a person."""

    parts: tuple[Value, ...]
    longest: Estimate
    """Steps of the longest human-free run at 95 % validity."""
    timed: float
    """Share of the steps whose time is known."""
    decoding: str


def gate(work: Work, kind: str) -> frozenset[int]:
    """The acts a person approves: every one (`step`), or those that settle or end a case (`result`)."""
    found: set[int] = set()
    if kind == "step":
        found |= set(range(len(work.acts)))
    elif kind == "result":
        ends = work.act[work.offsets[1:][np.diff(work.offsets) > 0] - 1]
        found |= set(np.unique(ends).tolist())
        found |= set(np.flatnonzero(Endings.of(work).verdict != UNKNOWN).tolist())
    return frozenset(found)


def assess(
    engine: Engine,
    groups: Mapping[str, str] | None = None,
    wage: Wage | None = None,
    wages: Mapping[str, Wage] | None = None,
    *,
    open_to_all: bool = False,
) -> Assessed:
    """A and S of the model of everybody, of the whole, by task, and by group where workers' groups are given.

    `engine.policy.gated`: the human gate. `groups`: worker → group; others are in none. `wages`: by group. With
    `open_to_all` nothing is hidden: the book is one person's.
    """
    trial, model = engine.trial, engine.total
    helped = trial.augmentation(model, engine.policy)
    alone = trial.substitution(model, replace(engine.policy, gated=frozenset()))
    system = trial.substitution(model, engine.policy) if engine.policy.gated else alone
    seen = _Seen.of(engine, helped, alone, system)
    whole = seen.part("all", "all", None, wage)
    tasks = [seen.part("task", engine.test.tasks[t], seen.task == t, wage) for t in np.unique(seen.task).tolist()]
    named = [
        seen.group(name, {w for w, g in (groups or {}).items() if g == name}, (wages or {}).get(name, wage))
        for name in sorted(set((groups or {}).values()))
    ]
    named = [one for one in named if one[1]]
    told = [one for part in ([whole], tasks, named) for one in ([v for v, _ in part] if open_to_all else _hide(part))]
    known = float((engine.test.own >= 0).mean()) if engine.test.events else 0.0
    return Assessed(tuple(told), longest(alone), known, alone.decoding)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What was measured, ready to be divided."""

    engine: Engine
    helped: Measured
    alone: Alone
    system: Alone
    task: Ints
    lasted: Floats
    """(T,): µs of work in each held-back episode, what nobody timed being put at what is usual."""

    @classmethod
    def of(cls, engine: Engine, helped: Measured, alone: Alone, system: Alone) -> _Seen:
        return cls(engine, helped, alone, system, engine.test.task.astype(np.int64), helped.den)

    def part(
        self, kind: str, name: str, traces: NDArray[np.bool_] | None, wage: Wage | None
    ) -> tuple[Value, frozenset[int]]:
        """One part, and who worked on it."""
        rows = np.ones(len(self.engine.test), dtype=bool) if traces is None else traces
        who = np.unique(self.engine.test.worker[rows[self.engine.test.trace]]).tolist()
        return self._value(kind, name, len(who), rows, self.helped.pick(rows), wage), frozenset(who)

    def group(self, name: str, members: set[str], wage: Wage | None) -> tuple[Value, frozenset[int]]:
        """What the members of a group did, and which of them did anything."""
        test = self.engine.test
        inside = np.array([worker in members for worker in test.workers], dtype=bool)
        places, policy = self.engine.trial.places, self.engine.policy
        theirs = np.zeros(len(places), dtype=bool)
        known = places.row >= 0
        theirs[known] = inside[test.worker[places.row[known]]]
        weight = np.where(theirs, self.engine.trial.weight.astype(np.float64), 0.0)
        hits = self.engine.trial.hits(self.engine.total, policy.shown)
        size = len(test)
        parts = (np.bincount(places.trace, part, size) for part in (policy.saved * weight * hits, weight))
        helped = Measured(*(part.astype(np.float64) for part in parts))
        mine = np.bincount(test.trace, inside[test.worker], size)
        rows = 2 * mine > np.diff(test.offsets)
        who = np.unique(test.worker[inside[test.worker]]).tolist()
        return self._value("group", name, len(who), rows, helped, wage), frozenset(who)

    def _value(
        self, kind: str, name: str, workers: int, rows: NDArray[np.bool_], helped: Measured, wage: Wage | None
    ) -> Value:
        hours = float(helped.den.sum()) / _HOUR
        assisted = weighted(helped, self.engine.policy.saved)
        runs = self.alone.measured.pick(rows)
        # Hours of episodes done alone: each episode's share of accepted runs, times what it took people.
        share = np.divide(runs.num, runs.den, out=np.zeros(len(runs.num)), where=runs.den > 0)
        lasted = self.lasted[rows]
        replaced = weighted(Measured(share * lasted, lasted))
        saved, done = _times(assisted, hours), _times(replaced, float(lasted.sum()) / _HOUR)
        return Value(
            kind, name, workers, int(rows.sum()), hidden=False, augmentation=assisted,
            system=share_of(self.system.measured.pick(rows)), alone=share_of(runs), hours=hours, saved=saved,
            replaced=done, money=None if wage is None else _times(saved, wage.hourly),
            money_alone=None if wage is None else _times(done, wage.hourly),
        )  # fmt: skip


def _times(one: Estimate, factor: float) -> Estimate:
    return Estimate(one.value * factor, one.low * factor, one.high * factor, one.error * factor, one.n)


def _hide(parts: Sequence[tuple[Value, frozenset[int]]]) -> list[Value]:
    """Hide what rests on few workers, and with it as much as keeps what few did from being had from the whole."""
    small = {place for place, (_, who) in enumerate(parts) if len(who) < LEAST_WORKERS}
    others = sorted(set(range(len(parts))) - small, key=lambda place: (parts[place][0].episodes, parts[place][0].name))
    together = frozenset[int]().union(*(parts[place][1] for place in small))
    for place in others if small else ():
        if len(small) > 1 and len(together) >= LEAST_WORKERS:
            break
        small.add(place)
        together |= parts[place][1]
    return [Value(one.kind, one.name, hidden=True) if place in small else one for place, (one, _) in enumerate(parts)]
