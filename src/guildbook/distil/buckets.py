"""Lengths of time as integers: four buckets a doubling, so that counts of them add exactly.

Bucket 0 is unknown, 1 is below a millisecond, and bucket 2 + i holds [2^(i/4), 2^((i+1)/4)) milliseconds: an error
of at most 9 % for the geometric centre. The borders are whole microseconds, found by integer roots, so every
machine draws them alike.
"""

from __future__ import annotations

from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.kernels import places

PER_DOUBLING: Final = 4
UNKNOWN: Final = 0
_FIRST: Final = 1_000
_DOUBLINGS: Final = 52


def _borders() -> NDArray[np.int64]:
    """Lower ends of buckets 2, 3, …: ⌈1000 · 2^(i/4)⌉ µs, the fourth root taken in whole numbers."""
    lows: list[int] = []
    for step in range(PER_DOUBLING * _DOUBLINGS):
        power = _FIRST**4 << step
        root = isqrt(isqrt(power))
        lows.append(root if root**4 == power else root + 1)
    return np.array(lows, dtype=np.int64)


BORDERS: Final = _borders()
_BELOW: Final = np.searchsorted(BORDERS, 1 << np.arange(63, dtype=np.int64), side="left")
COUNT: Final = len(BORDERS) + 2
"""Number of buckets."""


def bucket(micros: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The bucket of each length in µs; negative means unknown."""
    micros = np.ascontiguousarray(micros, dtype=np.int64)
    return np.where(micros < 0, np.uint64(UNKNOWN), places(micros, BORDERS, _BELOW) + np.uint64(1))


def log_centre(buckets: NDArray[np.uint64] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Natural logarithm of each bucket's geometric centre in seconds; NaN for unknown."""
    number = np.asarray(buckets, dtype=np.float64)
    value = np.log(1e-3) + np.log(2.0) * (number - 1.5) / PER_DOUBLING
    return np.where(number == UNKNOWN, np.nan, value)


def centre_seconds(buckets: NDArray[np.uint64] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Geometric centre of each bucket in seconds; NaN for unknown."""
    return np.exp(log_centre(buckets))


def median_seconds(buckets: NDArray[np.uint64], counts: NDArray[np.int64]) -> float | None:
    """The lower median of a histogram in seconds, unknown left out; None when nothing is known."""
    known = (np.asarray(buckets) != UNKNOWN) & (np.asarray(counts) > 0)
    if not known.any():
        return None
    order = np.argsort(buckets[known], kind="stable")
    reached = np.cumsum(counts[known][order])
    place = int(np.searchsorted(reached, (int(reached[-1]) + 1) // 2))
    return float(centre_seconds(buckets[known][order][place : place + 1])[0])


def run_medians(
    starts: NDArray[np.int64], buckets: NDArray[np.uint64], counts: NDArray[np.int64]
) -> list[float | None]:
    """`median_seconds` of each run of a table that is sorted by bucket within runs; `starts` begin with 0."""
    if not len(starts):
        return []
    known = np.where(np.asarray(buckets) == UNKNOWN, 0, counts)
    ends = np.append(starts[1:], len(counts))
    reached = np.concatenate([[0], np.cumsum(known)])
    total = reached[ends] - reached[starts]
    place = np.searchsorted(reached, reached[starts] + (total + 1) // 2) - 1
    seconds = centre_seconds(buckets[np.clip(place, 0, len(counts) - 1)])
    return [float(s) if n else None for s, n in zip(seconds.tolist(), total.tolist(), strict=True)]
