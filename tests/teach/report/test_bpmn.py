"""A map as BPMN: each flow joins what is there, and gateways stand wherever there are several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from guildbook.model.process import Box, FilteredMap, Link, MapLevel, Variants
from guildbook.teach.report.picture import draw

SPACE = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SHAPE = "{http://www.omg.org/spec/BPMN/20100524/DI}"


def made(pairs: list[tuple[str, str]], either: tuple[str, str] | None = None) -> FilteredMap:
    labels = tuple(dict.fromkeys(label for pair in pairs for label in pair if label))
    links = tuple(Link(a, b, 5, either_order=(a, b) == either) for a, b in pairs)
    level = MapLevel(1.0, labels, tuple(pairs), 1.0, 1.0, 1.0)
    return FilteredMap("t", "Task", 5, 3, 3, tuple(Box(label, 5, 5) for label in labels), links, labels[:1], (level,))


def parts(text: str) -> tuple[ET.Element, dict[str, ET.Element], list[tuple[str, str]]]:
    """(root, flow nodes by id, flows by their ends)."""
    root = ET.fromstring(text)
    (process,) = root.iter(f"{SPACE}process")
    flows = [(e.get("sourceRef") or "", e.get("targetRef") or "") for e in process.iter(f"{SPACE}sequenceFlow")]
    return root, {e.get("id") or "": e for e in process if not e.tag.endswith("sequenceFlow")}, flows


def test_several_ways_pass_a_gateway() -> None:
    found = made([("", "a"), ("a", "b"), ("a", "c"), ("b", "c"), ("c", "")], either=("b", "c"))
    root, nodes, flows = parts(draw(found, 1.0, ".bpmn"))
    kinds = Counter(node.tag.removeprefix(SPACE) for node in nodes.values())
    assert kinds == {"startEvent": 1, "endEvent": 1, "task": 3, "exclusiveGateway": 4}
    for ident, node in nodes.items():
        out, come = sum(a == ident for a, _ in flows), sum(b == ident for _, b in flows)
        if not node.tag.endswith("exclusiveGateway"):
            assert out <= 1
            assert come <= 1
        order = [child.tag.removeprefix(SPACE) for child in node]
        assert order == ["incoming"] * come + ["outgoing"] * out
    assert len(list(root.iter(f"{SHAPE}BPMNShape"))) == len(nodes)
    assert len(list(root.iter(f"{SHAPE}BPMNEdge"))) == len(flows)


@pytest.mark.parametrize("level", [0.0, 0.9, 1.0])
def test_all_boxes_are_tasks_and_all_flows_join_what_is_there(
    discovered: Callable[[int], tuple[FilteredMap, Variants]], level: float
) -> None:
    found = discovered(60)[0]
    _, nodes, flows = parts(draw(found, level, ".bpmn"))
    tasks = {node.get("name") for node in nodes.values() if node.tag == f"{SPACE}task"}
    assert tasks == set(found.nearest(level).boxes)
    assert {ident for pair in flows for ident in pair} == set(nodes)


def test_hostile_labels_are_only_names(hostile: tuple[str, ...]) -> None:
    text = draw(made(list(pairwise(("", *hostile, "")))), 1.0, ".bpmn")
    _, nodes, _ = parts(text)
    assert sum(node.tag == f"{SPACE}task" for node in nodes.values()) == len(hostile)
    assert "\u202e" not in text
    assert "\x1b" not in text
