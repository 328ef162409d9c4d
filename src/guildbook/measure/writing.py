"""Traces that a model writes by itself: what somebody trains on who has no more work by people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.kernels import NONE, chain, mix
from guildbook.measure.running import PATIENCE, Looked, draw
from guildbook.measure.work import Work

if TYPE_CHECKING:
    from guildbook.measure.model import Table

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

PACE: Final = 1_000_000
"""µs between two written steps."""
WRITER: Final = "model"
"""The worker of what a model wrote."""


def written(model: Table, like: Work, count: int, seed: int = 0) -> Work:
    """`count` traces drawn from a model by its counts, step by step from the beginning, by a worker called `WRITER`.

    Their tasks come as often as in `like`, and they begin after it ended. A trace that grows too long is cut.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    tasks = np.sort(rng.choice(like.task, count)) if len(like) else np.empty(0, np.int32)
    limit = PATIENCE * int(np.diff(like.offsets).max(initial=1))
    acts, sizes = _written(
        tasks.astype(np.int32), limit, np.uint64(seed), model.shape.order, model.shape.least, model.end, model.arrays()
    )
    tasks, sizes = tasks[sizes > 0], sizes[sizes > 0]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    begun = int(like.time.max(initial=0))
    events = len(acts)
    workers = like.workers if WRITER in like.workers else (*like.workers, WRITER)
    return replace(
        like,
        offsets=offsets,
        act=acts,
        worker=np.full(events, workers.index(WRITER), np.int32),
        time=begun + PACE * np.arange(1, events + 1, dtype=np.int64),
        own=np.full(events, -1, np.int64),
        agent=np.ones(events, dtype=bool),
        task=tasks.astype(np.int32),
        outcome=np.zeros(len(tasks), np.int8),
        workers=workers,
        keys=tuple(f"{WRITER} {seed}.{number}" for number in range(len(tasks))),
    )


@njit(cache=True, nogil=True)
def _written(
    tasks: Codes, limit: int, seed: Any, order: int, least: int, end: int, model: Looked
) -> tuple[Codes, Ints]:
    """(acts of all traces, size of each)."""
    sizes = np.zeros(len(tasks), np.int64)
    acts = np.empty(len(tasks) * limit, np.int32)
    keys, total = np.empty(order + 1, np.uint64), 0
    for trace in range(len(tasks)):
        way = acts[total : total + limit]
        code = mix(seed, uint64(trace))
        at = 0
        while at < limit:
            depth = chain(way, 0, at, tasks[trace], order, keys)
            step = draw(keys, depth, least, mix(code, uint64(at)), model)
            if step in (NONE, end):
                break
            way[at] = step
            at += 1
        sizes[trace] = at
        total += at
    return acts[:total].copy(), sizes
