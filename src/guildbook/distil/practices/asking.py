"""The `asks` table as the people miners look at it: who was asked what, under which condition, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import log_centre
from guildbook.distil.practices import wording
from guildbook.distil.practices.runs import run_numbers, run_starts
from guildbook.distil.practices.statistics import Floats, tally
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.distil.topics import Topics
from guildbook.model.knowledge import When

Ints = NDArray[np.int64]

SUBJECT: Final = "subject"
"""Name of the condition that says what a message is about."""


@dataclass(frozen=True)
class Asks:
    """Responses as groups: one row for each (task, condition, asking step, person)."""

    keys: NDArray[np.uint64]
    """(g, 4)"""
    asked: Floats
    answered: Floats
    total: Floats
    """Sum of ln seconds until the person acted, over those answered."""
    square: Floats
    topic: NDArray[np.uint64]
    """(g,): the condition where it is a topic, else 0."""


@dataclass(frozen=True)
class Group:
    """What is asked about one thing: rows of `Asks` of one task, asking step and topic."""

    task: int
    ask: int
    topic: int
    """0: messages have no topic, or it is no message."""
    rows: Ints
    """In order: by condition."""


def openings(sums: Sums) -> CountTable:
    """(task, activity): activities that mostly open a joint trace. A mail that does is an ask, others answer one."""
    first = sums.follows.where(c1=0).by(0, 2)
    every = sums.follows.by(0, 1)
    often = {(task, act): n for (task, act), n in zip(every.keys.tolist(), every.counts.tolist(), strict=True)}
    firsts = zip(first.keys.tolist(), first.counts.tolist(), strict=True)
    kept = np.array([2 * n >= often.get((task, act), 0) for (task, act), n in firsts], dtype=bool)
    return CountTable(first.keys[kept], first.counts[kept])


def grouped(asks: CountTable, about: Topics | None = None, opening: CountTable | None = None) -> Asks:
    """Count, answers, and moments of the log response time.

    Words of subjects that are no topic are left out, and so is mail as a whole where it has topics: that somebody
    answers mail quickly is told by what it is about. Of mails with topics only those count that open a thread.
    """
    known = about or Topics()
    group = run_numbers(asks.keys, 4)
    keys = np.ascontiguousarray(asks.keys[run_starts(group), :4])
    counts = asks.counts.astype(np.float64)
    answered = np.where(asks.keys[:, 4] > 0, counts, 0.0)
    logs = np.nan_to_num(log_centre(asks.keys[:, 4]))
    size = len(keys)
    parts = (counts, answered, answered * logs, answered * logs**2)
    asked, done, total, square = (tally(group, part, size) for part in parts)
    is_topic = np.isin(keys[:, 1], np.array(sorted(known.words), np.uint64))
    with_topics = np.isin(keys[:, 0], np.unique(keys[is_topic, 0]))
    dropped = np.isin(keys[:, 1], np.array(sorted(known.beside), np.uint64)) | (with_topics & (keys[:, 1] == 0))
    if opening is not None and with_topics.any():
        opens, tasks = {(int(task), int(act)) for task, act in opening.keys}, {int(task) for task in opening.keys[:, 0]}
        pairs = [(int(task), int(act)) for task, act in keys[:, [0, 2]]]
        dropped |= with_topics & [pair[0] in tasks and pair not in opens for pair in pairs]
    kept = ~dropped
    topic = np.where(is_topic, keys[:, 1], np.uint64(0))
    return Asks(keys[kept], asked[kept], done[kept], total[kept], square[kept], topic[kept])


def groups_of(table: Asks) -> list[Group]:
    """The rows by task, asking step and topic, those of most asks first."""
    if not len(table.keys):
        return []
    kinds, group = np.unique(np.column_stack([table.keys[:, [0, 2]], table.topic]), axis=0, return_inverse=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(group, minlength=len(kinds)))[:-1])
    found = [Group(int(t), int(a), int(w), rows) for (t, a, w), rows in zip(kinds, parts, strict=True)]
    return sorted(found, key=lambda group: -float(table.asked[group.rows].sum()))


def is_message(when: When) -> bool:
    """Whether the condition is what a message is about."""
    return any(name == SUBJECT for name, _ in when.attributes)


def about(when: When) -> str:
    """`When you write about “invoice”` for messages, the task and its conditions for everything else."""
    words = [f"“{value}”" for name, value in when.attributes if name == SUBJECT]
    return f"When you write about {' and '.join(words)}" if words else wording.situation(when)
