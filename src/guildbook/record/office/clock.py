"""When things happen: cases wait for people, people have working hours, and each does one thing at a time.

A discrete-event simulation in one compiled loop. A sitting is a run of events of one person in one case with no wait
in between; sittings are taken from a heap by the time they become ready, so each person serves in order of arrival.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from guildbook.columns.compiled import njit
from guildbook.model.time import DAY, HOUR, MINUTE
from guildbook.record.office.cases import FIRST_WEEKDAY, WORKDAYS
from guildbook.record.office.sheet import ASIDE, AT_ONCE, BATCH, OWN, Lines
from guildbook.record.office.staff import Staff

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[Any]
"""Compiled code knows what its numbers are; NumPy's types cannot say it, so inside they are Any."""

_LUNCH: Final = 35 * MINUTE
_FIRST_SLOT: Final = 11 * HOUR
_SECOND_SLOT: Final = 15 * HOUR
_ANSWERS_FROM: Final = 8 * HOUR + 40 * MINUTE
_ANSWERS_TO: Final = 16 * HOUR + 20 * MINUTE
"""When everybody is there. What is done in between falls into these hours whosever it is: longer hours of some would
else look like quicker answers."""
_NO_LUNCH: Final = -DAY
_APART: Final = 12 * MINUTE
"""Duties of different kinds that are done in batches have their own slots."""


@njit(cache=True)
def _open(t: Any, start: Any, end: Any, lunch: Any) -> Any:  # pragma: no cover - compiled
    """The first moment from `t` on at which a person with these hours is at work."""
    while True:
        day = t // DAY
        clock = t - day * DAY
        if (day + FIRST_WEEKDAY) % 7 >= WORKDAYS or clock >= end:
            t = (day + 1) * DAY
        elif clock < start:
            return day * DAY + start
        elif lunch <= clock < lunch + _LUNCH:
            return day * DAY + lunch + _LUNCH
        else:
            return t


@njit(cache=True)
def _slot(t: Any, group: Any) -> Any:  # pragma: no cover - compiled
    """The next time of day at which duties of this kind are done together."""
    day = t // DAY
    clock = t - day * DAY
    first = _FIRST_SLOT + group * _APART
    second = _SECOND_SLOT + group * _APART
    if clock <= first:
        return day * DAY + first
    if clock <= second:
        return day * DAY + second
    return (day + 1) * DAY + first


@njit(cache=True)
def _schedule(
    first: Cells,
    arrival: Cells,
    who: Cells,
    length: Cells,
    pause: Cells,
    wait: Cells,
    mode: Cells,
    group: Cells,
    hours: Cells,
    factor: Cells,
    horizon: int,
) -> Ints:  # pragma: no cover - compiled
    """Start times, µs since the first midnight (−1: not within the horizon); `length` is shortened in place in runs."""
    rows = len(first) - 1
    time: Cells = np.full(len(who), -1, np.int64)
    free: Cells = np.zeros(hours.shape[0], np.int64)
    last_group: Cells = np.full(hours.shape[0], -1, np.int64)
    last_day: Cells = np.full(hours.shape[0], -1, np.int64)
    row_of: Cells = np.empty(len(who), np.int64)
    heap = [(arrival[0], first[0])]
    heap.pop()  # a list compiled code knows the type of
    for row in range(rows):
        row_of[first[row] : first[row + 1]] = row
        if first[row] == first[row + 1]:
            continue
        ready = arrival[row]
        if mode[first[row]] == BATCH:
            ready = _slot(ready, group[first[row]])
        heap.append((ready, first[row]))
    heapify(heap)
    while len(heap) > 0:
        t, i = heappop(heap)
        if t >= horizon:
            continue
        p = who[i]
        stop = first[row_of[i] + 1]
        start, end, lunch = hours[p, 0], hours[p, 1], hours[p, 2]
        if mode[i] == ASIDE or mode[i] == AT_ONCE:
            if mode[i] == ASIDE:
                t = _open(t, _ANSWERS_FROM, _ANSWERS_TO, _NO_LUNCH)
            time[i] = t
            t += length[i]
            i += 1
        else:
            t = max(t, free[p])
            kind = group[i]
            while True:
                t = _open(t, start, end, lunch)
                day = t // DAY
                if kind >= 0 and last_group[p] == kind and last_day[p] == day:
                    length[i] = np.int64(length[i] * factor[kind])
                last_group[p], last_day[p] = kind, day
                time[i] = t
                t += length[i] + pause[i]
                i += 1
                if i == stop or who[i] != p or wait[i] > 0 or mode[i] != OWN:
                    break
            free[p] = t
        if i < stop:
            ready = t + wait[i]
            if mode[i] == BATCH:
                q = who[i]
                ready = _slot(_open(ready, hours[q, 0], hours[q, 1], hours[q, 2]), group[i])
            heappush(heap, (ready, i))
    return time


def schedule(
    lines: Lines, arrival: Ints, staff: Staff, pause: Floats, factor: Floats, horizon: int
) -> tuple[Ints, Ints]:
    """Start and length of every line, µs since the first midnight; a start of −1 lies beyond the horizon.

    `arrival` is per row, `pause` (seconds) per line, `factor` per batched duty.
    """
    first = np.searchsorted(lines.row, np.arange(len(arrival) + 1)).astype(np.int64)
    length = np.maximum(lines.seconds * 1e6, 200_000).astype(np.int64)
    hours = np.column_stack([staff.starts, staff.ends, staff.lunch])
    time = _schedule(
        first,
        arrival,
        lines.who,
        length,
        (pause * 1e6).astype(np.int64),
        (lines.wait * 1e6).astype(np.int64),
        lines.mode,
        lines.group,
        hours,
        factor,
        horizon,
    )
    time[time >= horizon] = -1
    return time, length
