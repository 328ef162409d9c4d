"""Summarising in parts: whole joint traces and whole worker-days go to one part each, and the parts add up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.encode import Events
from guildbook.distil.segment.units import week
from guildbook.distil.summarise import day_sums, trace_sums
from guildbook.distil.sums import Sums
from guildbook.distil.traces import join, time_order
from guildbook.model.time import DAY

PART: Final = 1_000_000
"""Events a part holds at most, about: what bounds the memory of summarising."""
WORTH_A_PROCESS: Final = 50_000
"""Fewer events are done sooner than a process starts."""

Rows = NDArray[np.bool_]


def processes(jobs: int, events: int) -> int:
    """How many processes so many events are worth."""
    return jobs if events > WORTH_A_PROCESS else 1


def spread(
    events: Events,
    pool: Executor,
    jobs: int = 1,
    progress: Callable[[float], None] = lambda _: None,
    *,
    traced: Rows | None = None,
    daily: Rows | None = None,
) -> Sums:
    """The sums of joint traces and worker-days that are whole in `events`, whatever the number of parts.

    `traced` and `daily` say which events count as joint traces and which as worker-days; all do by default.
    `progress` is told the share done. Parts are cut by joint trace for all tables but `batches` and `days`, and by
    worker-day for those two. At most `jobs` parts are under way at a time.
    """
    parts = max(processes(jobs, len(events)), -(-len(events) // PART))
    by_day = _part_of(events.worker, events.time // DAY, parts)
    by_trace = np.where(events.case >= 0, events.case % parts, _part_of(events.worker, week(events.time), parts))
    if traced is not None:
        by_trace[~traced] = -1
    if daily is not None:
        by_day[~daily] = -1
    total = Sums()
    waiting: deque[Future[Sums]] = deque()
    for part in range(parts):
        waiting.append(pool.submit(_part, events.take(by_trace == part), events.take(by_day == part)))
        if len(waiting) >= jobs:
            total += waiting.popleft().result()
            progress((part + 1) / parts)
    for future in waiting:
        total += future.result()
    progress(1.0)
    return total


def _part(traced: Events, daily: Events) -> Sums:
    return trace_sums(join(traced)) + day_sums(daily, time_order(daily))


def _part_of(worker: NDArray[np.int32], time: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """The part of each worker's day or week."""
    return (worker.astype(np.int64) * 31 + time) % parts
