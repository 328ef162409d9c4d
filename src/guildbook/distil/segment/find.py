"""Segments of a stream: threads told apart, each cut where that makes its description shortest, loose ends attached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from guildbook.distil.segment.evidence import weights
from guildbook.distil.segment.links import order
from guildbook.distil.segment.search import borders
from guildbook.distil.segment.stream import NONE, Stream

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Segments:
    """Which performance each event belongs to."""

    segment: Ints
    """(n,): from 0 up, in order of their first event."""
    loose: NDArray[np.bool_]
    """(n,): a loose end, attached to the segment around it."""
    strands: int
    bits: float
    plain: float


def segment(stream: Stream) -> Segments:
    """Cut a stream into performances."""
    n = len(stream)
    if not n:
        return Segments(np.empty(0, np.int64), np.empty(0, dtype=bool), 0, 0.0, 0.0)
    strands, loose = order(stream.symbol)
    places, fixed = _joined(strands)
    symbol = np.where(places >= 0, stream.symbol[places], len(stream.names))
    found = borders(symbol, weights(stream, places), fixed)
    label = np.cumsum(found.cut)
    of_event = np.full(n, NONE)
    of_event[places[places >= 0]] = label[places >= 0]
    whole = attached(of_event)
    _, first, code = np.unique(whole, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return Segments(rank[code], loose, len(strands), found.bits, found.plain)


def _joined(strands: list[Ints]) -> tuple[Ints, NDArray[np.bool_]]:
    """Strands one after the other with a place that is no event (−1) between, and which places are borders anyway."""
    parts: list[Ints] = []
    for strand in strands:
        parts += [strand, np.array([NONE])]
    places = np.concatenate(parts[:-1])
    fixed = places < 0
    fixed[1:] |= fixed[:-1]
    fixed[0] = True
    return places, fixed


@njit(cache=True)
def attached(segment: Ints) -> Ints:
    """Give each event without a segment (−1) the one around it.

    That is the one before it if that goes on, else the one after it if that has begun, else the one before it.
    """
    n = len(segment)
    top = 0
    for j in range(n):
        top = max(top, segment[j])
    first, last = np.full(top + 1, n), np.full(top + 1, -1)
    following = np.full(n, -1)
    held = -1
    for j in range(n - 1, -1, -1):
        if segment[j] >= 0:
            held = segment[j]
            first[held] = j
            last[held] = max(last[held], j)
        following[j] = held
    out = segment.copy()
    held = -1
    for j in range(n):
        if segment[j] >= 0:
            held = segment[j]
        elif held >= 0 and (last[held] > j or following[j] < 0 or first[following[j]] > j):
            out[j] = held
        else:
            out[j] = max(following[j], 0)
    return out
