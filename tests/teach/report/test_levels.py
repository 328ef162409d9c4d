"""The levels of a map: nested, bounded, connected."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import MapEdge, MapNode, ProcessMap
from guildbook.teach.report.levels import (
    END,
    MOST_EDGES,
    MOST_LEVELS,
    MOST_NODES,
    START,
    Level,
    backbone_of,
    happy_path,
    levels,
    pairs,
    trunk,
)

STEPS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8)
VARIANTS = st.lists(st.tuples(STEPS.map(tuple), st.integers(1, 500)), min_size=1, max_size=12)


def from_variants(variants: list[tuple[tuple[str, ...], int]]) -> ProcessMap:
    """The map that these sequences give."""
    edges: dict[tuple[str, str], int] = {}
    nodes: dict[str, int] = {}
    for steps, count in variants:
        for label in steps:
            nodes[label] = nodes.get(label, 0) + count
        for pair in zip(("", *steps), (*steps, ""), strict=True):
            edges[pair] = edges.get(pair, 0) + count
    ranked = sorted(variants, key=lambda entry: (-entry[1], entry[0]))
    return ProcessMap(
        "task",
        tuple(MapNode(label, count, count) for label, count in nodes.items()),
        tuple(MapEdge(s, t, count) for (s, t), count in edges.items()),
        tuple(ranked[:5]),
    )


def reached(level: Level, root: str, *, against: bool = False) -> set[str]:
    seen, stack = {root}, [root]
    while stack:
        label = stack.pop()
        for source, target in level.edges:
            a, b = (target, source) if against else (source, target)
            if a == label and b not in seen:
                seen.add(b)
                stack.append(b)
    return seen


@settings(deadline=None)
@given(VARIANTS)
def test_every_level_is_connected_nested_and_bounded(variants: list[tuple[tuple[str, ...], int]]) -> None:
    found = from_variants(variants)
    shown = levels(found)
    assert 1 <= len(shown) <= MOST_LEVELS
    for level in shown:
        everything = {START, END, *level.nodes}
        assert reached(level, START) == everything
        assert reached(level, END, against=True) == everything
    for small, large in pairwise(shown):
        assert set(small.nodes) <= set(large.nodes)
        assert set(small.edges) < set(large.edges)
    assert set(shown[0].nodes) == set(happy_path(found, pairs(found)))
    assert set(shown[-1].edges) == set(pairs(found))


def test_the_first_level_is_the_commonest_variant(process_map: Callable[..., ProcessMap]) -> None:
    found = process_map("claim", 12, 30)
    assert set(levels(found)[0].nodes) == set(found.variants[0][0])
    assert levels(found)[0].edges == tuple(
        sorted(backbone_of(found.variants[0][0]), key=lambda p: (-pairs(found)[p].count, p))
    )


def test_without_variants_the_widest_way_is_taken() -> None:
    edges = (MapEdge("", "a", 9), MapEdge("a", "", 1), MapEdge("a", "b", 8), MapEdge("b", "", 8))
    found = ProcessMap("t", (MapNode("a", 9, 9), MapNode("b", 8, 8)), edges)
    assert happy_path(found, pairs(found)) == ("a", "b")
    assert trunk(found) == ((START, "a"), ("a", "b"), ("b", END))


def test_many_activities_stay_bounded(process_map: Callable[..., ProcessMap]) -> None:
    shown = levels(process_map("claim", 400, 3000))
    assert len(shown) <= MOST_LEVELS
    assert len(shown[-1].nodes) == MOST_NODES
    assert len(shown[-1].edges) <= MOST_EDGES + 2 * MOST_NODES


@pytest.mark.parametrize(
    "found",
    [
        ProcessMap("t", (), ()),
        ProcessMap("t", (MapNode("a", 1, 1),), ()),
        ProcessMap("t", (MapNode("a", 1, 1), MapNode("b", 1, 1)), (MapEdge("a", "b", 1), MapEdge("b", "a", 1))),
        ProcessMap("t", (MapNode("a", 1, 1),), (MapEdge("", "gone", 3), MapEdge("gone", "a", 3))),
        ProcessMap("t", (MapNode("a", 1, 1),), (MapEdge("", "", 3),), (((), 3),)),
    ],
)
def test_broken_maps_are_shown_as_far_as_they_go(found: ProcessMap) -> None:
    assert {label for level in levels(found) for label in level.nodes} == {node.label for node in found.nodes}


def test_a_way_of_four_hundred_steps_is_shown_alone() -> None:
    steps = tuple(f"s{i}" for i in range(400))
    (only,) = levels(from_variants([(steps, 5), ((*steps[:200], *steps[300:]), 1)]))
    assert len(only.nodes) == 400


def test_arrows_of_a_path_are_each_counted_once() -> None:
    assert backbone_of(("a", "b", "a", "b")) == ((START, "a"), ("a", "b"), ("b", "a"), ("b", END))
    assert backbone_of(()) == ()
