"""Where boxes and arrows go: layers by the fast-sugiyama library, drawing by ours. Units are SVG user units (px)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import fast_sugiyama

from guildbook.teach.report.labels import Point, curve, place_labels, width
from guildbook.teach.report.levels import END, START, Level, Pair
from guildbook.teach.report.straighten import straighten

BOX_WIDTH: Final = 158.0
BOX_HEIGHT: Final = 48.0
TERMINAL: Final = 14.0
"""Radius of the start and end discs."""
_GAP: Final = 26.0
_ROW: Final = 104.0
_MARGIN: Final = 32.0
_LOOP: Final = 28.0
"""Room for an arrow from a box to itself."""
_DISCS: Final = 2
"""Ids 0 and 1 are the start and the end."""
_PULLS: Final = (1.0, 2.0, 8.0)
"""How much a piece of an arrow wants to be straight, by how many of its ends are bends."""
_TOUCH: Final = 1.0
"""Arrows that meet at a box, or run side by side, do not cross: their ends differ by less (px²)."""
_UNIT: Final = 72
"""Distance of neighbours in the library's own units."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One drawn step: an SVG path, where its label goes (if there is room), and whether it leads back."""

    pair: Pair
    path: str
    label: Point | None
    back: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A level laid out: centres of the boxes, arrows, and the size of it all."""

    width: float
    height: float
    places: Mapping[str, Point]
    arrows: tuple[Arrow, ...]
    crossings: int = 0
    """Pairs of arrows that cross between two rows."""


def order(weighted: Mapping[Pair, int], trunk: Sequence[Pair]) -> dict[str, int]:
    """Positions of all labels such that few and rare edges lead back.

    The edges of the trunk are taken first in their order, then the others heaviest first; one that would close a
    cycle leads back. The rest is acyclic and sorted topologically. Deterministic.
    """
    following: dict[str, set[str]] = {}
    ranked = [*trunk, *sorted(weighted, key=lambda pair: (-weighted[pair], pair))]
    for source, target in ranked:
        if source != target and not _reaches(target, source, following):
            following.setdefault(source, set()).add(target)
    ends = {START: -1, END: 1}
    labels = sorted({label for pair in ranked for label in pair}, key=lambda label: (ends.get(label, 0), label))
    return {label: i for i, label in enumerate(_topological(labels, following))}


def draw(
    level: Level,
    positions: Mapping[str, int],
    backbone: Collection[Pair] = (),
    labels: Mapping[Pair, str] | None = None,
) -> Drawing:
    """Lay out one level. An edge against `positions` is laid out reversed and drawn as leading back.

    The arrows of `backbone` form one straight line as far as they lead down; `labels` are the texts on arrows.
    """
    ids = {label: i for i, label in enumerate([START, END, *level.nodes])}
    forward = {_downward(pair, ids, positions) for pair in level.edges if pair[0] != pair[1]}
    straight = {_downward(pair, ids, positions) for pair in backbone if pair[0] != pair[1]} & forward
    rank = {i: positions.get(label, 0) for label, i in ids.items()}
    centres, bends = _layers(sorted({*forward, *_ties(forward, rank)}), straight)
    xs = [x for points in bends.values() for x, _ in points]
    xs += [x + side for x, _ in centres.values() for side in (-BOX_WIDTH / 2, BOX_WIDTH / 2)]
    move = _MARGIN - min(xs)
    places = {label: (round(centres[i][0] + move, 1), round(centres[i][1] + _MARGIN, 1)) for label, i in ids.items()}
    every = set(level.edges)
    back = [_leads_back(pair, positions) for pair in level.edges]
    ways = [
        _way(pair, places, _bends_of(pair, ids, bends, move), aside=(-12.0 if b else 12.0) * (pair[::-1] in every))
        for pair, b in zip(level.edges, back, strict=True)
    ]
    texts = [(labels or {}).get(pair, "") for pair in level.edges]
    spots = place_labels(texts, ways, [_box(label, place) for label, place in places.items()])
    arrows = tuple(
        Arrow(pair, _loop(way[0]) if pair[0] == pair[1] else curve(way), spot, b)
        for pair, way, spot, b in zip(level.edges, ways, spots, back, strict=True)
    )
    right = max([max(xs) + move, *(x + width(t) / 2 for t, (x, _) in _placed(texts, spots))])
    loops = _LOOP if any(a == b for a, b in level.edges) else 0.0
    height = max(y for _, y in places.values()) + BOX_HEIGHT / 2 + _MARGIN
    crossings = _crossings([way for way, (a, b) in zip(ways, level.edges, strict=True) if a != b])
    return Drawing(round(right + _MARGIN + loops, 1), round(height, 1), places, arrows, crossings)


def _crossings(ways: Sequence[Sequence[Point]]) -> int:
    """Pairs of pieces between the same two rows whose ends stand in opposite order."""
    pieces: dict[int, list[Point]] = {}
    for way in ways:
        for (x, y), (a, b) in pairwise(way):
            top, bottom = (x, a) if y < b else (a, x)
            pieces.setdefault(round((y + b) / 2 / _ROW), []).append((top, bottom))
    return sum(
        (one[0] - two[0]) * (one[1] - two[1]) < -_TOUCH
        for held in pieces.values()
        for i, one in enumerate(held)
        for two in held[:i]
    )


def _placed(texts: Sequence[str], spots: Sequence[Point | None]) -> list[tuple[str, Point]]:
    return [(text, spot) for text, spot in zip(texts, spots, strict=True) if spot is not None]


def _box(label: str, place: Point) -> tuple[float, float, float, float]:
    x, y = place
    if label in {START, END}:
        return x - TERMINAL, y - TERMINAL, x + TERMINAL, y + TERMINAL
    return x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2, x + BOX_WIDTH / 2, y + BOX_HEIGHT / 2


def _downward(pair: Pair, ids: Mapping[str, int], positions: Mapping[str, int]) -> tuple[int, int]:
    a, b = ids[pair[0]], ids[pair[1]]
    return (b, a) if _leads_back(pair, positions) else (a, b)


def _leads_back(pair: Pair, positions: Mapping[str, int]) -> bool:
    return pair[0] != pair[1] and positions.get(pair[0], 0) > positions.get(pair[1], 0)


def _ties(edges: Collection[tuple[int, int]], rank: Mapping[int, int]) -> set[tuple[int, int]]:
    """Edges that are not drawn but hold the drawing together.

    They lead to the end from what leads nowhere further down, so that the end stands last, and from the start to
    the first of each part that hangs on nothing.
    """
    leading = {a for a, _ in edges}
    ties = {(node, 1) for node in rank if node != 1 and node not in leading}
    near: dict[int, set[int]] = {node: set() for node in rank}
    for a, b in (*edges, *ties):
        near[a].add(b)
        near[b].add(a)
    seen: set[int] = set()
    for root in sorted(rank, key=lambda node: (node != 0, rank[node], node)):
        if root not in seen:
            ties |= {(0, root)} - {(0, 0)}
        stack = [root]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack += near[node]
    return ties


def _layers(
    edges: Sequence[tuple[int, int]], straight: Collection[tuple[int, int]]
) -> tuple[dict[int, Point], dict[tuple[int, int], list[Point]]]:
    """Centres by node id, and the bends of edges that cross layers.

    The library decides layers and the order in each; the places in the layer are ours. The library must get an
    acyclic, connected graph without loops: anything else aborts the process. The order of its results varies from
    call to call; what it says of each node does not.
    """
    size = 1 + max(node for edge in edges for node in edge)
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
    ((positions, _, _, links),) = layouts
    raw = {int(node): place for node, place in positions}
    hops: dict[int, list[int]] = {}
    for source, target in links or ():
        hops.setdefault(int(source), []).append(int(target))
    chains = _chains(edges, hops, size)
    # From the top down, each from left to right.
    rows = sorted({y for _, y in raw.values()}, reverse=True)
    layers = [sorted((n for n in raw if raw[n][1] == y), key=lambda n: (raw[n][0], n)) for y in rows]
    pinned = {n for edge in straight for n in (*edge, *chains[edge])}
    x = straighten(layers, {n: _room(n, size) for n in raw}, _links(chains, size), pinned)
    points = {n: (x[n], i * _ROW) for i, layer in enumerate(layers) for n in layer}
    return points, {edge: [points[n] for n in chain] for edge, chain in chains.items()}


def _room(node: int, size: int) -> float:
    """The width a node takes in its layer: a disc, a box, or the bend of an arrow (ids from `size` on)."""
    if node < _DISCS:
        return 3 * TERMINAL
    return BOX_WIDTH + _GAP if node < size else _GAP


def _links(chains: Mapping[tuple[int, int], Sequence[int]], size: int) -> dict[tuple[int, int], float]:
    """The pieces of all edges with the pull towards being straight: bends more than boxes, as Gansner et al. 1993."""
    links: dict[tuple[int, int], float] = {}
    for (source, target), chain in chains.items():
        for a, b in pairwise((source, *chain, target)):
            links[a, b] = _PULLS[(a >= size) + (b >= size)]
    return links


def _chains(
    edges: Sequence[tuple[int, int]], hops: Mapping[int, Sequence[int]], size: int
) -> dict[tuple[int, int], list[int]]:
    """Follow each edge over the library's inserted nodes (ids from `size` on) to its true end."""
    chains: dict[tuple[int, int], list[int]] = {edge: [] for edge in edges}
    for source in range(size):
        for first in hops.get(source, ()):
            inserted: list[int] = []
            node = first
            while node >= size:
                inserted.append(node)
                node = hops[node][0]
            chains[source, node] = inserted
    return chains


