"""How one sequence became another: what stayed, what was put in, what was taken out.

Lines that occur once in both are tied first, in their longest common order (the idea of Bram Cohen's patience diff),
the gaps between them by the ordinary algorithm where they are small. So the time stays near to linear for the 100,000
rows of a sheet, and an inserted row is one inserted row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

_MOST_PAIRS: Final = 1_000_000
"""Of a gap with more pairs than this, what cannot be tied by unique lines is taken as replaced."""


class Piece(NamedTuple):
    """`a[a0:a1]` became `b[b0:b1]`; `same` where they are equal."""

    a0: int
    a1: int
    b0: int
    b1: int
    same: bool


def aligned(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Piece]:
    """Pieces in order that cover both; equal ones and others take turns."""
    out: list[Piece] = []
    for i, j, size in [*_ties(a, b, 0, len(a), 0, len(b)), (len(a), len(b), 0)]:
        last = out[-1] if out else Piece(0, 0, 0, 0, same=True)
        if (last.a1, last.b1) != (i, j):
            out.append(Piece(last.a1, i, last.b1, j, same=False))
        if size and out and out[-1].same:
            out[-1] = Piece(out[-1].a0, i + size, out[-1].b0, j + size, same=True)
        elif size:
            out.append(Piece(i, i + size, j, j + size, same=True))
    return out


def _ties(
    a: Sequence[Hashable], b: Sequence[Hashable], a0: int, a1: int, b0: int, b1: int
) -> Iterator[tuple[int, int, int]]:
    """(start in a, start in b, length) of equal runs, in order. Gaps wait on a stack, so no depth is too deep."""
    gaps = [(a0, a1, b0, b1)]
    while gaps:
        a0, a1, b0, b1 = gaps.pop()
        head = _common(a, b, a0, a1, b0, b1)
        if head:
            yield a0, b0, head
            a0, b0 = a0 + head, b0 + head
        tail = _common_tail(a, b, a0, a1, b0, b1)
        if a0 == a1 - tail or b0 == b1 - tail:
            if tail:
                yield a1 - tail, b1 - tail, tail
            continue
        if tail:
            gaps.append((a1 - tail, a1, b1 - tail, b1))
            a1, b1 = a1 - tail, b1 - tail
        anchors = _unique(a, b, a0, a1, b0, b1)
        if anchors:
            gaps.extend(reversed(_between(anchors, a0, a1, b0, b1)))
        elif (a1 - a0) * (b1 - b0) <= _MOST_PAIRS:
            matcher = SequenceMatcher(None, a[a0:a1], b[b0:b1], autojunk=False)
            yield from ((a0 + i, b0 + j, size) for i, j, size in matcher.get_matching_blocks() if size)


def _between(anchors: list[tuple[int, int]], a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int, int, int]]:
    """The gaps from each anchor to the next; each begins with the anchor's own line, which its head then ties."""
    starts = [(a0, b0), *anchors]
    ends = [*anchors, (a1, b1)]
    return [(i, end_i, j, end_j) for (i, j), (end_i, end_j) in zip(starts, ends, strict=True)]


def _common(a: Sequence[Hashable], b: Sequence[Hashable], a0: int, a1: int, b0: int, b1: int) -> int:
    size = min(a1 - a0, b1 - b0)
    return next((n for n in range(size) if a[a0 + n] != b[b0 + n]), size)


def _common_tail(a: Sequence[Hashable], b: Sequence[Hashable], a0: int, a1: int, b0: int, b1: int) -> int:
    size = min(a1 - a0, b1 - b0)
    return next((n for n in range(size) if a[a1 - 1 - n] != b[b1 - 1 - n]), size)


def _unique(a: Sequence[Hashable], b: Sequence[Hashable], a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
    """Places of lines that occur once in both gaps: the longest series that rises in both."""
    in_a, in_b = Counter(a[a0:a1]), Counter(b[b0:b1])
    where = {b[j]: j for j in range(b0, b1) if in_b[b[j]] == 1}
    pairs = [(i, where[a[i]]) for i in range(a0, a1) if in_a[a[i]] == 1 and a[i] in where]
    return _rising(pairs)


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest rising subsequence by the second member (patience sorting, n log n)."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for place, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [j]
        ends[pile : pile + 1] = [place]
    out: list[tuple[int, int]] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        out.append(pairs[place])
        place = before[place]
    return out[::-1]
