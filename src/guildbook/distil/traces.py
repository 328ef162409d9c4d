"""Joint traces: the admitted events that share a case, or one worker's performance or episode, in time order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.encode import Events
from guildbook.distil.kernels import main_workers, row_order
from guildbook.distil.outcomes import BAD, BY_STEP
from guildbook.distil.segment.units import week, week_name
from guildbook.model.ids import symbol
from guildbook.model.time import DAY

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

RULE_LIMIT: Final = 16
"""Conditions kept of one joint trace: those of the lowest symbols."""


@dataclass(frozen=True)
class Traces:
    """The events of `events` in the order (joint trace, time, seq, id). Traces come in no particular order."""

    events: Events
    order: Ints
    """Row of `events` at each place."""
    offsets: Ints
    """(T + 1,): where each trace starts."""
    episode: Ints
    """(T,): −1 with a case, else which performance of its worker's week or episode of its worker's day, from 0."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def pick(self, traces: NDArray[np.bool_]) -> Traces:
        """Some of the traces."""
        sizes = np.diff(self.offsets)[traces]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return Traces(self.events, self.order[traces[self.trace]], offsets, self.episode[traces])

    @cached_property
    def trace(self) -> Ints:
        """(n,): the trace of each place."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @cached_property
    def time(self) -> Ints:
        """Start of the event at each place, µs."""
        return self.events.time[self.order]

    @cached_property
    def act(self) -> Ints:
        """(n,): activity codes."""
        return self.events.act[self.order].astype(np.int64)

    @cached_property
    def worker(self) -> Ints:
        """(n,): worker codes."""
        return self.events.worker[self.order].astype(np.int64)

    @cached_property
    def main(self) -> Ints:
        """(T,): code of the worker who did most of the events, of several the one of the lowest symbol."""
        rank = np.empty(len(self.events.workers), np.int64)
        rank[np.argsort(self.events.workers.symbols)] = np.arange(len(rank))
        return main_workers(self.offsets, self.worker, rank)

    @cached_property
    def step(self) -> Keys:
        """(n,): activity symbols."""
        return self.events.acts.symbols[self.act]

    @cached_property
    def who(self) -> Keys:
        """(n,): worker symbols."""
        return self.events.workers.symbols[self.worker]

    @cached_property
    def task_at(self) -> Keys:
        """(n,): task symbols."""
        return self.task[self.trace]

    @cached_property
    def gap(self) -> Ints:
        """(n,): µs from each event's start to the next of its trace; −1 at the end."""
        out = np.full(len(self.order), -1, np.int64)
        out[:-1] = np.diff(self.time)
        out[self.offsets[1:] - 1] = -1
        return out

    @cached_property
    def own(self) -> Ints:
        """(n,): µs an event took: its duration, else the gap after it if not idle, else −1."""
        return own_time(self.events.duration[self.order], self.gap, self.events.idle)

    @cached_property
    def task(self) -> Keys:
        """(T,): symbol of the case type, of the name of a routine, or of `work in APP`."""
        return self._tasks[0]

    @cached_property
    def task_texts(self) -> dict[int, str]:
        """The text of every symbol in `task`."""
        return self._tasks[1]

    @cached_property
    def outcome(self) -> Ints:
        """(T,): `outcomes` code of the last event that states one, else of the last step that settles the case."""
        said = self.events.outcome[self.order].astype(np.int64)
        by_step = said > BAD
        stated, settled = (self._last((said >= 0) & ~by_step), self._last(by_step)) if len(said) else (said, said)
        return np.where(stated >= 0, said[stated], np.where(settled >= 0, said[settled] - BY_STEP, 0))

    def _last(self, rows: NDArray[np.bool_]) -> Ints:
        """(T,) the last place of each trace among some places; −1 where there is none."""
        return np.maximum.reduceat(np.where(rows, np.arange(len(rows)), -1), self.offsets[:-1])

    @cached_property
    def lead(self) -> Ints:
        """(T,): µs from first to last event."""
        return self.time[self.offsets[1:] - 1] - self.time[self.offsets[:-1]]

    @cached_property
    def active(self) -> Ints:
        """(T,): µs of durations, or where there are none, of the gaps that are not idle.

        Where some events say how long they took and others do not, as in work recorded by several sources, gaps stand
        for those that do not, and a length counts up to the next event, that of the last one no more than the longest
        gap: a window may be in front while much is done.
        """
        if not len(self):
            return np.empty(0, np.int64)
        duration = self.events.duration[self.order]
        starts = self.offsets[:-1]
        known = np.add.reduceat((duration >= 0).astype(np.int64), starts)
        worked = np.add.reduceat(np.maximum(duration, 0), starts)
        gaps = np.where(self.gap < self.events.idle, np.maximum(self.gap, 0), 0)
        until = np.where(self.gap < 0, np.maximum.reduceat(gaps, starts)[self.trace], self.gap)
        mixed = np.where(duration < 0, gaps, np.minimum(duration, until))
        some = np.where(known == 0, np.add.reduceat(gaps, starts), np.add.reduceat(mixed, starts))
        return np.where(known == np.diff(self.offsets), worked, some)

    @cached_property
    def rules(self) -> tuple[Ints, Ints]:
        """(offsets (T + 1,), condition codes): each trace's conditions by symbol, at most `RULE_LIMIT`."""
        events = self.events
        rule = events.rule[self.order].astype(np.int64)
        has = rule >= 0
        pairs = _distinct(self.trace[has] * max(len(events.rule_offsets) - 1, 1) + rule[has])
        width = max(len(events.rule_offsets) - 1, 1)
        trace, rule = pairs // width, pairs % width
        lengths = events.rule_offsets[rule + 1] - events.rule_offsets[rule]
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        codes = events.rule_codes[np.repeat(events.rule_offsets[rule], lengths) + within]
        rank = np.empty(len(events.conditions), np.int64)
        by_symbol = np.argsort(events.conditions.symbols)
        rank[by_symbol] = np.arange(len(rank))
        cells = np.sort(_distinct(np.repeat(trace, lengths) * max(len(rank), 1) + rank[codes]))
        trace, ranks = cells // max(len(rank), 1), cells % max(len(rank), 1)
        counts = np.bincount(trace, minlength=len(self)).astype(np.int64)
        starts = np.cumsum(counts) - counts
        keep = np.arange(len(trace)) - starts[trace] < RULE_LIMIT
        offsets = np.concatenate([[0], np.cumsum(np.minimum(counts, RULE_LIMIT))]).astype(np.int64)
        return offsets, by_symbol[ranks[keep]].astype(np.int64)

    @cached_property
    def keys(self) -> list[str]:
        """(T,): the case, `WORKER WEEK #PERFORMANCE`, or `WORKER DATE #EPISODE`."""
        rows = self.order[self.offsets[:-1]]
        events = self.events
        when = (events.time[rows] // DAY).astype("datetime64[D]").astype(str).tolist()
        if len(events.performance):
            for trace in np.flatnonzero(events.performance[rows] >= 0).tolist():
                when[trace] = week_name(int(week(events.time[rows[trace : trace + 1]])[0]))
        cases, workers = events.cases, events.workers.texts
        return [
            cases[case] if case >= 0 else f"{workers[worker]} {date} #{episode + 1}"
            for case, worker, date, episode in zip(
                events.case[rows].tolist(), events.worker[rows].tolist(), when, self.episode.tolist(), strict=True
            )
        ]

    @cached_property
    def _tasks(self) -> tuple[Keys, dict[int, str]]:
        events = self.events
        if not len(self):
            return np.empty(0, np.uint64), {}
        first = self.order[self.offsets[:-1]]
        with_case = events.case[first] >= 0
        out = np.zeros(len(self), np.uint64)
        out[with_case] = events.tasks.symbols[events.task[first[with_case]]]
        used = np.unique(events.task[first[with_case]])
        texts = {int(events.tasks.symbols[c]): events.tasks.texts[c] for c in used.tolist()}
        loose = np.flatnonzero(~with_case)
        names = [f"work in {text}" for text in events.apps.texts], [f"work in {text}" for text in events.sources.texts]
        if len(events.performance):
            routine = events.routine[first[loose]]
            out[loose[routine >= 0]] = events.routines.symbols[routine[routine >= 0]]
            texts |= {int(events.routines.symbols[c]): events.routines.texts[c] for c in np.unique(routine) if c >= 0}
            loose = loose[routine < 0]
        symbols = np.array([symbol(text) for text in (*names[0], *names[1], "work")], np.uint64)
        chosen = self._commonest(loose, events.app, events.apps.symbols)
        sourced = self._commonest(loose, events.source, events.sources.symbols)
        code = np.where(chosen >= 0, chosen, np.where(sourced >= 0, sourced + len(names[0]), len(symbols) - 1))
        out[loose] = symbols[code]
        listed = [*names[0], *names[1], "work"]
        texts |= {int(symbols[c]): listed[c] for c in np.unique(code).tolist()}
        return out, texts

    def _commonest(self, traces: Ints, codes: NDArray[np.int32], symbols: Keys) -> Ints:
        """For each of the traces its commonest code, ties by symbol; −1 if it has none."""
        out = np.full(len(traces), -1, np.int64)
        wanted = np.full(len(self), -1, np.int64)
        wanted[traces] = np.arange(len(traces))
        code = codes[self.order].astype(np.int64)
        here = (wanted[self.trace] >= 0) & (code >= 0)
        if not here.any():
            return out
        width = len(symbols)
        cells, counts = np.unique(wanted[self.trace[here]] * width + code[here], return_counts=True)
        place, kind = cells // width, cells % width
        ranked = np.lexsort((symbols[kind], -counts, place))
        first = np.concatenate([[True], np.diff(place[ranked]) > 0])
        out[place[ranked][first]] = kind[ranked][first]
        return out


def own_time(duration: Ints, gap: Ints, idle: int) -> Ints:
    """The time an event took: its duration, else the gap after it if below the idle gap, else −1 (µs)."""
    return np.where(duration >= 0, duration, np.where((gap >= 0) & (gap < idle), gap, -1))


def time_order(events: Events) -> Ints:
    """Rows by (time, seq, id)."""
    order = row_order(unsigned(events.time)[:, None])
    times = events.time[order]
    tied = np.zeros(len(order), dtype=bool)
    same = times[1:] == times[:-1]
    tied[1:] |= same
    tied[:-1] |= same
    rows = order[tied]
    keys = np.column_stack([unsigned(events.time[rows]), unsigned(events.seq[rows]), events.ids[rows]])
    order[tied] = rows[row_order(np.ascontiguousarray(keys))]
    return order


def join(events: Events, order: Ints | None = None) -> Traces:
    """The joint traces of these events. `order`: as `time_order` gives it, if known already."""
    order = time_order(events) if order is None else order
    case = events.case[order].astype(np.int64)
    group = np.where(case >= 0, case, 0)
    loose = np.flatnonzero(case < 0)
    episode_of = np.full(len(order), -1, np.int64)
    if len(loose):
        group[loose], episode_of[loose] = _episodes(events, order[loose], len(events.cases))
    by_group = row_order(unsigned(group)[:, None])
    sorted_group = group[by_group]
    starts = (
        np.flatnonzero(np.concatenate([[True], np.diff(sorted_group) != 0])) if len(order) else np.empty(0, np.int64)
    )
    offsets = np.append(starts, len(order)).astype(np.int64)
    return Traces(events, order[by_group], offsets, episode_of[by_group][starts])


def worker_days(events: Events, order: Ints) -> tuple[Ints, NDArray[np.bool_], Ints]:
    """Events by (worker, UTC day, time): (rows, where a worker-day starts, its day number at each place)."""
    worker = unsigned(events.worker[order].astype(np.int64))
    rows = order[row_order(worker[:, None])]
    day = events.time[rows] // DAY
    who = events.worker[rows]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (np.diff(who) != 0) | (np.diff(day) != 0)
    return rows, first, day


def _episodes(events: Events, rows: Ints, base: int) -> tuple[Ints, Ints]:
    """Group numbers from `base` up for caseless rows in time order, and which performance or episode each is in."""
    if len(events.performance):
        number = events.performance[rows].astype(np.int64)
        cut = number >= 0
        group = np.empty(len(rows), np.int64)
        group[cut] = _performances(events, rows[cut]) + base
        if not cut.all():
            base = int(group[cut].max(initial=base - 1)) + 1
            group[~cut], number[~cut] = _by_idleness(events, rows[~cut], base)
        return group, number
    return _by_idleness(events, rows, base)


def _performances(events: Events, rows: Ints) -> Ints:
    """A number from 0 up for each performance of each worker and week."""
    key = np.column_stack([events.worker[rows], week(events.time[rows]), events.performance[rows]]).astype(np.int64)
    return np.unique(key, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _by_idleness(events: Events, rows: Ints, base: int) -> tuple[Ints, Ints]:
    """The same for rows that idle gaps cut: which episode of the worker's day each is in."""
    placed, first, _ = worker_days(events, rows)
    times = events.time[placed]
    cut = first.copy()
    cut[1:] |= np.diff(times) > events.idle
    group = np.cumsum(cut) - 1
    day = np.cumsum(first) - 1
    number = group - group[np.flatnonzero(first)][day]
    back = np.empty(int(rows.max()) + 1, np.int64)
    back[placed] = np.arange(len(placed))
    where = back[rows]
    return group[where] + base, number[where]


def unsigned(values: Ints) -> Keys:
    """Signed integers as unsigned ones of the same order."""
    return (
        values.view(np.uint64) if values.dtype == np.int64 else values.astype(np.int64).view(np.uint64)
    ) ^ np.uint64(1 << 63)


def _distinct(values: Ints) -> Ints:
    """Each value once (hashing: much faster than sorting when values repeat)."""
    return pa.array(values).unique().to_numpy()