def _bends_of(
    pair: Pair, ids: Mapping[str, int], bends: Mapping[tuple[int, int], list[Point]], move: float
) -> list[Point]:
    a, b = ids[pair[0]], ids[pair[1]]
    points = bends[a, b] if (a, b) in bends else bends.get((b, a), [])[::-1]
    return [(x + move, y + _MARGIN) for x, y in points]


def _way(pair: Pair, places: Mapping[str, Point], bends: Sequence[Point], *, aside: float) -> list[Point]:
    """The points an arrow goes through; for one from a box to itself, its outermost point twice."""
    (sx, sy), (tx, ty) = places[pair[0]], places[pair[1]]
    if pair[0] == pair[1]:
        outside = (sx + BOX_WIDTH / 2 + _LOOP + 4, sy)
        return [outside, outside]
    down = 1.0 if ty >= sy else -1.0
    start = (sx + aside, sy + down * _reach(pair[0]))
    end = (tx + aside, ty - down * (_reach(pair[1]) + 5))
    return [start, *((x + aside, y) for x, y in bends), end]


def _loop(outside: Point) -> str:
    return f"M{outside[0] - _LOOP - 4:.0f} {outside[1] - 10:.0f}c34 -14 34 34 0 20"


def _reach(label: str) -> float:
    return TERMINAL if label in {START, END} else BOX_HEIGHT / 2


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
