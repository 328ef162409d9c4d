"""Where the times on arrows go: on their arrow, clear of boxes and of each other, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

Point = tuple[float, float]

_CHARACTER: Final = 6.4
"""Width of a character of 11 px, generously."""
_HEIGHT: Final = 15.0
_ALONG: Final = (0.5, 0.35, 0.65, 0.22, 0.78)
"""Places along a piece of an arrow, best first."""


def place_labels(
    texts: Sequence[str], ways: Sequence[Sequence[Point]], boxes: Sequence[tuple[float, float, float, float]]
) -> list[Point | None]:
    """The centre of each text on its way, earlier ones first; None for an empty text or where there is no room.

    `ways` are the points that arrows are drawn through (see `curve`), `boxes` are (left, top, right, bottom).
    """
    taken = list(boxes)
    places: list[Point | None] = []
    for text, way in zip(texts, ways, strict=True):
        found = None
        for x, y in _candidates(way) if text else ():
            half = width(text) / 2
            area = (x - half, y - _HEIGHT / 2, x + half, y + _HEIGHT / 2)
            if not any(_overlap(area, other) for other in taken):
                taken.append(area)
                found = (round(x, 1), round(y, 1))
                break
        places.append(found)
    return places


def width(text: str) -> float:
    """The room a label takes from side to side."""
    return len(text) * _CHARACTER + 4


def curve(points: Sequence[Point]) -> str:
    """An SVG path through the points with vertical tangents: arrows leave and enter boxes straight."""
    (x, y), *rest = points
    parts = [f"M{x:.0f} {y:.0f}"]
    for a, b in rest:
        middle = (y + b) / 2
        parts.append(f"C{x:.0f} {middle:.0f} {a:.0f} {middle:.0f} {a:.0f} {b:.0f}")
        x, y = a, b
    return "".join(parts)


def _candidates(way: Sequence[Point]) -> Iterator[Point]:
    """Points on the pieces of a curve, from the middle piece outwards."""
    pieces = sorted(range(len(way) - 1), key=lambda i: (abs(2 * i - (len(way) - 2)), i))
    for i in pieces[:12]:
        for along in _ALONG:
            yield _bezier(way[i], way[i + 1], along)


def _bezier(a: Point, b: Point, t: float) -> Point:
    """The point at `t` on a piece of `curve`."""
    s = 1 - t
    start, end = s * s * (s + 3 * t), t * t * (t + 3 * s)
    middle = (a[1] + b[1]) / 2
    return start * a[0] + end * b[0], s**3 * a[1] + 3 * s * t * middle + t**3 * b[1]


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
