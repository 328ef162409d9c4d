"""Runs of equal keys in tables whose rows are sorted: groups without sorting anything again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
