"""What is cut by itself: one worker's events without a case in one week.

Weeks are blocks of seven days from a Monday, UTC: the weeks of ISO 8601. A unit is looked at only if idle gaps leave an
episode in it that is too long to be told whole; so a unit of short episodes costs nothing and stays as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from guildbook.model.time import DAY

LONG: Final = 64
"""Events of an episode beyond which its unit is looked at. Sums tell variants up to this length (`VARIANT_LIMIT`)."""
_MONDAY: Final = 3
"""1970-01-01 was a Thursday: the fourth day of its week."""
_ROOM: Final = 20
SHIFT: Final = 1 << (_ROOM - 1)
"""Added to the number of a week it is positive, and takes 20 bits."""

Ints = NDArray[np.int64]
T = TypeVar("T", int, Ints)
Flags = NDArray[np.bool_]
Codes = NDArray[np.int32] | Ints


def week(time: Ints) -> Ints:
    """The week of each time (µs): 0 is the week of 1970-01-01."""
    return week_of_day(time // DAY)


def week_of_day(day: T) -> T:
    """The week of each UTC day, counted since 1970-01-01."""
    return (day + _MONDAY) // 7


def days_of(number: int) -> range:
    """The seven UTC days of a week."""
    return range(number * 7 - _MONDAY, number * 7 - _MONDAY + 7)


def week_name(number: int) -> str:
    """As ISO 8601 has it: `2026-W07`."""
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days_of(number)[0])
    year, place, _ = first.isocalendar()
    return f"{year}-W{place:02}"


def long_units(worker: Codes, time: Ints, loose: Flags, idle: int) -> Flags:
    """Which rows are without a case and of a unit that has an episode of more than `LONG` events.

    `worker`: a code of whose each row is; `time`: µs; `loose`: rows without a case; `idle`: µs that end an episode,
    as the end of a UTC day does. Rows may come in any order.
    """
    out = np.zeros(len(time), dtype=bool)
    rows, begins, sizes = _episodes(worker, time, loose, idle)
    long = sizes > LONG
    if long.any():
        unit = worker[rows].astype(np.int64) << _ROOM | (week(time[rows]) + SHIFT)
        out[rows] = np.isin(unit, unit[begins[long]])
    return out


def long_episodes(worker: Codes, time: Ints, loose: Flags, idle: int) -> Ints:
    """A row of each episode of more than `LONG` events; arguments as for `long_units`."""
    rows, begins, sizes = _episodes(worker, time, loose, idle)
    return rows[begins[sizes > LONG]]


def _episodes(worker: Codes, time: Ints, loose: Flags, idle: int) -> tuple[Ints, Ints, Ints]:
    """(rows without a case by worker and time, where each episode begins among them, how many rows it has)."""
    rows = np.flatnonzero(loose)
    if len(rows) <= LONG:
        return rows, rows[:0], rows[:0]
    rows = rows[np.lexsort((time[rows], worker[rows]))]
    who, when = worker[rows], time[rows]
    same = (np.diff(who) == 0) & (np.diff(when // DAY) == 0) & (np.diff(when) <= idle)
    begins = np.flatnonzero(np.concatenate([[True], ~same]))
    return rows, begins, np.diff(np.append(begins, len(rows)))
