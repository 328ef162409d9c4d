"""From a whole process map to a few nested ones: the commonest way first, everything last, always connected."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from guildbook.model import MapEdge, ProcessMap

START: Final = ""
END: Final = "\x00end"
"""Stands for the end of an episode, where `MapEdge.target` is empty, so that it differs from the start."""
MOST_LEVELS: Final = 6
MOST_NODES: Final = 72
MOST_EDGES: Final = 200
"""Beyond these a drawing tells nobody anything; the rest is told in the table of steps."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Level:
    """One position of the slider: activities (without start and end) and steps between them, commonest first."""

    nodes: tuple[str, ...]
    edges: tuple[Pair, ...]


def pairs(found: ProcessMap) -> dict[Pair, MapEdge]:
    """The edges by their ends, with `END` for the end; edges of unknown activities are left out."""
    known = {node.label for node in found.nodes}
    edges: dict[Pair, MapEdge] = {}
    for edge in found.edges:
        source, target = edge.source or START, edge.target or END
        if (source in known or source == START) and (target in known or target == END):
            edges[source, target] = edge
    return edges


def happy_path(found: ProcessMap, edges: Mapping[Pair, MapEdge]) -> tuple[str, ...]:
    """The commonest whole sequence, or with none known the widest way from start to end."""
    known = {node.label for node in found.nodes}
    for steps, _ in found.variants:
        if steps and known.issuperset(steps):
            return steps
    before = _widest(START, {pair: edge.count for pair, edge in edges.items()})
    return _way(END, before)[1:-1] if END in before else ()


def backbone_of(steps: Sequence[str]) -> tuple[Pair, ...]:
    """The arrows of a sequence from start to end, each once."""
    return tuple(dict.fromkeys(pairwise((START, *steps, END)))) if steps else ()


def trunk(found: ProcessMap) -> tuple[Pair, ...]:
    """The backbone, then the widest way to each activity, widest first: what a reader follows down from the start."""
    edges = pairs(found)
    counts = {pair: edge.count for pair, edge in edges.items()}
    tree = {(source, label) for label, source in _widest(START, counts).items() if label != START}
    ranked = sorted(tree, key=lambda pair: (-counts[pair], pair))
    return tuple(dict.fromkeys((*backbone_of(happy_path(found, edges)), *ranked)))


def levels(found: ProcessMap) -> tuple[Level, ...]:
    """At most `MOST_LEVELS` nested levels; in each, every activity lies on a drawn way from start to end.

    (As far as the map has such ways.) An activity enters with the widest way from the start to it and from it to
    the end: the one whose rarest step is commonest (bottleneck shortest paths). The first level is the happy path
    alone; the last holds everything up to `MOST_NODES` activities and about `MOST_EDGES` edges.
    """
    edges = pairs(found)
    counts = {pair: edge.count for pair, edge in edges.items()}
    happy = happy_path(found, edges)
    frequency = {node.label: node.count for node in found.nodes}
    before = _widest(START, counts)
    after = _widest(END, {(target, source): count for (source, target), count in counts.items()})
    ranked = sorted(counts, key=lambda pair: (-counts[pair], pair))
    waiting = sorted(frequency, key=lambda label: (-frequency[label], label))
    drawn = set(backbone_of(happy))
    inside = set(happy)
    shown: list[Level] = []
    for node_count, edge_count in _sizes(len(inside), len(frequency), len(drawn), len(ranked)):
        for label in waiting:
            way = _through(label, before, after)
            bigger = inside | {label} | {end for pair in way for end in pair} - {START, END}
            if len(inside) >= node_count:
                break
            if label not in inside and len(bigger) <= max(MOST_NODES, node_count):
                inside = bigger
                drawn.update(way)
        for pair in ranked:
            if len(drawn) >= edge_count:
                break
            if {START, END, *inside}.issuperset(pair):
                drawn.add(pair)
        level = Level(
            tuple(sorted(inside, key=lambda label: (-frequency[label], label))),
            tuple(sorted(drawn, key=lambda pair: (-counts.get(pair, 0), pair))),
        )
        if level.nodes and level not in shown[-1:]:
            shown.append(level)
    return tuple(shown)


def _sizes(few_nodes: int, nodes: int, few_edges: int, edges: int) -> list[tuple[int, int]]:
    """Node and edge counts of the levels, growing by equal ratios from the happy path to everything."""
    steps = MOST_LEVELS - 1

    def between(low: int, high: int, step: int) -> int:
        floor = max(low, 1)
        return low if step == 0 else max(low, round(floor * (max(high, floor) / floor) ** (step / steps)))

    last_nodes, last_edges = min(nodes, MOST_NODES), min(edges, MOST_EDGES)
    return [(between(few_nodes, last_nodes, step), between(few_edges, last_edges, step)) for step in range(MOST_LEVELS)]


def _through(label: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Pair]:
    """The edges of the widest way from the start through an activity to the end; a missing half is left out."""
    come = _way(label, before)
    go = _way(label, after)[::-1]
    return [*pairwise(come), *pairwise(go)]


def _way(label: str, before: Mapping[str, str]) -> tuple[str, ...]:
    """From the root of a tree of predecessors to a label."""
    way = [label]
    while way[-1] in before and before[way[-1]] != way[-1]:
        way.append(before[way[-1]])
    return tuple(reversed(way))


def _widest(root: str, counts: Mapping[Pair, int]) -> dict[str, str]:
    """Each label reached from `root` with the one before it on its widest way; ties go to the shorter, then by name."""
    following: dict[str, list[tuple[str, int]]] = {}
    for (source, target), count in counts.items():
        following.setdefault(source, []).append((target, count))
    before: dict[str, str] = {}
    queue: list[tuple[float, int, str, str]] = [(-float("inf"), 0, root, root)]
    while queue:
        width, hops, label, source = heapq.heappop(queue)
        if label in before:
            continue
        before[label] = source
        # A way does not pass through the other terminal.
        if label in {START, END} and label != root:
            continue
        for target, count in following.get(label, ()):
            if target not in before:
                heapq.heappush(queue, (max(width, -float(count)), hops + 1, target, label))
    return before
