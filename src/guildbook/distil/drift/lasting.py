"""Changes of how long cases take, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from guildbook.distil.buckets import centre_seconds, median_seconds
from guildbook.distil.drift.series import Series
from guildbook.distil.sums import Sums
from guildbook.model import time as times

LEAST_RATIO: Final = 1.3
"""Medians that differ by less are told by nobody."""

Medians = tuple[float, float]


def medians(sums: Sums, found: Series, edges: Sequence[int]) -> Medians:
    """Median seconds of the cases that begin in the periods between the first two edges, and the last two."""
    keys, counts = sums.leads.keys, sums.leads.counts
    rows = slice(*np.searchsorted(keys[:, 0], np.array([found.task, found.task + 1], np.uint64)).tolist())
    week = keys[rows, 1].astype(np.int64)
    last = int(week.max(initial=0)) if edges[2] == len(found.counts) else found.first + edges[2] * found.weeks - 1
    sides = ((edges[0], found.first + edges[1] * found.weeks - 1), (edges[1], last))
    out: list[float] = []
    for start, end in sides:
        inside = (week >= found.first + start * found.weeks) & (week <= end)
        out.append(median_seconds(keys[rows, 2][inside], counts[rows][inside]) or 0.0)
    return out[0], out[1]


def lasting(found: Medians) -> str:
    """The kind of the change; empty where it is too small to tell."""
    low, high = sorted(found)
    return "lasts" if high >= LEAST_RATIO * low else ""


def said(day: str, found: Medians) -> str:
    """One sentence."""
    was, now = (times.words(seconds) for seconds in found)
    return f"Cases that begin since {day} take {now} in the median instead of {was}."


def classes(buckets: Sequence[int]) -> list[str]:
    """What the classes of cases by length are called."""
    tops = [times.words(float(seconds)) for seconds in centre_seconds(np.array(buckets, np.int64))]
    return [f"up to {top}" for top in tops[:-1]] + ["longer"]
