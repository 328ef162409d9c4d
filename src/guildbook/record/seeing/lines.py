"""Where lines of text are in a picture of a screen: by blank rows and columns, without a network.

The recursive X-Y cut (Nagy and Seth, 1984, "Hierarchical representation of optically scanned documents") on the
places where brightness changes from one pixel to the next. Text on screens stands upright on a plain ground, which is
what this needs; a photograph gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

EDGE: Final = 24
"""Levels of brightness between neighbouring pixels that count as the edge of a letter."""
LOWEST: Final = 6
TALLEST: Final = 64
"""Pixels: what is lower is dust or a rule, what is taller a picture."""
NARROWEST: Final = 5
MOST: Final = 600
"""Lines of one picture that are told at most; a dense page has about 120."""
_RULE: Final = 40
"""An upright edge of so many pixels without a gap is a border, not a letter."""
_GUTTER: Final = 10
"""Blank columns that divide; within a line, as many as the line is tall, for words stand apart, too."""
_DEEPEST: Final = 8
_PLAIN: Final = 20
"""Pixels: a band no taller than that is one line."""
_FAINT: Final = (0.04, 0.12)
"""Shares of a band's busiest row below which a row counts as blank: each tried where the one before cuts nothing."""
_RUN: Final = re.compile(rb"\x01+")
"""True values of a mask, one after the other."""
_DOT: Final = 4
"""Rows: so low a band so near the next belongs to it, as the dots of an ü do."""


class Box(NamedTuple):
    """A rectangle, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond it."""
        return self.top + self.height

    def shares(self, other: Box) -> int:
        """Pixels that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0) * max(high, 0)

    def cut_from(self, picture: Gray, margin: int = 2) -> Gray:
        """The part of a picture under it, with a margin as far as the picture goes."""
        top, left = max(self.top - margin, 0), max(self.left - margin, 0)
        return picture[top : self.bottom + margin, left : self.right + margin]


def text_lines(picture: Gray) -> list[Box]:
    """What looks like lines of text, from the top down; at most `MOST`."""
    if picture.shape[0] < LOWEST or picture.shape[1] < NARROWEST:
        return []
    ink = _ink(picture)
    found: list[Box] = []
    for box in _cut(ink, 0, 0, *ink.shape, depth=0):
        if _is_text(ink, box):
            found.append(box)
            if len(found) == MOST:
                break
    return sorted(found, key=lambda box: (box.top, box.left))


def regions(marked: Mask) -> list[Box]:
    """Rectangles that cover all that is marked, cut where whole rows or columns are not."""
    return list(_cut(marked, 0, 0, *marked.shape, depth=0, gaps=(1, 1)))


def _ink(picture: Gray) -> Mask:
    edges = np.zeros(picture.shape, np.bool_)
    left, right = picture[:, :-1], picture[:, 1:]
    np.greater(np.maximum(left, right) - np.minimum(left, right), EDGE, out=edges[:, :-1])
    return edges & ~_rules(edges)


def _rules(edges: Mask) -> Mask:
    """Edges that are part of upright runs of `_RULE` and more."""
    high = edges.shape[0]
    out = np.zeros_like(edges)
    if high <= _RULE:
        return out
    # A run so long covers one whole block of half its length, which few columns do.
    half = _RULE // 2
    blocks = edges[: high - high % half].reshape(-1, half, edges.shape[1]).all(axis=1)
    columns = np.flatnonzero(blocks.any(axis=0))
    if not len(columns):
        return out
    sums = np.zeros((high + 1, len(columns)), np.int32)
    np.cumsum(edges[:, columns], axis=0, out=sums[1:])
    full = (sums[_RULE:] - sums[:-_RULE]) == _RULE
    begins = np.zeros((high + 1, len(columns)), np.int32)
    begins[: len(full)] += full
    begins[_RULE:] -= full
    out[:, columns] = np.cumsum(begins, axis=0)[:high] > 0
    return out


def _cut(
    ink: Mask, top: int, left: int, bottom: int, right: int, *, depth: int, gaps: tuple[int, int] | None = None
) -> Iterator[Box]:
    """The pieces that blank rows and columns leave of a part of the picture, each as tight as its ink."""
    part = ink[top:bottom, left:right]
    rows = _bands(part.sum(axis=1), gaps[0] if gaps else 1, faint=gaps is None)
    for first, last in rows:
        columns_of = part[first:last].sum(axis=0)
        wide = gaps[1] if gaps else (max(_GUTTER, last - first) if last - first <= TALLEST else _GUTTER)
        columns = _bands(columns_of, wide, faint=False)
        for begin, end in columns:
            box = Box(left + begin, top + first, end - begin, last - first)
            cut = len(rows) > 1 or len(columns) > 1
            if cut and depth < _DEEPEST:
                yield from _cut(ink, box.top, box.left, box.bottom, box.right, depth=depth + 1, gaps=gaps)
            else:
                yield box


def _bands(counts: npt.NDArray[np.int64], gap: int, *, faint: bool) -> list[tuple[int, int]]:
    """Where counts stand above blank ones, [first, last); bands nearer than `gap` are one."""
    bands = runs(counts > 0, gap)
    return [piece for band in _dotted(bands) for piece in _parted(counts, band)] if faint else bands


def _parted(counts: npt.NDArray[np.int64], band: tuple[int, int]) -> list[tuple[int, int]]:
    """A band cut where it is all but blank, as where a pointer or a cursor reaches from one line to the next."""
    first, last = band
    if last - first <= _PLAIN:
        return [band]
    inside = counts[first:last]
    for share in _FAINT:
        pieces = [(a, b) for a, b in _dotted(runs(inside > share * int(inside.max()), 1)) if b - a >= LOWEST]
        if len(pieces) > 1 or (pieces and pieces[0][1] - pieces[0][0] <= last - first - LOWEST):
            return [(first + a, first + b) for a, b in pieces]
    return [band]


def runs(filled: Mask, gap: int) -> list[tuple[int, int]]:
    """Runs of what is filled, those nearer than `gap` as one; bytes are searched in less time than NumPy is called."""
    out: list[tuple[int, int]] = []
    for run in _RUN.finditer(filled.tobytes()):
        first, last = run.span()
        if out and first - out[-1][1] < gap:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _dotted(bands: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for first, last in bands:
        if out and first - out[-1][1] < _DOT and min(out[-1][1] - out[-1][0], last - first) < _DOT:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _is_text(ink: Mask, box: Box) -> bool:
    if not LOWEST <= box.height <= TALLEST or box.width < NARROWEST:
        return False
    share = float(ink[box.top : box.bottom, box.left : box.right].mean())
    return 0.02 < share < 0.7  # noqa: PLR2004 - a rule is nearly empty, a pattern nearly full
