"""The process maps as data for the page's script: every level laid out, all text cleaned and wrapped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from guildbook.model import MapEdge, ProcessMap
from guildbook.model import time as times
from guildbook.teach.report.layout import BOX_HEIGHT, BOX_WIDTH, TERMINAL, Drawing, draw, order
from guildbook.teach.report.levels import END, START, Level, Pair, backbone_of, happy_path, levels, pairs, trunk
from guildbook.teach.text import clean, shorten

_LINE: Final = 21
"""Characters that fit on a line of a box."""
_LONGEST: Final = 200
_TIMED: Final = 40


def chart(found: ProcessMap) -> dict[str, Any]:
    """One map: `nodes` [label, lines, events, episodes], `edges` [from, to, count, median time], `levels`.

    Node numbers −1 and −2 are the start and the end. A level has its size, the share of all moves from a step to
    the next that it shows (0 to 1), `nodes` [number, x, y] and `edges` [number, path, place, leads back], where
    place is that of the label or null.
    """
    edges = pairs(found)
    shown = levels(found)
    backbone = backbone_of(happy_path(found, edges))
    positions = order({pair: edges[pair].count for pair in shown[-1].edges if pair in edges}, trunk(found))
    last = shown[-1]
    ids = {START: -1, END: -2} | {label: i for i, label in enumerate(last.nodes)}
    numbers = {pair: i for i, pair in enumerate(last.edges)}
    by_label = {node.label: node for node in found.nodes}
    total = sum(edge.count for edge in found.edges) or 1
    drawn = [(level, draw(level, positions, backbone, _labels(level, edges))) for level in shown]
    return {
        "box": [BOX_WIDTH, BOX_HEIGHT, TERMINAL],
        "of": [len(found.nodes), len(found.edges)],
        "nodes": [_node(label, by_label[label].count, by_label[label].episodes) for label in last.nodes],
        "edges": [_edge(pair, ids, edges.get(pair)) for pair in last.edges],
        "levels": [
            {
                "share": math.floor(1e4 * sum(edges[pair].count for pair in level.edges if pair in edges) / total)
                / 1e4,
                **_level(drawing, ids, numbers),
            }
            for level, drawing in drawn
        ],
    }


def wrap(label: str) -> list[str]:
    """A label on at most two lines of a box; what does not fit is marked by an ellipsis."""
    first, rest = "", ""
    for word in shorten(label, 4 * _LINE).split():
        joined = f"{first} {word}".strip()
        if not rest and len(joined) <= _LINE:
            first = joined
        else:
            rest = f"{rest} {word}".strip()
    if not first:
        first, rest = rest[:_LINE], rest[_LINE:]
    return [line for line in (first, shorten(rest.strip(), _LINE)) if line] or ["–"]


def _node(label: str, count: int, episodes: int) -> list[Any]:
    plain = shorten(clean(label), _LONGEST)
    return [plain, wrap(plain), count, episodes]


def _edge(pair: Pair, ids: dict[str, int], edge: MapEdge | None) -> list[Any]:
    return [ids[pair[0]], ids[pair[1]], edge.count if edge else 0, _time(edge)]


def _labels(level: Level, edges: Mapping[Pair, MapEdge]) -> dict[Pair, str]:
    """Times on the commonest arrows only; the others tell theirs when pointed at."""
    common = [edges[pair] for pair in level.edges if pair in edges][:_TIMED]
    return {(e.source or START, e.target or END): _time(e) for e in common if e.median_seconds is not None}


def _time(edge: MapEdge | None) -> str:
    return "" if edge is None or edge.median_seconds is None else times.words(edge.median_seconds)


def _level(drawing: Drawing, ids: dict[str, int], numbers: dict[Pair, int]) -> dict[str, Any]:
    return {
        "size": [drawing.width, drawing.height],
        "nodes": [[ids[label], x, y] for label, (x, y) in drawing.places.items()],
        "edges": [[numbers[a.pair], a.path, a.label, int(a.back)] for a in drawing.arrows],
    }
