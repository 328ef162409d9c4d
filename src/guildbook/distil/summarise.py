"""From joint traces and worker-days to sums. What a trace adds depends on its own admitted events alone."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.begun import hour_number
from guildbook.distil.buckets import bucket
from guildbook.distil.encode import Events, encode
from guildbook.distil.kernels import context_hashes, group_rows, reply_times, run_hashes, trace_tokens, way_hashes
from guildbook.distil.segment.units import SHIFT, long_episodes, week
from guildbook.distil.settings import Settings
from guildbook.distil.sums import CUT, END, MAX_ORDER, REPEAT, START, VARIANT_LIMIT, WITH_CASE, WITHOUT_CASE, Sums
from guildbook.distil.tables import CountTable, Profiles
from guildbook.distil.traces import Traces, join, own_time, time_order, worker_days
from guildbook.model.time import DAY, EARLIEST

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

WAITED: Final = 60_000_000
"""µs from which on work was handed over and not passed on at once."""
RUN_LOWS: Final = np.array([1, 2, 3, 5, 9])
"""Shortest run of each run-length bucket, from bucket 1."""


def summarise_table(table: pa.Table, settings: Settings) -> Sums:
    """The sums of a table of admitted (or raw) events that holds its joint traces and worker-days whole."""
    return summarise(encode(table, settings))


def summarise(events: Events) -> Sums:
    """The sums of whole joint traces and whole worker-days."""
    order = time_order(events)
    return trace_sums(join(events, order)) + day_sums(events, order)


def trace_sums(traces: Traces) -> Sums:
    """What the joint traces add: every table but `batches`, `days` and `long`."""
    if not len(traces):
        return Sums()
    asked, askers, ask_uses = asks(traces)
    following, weeks = followed(traces)
    looked, rule_uses = profiles(traces)
    copies = np.bincount(traces.events.copy_worker, minlength=len(traces.events.workers))
    vocab, texts = _vocab(traces, rule_uses, ask_uses + copies)
    kind = np.where(traces.episode < 0, WITH_CASE, WITHOUT_CASE).astype(np.uint64)
    return Sums(
        vocab=vocab,
        contexts=context_counts(traces),
        follows=following,
        weeks=weeks,
        endings=endings(traces),
        leads=leads(traces),
        performers=CountTable.from_columns(traces.task_at, traces.step, traces.who, bucket(traces.own)),
        handovers=handovers(traces),
        takers=takers(traces),
        asks=asked,
        askers=askers,
        tenures=tenures(traces),
        ways=ways(traces),
        totals=CountTable.from_columns(kind),
        profiles=looked,
        variants=variants(traces),
        texts=texts,
    )


def day_sums(events: Events, order: Ints) -> Sums:
    """What whole worker-days add: `days`, `long`, and `batches` of events that have a case.

    In a batch an event's own time is its duration or the gap to the worker's next event, so that it depends on
    the worker-day alone.
    """
    if not len(events):
        return Sums()
    rows, first, day = worker_days(events, order)
    worker = events.workers.symbols[events.worker[rows]]
    act, case, time = events.act[rows], events.case[rows], events.time[rows]
    gap = np.full(len(rows), -1, np.int64)
    gap[:-1] = np.where(first[1:], -1, np.diff(time))
    own = own_time(events.duration[rows], gap, events.idle)
    goes_on = np.zeros(len(rows), dtype=bool)
    goes_on[1:] = ~first[1:] & (act[1:] == act[:-1]) & (case[1:] != case[:-1]) & (case[1:] >= 0) & (case[:-1] >= 0)
    run = np.cumsum(~goes_on) - 1
    length = np.searchsorted(RUN_LOWS, np.bincount(run)[run], side="right").astype(np.uint64)
    has = case >= 0
    task = events.tasks.symbols[events.task[rows[has]]] if has.any() else np.empty(0, np.uint64)
    return Sums(
        batches=CountTable.from_columns(task, events.acts.symbols[act[has]], length[has], bucket(own[has])),
        days=CountTable.from_columns(worker, day.astype(np.uint64)),
        long=_long(events),
    )


def _long(events: Events) -> CountTable:
    """Episodes too long to be told whole, by whose week it is."""
    rows = long_episodes(events.worker, events.time, events.case < 0, events.idle)
    weeks = (week(events.time[rows]) + SHIFT).astype(np.uint64)
    return CountTable.from_columns(events.workers.symbols[events.worker[rows]], weeks)


def follows(traces: Traces) -> CountTable:
    """What follows what in each task, START and END included as 0."""
    return followed(traces)[0]


def followed(traces: Traces) -> tuple[CountTable, CountTable]:
    """`follows` and `weeks`: both are told from one count, so that the second costs next to nothing."""
    task, step = traces.task_at, traces.step
    after = np.zeros(len(step), np.uint64)
    after[:-1] = step[1:]
    after[traces.offsets[1:] - 1] = 0
    starts = traces.offsets[:-1]
    none = np.zeros(len(traces), np.uint64)
    week = week_number(traces.time)
    whole = CountTable.from_columns(
        np.concatenate([task, traces.task]),
        np.concatenate([step, none]),
        np.concatenate([after, step[starts]]),
        np.concatenate([bucket(traces.gap), none]),
        np.concatenate([week, week[starts]]),
    )
    return whole.by(0, 1, 2, 3), whole.by(0, 1, 2, 4)


def week_number(micros: Ints) -> Keys:
    """Whole weeks since 1900-01-01, a Monday and the earliest time an event may have."""
    return ((micros - EARLIEST) // (7 * DAY)).astype(np.uint64)


def handovers(traces: Traces) -> CountTable:
    """Who hands what to whom in each task.

    Waiting runs from the end of the step before, where its duration is known, to the start of the next.
    """
    task, step, worker = traces.task_at, traces.step, traces.who
    change, waited = _handed_over(traces)
    return CountTable.from_columns(task[change], worker[change], worker[change + 1], step[change + 1], bucket(waited))


def _handed_over(traces: Traces) -> tuple[Ints, Ints]:
    """(places after which another worker goes on, µs from the end of the event there to the next)."""
    change = np.flatnonzero((traces.gap[:-1] >= 0) & (traces.worker[1:] != traces.worker[:-1]))
    before = np.maximum(traces.events.duration[traces.order[change]], 0)
    return change, np.maximum(traces.gap[change] - before, 0)


def takers(traces: Traces) -> CountTable:
    """Who takes which step up from another, by condition, where it waited a minute or more.

    What is taken up sooner was passed on by a system or across a desk. Nor is it handed over where somebody goes on
    with a case of which they do most: whose case it is depends on the case, not on the step.
    """
    change, waited = _handed_over(traces)
    taken = change[waited >= WAITED] + 1
    taken = taken[traces.worker[taken] != traces.main[traces.trace[taken]]]
    row, condition = _by_condition(traces, taken)
    at = taken[row]
    return CountTable.from_columns(traces.task_at[at], condition, traces.step[at], traces.who[at])


def tenures(traces: Traces) -> CountTable:
    """How many joint traces each worker did most of, by the week in which they began."""
    begun = week_number(traces.time[traces.offsets[:-1]])
    return CountTable.from_columns(traces.task, traces.events.workers.symbols[traces.main], begun)


def _by_condition(traces: Traces, places: Ints) -> tuple[Ints, Keys]:
    """(which of the places, condition): each place once without a condition (0) and once for each of its trace's."""
    offsets, codes = traces.rules
    here = traces.trace[places]
    lengths = offsets[here + 1] - offsets[here] + 1
    row = np.repeat(np.arange(len(places)), lengths)
    within = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    condition = np.zeros(len(row), np.uint64)
    some = within > 0
    condition[some] = traces.events.conditions.symbols[codes[offsets[here[row[some]]] + within[some] - 1]]
    return row, condition


