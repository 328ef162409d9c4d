"""A log made harder to segment, with its truth kept: noise, interleaving, times that tell nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.columns import RAW_SCHEMA, TIME, raw_table
from guildbook.model.errors import UsageError
from guildbook.model.time import DAY, SECOND

Ints = NDArray[np.int64]

FOREIGN: Final = 20
"""Kinds of foreign activity that noise brings."""
_FOREIGN_ACTIONS: Final = ("scroll", "view", "click")
AHEAD: Final = 6
"""How far ahead a segment of another task is looked for."""


@dataclass(frozen=True)
class Trial:
    """Events in the order of the file, and what is true of each."""

    events: pa.Table
    segment: Ints
    """(n,): −1 where nothing is known."""
    task: Ints | None
    """(n,): the true task, where the truth tells segments of several tasks apart."""

    def take(self, rows: Ints) -> Trial:
        """These events, in this order."""
        return Trial(self.events.take(rows), self.segment[rows], None if self.task is None else self.task[rows])

    def even(self) -> Trial:
        """The same events a second apart."""
        times = pa.array(np.arange(len(self.events)) * SECOND, TIME)
        place = self.events.column_names.index("time")
        return replace(self, events=self.events.set_column(place, "time", times))


def shared_out(trial: Trial, people: int, weeks: int, seed: int) -> Trial:
    """The log's segments done by so many people in so many weeks, each by lot; events five seconds apart."""
    rows = np.flatnonzero(trial.segment >= 0)
    lot = np.random.default_rng(seed).integers(0, people * weeks, int(trial.segment.max()) + 1)
    unit = lot[trial.segment[rows]]
    order = np.argsort(unit, kind="stable")
    dealt, unit = trial.take(rows[order]), unit[order]
    place = np.arange(len(rows)) - np.searchsorted(unit, unit)
    times = pa.array(unit % weeks * 7 * DAY + place * 5 * SECOND, TIME)
    whose = pa.array([f"person {number}" for number in (unit // weeks).tolist()])
    events = dealt.events.set_column(dealt.events.column_names.index("time"), "time", times)
    column = events.column_names.index("worker")
    events = events.set_column(column, "worker", whose.dictionary_encode().cast(events.schema.field("worker").type))
    return replace(dealt, events=events)


def noisy(trial: Trial, share: float, seed: int) -> Trial:
    """The log with events injected at random places, without truth of their own.

    Every second one is an event of the log repeated where it does not belong, the others are of an app of their own.
    """
    chance = np.random.default_rng(seed)
    n = len(trial.events)
    many = round(n * share)
    at = np.sort(chance.integers(0, n + 1, many))
    own = trial.events.take(chance.integers(0, n, many - many // 2))
    extra = pa.concat_tables([own, _foreign(chance.integers(0, FOREIGN, many // 2)).cast(RAW_SCHEMA)])
    extra = extra.take(chance.permutation(many))
    times = trial.events.column("time").cast(pa.int64()).to_numpy()
    near = times[np.maximum(at - 1, 0)] + 1
    extra = extra.set_column(extra.column_names.index("time"), "time", pa.array(near, TIME))
    rows = np.insert(np.arange(n), at, n + np.arange(many))
    return Trial(
        pa.concat_tables([trial.events, extra]).unify_dictionaries().take(rows),
        np.insert(trial.segment, at, -1),
        None if trial.task is None else np.insert(trial.task, at, -1),
    )


def interleaved(trial: Trial, seed: int) -> Trial:
    """The log with its segments interleaved by twos: a segment with the next of another task, if one is near.

    The order within each is kept, and all ways to mix the two are equally likely.
    """
    if trial.task is None:
        raise UsageError(
            "Interleaving needs to know tasks.", "Name two truth columns: --truth TASK,INSTANCE.", "no-task-truth"
        )
    chance = np.random.default_rng(seed)
    borders = np.flatnonzero(np.diff(trial.segment)) + 1
    waiting = np.split(np.arange(len(trial.segment)), borders)
    out: list[Ints] = []
    while waiting:
        one = waiting.pop(0)
        near = enumerate(waiting[:AHEAD])
        other = next((i for i, rows in near if trial.task[rows[0]] != trial.task[one[0]]), None)
        if other is None:
            out.append(one)
            continue
        two = waiting.pop(other)
        which = chance.permutation(np.repeat([0, 1], [len(one), len(two)]))
        mixed = np.empty(len(which), np.int64)
        mixed[which == 0], mixed[which == 1] = one, two
        out.append(mixed)
    return trial.take(np.concatenate(out)).even()


def _foreign(kinds: Ints) -> pa.Table:
    return raw_table(
        {
            "app": ["Elsewhere"] * len(kinds),
            "action": [_FOREIGN_ACTIONS[kind % len(_FOREIGN_ACTIONS)] for kind in kinds.tolist()],
            "element_name": [f"item {chr(ord('a') + kind)}" for kind in kinds.tolist()],
        },
        len(kinds),
    )
