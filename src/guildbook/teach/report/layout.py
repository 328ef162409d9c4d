"""Where boxes and arrows go: layers by the fast-sugiyama library, drawing by ours. Units are SVG user units (px)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import fast_sugiyama

from guildbook.teach.report.levels import END, START, Level, Pair

BOX_WIDTH: Final = 150.0
BOX_HEIGHT: Final = 48.0
TERMINAL: Final = 14.0
"""Radius of the start and end discs."""
_COLUMN: Final = 176.0
_ROW: Final = 104.0
_MARGIN: Final = 24.0
_UNIT: Final = 72
"""Distance of neighbours in the library's own units."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrow:
    """One drawn step: an SVG path, where its label goes, and whether it leads back."""

    pair: Pair
    path: str
    label: Point
    back: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A level laid out: centres of the boxes, arrows, and the size of it all."""

    width: float
    height: float
    places: Mapping[str, Point]
    arrows: tuple[Arrow, ...]


def order(weighted: Mapping[Pair, int], backbone: Sequence[Pair]) -> dict[str, int]:
    """Positions of all labels such that few and rare edges lead back.

    Edges are taken heaviest first, those of the backbone before all; one that would close a cycle leads back.
    The rest is acyclic and sorted topologically. Deterministic.
    """
    following: dict[str, set[str]] = {}
    ranked = [*backbone, *sorted(weighted, key=lambda pair: (-weighted[pair], pair))]
    for source, target in ranked:
        if source != target and not _reaches(target, source, following):
            following.setdefault(source, set()).add(target)
    labels = sorted(
        {label for pair in ranked for label in pair}, key=lambda label: (label != START, label == END, label)
    )
    return {label: i for i, label in enumerate(_topological(labels, following))}


def draw(level: Level, positions: Mapping[str, int]) -> Drawing:
    """Lay out one level. An edge against `positions` is laid out reversed and drawn as leading back."""
    ids = {label: i for i, label in enumerate([START, END, *level.nodes])}
    forward = {
        (ids[a], ids[b]) if positions.get(a, 0) < positions.get(b, 0) else (ids[b], ids[a])
        for a, b in level.edges
        if a != b
    }
    rank = {i: positions.get(label, 0) for label, i in ids.items()}
    forward |= _ties(forward, rank)
    centres, bends = _layers(sorted(forward), len(ids))
    left = min(x for x, _ in centres.values()) - BOX_WIDTH / 2
    right = max(x for x, _ in centres.values()) + BOX_WIDTH / 2
    for points in bends.values():
        left = min([left, *(x for x, _ in points)])
        right = max([right, *(x for x, _ in points)])
    loops = 28.0 if any(a == b for a, b in level.edges) else 0.0
    move = _MARGIN - left
    places = {label: (round(centres[i][0] + move, 1), round(centres[i][1] + _MARGIN, 1)) for label, i in ids.items()}
    arrows = tuple(
        _arrow(
            pair,
            places,
            _bends_of(pair, ids, bends, move),
            back=_leads_back(pair, positions),
            paired=pair[::-1] in set(level.edges),
        )
        for pair in level.edges
    )
    height = max(y for _, y in places.values()) + BOX_HEIGHT / 2 + _MARGIN
    return Drawing(round(right - left + 2 * _MARGIN + loops, 1), round(height, 1), places, arrows)


def _ties(edges: Iterable[tuple[int, int]], rank: Mapping[int, int]) -> set[tuple[int, int]]:
    """Edges, not drawn, from the start to the first of each part that hangs on nothing: it becomes one drawing."""
    near: dict[int, set[int]] = {i: set() for i in rank}
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    seen: set[int] = set()
    ties: set[tuple[int, int]] = set()
    for root in sorted(rank, key=lambda i: (i != 0, rank[i], i)):
        if root in seen:
            continue
        ties |= {(0, root)} - {(0, 0)}
        stack = [root]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack += near[node]
    return ties


def _leads_back(pair: Pair, positions: Mapping[str, int]) -> bool:
    return pair[0] != pair[1] and positions.get(pair[0], 0) > positions.get(pair[1], 0)


def _layers(edges: Sequence[tuple[int, int]], size: int) -> tuple[dict[int, Point], dict[tuple[int, int], list[Point]]]:
    """The library's layers: centres by node id, and the bends of edges that cross layers.

    It must get an acyclic, connected graph without loops: anything else aborts the process. The order of its
    results varies from call to call; what it says of each node does not.
    """
    layouts = fast_sugiyama.from_edges(
        edges,
        minimum_length=1,
        vertex_spacing=_UNIT,
        dummy_vertices=True,
        dummy_size=0.3,
        ranking_type="minimize",
        crossing_minimization="barycenter",
        transpose=True,
        check_layout=False,
    )
    raw: dict[int, Point] = {}
    hops: dict[int, list[int]] = {}
    top = max(height for _, _, height, _ in layouts)
    for positions, _, _, links in layouts:
        for node, (x, y) in positions:
            raw[int(node)] = (x * _COLUMN / _UNIT, (top - y) * _ROW / _UNIT)
        for source, target in links or ():
            hops.setdefault(int(source), []).append(int(target))
    centres = {node: raw.get(node, (0.0, 0.0)) for node in range(size)}
    return centres, _chains(edges, raw, hops, size)


def _chains(
    edges: Sequence[tuple[int, int]], raw: Mapping[int, Point], hops: Mapping[int, list[int]], size: int
) -> dict[tuple[int, int], list[Point]]:
    """Follow each edge over the library's inserted nodes (ids from `size` on) to its true end."""
    bends: dict[tuple[int, int], list[Point]] = {}
    wanted = set(edges)
    for source in range(size):
        for first in hops.get(source, ()):
            points: list[Point] = []
            node = first
            while node >= size:
                points.append(raw[node])
                node = hops[node][0]
            if (source, node) in wanted:
                bends[source, node] = points
    return bends


