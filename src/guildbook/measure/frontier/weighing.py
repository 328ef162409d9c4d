"""Counts in which steps weigh more or less, or say something else than what was done; histories with gaps."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.kernels import NONE, chain, paired, put
from guildbook.measure.model import Places, Shape, Table
from guildbook.measure.work import Work

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

WHOLE: Final = 1000
"""What a step counts that is neither raised nor lowered: weights are whole numbers, so that counts stay exact."""


def weighed(
    work: Work,
    shape: Shape,
    weights: Ints,
    followers: Codes | None = None,
    ends: Ints | None = None,
    onto: Table | None = None,
) -> Table:
    """The counts of this work, step i (n,) weighing `weights[i]` as what follows; 0 leaves it out as an answer.

    Histories keep every act. `followers` (n,) stands in for the acts as answers; `ends` (T,) weighs the ends, else
    `WHOLE`. `onto`: a table to count on, which is changed.
    """
    table = Table.empty(len(work.acts), shape) if onto is None else onto
    said = work.act if followers is None else followers
    last = np.full(len(work), WHOLE, np.int64) if ends is None else ends
    trace = 0
    while trace < len(work):
        trace, table.taken = _weigh(
            work.offsets, work.act, work.task, said, weights, last, trace, shape.order, table.end, table.taken,
            table.contexts, table.totals, table.heads, table.pairs, table.nexts, table.counts, table.links,
        )  # fmt: skip
        if trace < len(work):
            longest = int(np.diff(work.offsets[trace:]).max()) + 1
            table.grow(2 * table.taken + longest * (shape.order + 1))
    return table


def with_gaps(work: Work, places: Places, hidden: Bools, order: int) -> Places:
    """The same places, seen by an assistant that is not told of the `hidden` events (n,): they are in no history."""
    if not hidden.any():
        return places
    keys, depths = _gaps(work.offsets, work.act, work.task, hidden, order)
    deepest = keys[np.arange(len(keys)), depths]
    _, index, which = np.unique(deepest, return_index=True, return_inverse=True)
    return Places(
        keys[index], depths[index], which.reshape(-1).astype(np.int64), places.answers, places.row, places.trace
    )


@njit(cache=True, nogil=True)
def _weigh(
    offsets: Ints,
    acts: Codes,
    tasks: Codes,
    said: Codes,
    weights: Ints,
    ends: Ints,
    begin: int,
    order: int,
    end: int,
    taken: int,
    contexts: Keys,
    totals: Ints,
    heads: Codes,
    pairs: Keys,
    nexts: Codes,
    counts: Ints,
    links: Codes,
) -> tuple[int, int]:
    """As `kernels.count`, with weights."""
    keys = np.empty(order + 1, np.uint64)
    for trace in range(begin, len(offsets) - 1):
        low, high = offsets[trace], offsets[trace + 1]
        if 2 * (taken + (high - low + 1) * (order + 1)) > len(pairs):
            return trace, taken
        for at in range(low, high + 1):
            weight = weights[at] if at < high else ends[trace]
            if weight == 0:
                continue
            follower = said[at] if at < high else np.int32(end)
            depth = chain(acts, low, at, tasks[trace], order, keys)
            for o in range(depth + 1):
                context = put(contexts, keys[o])
                pair = put(pairs, paired(keys[o], follower))
                if nexts[pair] == NONE:
                    nexts[pair] = follower
                    links[pair] = heads[context]
                    heads[context] = pair
                    taken += 1
                counts[pair] += weight
                totals[context] += weight
    return len(offsets) - 1, taken


@njit(cache=True, nogil=True)
def _gaps(offsets: Ints, acts: Codes, tasks: Codes, hidden: Bools, order: int) -> tuple[Keys, Codes]:
    """(keys (m, order + 1), deepest order (m,)) of `kernels.chains` from event 1 on, hidden events left out."""
    size = 0
    for trace in range(len(offsets) - 1):
        size += max(0, offsets[trace + 1] - offsets[trace])
    keys = np.zeros((size, order + 1), np.uint64)
    depths = np.empty(size, np.int32)
    row = 0
    for trace in range(len(offsets) - 1):
        low, high = offsets[trace], offsets[trace + 1]
        way = np.empty(high - low, np.int32)
        held = 0
        for at in range(low, high):
            if at > low:
                depths[row] = chain(way, 0, held, tasks[trace], order, keys[row])
                row += 1
            if not hidden[at]:
                way[held] = acts[at]
                held += 1
        if high > low:
            depths[row] = chain(way, 0, held, tasks[trace], order, keys[row])
            row += 1
    return keys, depths
