"""Learning from what a grant admits: from nothing, or by adding and subtracting what changed since last time.

Either way the result is the same to the last bit; only the cost differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from guildbook.distil import evidence as proof
from guildbook.distil import streaming
from guildbook.distil.changes import (
    Admitted,
    Read,
    Touched,
    difference,
    first_cases,
    first_events,
    included,
    touched,
)
from guildbook.distil.companion import Companion
from guildbook.distil.encode import COLUMNS, encode
from guildbook.distil.evidence import Evidence
from guildbook.distil.executor import executor
from guildbook.distil.knowledge import Derivation, derive, knowledge
from guildbook.distil.parts import Parts
from guildbook.distil.settings import Settings
from guildbook.distil.spread import processes, spread
from guildbook.distil.state import State
from guildbook.distil.sums import Sums
from guildbook.distil.traces import join
from guildbook.distil.view import TraceView, joined, view
from guildbook.model.knowledge import Knowledge, Practice

FEW: Final = 1 << 59
FIRST: Final = 1 << 62
"""Evidence is looked for first among traces whose symbol is below these: one in 32, then one in four."""

_DERIVED_AGAIN: Final = "What is known was derived again from the sums: this Guildbook finds practices in another way."

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Learnt:
    """What learning gave, and what it cost."""

    state: State
    knowledge: Knowledge
    changed: bool
    """Whether the knowledge may differ from the old state's."""
    touched_traces: int
    """Joint traces that were summarised: all of them when learning from nothing."""
    notes: tuple[str, ...] = ()
    """What happened on the way, for people; never part of the knowledge."""


def learn(
    admitted: Admitted,
    old: State | None,
    *,
    settings: Settings,
    departed: Admitted | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    helper: Companion | None = None,
) -> Learnt:
    """Learn from the admitted segments; with an old state only what changed is read.

    `departed` reads segments that `old` includes and that are not admitted any more. If one of them cannot be
    read, or the settings that shape sums differ, everything is learnt again and a note says so. `progress` is
    told the share done. `helper`: a second process that takes a share of the mining.
    """
    begun = _Learning(admitted, settings, progress or _silent, helper=helper)
    tell = begun.tell
    if old is None:
        return _afresh(begun, jobs, ())
    if old.settings.shape() != settings.shape():
        return _afresh(begun, jobs, ("Learnt again from the beginning: the settings changed.",))
    found = difference(old.segments, admitted.grant.segments)
    now = included(admitted.grant.segments)
    notes = (_DERIVED_AGAIN,) if old.knowledge is None else ()
    if not found:
        if old.settings == settings and old.knowledge is not None:
            tell(1.0)
            state = replace(old, segments=now)
            return Learnt(state, old.knowledge, changed=False, touched_traces=0)
        run = replace(begun, first=old.first)
        return _concluded(run, derive(old.sums, settings, helper), old.evidence, 0, notes)
    changing = sum(now[name].rows for name in found.arrived) + sum(old.segments[name].rows for name in found.left)
    if changing > sum(segment.rows for segment in now.values()):
        return _afresh(begun, jobs, ())
    delta = touched(found, admitted, departed, old.sums.long, settings.idle)
    if delta is None:
        why = "Learnt again from the beginning: events that were included before can no longer be read."
        return _afresh(begun, jobs, (why,))
    run = replace(begun, read=delta.read)
    if run.many:
        run.read = ()
    change = _changed(run, delta, jobs)
    del delta
    sums, old = old.sums, replace(old, sums=Sums())
    sums += change.difference  # in a book of 10⁷ events both are a gigabyte: the former is let go of here
    return _onwards(run, old, change, derive(sums, settings, helper), notes)


def _silent(share: float) -> None:
    """Nobody wants to know."""


@dataclass
class _Learning:
    """One run of `learn`: what it reads."""

    admitted: Admitted
    settings: Settings
    tell: Progress
    read: tuple[Read, ...] = ()
    """Segments that were read already."""
    parts: Parts | None = None
    """All admitted events, once they had to be read and are too many for one piece."""
    table: pa.Table | None = None
    """All admitted events, once they had to be read in one piece."""
    early: pa.Table | None = None
    """Those of the traces below `FIRST`, once they had to be read."""
    first: TraceView | None = None
    """The traces below `FEW`, where they are known."""
    helper: Companion | None = None
    """Who takes a share of the mining."""

    @property
    def many(self) -> bool:
        """Whether the admitted events are too many to be held in one piece."""
        return sum(segment.rows for segment in self.admitted.grant.segments) > streaming.AT_ONCE

    def everything(self) -> pa.Table:
        """All admitted events."""
        if self.table is None:
            self.table = self.admitted.table(COLUMNS)
        return self.table

    def views(self, below: int | None) -> Iterator[TraceView]:
        """Joint traces in views that have none in common: those whose symbol is less than `below`, or all."""
        if below == FEW and self.first is not None:
            yield self.first
        elif self.many:
            if self.parts is None or not self.parts.holds(below):
                self.parts = streaming.laid_only(self.admitted, None if below is None else FIRST)
            found = streaming.viewed(self.parts, self.settings, below)
            if below == FEW:
                self.first = joined(list(found))
                found = iter((self.first,))
            yield from found
        elif below is None:
            yield view(join(encode(self.everything(), self.settings)))
        else:
            yield self._first_view(below)

    def _first_view(self, below: int) -> TraceView:
        if self.early is None:
            whole = self.table
            self.early = first_events(self.admitted, FIRST, self.read) if whole is None else first_cases(whole, FIRST)
        rows = self.early if below == FIRST else first_cases(self.early, below)
        found = view(join(encode(rows, self.settings)), below)
        if below == FEW:
            self.first = found
        return found