def _bends_of(
    pair: Pair, ids: Mapping[str, int], bends: Mapping[tuple[int, int], list[Point]], move: float
) -> list[Point]:
    a, b = ids[pair[0]], ids[pair[1]]
    points = bends[a, b] if (a, b) in bends else bends.get((b, a), [])[::-1]
    return [(x + move, y + _MARGIN) for x, y in points]


def _arrow(pair: Pair, places: Mapping[str, Point], bends: list[Point], *, back: bool, paired: bool) -> Arrow:
    if pair[0] == pair[1]:
        x, y = places[pair[0]]
        right = x + BOX_WIDTH / 2
        path = f"M{right:.0f} {y - 10:.0f}c34 -14 34 34 0 20"
        return Arrow(pair, path, (right + 27, y), back=False)
    start, end = places[pair[0]], places[pair[1]]
    aside = 12.0 if paired else 0.0
    if back:
        aside = -aside
    down = 1.0 if end[1] >= start[1] else -1.0
    source = (start[0] + aside, start[1] + down * _reach(pair[0]))
    target = (end[0] + aside, end[1] - down * (_reach(pair[1]) + 5))
    points = [source, *((x + aside, y) for x, y in bends), target]
    return Arrow(pair, _curve(points), _middle(points), back)


def _reach(label: str) -> float:
    return TERMINAL if label in {START, END} else BOX_HEIGHT / 2


def _curve(points: Sequence[Point]) -> str:
    """Vertical tangents at every point: arrows leave and enter boxes straight."""
    (x, y), *rest = points
    parts = [f"M{x:.0f} {y:.0f}"]
    for a, b in rest:
        half = (b - y) / 2
        parts.append(f"C{x:.0f} {y + half:.0f} {a:.0f} {b - half:.0f} {a:.0f} {b:.0f}")
        x, y = a, b
    return "".join(parts)


def _middle(points: Sequence[Point]) -> Point:
    """The middle of the middle piece."""
    i = (len(points) - 1) // 2
    (ax, ay), (bx, by) = points[i], points[i + 1]
    return round((ax + bx) / 2, 1), round((ay + by) / 2, 1)


def _reaches(start: str, goal: str, following: Mapping[str, Iterable[str]]) -> bool:
    stack, seen = [start], {start}
    while stack:
        label = stack.pop()
        if label == goal:
            return True
        fresh = [n for n in following.get(label, ()) if n not in seen]
        seen.update(fresh)
        stack += fresh
    return False


def _topological(labels: Sequence[str], following: Mapping[str, Iterable[str]]) -> list[str]:
    """Depth-first, so that what belongs together stays together."""
    done: dict[str, None] = {}
    for root in reversed(labels):
        stack: list[tuple[str, bool]] = [(root, False)]
        while stack:
            label, ready = stack.pop()
            if ready:
                done[label] = None
            elif label not in done:
                stack.append((label, True))
                stack += [(n, False) for n in sorted(following.get(label, ())) if n not in done]
    return list(reversed(done))
