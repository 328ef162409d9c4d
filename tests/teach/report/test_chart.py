"""Maps as the page's data."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model import MapEdge, MapNode, ProcessMap
from guildbook.teach.report.chart import chart, wrap


def test_a_chart_refers_only_to_what_it_holds(process_map: Callable[..., ProcessMap]) -> None:
    found = process_map("claim", 20, 60)
    data = chart(found)
    assert data["of"] == [20, 60]
    assert data["levels"][-1]["share"] == 1.0
    shares = [level["share"] for level in data["levels"]]
    assert shares == sorted(shares)
    for level in data["levels"]:
        shown = {node[0] for node in level["nodes"]}
        assert shown <= {-1, -2, *range(len(data["nodes"]))}
        for number, path, _, _ in level["edges"]:
            source, target, count, _ = data["edges"][number]
            assert {source, target} <= shown
            assert count > 0
            assert path.startswith("M")


def test_hostile_labels_are_cleaned(hostile: tuple[str, ...]) -> None:
    nodes = tuple(MapNode(text, 1, 1) for text in hostile)
    edges = tuple(MapEdge(a, b, 1) for a, b in zip(("", *hostile), (*hostile, ""), strict=True))
    text = json.dumps(chart(ProcessMap("t", nodes, edges)), ensure_ascii=False)
    assert "\u202e" not in text
    assert "\\u001b" not in text


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("Open", ["Open"]),
        ("Approve the marine claim", ["Approve the marine", "claim"]),
        ("", ["–"]),
        ("x" * 50, ["x" * 21, "x" * 20 + "…"]),
        ("one two three four five six seven eight nine ten", ["one two three four", "five six seven eight…"]),
    ],
)
def test_wrap(label: str, lines: list[str]) -> None:
    assert wrap(label) == lines


@given(st.text())
def test_lines_fit_their_box(label: str) -> None:
    lines = wrap(label)
    assert 1 <= len(lines) <= 2
    assert all(len(line) <= 21 for line in lines)
