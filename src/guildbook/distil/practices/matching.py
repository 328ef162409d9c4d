"""Practices as patterns over joint traces, and the traces that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices import wording
from guildbook.distil.practices.times import holds, is_time
from guildbook.distil.quality.verdicts import is_verdict
from guildbook.distil.sums import condition_symbol, worker_symbol
from guildbook.distil.view import COPY, TraceView
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Kind, Practice

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a joint trace must hold to show a practice, in symbols."""

    kind: Kind
    tasks: frozenset[int]
    """Any of these; empty: any task."""
    conditions: tuple[int, ...]
    steps: tuple[int, ...]
    """Empty where a verdict on the whole trace, or telling a person, is all there is to do."""
    anchor: int
    """The step it comes before; 0: none."""
    after: tuple[int, ...]
    person: int
    """Who must be asked; 0: nobody."""
    people: tuple[int, ...] = ()
    """Any of whom must take a step up that is handed over, or do it."""
    begun: tuple[str, ...] = ()
    """When it must begin, as `times.holds` reads it."""

    @classmethod
    def of(cls, practice: Practice, titles: Mapping[int, str]) -> Pattern:
        """The pattern of a practice. `titles`: task symbol → title, as `mine` had them."""
        when = practice.when
        verdicts = [label for label in practice.do if is_verdict(label)]
        telling = [wording.telling(name) for name in practice.people]
        times = tuple(value for name, value in when.attributes if is_time(name, value))
        held = [(name, value) for name, value in when.attributes if not is_time(name, value)]
        conditions = [*(_condition(name, value) for name, value in held), *verdicts]
        return cls(
            practice.kind,
            frozenset(code for code, title in titles.items() if title == when.task) or frozenset({symbol(when.task)}),
            tuple(condition_symbol(text) for text in conditions),
            tuple(symbol(label) for label in practice.do if label not in verdicts and label not in telling),
            symbol(when.activity) if when.activity else 0,
            tuple(symbol(label) for label in when.after),
            worker_symbol(practice.people[0]) if practice.people else 0,
            tuple(worker_symbol(name) for name in practice.people),
            times,
        )


def _condition(name: str, value: str) -> str:
    return f"{name}{value}" if value.startswith("≥") else f"{name}={value}"


