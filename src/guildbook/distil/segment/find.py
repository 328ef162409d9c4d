"""Segments of a stream: threads told apart, each cut where that makes its description shortest, loose ends attached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.distil.segment.evidence import things, weights
from guildbook.distil.segment.length import row, whole
from guildbook.distil.segment.links import WINDOW, order
from guildbook.distil.segment.pieces import rejoined
from guildbook.distil.segment.search import borders
from guildbook.distil.segment.stream import NONE, Stream
from guildbook.distil.segment.tasks import tasks

Ints = NDArray[np.int64]

HARDLY: Final = 0.1
"""Share of a symbol's events below which segments hardly ever begin (or end) with it."""

NEAR: Final = 64
"""Pieces begun before it among which the segment around a piece is looked for."""
LOOKED_AT: Final = 8_192
PARTLY: Final = 0.35
"""Likeness to a task that a part of a performance needs to be counted as one of it."""
SPARSE: Final = 3
"""Times its own events that a segment may span and still be what is going on around another."""


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
    things: int = 0
    """Borders where one thing is left and another begun (`things`)."""


def segment(stream: Stream) -> Segments:
    """Cut a stream into performances."""
    n = len(stream)
    if not n:
        return Segments(np.empty(0, np.int64), np.empty(0, dtype=bool), 0, 0.0, 0.0)
    strands, thread = order(stream.symbol)
    if not worth_telling_apart(stream.symbol):
        strands, thread = [np.arange(n)], np.zeros(n, np.int64)
    loose = thread < 0
    places, fixed = _joined(strands)
    joint = np.zeros(len(places), dtype=bool)
    inside = np.flatnonzero(~fixed)
    joint[inside] = thread[places[inside]] != thread[places[inside - 1]]
    fixed[inside] = joint[inside] & (places[inside] - places[inside - 1] > WINDOW)
    symbol = np.where(places >= 0, stream.symbol[places], len(stream.names))
    found = borders(symbol, weights(stream, places), fixed, joint)
    of_event = np.full(n, NONE)
    label = np.cumsum(found.cut) - 1
    real = places >= 0
    of_event[places[real]] = np.unique(label[real], return_inverse=True)[1]
    kept = np.where(of_event >= 0, of_event, 0)
    of_event = rejoined(stream.symbol, of_event, tasks(stream.symbol, kept, loose, PARTLY))
    whole = attached(absorbed(stream.symbol, of_event))
    _, first, code = np.unique(whole, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    left = int((found.cut & things(stream, places)[1]).sum())
    return Segments(rank[code], loose, len(strands), found.bits, found.plain, left)


def worth_telling_apart(symbol: Ints) -> bool:
    """Whether a stream is described in fewer bits by its strands, and how they are woven, than as it stands.

    For each event it has to be told whether it is a loose end, and which, or whether the strand changes. A stream
    longer than `LOOKED_AT` is judged by its first events.
    """
    symbol = symbol[:LOOKED_AT]
    n = len(symbol)
    strands, thread = order(symbol)
    loose = int((thread < 0).sum())
    if not loose and len(strands) == 1:
        return False
    strand = np.zeros(n, np.int64)
    for number, rows in enumerate(strands):
        strand[rows] = number
    kept = strand[thread >= 0]
    places, fixed = _joined(strands)
    woven = whole(row(np.where(places >= 0, symbol[places], symbol.max() + 1), np.zeros(len(places))), fixed)
    woven += loose * np.log2(len(np.unique(symbol))) + _choices(loose, n)
    woven += _choices(int((kept[1:] != kept[:-1]).sum()), len(kept))
    as_it_is = whole(row(symbol, np.zeros(n)), np.arange(n) == 0)
    return bool(woven < as_it_is)


def _choices(chosen: int, of: int) -> float:
    """Bits to tell which of a number of things are chosen: their number times the entropy of the share."""
    share = chosen / max(of, 1)
    return -of * sum(p * np.log2(p) for p in (share, 1 - share) if p > 0)


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


def absorbed(symbol: Ints, segment: Ints) -> Ints:
    """Small pieces inside the span of a segment made part of it, unless they begin or end as segments do."""
    rows = np.flatnonzero(segment >= 0)
    names, code = np.unique(segment[rows], return_inverse=True)
    first, last = np.full(len(names), len(symbol)), np.full(len(names), NONE)
    np.minimum.at(first, code, rows)
    np.maximum.at(last, code, rows)
    lengths = np.bincount(code)
    often = np.bincount(symbol)
    begins = np.bincount(symbol[first], minlength=len(often)) / np.maximum(often, 1)
    ends = np.bincount(symbol[last], minlength=len(often)) / np.maximum(often, 1)
    dense = last - first < SPARSE * lengths
    part = (begins[symbol[first]] < HARDLY) | (ends[symbol[last]] < HARDLY)
    in_time = np.argsort(first, kind="stable")
    around = _around(first[in_time], last[in_time], lengths[in_time], part[in_time], dense[in_time])
    to = np.arange(len(names))
    to[in_time] = in_time[around]
    out = segment.copy()
    out[rows] = names[to[code]]
    return out


@njit(cache=True)
def _around(first: Ints, last: Ints, lengths: Ints, part: NDArray[np.bool_], dense: NDArray[np.bool_]) -> Ints:
    """For each piece, in order of its first event, what it is made a part of: itself, or the last begun around it."""
    out = np.arange(len(first))
    for t in range(len(first)):
        if part[t]:
            for q in range(t - 1, max(t - NEAR, 0) - 1, -1):
                if dense[q] and last[q] > last[t] and lengths[q] >= 2 * lengths[t]:
                    out[t] = out[q]
                    break
    return out


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