def sequences(traces: Traces) -> tuple[Keys, Ints, Ints]:
    """(sequence, positions, depth): all traces as START, activities, END; where something comes next.

    A position is a place in the sequence that is not START; its depth counts the symbols of its trace before it.
    """
    count, sizes = len(traces), np.diff(traces.offsets)
    step = traces.step
    starts = traces.offsets[:-1] + 2 * np.arange(count)
    sequence = np.full(len(step) + 2 * count, START, np.uint64)
    sequence[np.arange(len(step)) + 2 * traces.trace + 1] = step
    sequence[starts + sizes + 1] = END
    inside = np.ones(len(sequence), dtype=bool)
    inside[starts] = False
    positions = np.flatnonzero(inside)
    return sequence, positions, positions - np.repeat(starts, sizes + 1)


def context_counts(traces: Traces) -> CountTable:
    """Context counts, longest first: each shorter order adds up the distinct contexts of the longer one.

    Contexts never reach over START.
    """
    sequence, positions, depth = sequences(traces)
    weights = np.ones(len(positions), np.int64)
    tables: list[tuple[Keys, Ints]] = []
    for order in range(MAX_ORDER, -1, -1):
        used = np.minimum(depth, order)
        rows = np.empty((len(positions), 3), np.uint64)
        rows[:, 0], rows[:, 1], rows[:, 2] = used, context_hashes(sequence, positions, used), sequence[positions]
        kept, weights = group_rows(rows, weights)
        positions, depth, rows = positions[kept], depth[kept], rows[kept]
        full = rows[:, 0] == order
        tables.append((rows[full], weights[full]))
    keys, counts = np.concatenate([k for k, _ in tables]), np.concatenate([c for _, c in tables])
    return CountTable.from_unique(keys, counts)


