"""The series in which changes are looked for, read off the sums' counts by week."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import centre_seconds
from guildbook.distil.sums import Sums

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

MIN_TOTAL: Final = 100
"""Occurrences of a step below which its followers are not looked at."""
MIN_PERIODS: Final = 8
PER_PERIOD: Final = 8
"""Weeks are taken together until a period holds about so many occurrences."""
MOST_FOLLOWERS: Final = 8
MOST_SERIES: Final = 400
"""The steps with the most occurrences are looked at."""
DAY_SECONDS: Final = 86_400.0
WEEK_SECONDS: Final = 7 * DAY_SECONDS
OTHER: Final = 1
"""Stands for all rarer followers; no symbol of a text."""

FOLLOWS: Final = "follows"
STEP: Final = "step"
LASTS: Final = "lasts"
CLASSES: Final = 5
"""Of cases by how long they took, about equally many in each."""
_THROUGH: Final = 0.95
"""Share of cases after whose length of time the first ones count as through."""


@dataclass(frozen=True)
class Series:
    """Counts by period and category."""

    kind: str
    """`FOLLOWS`: what follows the activity, which is 0 for the start. `STEP`: the activity against all others.

    `LASTS`: how long the cases take that begin in a period.
    """
    task: int
    activity: int
    categories: tuple[int, ...]
    """Symbols; 0 is the end of the case, `OTHER` all others. Of `LASTS` the last time bucket of each class."""
    counts: Ints
    """(periods, categories)"""
    first: int
    """Week number in which the first period begins."""
    weeks: int
    """Weeks of a period."""


@dataclass(frozen=True)
class _Weekly:
    """The counts of one task by week."""

    task: int
    source: Keys
    target: Keys
    week: Ints
    counts: Ints
    low: int
    high: int
    """First and last week in which cases began."""
    front: int
    """Weeks until nearly all of the cases that began first are through."""


def series(sums: Sums) -> tuple[Series, ...]:
    """All series worth looking at, those of most occurrences first."""
    found = [
        made
        for weekly in _tasks(sums)
        for made in (*_followers(sums, weekly), *_steps(weekly), *_lengths(sums, weekly))
    ]
    return tuple(sorted(found, key=lambda s: (-int(s.counts.sum()), s.kind, s.task, s.activity))[:MOST_SERIES])


def _tasks(sums: Sums) -> Iterator[_Weekly]:
    """The tasks by week, within the weeks in which cases begin.

    Until the first cases are through, only young ones are at work; after the last begins, only old ones: a log's
    edges look like changes and are none.
    """
    keys, counts = sums.weeks.keys, sums.weeks.counts
    if not len(keys):
        return
    edges = np.flatnonzero(np.diff(keys[:, 0], prepend=keys[:1, 0] ^ np.uint64(1)) != 0)
    for low, high in zip(edges.tolist(), [*edges[1:].tolist(), len(keys)], strict=True):
        rows, held = keys[low:high], counts[low:high]
        week = rows[:, 3].astype(np.int64)
        begun = week[rows[:, 1] == 0]
        if int(begun.max()) - int(begun.min()) + 1 < MIN_PERIODS:
            continue
        task, span = int(rows[0, 0]), int(begun.max()) - int(begun.min()) + 1
        own = sums.profiles.head[:, 0] == rows[0, 0]
        lead = _quantile(sums.profiles.head[own, 3], sums.profiles.counts[own], _THROUGH)
        front = min(math.ceil(lead / WEEK_SECONDS) if lead >= DAY_SECONDS else 0, span // 4)
        yield _Weekly(task, rows[:, 1], rows[:, 2], week, held, int(begun.min()), int(begun.max()), front)


def _followers(sums: Sums, weekly: _Weekly) -> Iterator[Series]:
    """What follows each step, and what cases begin with."""
    keys = sums.follows.keys
    rows = slice(*np.searchsorted(keys[:, 0], np.array([weekly.task, weekly.task + 1], np.uint64)).tolist())
    elapsed, times = keys[rows], sums.follows.counts[rows]
    edges = np.flatnonzero(np.diff(weekly.source, prepend=weekly.source[:1] ^ np.uint64(1)) != 0)
    for low, high in zip(edges.tolist(), [*edges[1:].tolist(), len(weekly.source)], strict=True):
        activity = int(weekly.source[low])
        start, end = weekly.low + (weekly.front if activity else 0), weekly.high
        if activity and (weekly.target[low:high] == 0).any():
            end -= _open(elapsed, times, activity, (weekly.high - weekly.low + 1) // 4)
        made = _series(weekly, slice(low, high), activity, start, end)
        if made is not None:
            yield made


def _open(elapsed: Keys, times: Ints, activity: int, most: int) -> int:
    """Weeks before the log's end in which a case that seems to end here may only be waiting for its next step."""
    here = (elapsed[:, 1] == np.uint64(activity)) & (elapsed[:, 2] != 0)
    return min(math.ceil(_quantile(elapsed[here, 3], times[here], 0.9) / WEEK_SECONDS), most)


