"""The page as text: self-contained, bounded, and all text escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import Effect, Kind, Knowledge, MapEdge, MapNode, Person, Practice, ProcessMap, Span, Task, When
from guildbook.teach.report import render

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Outline(HTMLParser):
    """Tags, attributes and text of a page; fails on tags that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        where = self.open[-1] if self.open else ""
        {"script": self.scripts, "style": self.styles}.get(where, self.texts).append(data)


def everywhere(text: str) -> Knowledge:
    """A book that says one thing in every place that holds text of a trace."""
    practice = Practice(
        text,
        Kind.QUALITY,
        text,
        When(text, text, ((text, text),), (text,)),
        (text, text),
        (text,),
        Effect(text, 0.1, 0.0, 0.2, 10, 0.5),
        (text,),
        (Span(text, (text,)),),
        ((text, 3),),
        (text,),
    )
    return Knowledge(
        text,
        1,
        1,
        1,
        1,
        (Task(text, text, 3, ((text, 1),), 1, 1, 4.0),),
        (practice,),
        (Person(text, 1, 1, ((text, 1),), ((text, 1),), ((text, 1),), 3.0),),
        (
            ProcessMap(
                text, (MapNode(text, 1, 1),), (MapEdge("", text, 1), MapEdge(text, text, 1, 2.0), MapEdge(text, "", 1))
            ),
        ),
        (0, 1),
        notes=(text,),
    )


def test_the_page_is_whole_and_asks_for_nothing(knowledge: Knowledge) -> None:
    page = render(knowledge, title="The claims office", generated="today")
    outline = Outline(page)
    assert outline.open == []
    for tag, attributes in outline.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "form", "base"}
        assert not {"src", "srcset", "style", "data", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
    assert "http" not in re.sub(r'"http://www\.w3\.org/2000/svg"|http-equiv', "", page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    anchors = set(ids)
    assert len(ids) == len(anchors)
    assert {(a.get("href") or "#learnt")[1:] for tag, a in outline.tags if tag == "a"} <= anchors


def test_the_policy_names_the_very_style_and_script(knowledge: Knowledge) -> None:
    outline = Outline(render(knowledge, title="t", generated="g"))
    (policy,) = [str(a["content"]) for tag, a in outline.tags if tag == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for text in (outline.styles[0], outline.scripts[1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_same_arguments_give_the_same_page(knowledge: Knowledge) -> None:
    assert render(knowledge, title="t", generated="g") == render(knowledge, title="t", generated="g")


def test_a_book_of_real_size_stays_below_a_megabyte(big: Knowledge) -> None:
    assert len(render(big, title="t", generated="g").encode()) <= 1_000_000


def test_an_empty_book_is_a_page_too() -> None:
    outline = Outline(render(Knowledge("", 0, 0, 0, 0), title="", generated=""))
    said = " ".join(outline.texts)
    assert "None learnt yet." in said
    assert "No task has been recognised yet." in said
    assert "No people are named" in said
    assert "No times are known." in said


def test_four_hundred_activities_stay_readable(
    build: Callable[..., Knowledge], process_map: Callable[..., ProcessMap]
) -> None:
    page = render(build(maps=(process_map("Settle a claim", 400, 2500),)), title="t", generated="g")
    (data,) = json.loads(Outline(page).scripts[0])
    assert data["of"] == [400, 2500]
    assert len(data["levels"]) <= 6
    assert all(len(level["nodes"]) <= 74 for level in data["levels"])
    assert len(page.encode()) <= 1_000_000


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(codec=None, exclude_categories=[]), min_size=1, max_size=60))
def test_no_text_changes_the_page(text: str) -> None:
    plain = Outline(render(everywhere("x"), title="x", generated="x"))
    strange = Outline(render(everywhere(text), title=text, generated=text))
    assert [tag for tag, _ in strange.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(a) for _, a in strange.tags] == [sorted(a) for _, a in plain.tags]
    assert strange.scripts[1] == plain.scripts[1]
    json.loads(strange.scripts[0])


def test_hostile_text_is_shown_as_text(hostile: tuple[str, ...]) -> None:
    for text in hostile:
        page = render(everywhere(text), title=text, generated=text)
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert "<script>window" not in page
        assert "<img" not in page
        assert Outline(page).open == []
    assert "{{ 7*7 }}" in render(everywhere(hostile[3]), title="t", generated="g")