def ways(traces: Traces) -> CountTable:
    """Ways from one step to another through one app: a → p1 … pk → b, k = 1 … 4.

    Consecutive events of one joint trace that are all one worker's, with no idle gap between them.
    """
    task, step, worker = traces.task_at, traces.step, traces.who
    app = traces.events.app[traces.order].astype(np.int64)
    n = len(step)
    if n < 3 or not (app >= 0).any():  # noqa: PLR2004 - a way is at least three events
        return Sums().ways
    gap = traces.gap
    linked = np.zeros(n, dtype=bool)
    linked[:-1] = (gap[:-1] >= 0) & (gap[:-1] < traces.events.idle) & (worker[1:] == worker[:-1])
    elapsed = np.zeros((n, 4), np.uint64)
    for k in range(1, 5):
        if n > k + 1:
            elapsed[: n - k - 1, k - 1] = bucket(np.maximum(traces.time[k + 1 :] - traces.time[: n - k - 1], 0))
    fixed = np.column_stack([task, worker])
    where, codes = way_hashes(linked, step, app, fixed, elapsed)
    first, counts = group_rows(codes, np.ones(len(codes), np.int64))
    at, k = where[first, 0], where[first, 1]
    keys = np.zeros((len(first), 9), np.uint64)
    keys[:, 0], keys[:, 1], keys[:, 2] = task[at], worker[at], step[at]
    for place in range(1, 5):
        has = k >= place
        keys[has, 2 + place] = step[at[has] + place]
    keys[:, 7], keys[:, 8] = step[at + k + 1], elapsed[at, k - 1]
    return CountTable.from_unique(keys, counts)


def asks(traces: Traces) -> tuple[CountTable, CountTable, Ints]:
    """Asks by condition, asks by who asks, and how often each worker code was asked."""
    events = traces.events
    uses = np.zeros(len(events.workers), np.int64)
    if not len(events.ask_event):
        return Sums().asks, Sums().askers, uses
    place = np.empty(len(events), np.int64)
    place[traces.order] = np.arange(len(events))
    at = place[events.ask_event]
    asked = events.ask_worker.astype(np.int64)
    in_order = np.lexsort((asked, at))
    at, asked = at[in_order], asked[in_order]
    waited = reply_times(traces.offsets, traces.trace, traces.time, traces.worker, at, asked, len(events.workers))
    np.add.at(uses, asked, 1)
    task, step, person = traces.task_at[at], traces.step[at], events.workers.symbols[asked]
    outcome = traces.outcome[traces.trace[at]].astype(np.uint64)
    row, condition = _by_condition(traces, at)
    time = bucket(waited)
    by_condition = CountTable.from_columns(task[row], condition, step[row], person[row], time[row], outcome[row])
    return by_condition, CountTable.from_columns(task, step, traces.who[at], person, time), uses


