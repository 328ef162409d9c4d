"""Filtered maps, variants and changes in a real browser, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from guildbook.model import Knowledge, MapNode, ProcessMap, Task
from guildbook.model.process import Change, FilteredMap, Variants
from guildbook.teach.report import picture, render

pytestmark = pytest.mark.browser

PHONE, DESK = 320, 1280
WIDE = "Averylongwordwithoutanyspace" * 5


@pytest.fixture(params=[(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A fresh page; afterwards nothing was logged as an error or stands wider than the screen."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    assert said == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.fixture
def large(discovered: Callable[[int], tuple[FilteredMap, Variants]]) -> tuple[FilteredMap, Variants]:
    """Four hundred activities."""
    found = discovered(400)
    assert found[0].activities == 400
    return found


def show(page: Page, file: Path, book: Knowledge, found: tuple[FilteredMap, Variants]) -> None:
    file.write_text(render(book, title="t", generated="g", maps=found[:1], variants=found[1:]), encoding="utf-8")
    page.goto(file.as_uri())


def book_of(build: Callable[..., Knowledge], found: FilteredMap, **changes: object) -> Knowledge:
    nodes = tuple(MapNode(box.label, box.count, box.episodes) for box in found.boxes)
    task = Task(found.id, found.task, found.episodes, ())
    return build(tasks=(task,), maps=(ProcessMap(found.task, nodes, ()),), **changes)


def test_four_hundred_activities_are_forty_boxes_that_can_be_read(
    page: Page, tmp_path: Path, build: Callable[..., Knowledge], large: tuple[FilteredMap, Variants]
) -> None:
    found = large[0]
    show(page, tmp_path / "r.html", book_of(build, found), large)
    drawn = page.locator(".map").first
    slider = drawn.locator("input[type=range]")
    slider.press("Home")
    assert drawn.locator(".node rect").count() == len(found.happy)
    for level in found.levels[1:]:
        slider.press("ArrowRight")
        assert drawn.locator(".node rect").count() == len(level.boxes) <= 40
        assert drawn.locator("g.edge > path").count() == len(level.links) <= 100
    assert f"of {found.activities} steps" in drawn.locator(".shown").inner_text()
    assert "of the cases are shown whole" in drawn.locator(".shown").inner_text()
    # All at once: a page that scrolls smoothly would move them between two questions.
    boxes = drawn.locator(".node rect").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(r => [r.x, r.y, r.width, r.height])"
    )
    assert len(boxes) == 40
    for i, (x, y, w, h) in enumerate(boxes):
        for a, b, _, _ in boxes[:i]:
            assert abs(x - a) >= w - 1 or abs(y - b) >= h - 1, "boxes overlap"


def test_a_cluster_names_its_members(
    page: Page, tmp_path: Path, build: Callable[..., Knowledge], large: tuple[FilteredMap, Variants]
) -> None:
    show(page, tmp_path / "r.html", book_of(build, large[0]), large)
    drawn = page.locator(".map").first
    drawn.locator("input[type=range]").press("End")
    many = drawn.locator(".node.many")
    assert many.count() == sum(bool(box.members) for box in large[0].boxes)
    many.first.focus()
    page.keyboard.press("Enter")
    assert "Rarer steps brought together" in drawn.locator(".about").inner_text()
    assert "take step" in drawn.locator(".about").inner_text()


def test_variants_open_and_the_tree_parts(
    page: Page,
    tmp_path: Path,
    build: Callable[..., Knowledge],
    discovered: Callable[[int], tuple[FilteredMap, Variants]],
) -> None:
    found = discovered(10)
    show(page, tmp_path / "r.html", book_of(build, found[0]), found)
    ways = page.locator(".ways").first
    ways.locator("> summary").click()
    assert ways.get_by_text("The commonest:").is_visible()
    assert ways.locator("tbody tr").count() == min(12, len(found[1].variants))
    assert ways.locator(".tree li").count() > 3


def test_changes_are_told_with_both_sides(
    page: Page, tmp_path: Path, build: Callable[..., Knowledge], large: tuple[FilteredMap, Variants]
) -> None:
    sides = (("Review", 0.3), (WIDE, 0.2), ("", 0.1)), (("Review", 0.7), (WIDE, 0.0), ("", 0.05))
    change = Change(
        "follows",
        "Settle",
        WIDE,
        "2024-06-24",
        "2024-06-17",
        "2024-07-01",
        *sides,
        200,
        90,
        1e-6,
        f"Since … “{WIDE}” …",
    )
    show(page, tmp_path / "r.html", book_of(build, large[0], changes=(change,)), large)
    section = page.locator("#changes")
    section.locator("summary").first.click()
    assert "between 2024-06-17 and 2024-07-01" in section.inner_text()
    rows = section.locator("tbody tr").all_inner_texts()
    assert rows[0].split("\t")[-2:] == ["30\u00a0%", "70\u00a0%"]
    assert "the end" in rows[2]
    page.locator("nav a[href='#changes']").click()


@pytest.mark.parametrize("form", [".svg", ".html"])
def test_a_picture_opens_alone(page: Page, tmp_path: Path, large: tuple[FilteredMap, Variants], form: str) -> None:
    file = tmp_path / f"map{form}"
    file.write_text(picture.draw(large[0], 0.9, form), encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("rect.box").count() == len(large[0].nearest(0.9).boxes)
    page.goto("about:blank")
