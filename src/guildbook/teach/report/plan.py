"""What is to be drawn of a process, whichever record it comes from: boxes, moves, and nested levels of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from guildbook.model import ProcessMap
from guildbook.model.process import FilteredMap
from guildbook.teach.report.levels import END, START, Level, Pair, backbone_of, happy_path, levels, pairs, trunk


@dataclass(frozen=True, slots=True)
class Node:
    """A box."""

    label: str
    count: int
    episodes: int
    members: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """An arrow, or a line where the two follow one another in either order."""

    count: int
    median_seconds: float | None = None
    either_order: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A level with what it covers."""

    level: Level
    moves: float
    traces: float | None
    """None where it is not known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a drawing needs. Ends of moves are labels, `START` and `END`."""

    of: tuple[int, int]
    """Activities and kinds of move there are, shown or not."""
    nodes: Mapping[str, Node]
    moves: Mapping[Pair, Move]
    backbone: tuple[Pair, ...]
    trunk: tuple[Pair, ...]
    levels: tuple[Shown, ...]


def plan(found: ProcessMap | FilteredMap) -> Plan:
    """The plan of a map. A filtered one brings its levels; of a plain one they are chosen here."""
    return _filtered(found) if isinstance(found, FilteredMap) else _plain(found)


def _plain(found: ProcessMap) -> Plan:
    edges = pairs(found)
    total = sum(edge.count for edge in found.edges) or 1
    shown = [
        Shown(level, sum(edges[pair].count for pair in level.edges if pair in edges) / total, None)
        for level in levels(found)
    ]
    return Plan(
        of=(len(found.nodes), len(found.edges)),
        nodes={node.label: Node(node.label, node.count, node.episodes) for node in found.nodes},
        moves={pair: Move(edge.count, edge.median_seconds) for pair, edge in edges.items()},
        backbone=backbone_of(happy_path(found, edges)),
        trunk=trunk(found),
        levels=tuple(shown),
    )


def _filtered(found: FilteredMap) -> Plan:
    moves = {
        _ends(link.source, link.target): Move(link.count, link.median_seconds, link.either_order)
        for link in found.links
    }
    shown = [
        Shown(Level(level.boxes, tuple(_ends(*pair) for pair in level.links)), level.moves, level.traces)
        for level in found.levels
    ]
    backbone = tuple(pair for pair in backbone_of(found.happy) if pair in moves)
    return Plan(
        of=(found.activities, found.moves),
        nodes={box.label: Node(box.label, box.count, box.episodes, box.members) for box in found.boxes},
        moves=moves,
        backbone=backbone,
        trunk=tuple(dict.fromkeys((*backbone, *_entering(shown, moves)))),
        levels=tuple(shown),
    )


def _ends(source: str, target: str) -> Pair:
    return source or START, target or END


def _entering(shown: Sequence[Shown], moves: Mapping[Pair, Move]) -> list[Pair]:
    """Moves in the order of the levels that bring them, commonest first: what a reader meets first leads down."""
    found: list[Pair] = []
    for few, more in pairwise((None, *shown)):
        known = set(few.level.edges) if few else set[Pair]()
        fresh = [pair for pair in more.level.edges if pair not in known] if more else []
        found += sorted(fresh, key=lambda pair: (-moves[pair].count, pair))
    return found
