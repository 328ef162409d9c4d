"""Places within layers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.teach.report.straighten import straighten


def test_linked_nodes_stand_over_each_other() -> None:
    x = straighten([[0], [1, 2], [3]], dict.fromkeys(range(4), 10.0), {(0, 1): 1, (0, 2): 1, (1, 3): 1, (2, 3): 1})
    assert x[0] == pytest.approx(x[3])
    assert x[2] - x[1] == pytest.approx(10)
    assert x[0] == pytest.approx((x[1] + x[2]) / 2)


def test_pinned_nodes_stand_at_zero() -> None:
    links = {(0, 3): 1.0, (3, 5): 1.0, (1, 4): 1.0, (2, 4): 1.0}
    x = straighten([[0, 1, 2], [3, 4], [5]], dict.fromkeys(range(6), 10.0), links, {0, 3, 5})
    assert [x[node] for node in (0, 3, 5)] == pytest.approx([0, 0, 0], abs=0.01)


@given(
    st.lists(st.lists(st.floats(1, 200), min_size=1, max_size=6), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.1, 50)), max_size=30),
)
def test_neighbours_keep_their_order_and_room(rooms: list[list[float]], joined: list[tuple[int, int, float]]) -> None:
    layers: list[list[int]] = []
    widths: dict[int, float] = {}
    for row in rooms:
        layers.append(list(range(len(widths), len(widths) + len(row))))
        widths |= dict(zip(layers[-1], row, strict=True))
    links = {(a[i % len(a)], b[j % len(b)]): w for i, j, w in joined for a, b in pairwise(layers)}
    x = straighten(layers, widths, links)
    for layer in layers:
        for a, b in pairwise(layer):
            assert x[b] - x[a] >= (widths[a] + widths[b]) / 2 - 1e-6
