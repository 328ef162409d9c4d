"""When a case begins: conditions that practices may hang on, and what is adjusted for of period and workload.

All of it follows from the hour of a joint trace's first event, so it is a function of that trace alone; which hours
part a day, and which weeks were busy, is told by the counts of the task.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.statistics import Floats
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.sums import condition_symbol
from guildbook.distil.tables import CountTable

KEY: Final = "begun"
"""The name of such conditions among those of a practice."""
WEEKEND: Final = "at the weekend"
MONTH_END: Final = "in the last days of a month"
LAST_DAYS: Final = 3
PARTS: Final = (1 / 3, 2 / 3)
"""Shares of the cases that begin before the hours that part a day."""
LOADS: Final = (0.25, 0.5, 0.75)
"""Shares of the cases that begin in weeks of less work."""
GRID: Final = 2
"""Hours between times of day that are told apart: finer ones would change with every other day's counts."""
WEEKS: Final = 8
"""So many weeks, or blocks of weeks with about as many cases each, are told apart."""
WEEK: Final = 168
_WINDOW: Final = re.compile(r"(\d\d):00–(\d\d):00")

Hours = NDArray[np.int64]


def is_time(name: str, value: str) -> bool:
    """Whether a condition of a practice is one of these."""
    return name == KEY and (value in {WEEKEND, MONTH_END} or _WINDOW.fullmatch(value) is not None)


def holds(value: str, begun: NDArray[np.uint64] | Hours) -> Flags:
    """Of which joint traces a condition holds. `begun`: hours since Monday 1900-01-01 00:00 UTC."""
    hours = begun.astype(np.int64)
    if value == WEEKEND:
        return hours % WEEK >= 5 * 24
    if value == MONTH_END:
        days = np.datetime64("1900-01-01") + (hours // 24).astype("timedelta64[D]")
        return (days + np.timedelta64(LAST_DAYS, "D")).astype("datetime64[M]") != days.astype("datetime64[M]")
    window = _WINDOW.fullmatch(value)
    if window is None:
        raise ValueError(f"no time: {value}")
    first, end = int(window[1]), int(window[2])
    return (hours - first) % 24 < (end - first) % 24


def with_times(traces: TaskTraces, leads: CountTable) -> tuple[TaskTraces, dict[int, str]]:
    """The traces with conditions of time, and with week and workload among what is adjusted for.

    `leads`: as in the sums. Also returns the texts of the conditions by symbol. Week and workload open no scopes: that
    a practice holds in a certain week is no advice.
    """
    values = [*windows(traces.begun % 24, traces.weights), WEEKEND, MONTH_END]
    texts = {condition_symbol(f"{KEY}={value}"): f"{KEY}={value}" for value in values}
    conditions = np.concatenate([traces.conditions, np.array(list(texts), np.uint64)])
    flags = [traces.holds, *(holds(value, traces.begun)[:, None] for value in values), _period(traces, leads)]
    return replace(traces, conditions=conditions, holds=np.column_stack(flags)), texts


def windows(hour: Hours, weights: Floats) -> list[str]:
    """The early, middle and late part of the day, the day beginning where least happens."""
    share = np.bincount(hour, weights, 24) / weights.sum()
    around = [[share[np.arange(h - width, h + width) % 24].sum() for h in range(24)] for width in (9, 6, 3)]
    start = int(np.lexsort(np.array(around))[0]) // GRID * GRID
    reached = np.cumsum(share[np.arange(start, start + 24) % 24])[GRID - 1 :: GRID]
    cuts = sorted({GRID * (int(np.argmin(np.abs(reached - part))) + 1) for part in PARTS} - {24})
    bounds = [(start + cut) % 24 for cut in (0, *cuts, 24)]
    return [f"{a:02}:00–{b:02}:00" for a, b in pairwise(bounds) if a != b]


def _period(traces: TaskTraces, leads: CountTable) -> Flags:
    """(n, k): in which weeks traces began, and how many cases of the task began in these.

    One flag a week where there are few; else blocks of weeks, and weeks of much and little.
    """
    own = leads.where(c0=traces.task).by(1)
    begun = traces.begun // WEEK
    weeks = own.keys[:, 0].astype(np.int64)
    if len(weeks) <= WEEKS:
        return begun[:, None] == weeks[None, 1:]
    reached = np.cumsum(own.counts) / own.counts.sum()
    block = np.minimum((reached * WEEKS).astype(np.int64), WEEKS - 1)
    busiest = np.argsort(own.counts, kind="stable")
    load = np.empty(len(weeks), np.int64)
    load[busiest] = np.searchsorted(np.array(LOADS), np.cumsum(own.counts[busiest]) / own.counts.sum())
    at = np.minimum(np.searchsorted(weeks, begun), len(weeks) - 1)
    return np.column_stack(
        [block[at][:, None] == np.arange(1, WEEKS), load[at][:, None] >= np.arange(1, len(LOADS) + 1)]
    )