def _afresh(run: _Learning, jobs: int, notes: tuple[str, ...]) -> Learnt:
    if run.many:
        return _streamed(run, jobs, notes)
    events = encode(run.everything(), run.settings)
    run.tell(0.3)
    with executor(processes(jobs, len(events))) as pool:
        sums = spread(events, pool, jobs, lambda share: run.tell(0.3 + 0.4 * share))
    return _concluded(run, derive(sums, run.settings, run.helper), {}, sums.traces, notes)


def _streamed(run: _Learning, jobs: int, notes: tuple[str, ...]) -> Learnt:
    """As `_afresh`, but never with all events in one piece."""
    with executor(jobs) as pool:
        run.parts, daily = streaming.laid(run.admitted, run.settings, pool, jobs, lambda x: run.tell(0.35 * x))
        total, first = streaming.summed(
            run.parts, run.settings, pool, jobs, FEW, FIRST, lambda x: run.tell(0.35 + 0.35 * x)
        )
    found = derive(total.result() + daily.result(), run.settings, run.helper)  # not before the processes are gone
    if found.practices:
        run.first = first
    return _concluded(run, found, {}, found.sums.traces, notes)


@dataclass(frozen=True)
class _Change:
    """What became of the touched traces."""

    difference: Sums
    keys: set[str]
    """Of the traces as they were and as they are."""
    now: TraceView


def _changed(run: _Learning, delta: Touched, jobs: int) -> _Change:
    """Minus the touched traces as they were, plus those traces as they are."""
    before, after = (encode(table, run.settings, cut=delta.cut) for table in (delta.before, delta.after))
    run.tell(0.3)
    was, now = delta.traced(delta.before), delta.traced(delta.after)
    with executor(processes(jobs, len(before) + len(after))) as pool:
        gone = spread(before, pool, jobs, traced=was, daily=delta.daily(delta.before))
        come = spread(after, pool, jobs, traced=now, daily=delta.daily(delta.after))
    traces = join(after.take(now))
    keys = set(join(before.take(was)).keys) | set(traces.keys)
    run.tell(0.7)
    return _Change(come - gone, keys, view(traces))


def _onwards(run: _Learning, old: State, change: _Change, found: Derivation, notes: tuple[str, ...]) -> Learnt:
    """What is known from the changed sums, with the old evidence where the change left it."""
    shown = [practice for practice in found.practices if practice.id in old.evidence]
    run.first = None if old.first is None else old.first.replaced(change.keys, change.now.first(FEW))
    fresh = proof.look(found.find, shown, change.now, found.read)
    known = {p.id: proof.updated(old.evidence[p.id], change.keys, fresh[p.id]) for p in shown}
    return _concluded(run, found, {name: held for name, held in known.items() if held}, len(change.keys), notes)


def _concluded(
    run: _Learning, found: Derivation, known: Mapping[str, Evidence], touched_traces: int, notes: tuple[str, ...]
) -> Learnt:
    """Give practices their evidence: what is known of it, and for the others what all traces show."""
    missing = [practice for practice in found.practices if practice.id not in known]
    held = {p.id: known[p.id] for p in found.practices if p.id in known}
    if missing:
        held |= _sought(run, found, missing)
    run.tell(0.9)
    segments = run.admitted.grant.segments
    period = (min(s.first for s in segments), max(s.last for s in segments)) if segments else None
    learnt = knowledge(found, proof.attached(found.practices, held), period)
    run.tell(1.0)
    state = State(found.sums, included(segments), run.settings, learnt, held, run.first)
    return Learnt(state, learnt, changed=True, touched_traces=touched_traces, notes=notes)


def _sought(run: _Learning, found: Derivation, practices: Sequence[Practice]) -> dict[str, Evidence]:
    """Evidence looked for in the first part of all traces, and in all for those with too little there.

    A small first part is enough for a practice of which it shows all the evidence that is told: the larger ones
    begin with the same traces.
    """
    held: dict[str, Evidence] = {}
    for below in (FEW, FIRST, None):
        rest = [practice for practice in practices if practice.id not in held]
        if not rest:
            break
        seen = proof.merged([proof.look(found.find, rest, some, found.read) for some in run.views(below)])
        if below is None:
            return held | seen
        held |= {name: Evidence(e.spans, whole=False) for name, e in seen.items() if len(e.spans) >= proof.SHOWN}
    return held
