"""The page in a real browser: sliders, links, agents, phones, and nothing asked of any other machine."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from guildbook.cli.main import run
from guildbook.simulate.question import question
from guildbook.simulate.running import averaged
from guildbook.simulate.scenario import load

pytestmark = pytest.mark.browser

PHONE, DESK = 360, 1280
SLOW = 60_000
"""Milliseconds; the first answer may compile."""
SETTLED = "document.body.dataset.shown === location.search && !document.body.hasAttribute('aria-busy')"


@dataclass
class Reader:
    """A page, and what it did that it must not do."""

    page: Page
    where: str
    left: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])

    def open(self, words: str = "") -> None:
        self.page.goto(self.where + words)
        self.shown()

    def shown(self) -> None:
        """Wait until what the link says is what is drawn."""
        until = time.monotonic() + SLOW / 1000
        while not self.page.evaluate(SETTLED):  # not `wait_for_function`: the page's policy forbids `eval`
            assert time.monotonic() < until, self.page.locator("body").aria_snapshot()
            self.page.wait_for_timeout(20)

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.where, "data:")):
            self.left.append(request.url)

    def words(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def curve(self, name: str = "wage", kind: str = "line one") -> str:
        path = self.page.locator(f"figure[data-field={name}] path[class='{kind}']")
        return path.get_attribute("d") or ""

    def told(self, name: str) -> str:
        return self.page.locator(f"figure[data-field={name}] svg").get_attribute("aria-label") or ""


def reading(chromium: Browser, where: str, width: int, scheme: Any) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    reader = Reader(page, where)
    page.on("request", reader.request)
    page.on("console", lambda message: reader.said.append(message.text))
    page.on("pageerror", lambda error: reader.said.append(str(error)))
    yield reader
    assert reader.left == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.pwned") is None
    context.close()


@pytest.fixture
def reader(chromium: Browser, page_at: str) -> Iterator[Reader]:
    """A fresh page on a desk."""
    for each in reading(chromium, page_at, DESK, "light"):
        yield each
        assert each.said == []


@pytest.fixture
def phone(chromium: Browser, page_at: str) -> Iterator[Reader]:
    """A fresh page on a phone, in the dark."""
    for each in reading(chromium, page_at, PHONE, "dark"):
        yield each
        assert each.said == []


@pytest.fixture
def wary(chromium: Browser, page_at: str) -> Iterator[Reader]:
    """A fresh page that is given bad links: the browser notes each refusal, and nothing else."""
    for each in reading(chromium, page_at, DESK, "light"):
        yield each
        assert all("400 (Bad Request)" in text for text in each.said), each.said


def test_a_slider_changes_the_curve_and_the_link(reader: Reader) -> None:
    reader.open()
    before, told = reader.curve(), reader.told("wage")
    slider = reader.page.locator("#one-consent_substitute")
    slider.focus()
    for _ in range(3):
        reader.page.keyboard.press("PageDown")
    reader.page.locator("#one-beta").evaluate("x => { x.closest('details').open = true }")
    reader.page.locator("#one-beta").fill("0.3")
    reader.shown()
    assert reader.curve() != before
    assert reader.told("wage") != told
    words = reader.words()
    assert words["beta"] == "0.3"
    assert float(words["consent_substitute"]) < 1
    assert reader.page.locator("[data-parameter=beta]").get_attribute("class") == "row changed"


def test_what_is_drawn_is_what_the_twin_finds(reader: Reader, small: Path) -> None:
    reader.open("?from=6&b.licence=0.3&phi=1.1")
    asked = question(load(small), [("phi", "1.1"), ("b.licence", "0.3"), ("from", "6")])
    shown = reader.page.evaluate("fetch('api/twin' + location.search).then((found) => found.json())")
    for policy, scenario in zip(shown["policies"], asked.scenarios, strict=True):
        assert policy["months"]["wage"] == averaged(scenario).of("wage").tolist()
    cells = reader.page.locator("#last tbody tr", has_text="mean of those at work").locator("td").all_inner_texts()
    last = [averaged(scenario).of("wage")[-12:].mean() for scenario in asked.scenarios]
    assert [float(cell) for cell in cells[:2]] == pytest.approx(last, rel=1e-3)


def test_a_link_leads_back_to_the_same_page(reader: Reader) -> None:
    reader.open("?licence=0.4&fee=0.35&b.royalty=0.5&from=3&seed=7&months=48")
    one, other = reader.curve(), reader.curve(kind="line other")
    assert one
    assert other not in {"", one}
    assert reader.page.locator("#one-fee-number").input_value() == "0.35"
    assert reader.page.locator("#other-royalty-number").input_value() == "0.5"
    assert reader.page.locator("#count-seed").input_value() == "7"
    link = reader.page.url
    assert reader.words() == {
        "licence": "0.4", "fee": "0.35", "compare": "1", "b.royalty": "0.5", "from": "3", "seed": "7", "months": "48"
    }  # fmt: skip
    reader.page.locator("#one-licence-number").fill("0.9")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(re.compile("licence=0.9"))
    reader.shown()
    assert reader.curve() != one
    reader.page.go_back()
    reader.page.wait_for_url(re.compile("licence=0.4"))
    expect(reader.page.locator("#one-licence-number")).to_have_value("0.4")
    expect(reader.page.locator("figure[data-field=wage] path[class='line one']")).to_have_attribute("d", one)
    reader.page.go_forward()
    reader.page.wait_for_url(re.compile("licence=0.9"))
    reader.shown()
    assert reader.curve() != one
    reader.open(link.removeprefix(reader.where))
    assert (reader.curve(), reader.curve(kind="line other")) == (one, other)


def test_agents_on_demand_give_the_bands_of_a_run(
    reader: Reader, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.open()
    assert reader.page.locator("path.band").count() == 0
    with reader.page.expect_response(
        lambda got: "/api/agents/" in got.url and '"done"' in got.text(), timeout=SLOW
    ) as got:
        reader.page.get_by_role("button", name="Run agents").click()
    expect(reader.page.locator("figure[data-field=wage] path.band.one")).to_have_count(1)
    assert "by chance" in reader.told("wage")
    assert run(["simulate", "run", str(small), "-o", str(tmp_path)]) == 0
    capsys.readouterr()
    rows = pq.read_table(tmp_path / "months.parquet").to_pylist()
    found = got.value.json()["result"]["policies"][0]["months"]
    for name in ("wage", "ai_jobs", "concentration"):
        runs = [[row[name] for row in rows if row["seed"] == seed] for seed in range(3)]
        low, middle, high = np.quantile(runs, [0.05, 0.5, 0.95], axis=0)
        assert found["low"][name] == pytest.approx(low)
        assert found["middle"][name] == pytest.approx(middle)
        assert found["high"][name] == pytest.approx(high)
    reader.page.locator("#one-royalty").fill("0.5")
    reader.shown()
    assert reader.page.locator("path.band").count() == 0  # it was of another policy
    reader.page.go_back()
    expect(reader.page.locator("figure[data-field=wage] path.band.one")).to_have_count(1, timeout=SLOW)


def test_a_run_of_agents_can_be_stopped(reader: Reader) -> None:
    reader.open("?workers=200000&seeds=50")
    reader.page.get_by_role("button", name="Run agents").click()
    stop = reader.page.get_by_role("button", name="Cancel")
    expect(stop).to_be_enabled()
    expect(reader.page.locator("#progress")).not_to_have_js_property("value", 0, timeout=SLOW)
    stop.click()
    expect(reader.page.get_by_role("status")).to_have_text("The agents were stopped.")
    expect(reader.page.get_by_role("button", name="Run agents")).to_be_enabled()
    assert reader.page.locator("path.band").count() == 0


BAD = {
    "?licence=7": "licence", "?licence=NaN": "licence", "?beta=1e999": "beta", "?every=1.5": "every",
    "?wages=3": "wages", "?months=100000000": "months", "?from=40&compare=1": "month 40", "?seed=-1": "seed",
    "?beta=0.1&beta=0.2": "twice", "?compare=yes": "compare", "?__proto__=1": "__proto__",
    "?b.constructor=1": "constructor", "?%00=%ff": "nothing called",
    "?licence=%3Cimg%20src%3Dx%20onerror%3Dpwned%3D1%3E": "<img src=x", "?beta=" + "9" * 7_000: "beta",
    "?" + "x=1&" * 1_900: "things", "?" + "&".join(f"x{i}=1" for i in range(200)): "x0", "?" + "x" * 9_000: "bytes",
}  # fmt: skip


def test_a_bad_link_is_told_of_and_the_page_goes_on(wary: Reader) -> None:
    trouble = wary.page.get_by_role("alert")
    for words, named in BAD.items():
        wary.page.goto(wary.where + words)
        expect(trouble).to_contain_text(named, timeout=SLOW)
    wary.page.get_by_role("button", name="Start over").click()
    expect(trouble).to_be_hidden(timeout=SLOW)
    wary.shown()
    assert wary.words() == {}
    assert wary.curve()


def test_a_number_that_is_not_allowed_is_not_taken(reader: Reader) -> None:
    reader.open()
    box = reader.page.locator("#one-licence-number")
    box.fill("3")
    box.press("Tab")
    assert reader.words() == {}
    box.fill("0.25")
    box.press("Tab")
    reader.shown()
    assert reader.words() == {"licence": "0.25"}


def test_all_can_be_done_by_keyboard_on_a_phone(phone: Reader) -> None:
    phone.open()
    assert phone.page.locator("figure[data-field=wage] svg").bounding_box() is not None
    phone.page.locator("#compare").focus()
    phone.page.keyboard.press("Space")
    phone.shown()
    assert phone.words() == {"compare": "1"}
    second = phone.page.locator("#other-licence")
    second.scroll_into_view_if_needed()
    second.focus()
    phone.page.keyboard.press("End")
    phone.shown()
    assert phone.words() == {"compare": "1", "b.licence": "1"}
    assert phone.curve(kind="line other") not in {"", phone.curve()}
    # What is turned and what comes of it are in view together.
    chart = phone.page.locator("figure[data-field=wage]").bounding_box()
    slider = second.bounding_box()
    assert chart is not None
    assert slider is not None
    assert 0 <= chart["y"] < slider["y"] < 800
    for summary in phone.page.locator("#panel summary").all()[1:]:
        summary.press("Enter")
    phone.page.locator("#more > summary").press("Enter")
    expect(phone.page.locator("figure[data-field=capital] path[class='line one']")).to_have_count(1)


def test_what_is_shown_can_be_read_without_seeing_it(reader: Reader) -> None:
    reader.open("?compare=1")
    label = reader.told("wage")
    assert re.fullmatch(r"Wage over 3 years, first policy: from [\d.]+ to [\d.]+; second policy: .*\.", label)
    reader.page.locator("figure[data-field=wage] summary").press("Enter")
    expect(reader.page.locator("figure[data-field=wage] tbody tr")).to_have_count(3)
    unnamed = reader.page.evaluate(
        """[...document.querySelectorAll('input, button, svg, table')].filter((x) =>
        !(x.getAttribute('aria-label') || x.labels?.length || x.textContent.trim() || x.closest('[aria-label]'))
        ).map((x) => x.outerHTML)"""
    )
    assert unnamed == []
    for name, what in json.loads(reader.page.evaluate(
        """fetch('api/world').then((x) => x.json())
        .then((x) => JSON.stringify(x.parameters.map((p) => [p.name, p.source])))"""
    )):  # fmt: skip
        assert what in (reader.page.locator(f"#about-{name}").text_content() or "")


def test_what_a_scenario_changes_later_is_said(reader: Reader) -> None:
    reader.open()
    row = reader.page.locator("[data-parameter=licence]")
    expect(row).to_contain_text("0.8 from month 12 on")
    drawn, box = reader.curve(), reader.page.locator("#one-licence-number")
    for value in ("0.5", "0"):
        box.fill(value)
        box.press("Enter")
    reader.shown()
    assert reader.words() == {"licence": "0"}
    assert reader.curve() != drawn
