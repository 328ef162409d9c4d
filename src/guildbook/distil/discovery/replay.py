"""Walking all variants over a map of few boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Ints = NDArray[np.int64]


@njit(cache=True)
def there_and_back(offsets: Ints, boxes: Ints, counts: Ints, size: int) -> Ints:
    """(size, size): how often a, b, a is seen in a row, a other than b."""
    out = np.zeros((size, size), np.int64)
    for variant in range(len(counts)):
        for place in range(offsets[variant], offsets[variant + 1] - 2):
            a, b, c = boxes[place], boxes[place + 1], boxes[place + 2]
            if a >= 0 and b >= 0 and a == c and a != b:
                out[a, b] += counts[variant]
    return out


@njit(cache=True)
def replayed(offsets: Ints, boxes: Ints, counts: Ints, allowed: NDArray[np.bool_]) -> int:
    """How many joint traces make allowed moves only.

    `allowed` (B + 2, B + 2): B is the start and B + 1 the end. What was cut (a box of −1) is not replayed.
    """
    size = len(allowed)
    total = 0
    for variant in range(len(counts)):
        before = size - 2
        fits = True
        for place in range(offsets[variant], offsets[variant + 1]):
            here = boxes[place]
            if here < 0 or not allowed[before, here]:
                fits = False
                break
            before = here
        if fits and allowed[before, size - 1]:
            total += counts[variant]
    return total
