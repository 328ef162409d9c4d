"""One level as a picture: whole, well-formed, and with nothing but text from the traces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

from guildbook.model.process import Box, FilteredMap, Link, MapLevel, Variants
from guildbook.teach.report.chart import chart
from guildbook.teach.report.picture import draw

SVG = "{http://www.w3.org/2000/svg}"
Discovered = Callable[[int], tuple[FilteredMap, Variants]]


def along(*labels: str) -> FilteredMap:
    """A map of one way through these labels."""
    boxes = tuple(Box(label, 5, 5) for label in labels)
    links = tuple(Link(a, b, 5, 60.0 if a and b else None) for a, b in pairwise(("", *labels, "")))
    level = MapLevel(0.0, labels, tuple((link.source, link.target) for link in links), 1.0, 1.0, 1.0)
    return FilteredMap("task-1", labels[0], 5, len(labels), len(links), boxes, links, labels, (level,))


def test_a_picture_holds_the_boxes_and_moves_of_its_level(discovered: Discovered) -> None:
    found = discovered(60)[0]
    for level in found.levels:
        root = ET.fromstring(draw(found, level.level, ".svg"))
        boxes = [e for e in root.iter(f"{SVG}rect") if e.get("class") == "box"]
        moves = [e for e in root.iter(f"{SVG}path") if (e.get("class") or "").startswith("move")]
        assert (len(boxes), len(moves)) == (len(level.boxes), len(level.links))
        (about,) = root.iter(f"{SVG}desc")
        assert f"{level.moves:.1%} of all moves" in (about.text or "")


def test_hostile_labels_are_only_text(hostile: tuple[str, ...]) -> None:
    found = along(*hostile)
    text = draw(found, 0.0, ".svg")
    root = ET.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text", "circle",
    }  # fmt: skip
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "<script" not in draw(found, 0.0, ".html")


def test_a_page_has_one_picture(discovered: Discovered) -> None:
    page = draw(discovered(60)[0], 0.8, ".html")
    assert page.count("<svg") == page.count("</svg>") == 1
    assert page.rstrip().endswith("</html>")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_the_same_map_gives_the_same_picture(discovered: Discovered) -> None:
    assert draw(discovered(60)[0], 0.9, ".svg") == draw(discovered(60)[0], 0.9, ".svg")


def test_a_chart_of_a_filtered_map_tells_clusters_and_either_order(discovered: Discovered) -> None:
    found = discovered(400)[0]
    data = chart(found)
    assert data["of"] == [400, found.moves]
    assert len(data["members"]) == sum(bool(box.members) for box in found.boxes)
    assert [level["whole"] for level in data["levels"]] == sorted(level["whole"] for level in data["levels"])
    assert all(level["crossings"] <= 120 for level in data["levels"])
    two = along("a", "b")
    links = tuple(replace(link, either_order=link.source == "a") for link in two.links)
    assert chart(replace(two, links=links))["either"] == [1]