def profiles(traces: Traces) -> tuple[Profiles, Ints]:
    """What each joint trace looks like, and how often each condition code was used."""
    events = traces.events
    rule_offsets, rule_codes = traces.rules
    by_symbol = np.argsort(events.workers.symbols)
    rank = np.empty(len(by_symbol), np.int64)
    rank[by_symbol] = np.arange(len(rank))
    offsets, tokens = trace_tokens(
        traces.offsets,
        traces.act,
        events.acts.symbols,
        traces.worker,
        traces.main,
        rank,
        events.workers.symbols[by_symbol],
        rule_offsets,
        events.conditions.symbols[rule_codes],
        np.uint64(REPEAT),
        *told(traces, rank),
    )
    head = np.column_stack(
        [
            traces.task,
            traces.outcome.astype(np.uint64),
            bucket(traces.active),
            bucket(traces.lead),
            hour_number(traces.time[traces.offsets[:-1]]),
        ]
    )
    return Profiles.from_runs(head, offsets, tokens), np.bincount(rule_codes, minlength=len(events.conditions))


def told(traces: Traces, rank: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Who is addressed or gets a copy in each joint trace: (offsets, people by rank, whether not at once).

    At once is with the first event of the trace that tells anybody anything.
    """
    events = traces.events
    rows = np.concatenate([events.ask_event, events.copy_event])
    people = rank[np.concatenate([events.ask_worker, events.copy_worker])]
    place = np.empty(len(events), np.int64)
    place[traces.order] = np.arange(len(events))
    at = place[rows]
    order = np.lexsort((at, people, traces.trace[at]))
    at, people, trace = at[order], people[order], traces.trace[at[order]]
    first = np.full(len(traces), len(events), np.int64)
    np.minimum.at(first, trace, at)
    once = np.ones(len(at), dtype=bool)
    once[1:] = (trace[1:] != trace[:-1]) | (people[1:] != people[:-1])
    at, people, trace = at[once], people[once], trace[once]
    offsets = np.searchsorted(trace, np.arange(len(traces) + 1))
    return offsets.astype(np.int64), people.astype(np.int64), at > first[trace]


def variants(traces: Traces) -> Profiles:
    """Whole sequences of activities by task, cut at `VARIANT_LIMIT`."""
    return Profiles.from_runs(traces.task[:, None], *_cut(traces))


def endings(traces: Traces) -> CountTable:
    """How each variant ended, and how long it took."""
    kind = run_hashes(np.ascontiguousarray(traces.task[:, None]), *_cut(traces))[:, 0]
    return CountTable.from_columns(kind, traces.outcome.astype(np.uint64), bucket(traces.lead))


def leads(traces: Traces) -> CountTable:
    """How long joint traces took, by the week in which they began."""
    begun = week_number(traces.time[traces.offsets[:-1]])
    return CountTable.from_columns(traces.task, begun, bucket(traces.lead))


def _cut(traces: Traces) -> tuple[Ints, Keys]:
    """(offsets, activities) of all traces, longer ones cut and marked."""
    sizes = np.diff(traces.offsets)
    kept = np.minimum(sizes, VARIANT_LIMIT + 1)
    offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], kept)
    tokens = traces.step[np.repeat(traces.offsets[:-1], kept) + within]
    tokens[within == VARIANT_LIMIT] = CUT
    return offsets, tokens


def _vocab(traces: Traces, rule_uses: Ints, ask_uses: Ints) -> tuple[CountTable, dict[int, str]]:
    """How often each symbol was used, and the texts of those that were."""
    events = traces.events
    worker_uses = np.bincount(traces.worker, minlength=len(events.workers)) + ask_uses
    listed = (
        (events.acts, np.bincount(traces.act, minlength=len(events.acts))),
        (events.workers, worker_uses),
        (events.conditions, rule_uses),
    )
    tasks, task_uses = np.unique(traces.task, return_counts=True)
    symbols = np.concatenate([tasks, *(words.symbols for words, _ in listed)])
    vocab = CountTable.from_columns(symbols, weights=np.concatenate([task_uses, *(uses for _, uses in listed)]))
    texts = dict(traces.task_texts)
    for words, uses in listed:
        texts |= {int(words.symbols[c]): words.texts[c] for c in np.flatnonzero(uses).tolist()}
    return vocab, {code: texts[code] for code in vocab.keys[:, 0].tolist()}
