"""The page in a real browser: what a reader sees and does, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from guildbook.model import Kind, Knowledge, MapEdge, MapNode, Person, Practice, ProcessMap, Task
from guildbook.teach.report import render

pytestmark = pytest.mark.browser

PHONE, DESK = 320, 1280


@dataclass
class Reader:
    """A page and what it did that it must not do."""

    page: Page
    file: Path
    left: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])

    def open(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")
        self.page.goto(self.file.as_uri())

    def request(self, request: Request) -> None:
        if request.url.split("#")[0] != self.file.as_uri():
            self.left.append(request.url)


@pytest.fixture(params=[(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"])
def reader(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Reader]:
    """A fresh page; afterwards nothing was asked of a network, logged as an error, or wider than the screen."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    reader = Reader(page, tmp_path / "report.html")
    page.on("request", reader.request)
    page.on("console", lambda message: reader.said.append(message.text))
    page.on("pageerror", lambda error: reader.said.append(str(error)))
    page.on("dialog", lambda dialog: reader.said.append(dialog.message))
    yield reader
    assert reader.left == []
    assert reader.said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.pwned") is None
    context.close()


def nodes(page: Page) -> int:
    return page.locator(".map").first.locator(".node rect").count()


def slide(page: Page, key: str) -> None:
    page.locator(".map input[type=range]").first.press(key)


def test_the_slider_goes_from_the_happy_path_to_everything(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="The claims office", generated="today"))
    slide(reader.page, "Home")
    assert nodes(reader.page) == len(knowledge.maps[0].variants[0][0])
    assert "The happy path" in reader.page.locator(".shown").first.inner_text()
    seen = [nodes(reader.page)]
    for _ in range(5):
        slide(reader.page, "ArrowRight")
        seen.append(nodes(reader.page))
    assert seen == sorted(seen)
    assert seen[-1] == len(knowledge.maps[0].nodes)
    assert reader.page.locator(".map").first.locator(".edge.back").count() > 0


def test_a_step_tells_what_comes_before_and_after(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="t", generated="g"))
    first = reader.page.locator(".map").first
    first.locator(".node[tabindex='0']").focus()
    reader.page.keyboard.press("ArrowDown")
    reader.page.keyboard.press("Enter")
    about = first.locator(".about").inner_text()
    assert "Comes after" in about
    assert "Step 01 of Settle a claim" in about
    assert first.locator(".edge.on").count() >= 2
    reader.page.keyboard.press("Escape")
    assert first.locator(".about").inner_text() == ""
    first.locator(".node rect").first.click()
    assert "Leads to" in first.locator(".about").inner_text()


def test_evidence_opens_on_demand(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="t", generated="g"))
    card = reader.page.locator(".card").first
    assert not card.get_by_text("claim:2-0").is_visible()
    card.locator("summary").press("Enter")
    assert card.get_by_text("claim:2-0").is_visible()


def test_prerequisites_lead_to_their_practice(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="t", generated="g"))
    reader.page.locator("#kind-workflow .card a").first.click()
    target = reader.page.locator(":target")
    assert "Ctrl+D" in target.locator("h4").inner_text()


def test_find_narrows_the_practices(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="t", generated="g"))
    reader.page.locator("#find").fill("fraud ANN")
    assert reader.page.locator(".card:visible").count() == 1
    assert reader.page.locator("#found").inner_text() == "1 of 4"
    reader.page.locator("#find").fill("")
    assert reader.page.locator(".card:visible").count() == 4


def test_the_map_can_be_made_larger(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="t", generated="g"))
    svg = reader.page.locator(".map svg").first
    before = float(svg.get_attribute("width") or 0)
    reader.page.locator("[data-zoom=in]").first.click()
    assert float(svg.get_attribute("width") or 0) > before
    reader.page.locator("[data-zoom=fit]").first.click()
    assert float(svg.get_attribute("width") or 0) == before


def test_hostile_text_stays_text(reader: Reader, build: Callable[..., Knowledge], hostile: tuple[str, ...]) -> None:
    base = build().practices[0]
    practices: list[Practice] = []
    for i, text in enumerate(hostile):
        practices.append(
            replace(base, id=f"quality-{i}{text}", kind=list(Kind)[i % 4], title=text, do=(text,), people=(text,))
        )
    nodes = tuple(MapNode(text, 5, 5) for text in hostile)
    edges = tuple(MapEdge(a, b, 5, 60.0 if a else None) for a, b in zip(("", *hostile), (*hostile, ""), strict=True))
    book = build(
        practices=tuple(practices),
        tasks=tuple(Task(text, text, 3, ()) for text in hostile),
        maps=(ProcessMap(hostile[0], nodes, edges),),
        people=tuple(Person(text, 1, 1, ((text, 1),), (), ()) for text in hostile),
        notes=hostile,
    )
    reader.open(render(book, title=hostile[0], generated=hostile[1]))
    slide(reader.page, "End")
    reader.page.locator(".map .node rect").first.click()
    reader.page.wait_for_timeout(200)
    assert reader.page.locator("h1").inner_text() == hostile[0]
    assert reader.page.title() == hostile[0]
    assert reader.page.locator("script").count() == 2
    assert reader.page.locator("img").count() == 0
    shown = reader.page.locator(".card h4").all_inner_texts()
    assert hostile[3] in shown
    assert "safe‹U+202E›gpj.exe" in shown


def test_a_large_book_fits_the_screen(
    reader: Reader, build: Callable[..., Knowledge], process_map: Callable[..., ProcessMap]
) -> None:
    long = "Averylongwordwithoutanyspace" * 6
    people = (Person(long, 1, 1, ((long, 3),), ((long, 2),), ((long, 1),)),)
    tasks = (Task("task-1", long, 412, (), 0, 0, 1e9),)
    book = build(maps=(process_map("task-1", 400, 2500),), tasks=tasks, people=people, notes=(long,))
    reader.open(render(book, title=long, generated=long))
    slide(reader.page, "End")
    assert nodes(reader.page) == 72


def test_printing_opens_all_but_the_evidence(reader: Reader, knowledge: Knowledge) -> None:
    reader.open(render(knowledge, title="t", generated="g"))
    before = reader.page.locator("details[open]").count()
    reader.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert reader.page.locator("details:not([open], .evidence)").count() == 0
    assert reader.page.locator(".evidence[open]").count() == 0
    reader.page.emulate_media(media="print")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert reader.page.evaluate(paper) == "rgb(255, 255, 255)"
    reader.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert reader.page.locator("details[open]").count() == before


def test_without_script_everything_but_the_maps_is_there(
    chromium: Browser, tmp_path: Path, knowledge: Knowledge
) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(knowledge, title="t", generated="g"), encoding="utf-8")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator(".card:visible").count() == 4
    assert page.get_by_text("The tables hold the same steps").is_visible()
    assert not page.locator(".map").first.is_visible()
    context.close()
