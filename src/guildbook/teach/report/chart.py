"""The process maps as data for the page's script: every level laid out, all text cleaned and wrapped."""

from __future__ import annotations

from typing import Any, Final

from guildbook.model import MapEdge, ProcessMap
from guildbook.model import time as times
from guildbook.teach.report.layout import BOX_HEIGHT, BOX_WIDTH, TERMINAL, Drawing, draw, order
from guildbook.teach.report.levels import END, START, Pair, happy_path, levels, pairs
from guildbook.teach.text import clean, shorten

_LINE: Final = 21
"""Characters that fit on a line of a box."""
_LONGEST: Final = 200


def chart(found: ProcessMap) -> dict[str, Any]:
    """One map: `nodes` [label, lines, events, episodes], `edges` [from, to, count, median time], `levels`.

    Node numbers −1 and −2 are the start and the end. A level has its size, the share of all moves from one step to
    the next that it shows (0 to 1), `nodes` [number, x, y] and `edges` [number, path, label x, label y, leads back].
    """
    edges = pairs(found)
    shown = levels(found)
    happy = happy_path(found, edges)
    positions = order(
        {pair: edge.count for pair, edge in edges.items() if any(pair in set(level.edges) for level in shown[-1:])},
        list(dict.fromkeys(zip((START, *happy), (*happy, END), strict=True))) if happy else (),
    )
    last = shown[-1]
    ids = {START: -1, END: -2} | {label: i for i, label in enumerate(last.nodes)}
    numbers = {pair: i for i, pair in enumerate(last.edges)}
    by_label = {node.label: node for node in found.nodes}
    total = sum(edge.count for edge in found.edges) or 1
    drawn = [(level, draw(level, positions)) for level in shown]
    return {
        "box": [BOX_WIDTH, BOX_HEIGHT, TERMINAL],
        "of": [len(found.nodes), len(found.edges)],
        "nodes": [_node(label, by_label[label].count, by_label[label].episodes) for label in last.nodes],
        "edges": [_edge(pair, ids, edges.get(pair)) for pair in last.edges],
        "levels": [
            {
                "share": round(sum(edges[pair].count for pair in level.edges if pair in edges) / total, 4),
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
    seconds = None if edge is None else edge.median_seconds
    return [ids[pair[0]], ids[pair[1]], edge.count if edge else 0, "" if seconds is None else times.words(seconds)]


def _level(drawing: Drawing, ids: dict[str, int], numbers: dict[Pair, int]) -> dict[str, Any]:
    return {
        "size": [drawing.width, drawing.height],
        "nodes": [[ids[label], x, y] for label, (x, y) in drawing.places.items()],
        "edges": [[numbers[a.pair], a.path, *a.label, int(a.back)] for a in drawing.arrows],
    }
