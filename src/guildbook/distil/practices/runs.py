"""Runs of equal keys in tables whose rows are sorted: groups without sorting anything again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

if TYPE_CHECKING:
    from collections.abc import Sequence

Keys = NDArray[np.uint64]


@njit(cache=True)
def run_numbers(keys: Keys, width: int) -> NDArray[np.int64]:
    """(n,) the number of each row's run: rows that are alike in their first `width` columns stand together."""
    out = np.empty(len(keys), np.int64)
    number = 0
    for i in range(len(keys)):
        if i > 0:
            for column in range(width):
                if keys[i, column] != keys[i - 1, column]:
                    number += 1
                    break
        out[i] = number
    return out


@njit(cache=True)
def run_moments(
    keys: Keys, counts: NDArray[np.int64], width: int, values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(where each run starts, (runs, 3): count, sum and sum of squares), rows of unknown value left out.

    The column after the first `width` says which of `values` a row has; NaN and what is not there are unknown.
    """
    first = np.empty(len(keys), np.int64)
    out = np.zeros((len(keys), 3))
    number = -1
    for i in range(len(keys)):
        which = np.int64(keys[i, width])
        if not 0 <= which < len(values) or np.isnan(values[which]):
            continue
        value = values[which]
        new = number < 0
        if not new:
            for column in range(width):
                if keys[i, column] != keys[first[number], column]:
                    new = True
                    break
        if new:
            number += 1
            first[number] = i
        count = np.float64(counts[i])
        out[number, 0] += count
        out[number, 1] += count * value
        out[number, 2] += count * (value * value)
    return first[: number + 1], out[: number + 1]


def run_starts(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each run starts, from `run_numbers`."""
    return np.flatnonzero(np.diff(numbers, prepend=-1))


def within(keys: Keys, *first: int) -> slice:
    """The rows of a sorted table that begin with these symbols."""
    low, high = 0, len(keys)
    for place, symbol in enumerate(first):
        column = cast("Sequence[Any]", keys[:, place])
        low, high = bisect_left(column, symbol, low, high), bisect_right(column, symbol, low, high)
    return slice(low, high)
