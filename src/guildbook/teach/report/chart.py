"""The process maps as data for the page's script: every level laid out, all text cleaned and wrapped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from guildbook.model import ProcessMap
from guildbook.model import time as times
from guildbook.model.process import FilteredMap
from guildbook.teach.report.layout import BOX_HEIGHT, BOX_WIDTH, TERMINAL, Drawing, draw, order
from guildbook.teach.report.levels import END, START, Level, Pair
from guildbook.teach.report.plan import Move, Node, Plan, plan
from guildbook.teach.text import clean, shorten

_LINE: Final = 21
"""Characters that fit on a line of a box."""
_LONGEST: Final = 200
_TIMED: Final = 40
_MEMBERS: Final = 40
"""Members of a cluster that are named; the table of steps has them all."""


def chart(found: ProcessMap | FilteredMap) -> dict[str, Any]:
    """One map: `nodes` [label, lines, events, episodes], `edges` [from, to, count, median time], and `levels`.

    `members` holds the activities of each node that is a cluster, `either` the edges that go in either order. Node
    numbers −1 and −2 are the start and the end. A level has its size, the share of all moves from a step to the next
    that it shows and of episodes it shows whole (0 to 1; null where unknown), its crossings, `nodes` [number, x, y]
    and `edges` [number, path, place, leads back], where place is that of the label or null.
    """
    planned = plan(found)
    last = planned.levels[-1].level
    ids = {START: -1, END: -2} | {label: i for i, label in enumerate(last.nodes)}
    numbers = {pair: i for i, pair in enumerate(last.edges)}
    drawn = drawings(planned)
    return {
        "box": [BOX_WIDTH, BOX_HEIGHT, TERMINAL],
        "of": list(planned.of),
        "nodes": [_node(planned.nodes[label]) for label in last.nodes],
        "edges": [_edge(pair, ids, planned.moves.get(pair)) for pair in last.edges],
        "members": {
            ids[label]: [[plain(name), count] for name, count in planned.nodes[label].members[:_MEMBERS]]
            for label in last.nodes
            if planned.nodes[label].members
        },
        "either": [i for pair, i in numbers.items() if pair in planned.moves and planned.moves[pair].either_order],
        "levels": [
            {
                "share": math.floor(1e4 * shown.moves) / 1e4,
                "whole": None if shown.traces is None else math.floor(1e4 * shown.traces) / 1e4,
                **_level(drawing, ids, numbers),
            }
            for shown, drawing in zip(planned.levels, drawn, strict=True)
        ],
    }


def drawings(planned: Plan) -> list[Drawing]:
    """Every level laid out, boxes in the same order in all of them."""
    last = planned.levels[-1].level
    counts = {pair: planned.moves[pair].count for pair in last.edges if pair in planned.moves}
    positions = order(counts, planned.trunk)
    return [
        draw(shown.level, positions, planned.backbone, _labels(shown.level, planned.moves)) for shown in planned.levels
    ]


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


def plain(label: str) -> str:
    """A label as it may be shown."""
    return shorten(clean(label), _LONGEST)


def _node(node: Node) -> list[Any]:
    label = plain(node.label)
    return [label, wrap(label), node.count, node.episodes]


def _edge(pair: Pair, ids: dict[str, int], move: Move | None) -> list[Any]:
    return [ids[pair[0]], ids[pair[1]], move.count if move else 0, timed(move)]


def _labels(level: Level, moves: Mapping[Pair, Move]) -> dict[Pair, str]:
    """Times on the commonest arrows only; the others tell theirs when pointed at."""
    common = [pair for pair in level.edges if pair in moves][:_TIMED]
    return {pair: timed(moves[pair]) for pair in common if moves[pair].median_seconds is not None}


def timed(move: Move | None) -> str:
    """The median time of a move in words; empty where it is not known."""
    return "" if move is None or move.median_seconds is None else times.words(move.median_seconds)


def _level(drawing: Drawing, ids: dict[str, int], numbers: dict[Pair, int]) -> dict[str, Any]:
    return {
        "size": [drawing.width, drawing.height],
        "crossings": drawing.crossings,
        "nodes": [[ids[label], x, y] for label, (x, y) in drawing.places.items()],
        "edges": [[numbers[a.pair], a.path, a.label, int(a.back)] for a in drawing.arrows],
    }
