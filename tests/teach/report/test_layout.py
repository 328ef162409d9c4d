"""Where boxes and arrows go."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import ProcessMap
from guildbook.teach.report.layout import BOX_HEIGHT, BOX_WIDTH, TERMINAL, Drawing, draw, order
from guildbook.teach.report.levels import END, START, Level, backbone_of, happy_path, levels, pairs, trunk

LABELS = st.sampled_from("abcdefgh")
PAIRS = st.sets(st.tuples(LABELS, LABELS), max_size=20)


def drawings(found: ProcessMap) -> list[Drawing]:
    edges = pairs(found)
    positions = order({pair: edge.count for pair, edge in edges.items()}, trunk(found))
    backbone = backbone_of(happy_path(found, edges))
    labels = dict.fromkeys(edges, "2.1 days")
    return [draw(level, positions, backbone, labels) for level in levels(found)]


@pytest.fixture(scope="module")
def drawn(process_map: Callable[..., ProcessMap]) -> list[Drawing]:
    return drawings(process_map("claim", 36, 180))


def test_boxes_never_overlap_and_fit_in(drawn: list[Drawing]) -> None:
    for drawing in drawn:
        boxes = [place for label, place in drawing.places.items() if label not in {START, END}]
        for (ax, ay), (bx, by) in combinations(boxes, 2):
            assert abs(ax - bx) >= BOX_WIDTH or abs(ay - by) >= BOX_HEIGHT
        for x, y in boxes:
            assert BOX_WIDTH / 2 <= x <= drawing.width - BOX_WIDTH / 2
            assert TERMINAL <= y <= drawing.height - BOX_HEIGHT / 2


def test_the_start_stands_first_and_the_end_last(drawn: list[Drawing]) -> None:
    for drawing in drawn:
        rows = {label: y for label, (_, y) in drawing.places.items()}
        assert all(rows[START] < y for label, y in rows.items() if label != START)
        assert all(rows[END] > y for label, y in rows.items() if label != END)


def test_the_happy_path_is_straight(drawn: list[Drawing], process_map: Callable[..., ProcessMap]) -> None:
    happy = process_map("claim", 36, 180).variants[0][0]
    for drawing in drawn:
        xs = [drawing.places[label][0] for label in (START, *happy, END)]
        assert max(xs) - min(xs) < 1


def test_labels_keep_clear_of_each_other(drawn: list[Drawing]) -> None:
    for drawing in drawn:
        spots = [arrow.label for arrow in drawing.arrows if arrow.label]
        assert spots
        for (ax, ay), (bx, by) in combinations(spots, 2):
            assert abs(ax - bx) >= 50 or abs(ay - by) >= 14.8


def test_the_same_map_is_drawn_the_same(process_map: Callable[..., ProcessMap]) -> None:
    found = process_map("claim", 20, 70)
    assert drawings(found) == drawings(found)


@settings(deadline=None, max_examples=60)
@given(PAIRS)
def test_any_graph_can_be_drawn(edges: set[tuple[str, str]]) -> None:
    labels = sorted({label for pair in edges for label in pair} | {"alone"})
    positions = order(dict.fromkeys(edges, 1), ())
    drawing = draw(Level(tuple(labels), tuple(sorted(edges))), positions)
    assert set(drawing.places) == {START, END, *labels}
    assert {arrow.pair for arrow in drawing.arrows} == edges
    for arrow in drawing.arrows:
        if arrow.pair[0] != arrow.pair[1]:
            goes_up = drawing.places[arrow.pair[0]][1] > drawing.places[arrow.pair[1]][1]
            assert arrow.back == goes_up


def test_the_rarest_edge_of_a_cycle_leads_back() -> None:
    weighted = {(START, "a"): 9, ("a", "b"): 5, ("b", "c"): 5, ("c", "a"): 2, ("c", END): 9}
    positions = order(weighted, ())
    assert sorted(positions, key=positions.__getitem__) == [START, "a", "b", "c", END]
    drawing = draw(Level(("a", "b", "c"), tuple(weighted)), positions)
    assert [arrow.pair for arrow in drawing.arrows if arrow.back] == [("c", "a")]


def test_the_trunk_goes_before_the_heaviest() -> None:
    weighted = {(START, "a"): 1, ("a", "b"): 1, ("b", "a"): 100}
    assert list(order(weighted, [(START, "a"), ("a", "b")])) == [START, "a", "b"]


def test_loops_stand_beside_their_box() -> None:
    drawing = draw(
        Level(("a",), ((START, "a"), ("a", "a"), ("a", END))), {START: 0, "a": 1, END: 2}, (), {("a", "a"): "3 h"}
    )
    (loop,) = [arrow for arrow in drawing.arrows if arrow.pair == ("a", "a")]
    assert loop.label is not None
    assert drawing.places["a"][0] + BOX_WIDTH / 2 < loop.label[0] < drawing.width