def _series(weekly: _Weekly, rows: slice, activity: int, start: int, end: int) -> Series | None:
    inside = (weekly.week[rows] >= start) & (weekly.week[rows] <= end)
    target, week, counts = weekly.target[rows][inside], weekly.week[rows][inside], weekly.counts[rows][inside]
    total = int(counts.sum())
    if total < MIN_TOTAL:
        return None
    followers, place = np.unique(target, return_inverse=True)
    size = np.bincount(place, counts).astype(np.int64)
    kept = np.lexsort((followers, -size))[:MOST_FOLLOWERS]
    column = np.full(len(followers), len(kept))
    column[kept] = np.arange(len(kept))
    rest = len(followers) > len(kept)
    table, weeks = _periods(column[place], week, counts, len(kept) + rest, start, end)
    if table is None or table.shape[1] < 2:  # noqa: PLR2004 - with one follower there is nothing to change
        return None
    names = (*followers[kept].tolist(), *((OTHER,) if rest else ()))
    return Series(FOLLOWS, weekly.task, activity, names, table, start, weeks)


def _steps(weekly: _Weekly) -> Iterator[Series]:
    """Steps that are not done all the time, against all others: what came up and what went out of use."""
    start, end = weekly.low + weekly.front, weekly.high
    inside = (weekly.source != 0) & (weekly.week >= start) & (weekly.week <= end)
    if not inside.any():
        return
    activities, place = np.unique(weekly.source[inside], return_inverse=True)
    week, counts = weekly.week[inside], weekly.counts[inside]
    by_week = np.zeros((end - start + 1, len(activities)), np.int64)
    np.add.at(by_week, (week - start, place), counts)
    total = by_week.sum(axis=1)
    for column in range(len(activities)):
        own = by_week[:, column]
        seen = np.flatnonzero(own)
        if own.sum() < MIN_TOTAL // 2 or (seen[0] < 2 and seen[-1] > len(own) - 3):  # noqa: PLR2004 - at both edges
            continue
        weeks = max(1, math.ceil(PER_PERIOD / max(float(own.sum()) / (int(seen[-1]) - int(seen[0]) + 1), 1e-9)))
        table = _binned(np.column_stack([own, total - own]), weeks)
        if len(table) >= MIN_PERIODS:
            yield Series(
                STEP, weekly.task, int(activities[column]), (int(activities[column]), OTHER), table, start, weeks
            )


def _lengths(sums: Sums, weekly: _Weekly) -> Iterator[Series]:
    """How long cases take, by when they begin; those that began last may not be through and are left out."""
    keys = sums.leads.keys
    rows = slice(*np.searchsorted(keys[:, 0], np.array([weekly.task, weekly.task + 1], np.uint64)).tolist())
    week, bucket, counts = keys[rows, 1].astype(np.int64), keys[rows, 2].astype(np.int64), sums.leads.counts[rows]
    end = weekly.high - weekly.front
    inside = week <= end
    week, bucket, counts = week[inside], bucket[inside], counts[inside]
    if int(counts.sum()) < MIN_TOTAL:
        return
    held = np.bincount(bucket, counts)
    goals = np.arange(1, CLASSES) * int(held.sum()) / CLASSES
    edges = np.unique(np.append(np.searchsorted(np.cumsum(held), goals), len(held) - 1))
    table, weeks = _periods(np.searchsorted(edges, bucket), week, counts, len(edges), weekly.low, end)
    if table is not None and len(edges) > 1:
        yield Series(LASTS, weekly.task, 0, tuple(edges.tolist()), table, weekly.low, weeks)


def _periods(column: Ints, week: Ints, counts: Ints, width: int, start: int, end: int) -> tuple[Ints | None, int]:
    """(periods, categories) and the weeks of a period; None where there are too few periods."""
    span = end - start + 1
    if span < MIN_PERIODS:
        return None, 1
    table = np.zeros((span, width), np.int64)
    np.add.at(table, (week - start, column), counts)
    weeks = max(1, math.ceil(PER_PERIOD * span / max(int(counts.sum()), 1)))
    table = _binned(table, weeks)
    return (table if len(table) >= MIN_PERIODS else None), weeks


def _binned(table: Ints, weeks: int) -> Ints:
    """Rows taken together; a last period that is not whole is left to the one before it."""
    if weeks == 1:
        return table
    starts = np.arange(0, max(len(table) - weeks + 1, 1), weeks)
    return np.add.reduceat(table, starts, axis=0)


def _quantile(buckets: Keys, counts: Ints, share: float) -> float:
    """A quantile of a histogram of elapsed times in seconds; 0 when nothing is known."""
    known = buckets != 0
    if not known.any():
        return 0.0
    order = np.argsort(buckets[known], kind="stable")
    reached = np.cumsum(counts[known][order])
    at = int(np.searchsorted(reached, share * int(reached[-1])))
    return float(centre_seconds(buckets[known][order][at : at + 1])[0])
