"""Steps that always go together, told as one: grammar compression under a description-length criterion.

Pair by pair, what is hardly ever done apart becomes one symbol, and symbols pair again (as in byte-pair encoding: Gage,
*C Users J.* 12(2) (1994) 23–38), as long as writing the pair down once costs fewer bits than it saves in the traces
(two-part code: Rissanen, *Automatica* 14 (1978) 465–471). The miner looks at the shortened traces: a run of steps is
one candidate then and one anchor, not several that say the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.statistics import Floats
from guildbook.distil.practices.traces import TaskTraces

TOGETHER = 0.98
"""A pair stands for its parts when this share of the occurrences of each is in it."""


def shortened(traces: TaskTraces, alone: frozenset[int] = frozenset()) -> TaskTraces:
    """The traces with each chunk in the column of its first step. Columns in `alone` stay as they are."""
    found = [chunk for chunk in chunks(traces, alone) if len(chunk) > 1]
    if not found:
        return traces
    first_of = {chunk[0]: chunk for chunk in found}
    inner = {step for chunk in found for step in chunk[1:]}
    kept = [column for column in range(len(traces.activities)) if column not in inner]
    repeated = traces.repeated.copy()
    for chunk in found:
        repeated[:, chunk[0]] = traces.repeated[:, list(chunk)].any(axis=1)
    symbols = traces.activities.tolist()
    return replace(
        traces,
        activities=traces.activities[kept],
        first=np.ascontiguousarray(traces.first[:, kept]),
        repeated=np.ascontiguousarray(repeated[:, kept]),
        parts=tuple(tuple(symbols[step] for step in first_of.get(column, (column,))) for column in kept),
    )


def chunks(traces: TaskTraces, alone: frozenset[int] = frozenset()) -> list[tuple[int, ...]]:
    """The columns of each chunk in order, single steps included, by first column."""
    follows, size = _pairs(traces)
    parts: dict[int, tuple[int, ...]] = {column: (column,) for column in range(len(size))}
    blocked = np.zeros(len(size), dtype=bool)
    blocked[list(alone)] = True
    while True:
        free = ~blocked & (size > 0)
        enough = TOGETHER * np.maximum(size[:, None], size[None, :])
        pairs = np.argwhere((follows >= enough) & free[:, None] & free[None, :])
        saved = [_saved(follows, size, int(a), int(b)) for a, b in pairs]
        if not saved or max(saved) <= 0:
            return [parts[column] for column in sorted(parts)]
        first, second = (int(column) for column in pairs[int(np.argmax(saved))])
        parts[first] += parts.pop(second)
        size[first] = follows[first, second]
        # What came after the second comes after both; that they were ever apart is within the tolerance.
        follows[first] = follows[second]
        follows[second], follows[:, second], size[second] = 0.0, 0.0, 0.0


def _pairs(traces: TaskTraces) -> tuple[Floats, Floats]:
    """(A, A) how often a step comes right after another among a trace's distinct steps, and (A,) how often at all."""
    count = len(traces.activities)
    size = traces.weights @ (traces.first >= 0)
    places: NDArray[np.int64] = np.where(traces.first >= 0, traces.first, np.iinfo(np.int16).max).astype(np.int64)
    order = np.argsort(places, axis=1, kind="stable")
    both = np.take_along_axis(traces.first, order[:, 1:], axis=1) >= 0
    codes = order[:, :-1] * count + order[:, 1:]
    weights = np.broadcast_to(traces.weights[:, None], codes.shape)
    follows = np.bincount(codes[both], weights[both], count * count).reshape(count, count).astype(np.float64)
    return follows, size


def _saved(follows: Floats, size: Floats, first: int, second: int) -> float:
    """Bits saved by one symbol for a pair, less those of writing the pair and its count down.

    A trace costs −log2 of each symbol's share of all symbols.
    """
    total, joint = float(size.sum()), float(follows[first, second])
    one, two = float(size[first]), float(size[second])
    before = _entropy(total) - _entropy(one) - _entropy(two)
    after = _entropy(total - joint) - _entropy(one - joint) - _entropy(two - joint) - _entropy(joint)
    return before - after - 2 * float(np.log2(max((size > 0).sum(), 2))) - float(np.log2(total))


def _entropy(count: float) -> float:
    return count * float(np.log2(count)) if count > 0 else 0.0
