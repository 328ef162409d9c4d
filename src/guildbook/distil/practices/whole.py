"""Whole ways: steps that are done in one case and left undone in another all at once, though others stand between.

`chunks` makes one of steps that come right after one another. In a routine that is recorded from several applications
the steps of one way of doing it are apart: copy a number in the mail, search for it in the browser, after the sheet
check the figures. One by one none of them can be compared, since all the others go with it. So they are one exposure;
and the steps that are done exactly where these are not are another, which the first is done instead of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.traces import Flags, TaskTraces

TOGETHER: Final = 0.8
"""Steps are of one way when this share of the traces that have any of two has both; of the other way when so many of
the traces that lack the one or have the other do both."""
VARIED: Final = 0.05
"""At least this share of traces does a step, and as many do not."""
HALF: Final = 0.5
"""A trace went a way when it has this share of its steps: an event may be lost, or come from elsewhere."""

Columns = NDArray[np.int64]


def gathered(traces: TaskTraces, alone: frozenset[int] = frozenset(), minimum: float = 1.0) -> TaskTraces:
    """The traces with each whole way in the column of its commonest step. Columns in `alone` stay as they are.

    A way stands where the last of its steps does, so that what comes after it comes after all of it. `opposites` says
    which way, or step, is done instead of which.
    """
    found = ways(traces, alone, minimum)
    if not found:
        return traces
    merged = [way for pair in found for way in pair if len(way) > 1]
    inner = {column for way in merged for column in way[1:]}
    kept = [column for column in range(len(traces.activities)) if column not in inner]
    at = {column: place for place, column in enumerate(kept)}
    first, repeated = traces.first.copy(), traces.repeated.copy()
    parts = [traces.steps(column) for column in range(len(traces.activities))]
    for way in merged:
        listed = list(way)
        own = traces.first[:, listed]
        went = (own >= 0).mean(axis=1) >= HALF
        first[:, way[0]] = np.where(went, own.max(axis=1), -1)
        repeated[:, way[0]] = traces.repeated[:, listed].all(axis=1)
        parts[way[0]] = tuple(step for column in _in_order(traces, way) for step in traces.steps(column))
    pairs = [(at[one[0]], at[two[0]]) for one, two in found if one and two]
    return replace(
        traces,
        activities=traces.activities[kept],
        first=np.ascontiguousarray(first[:, kept]),
        repeated=np.ascontiguousarray(repeated[:, kept]),
        parts=tuple(parts[column] for column in kept),
        opposites=dict(pairs) | {two: one for one, two in pairs},
    )


def ways(
    traces: TaskTraces, alone: frozenset[int] = frozenset(), minimum: float = 1.0
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Pairs of ways by column, each from common to rare: one and what is done where it is not, which may be nothing.

    Of two ways at least one has several columns. `minimum`: traces that must do a step, and as many not.
    """
    present = traces.first >= 0
    weights, total = traces.weights, float(traces.weights.sum())
    size = weights @ present
    least = max(VARIED * total, minimum)
    varied = (size >= least) & (size <= total - least)
    free = [column for column in np.flatnonzero(varied).tolist() if column not in alone]
    found: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    while free:
        seed = free[0]
        one = _alike(present, weights, free, present[:, seed])
        two = _alike(present, weights, [column for column in free if column not in one], ~present[:, seed])
        free = [column for column in free if column not in {*one, *two}]
        if len(one) > 1 or len(two) > 1:
            found.append((one, two))
    return found


def _alike(present: Flags, weights: NDArray[np.float64], free: list[int], flags: Flags) -> tuple[int, ...]:
    """The columns that are done where the flags are set, as a share of where either is."""
    if not free:
        return ()
    own = present[:, free]
    both, either = weights @ (own & flags[:, None]), weights @ (own | flags[:, None])
    return tuple(np.array(free)[both >= TOGETHER * np.maximum(either, 1.0)].tolist())


def _in_order(traces: TaskTraces, way: tuple[int, ...]) -> list[int]:
    """The columns as they mostly follow one another, by their mean place."""
    own = traces.first[:, list(way)]
    there = np.where(own >= 0, traces.weights[:, None], 0.0)
    place = (there * own).sum(axis=0) / np.maximum(there.sum(axis=0), 1.0)
    return [way[at] for at in np.argsort(place, kind="stable").tolist()]