class Matcher:
    """Looks patterns up in one view; where each step first stands is found once."""

    def __init__(self, view: TraceView) -> None:
        self.view = view
        self._first: dict[int, Ints] = {}

    def first(self, step: int) -> Ints:
        """(T,) place of the step's first event in each trace, −1 where there is none."""
        if step not in self._first:
            places = np.flatnonzero(self.view.act == np.uint64(step))
            out = np.full(len(self.view), -1, np.int64)
            out[self.view.trace[places[::-1]]] = places[::-1]
            self._first[step] = out
        return self._first[step]

    def spans(self, pattern: Pattern, limit: int) -> tuple[Ints, Ints]:
        """The first `limit` traces that show the pattern, and (traces, k) places of the events that do, −1 for none."""
        keep = self._scope(pattern)
        if pattern.kind is Kind.PEOPLE:
            found = self._handed if pattern.people else self._way  # whom to ask is everybody's to choose
            found = self._asked if pattern.anchor else found if pattern.steps else self._told
            shown, places = found(pattern)
        elif pattern.kind is Kind.TOOL:
            shown, places = self._way(pattern)
        elif not pattern.steps:
            shown, places = self._ended(pattern)
        else:
            shown, places = self._before(pattern)
        rows = np.flatnonzero(keep & shown)[:limit]
        return rows, places[rows]

    def _scope(self, pattern: Pattern) -> Flags:
        view = self.view
        keep = np.ones(len(view), dtype=bool)
        if pattern.tasks:
            keep &= np.isin(view.task, np.array(sorted(pattern.tasks), np.uint64))
        rule_trace = np.repeat(np.arange(len(view)), np.diff(view.rule_offsets))
        for condition in pattern.conditions:
            held = np.zeros(len(view), dtype=bool)
            held[rule_trace[view.rules == np.uint64(condition)]] = True
            keep &= held
        for value in pattern.begun:
            keep &= holds(value, view.begun)
        if pattern.kind is not Kind.TOOL:
            for step in pattern.after:
                keep &= self.first(step) >= 0
        return keep

    def _before(self, pattern: Pattern) -> tuple[Flags, Ints]:
        """Traces with the step before its anchor. A step that is its own anchor is one to do in batches.

        Whether it was done so is seen in a worker's day, not in a joint trace: there the step itself must do.
        """
        step, anchor = self.first(pattern.steps[0]), self.first(pattern.anchor)
        if pattern.anchor == pattern.steps[0]:
            own = step >= 0
            if pattern.people:
                own &= np.isin(self.view.worker[step], np.array(pattern.people, np.uint64))
            return own, step[:, None]
        places = np.column_stack([*[self.first(s) for s in pattern.after], step, anchor])
        return (step >= 0) & (anchor > step), places

    def _ended(self, pattern: Pattern) -> tuple[Flags, Ints]:
        """All traces: at the step before which something was to be right, else at their end."""
        anchor = self.first(pattern.anchor) if pattern.anchor else np.full(len(self.view), -1, np.int64)
        places = np.where(anchor >= 0, anchor, self.view.offsets[1:] - 1)
        return np.ones(len(self.view), dtype=bool), places[:, None]

    def _way(self, pattern: Pattern) -> tuple[Flags, Ints]:
        """Traces with the steps one right after the other, by one worker: the first such place."""
        view, size = self.view, len(pattern.steps)
        starts = np.flatnonzero(view.act == np.uint64(pattern.steps[0]))
        starts = starts[starts + size <= len(view.act)]
        for i, step in enumerate(pattern.steps):
            places = starts + i
            same = (view.act[places] == np.uint64(step)) & (view.trace[places] == view.trace[starts])
            starts = starts[same & (view.worker[places] == view.worker[starts])]
        return self._spread(starts, starts[:, None] + np.arange(size))

    def _asked(self, pattern: Pattern) -> tuple[Flags, Ints]:
        """Traces in which the person was asked by this step and acted later: the ask and that next event."""
        view = self.view
        mine = view.ask_worker == np.uint64(pattern.person)
        asks = view.ask_place[mine & (view.act[view.ask_place] == np.uint64(pattern.steps[0]))]
        acted = np.flatnonzero(view.worker == np.uint64(pattern.person))
        following = np.searchsorted(acted, asks, side="right")
        known = following < len(acted)
        asks, answers = asks[known], acted[following[known]]
        same = view.trace[answers] == view.trace[asks]
        return self._spread(asks[same], np.column_stack([asks, answers])[same])

    def _handed(self, pattern: Pattern) -> tuple[Flags, Ints]:
        """Traces in which one of the people took the step up from someone else: that event and the one before."""
        view = self.view
        step = np.flatnonzero(view.act == np.uint64(pattern.steps[0]))
        taken = step[np.isin(view.worker[step], np.array(pattern.people, np.uint64))]
        taken = taken[taken > 0]
        before = taken - 1
        from_other = (view.trace[before] == view.trace[taken]) & (view.worker[before] != view.worker[taken])
        return self._spread(taken[from_other], np.column_stack([before, taken])[from_other])

    def _told(self, pattern: Pattern) -> tuple[Flags, Ints]:
        """Traces in which the first event that tells anybody anything tells the person."""
        view = self.view
        trace = view.trace[view.ask_place]
        opening = np.ones(len(trace), dtype=bool)
        opening[1:] = trace[1:] != trace[:-1]
        first = view.ask_place[opening][np.cumsum(opening) - 1]
        person = np.uint64(pattern.person)
        mine = (view.ask_worker == person) | (view.ask_worker == person ^ np.uint64(COPY))
        places = view.ask_place[mine & (view.ask_place == first)]
        return self._spread(places, places[:, None])

    def _spread(self, starts: Ints, places: Ints) -> tuple[Flags, Ints]:
        """One row a trace from matches in order of place: the first match of each."""
        trace = self.view.trace[starts]
        shown = np.zeros(len(self.view), dtype=bool)
        shown[trace] = True
        out = np.full((len(self.view), places.shape[1]), -1, np.int64)
        out[trace[::-1]] = places[::-1]
        return shown, out
