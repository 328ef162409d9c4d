"""Results read again, as figures, charts and pages."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from guildbook.cli.main import run
from guildbook.model.errors import InputError, UsageError
from guildbook.simulate.figures import USUAL, figures, findings
from guildbook.simulate.figures_told import Figure, Row
from guildbook.simulate.kept import results
from guildbook.simulate.parameters import table
from guildbook.simulate.plots import COLOURS, picture, save, spec, suited
from guildbook.simulate.report import plotted, report

HOSTILE = '</script><img src=x onerror="pwned=1">&"quoted"'
SIZE = "world: one\nworkers: 1000\nmonths: 30\nseeds: 3\n"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results of each kind."""
    folder = tmp_path_factory.mktemp("results")
    files = {
        "one": f"about: '{HOSTILE}'\n{SIZE}",
        "two": f"{SIZE}parameters: {{royalty: 0.2}}\nchanges: {{12: {{licence: 0.8}}}}\n",
        "lines": "base: {world: one, workers: 500, months: 24, seeds: 3}\ngrid: {licence: [0, 0.5, 1]}\n"
        "policies:\n  before: {}\n  strike: {strike_substitute: 0.5}\n",
        "cloud": "base: {world: one, months: 24}\nagents: false\n"
        "random: {points: 8, over: {beta: [0.2, 0.8], phi: [0.3, 0.9], psi: [0, 1]}}\n",
        "weight": "base: {world: one, months: 24}\nover: {beta: [0.3, 0.7], phi: [0.4, 0.8]}\nsamples: 4\n",
        "best": "base: {world: one, workers: 500, months: 24, seeds: 2}\nbudget: 20\nfront: 1\n",
    }
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    for words in (
        ("run", "one.yaml", "-o", "run"), ("compare", "one.yaml", "two.yaml", "-o", "compare"),
        ("sweep", "lines.yaml", "--jobs", "1", "-o", "sweep"), ("sweep", "cloud.yaml", "--jobs", "1", "-o", "cloud"),
        ("sensitivity", "weight.yaml", "--jobs", "1", "-o", "sensitivity"),
        ("search", "best.yaml", "--jobs", "1", "-o", "search"),
    ):  # fmt: skip
        named = [str(folder / word) if word.endswith(".yaml") or words[place - 1] == "-o" else word
                 for place, word in enumerate(words)]  # fmt: skip
        assert run(["simulate", *named]) == 0
    return folder


class _Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def only(folder: Path, kind: str) -> Any:
    (found,) = results(folder / kind)
    return found


def test_a_figure_holds_what_the_rows_of_the_run_say(kept: Path) -> None:
    rows = pq.read_table(kept / "run" / "months.parquet").to_pylist()
    (wage,) = figures(only(kept, "run"), ["wage"])
    of_seeds = [[row["wage"] for row in rows if row["seed"] == seed] for seed in range(3)]
    low, middle, high = np.quantile(of_seeds, [0.05, 0.5, 0.95], axis=0)
    median = [row for row in wage.rows if "low" in row]
    assert [row["y"] for row in median] == pytest.approx(middle)
    assert [row["low"] for row in median] == pytest.approx(low)
    assert [row["high"] for row in median] == pytest.approx(high)
    assert [row["y"] for row in wage.rows if "low" not in row] == [row["wage"] for row in rows if row["seed"] is None]
    assert [row[0] for row in wage.body] == ["1", "2"]


def test_a_difference_is_that_of_the_same_draws(kept: Path) -> None:
    rows = pq.read_table(kept / "compare" / "months.parquet").to_pylist()
    _, apart = figures(only(kept, "compare"), ["wage"])
    assert apart.title == "Wage: two less one"
    assert apart.zero
    pairs = np.array([
        [[row["wage"] for row in rows if (row["scenario"], row["seed"]) == (name, seed)] for seed in range(3)]
        for name in ("one", "two")
    ])  # fmt: skip
    drawn = [row["y"] for row in apart.rows if "low" in row]
    assert drawn == pytest.approx(np.median(pairs[1] - pairs[0], axis=0))
    assert drawn[:12] == pytest.approx([0.0] * 12, abs=1e-9)  # the royalty changes no wage before the licence does


def test_the_last_year_says_what_chance_leaves_open(kept: Path) -> None:
    found = findings(only(kept, "compare"))
    assert found is not None
    _, head, body = found
    signs = {row[0]: row[head.index("so it is")] for row in body}
    assert signs["Wage"] == "higher"
    assert signs["Far jobs"] in {"the same", "not told from chance"}
    assert findings(only(kept, "sweep")) is None


def test_sweeps_are_lines_over_one_parameter_and_points_over_many(kept: Path) -> None:
    lines = figures(only(kept, "sweep"))
    assert {each.shape for each in lines} == {"lines"}
    assert {row["by"] for row in lines[0].rows} == {"before", "strike"}
    assert {row["x"] for row in lines[0].rows} == {0, 0.5, 1}
    assert lines[1].title.endswith("strike less before")
    assert all(row["low"] <= row["y"] <= row["high"] for row in lines[1].rows)
    cloud = figures(only(kept, "cloud"), ["wage"])
    assert [each.x for each in cloud] == ["beta", "phi", "psi"]
    assert {each.shape for each in cloud} == {"points"}
    assert len(cloud[0].rows) == 8


def test_indices_are_bars_with_their_errors(kept: Path) -> None:
    bars = figures(only(kept, "sensitivity"), ["wage"])[0]
    assert bars.shape == "bars"
    assert {row["label"] for row in bars.rows} == {"beta", "phi"}
    assert all(row["low"] <= row["y"] <= row["high"] for row in bars.rows)
    assert bars.head == ["parameter", "with others (total)", "±", "alone (first order)", "±"]


@pytest.mark.parametrize("kind", ["run", "compare", "sweep", "cloud", "sensitivity", "search"])
def test_every_figure_has_words_a_table_and_a_chart(kept: Path, kind: str) -> None:
    for each in figures(only(kept, kind)):
        assert each.said.startswith(each.title)
        assert each.body
        assert all(len(row) == len(each.head) for row in each.body)
        drawn = json.loads(spec(each))
        assert drawn["config"]["background"] == "transparent"
        assert not re.search(r'"url"', json.dumps(drawn))


def test_a_report_says_all_it_takes_to_judge_it_and_to_get_it_again(kept: Path) -> None:
    text = report(results(kept / "compare"))
    said = json.loads((kept / "compare" / "comparison.json").read_text())
    data = pq.read_table(kept / "compare" / "months.parquet")["data_hash"][0].as_py()
    for wanted in (
        said["from"]["scenario_hash"], said["to"]["scenario_hash"], data, "3: seeds 0 to 2", "levels are not",
        "from month 12 on licence 0.8", "not told from chance", "assumption",
    ):  # fmt: skip
        assert wanted in text
    for name, (_, about) in table().items():
        assert f">{name}" in text
        assert about.source.split("(")[0][:20] in text
    royalty = text.index('<tr class="changed"><th scope="row">royalty')
    assert royalty < text.index('<th scope="row">plain')
    pictures = [attributes for tag, attributes in _Page(text).tags if tag == "div" and attributes.get("role") == "img"]
    assert len(pictures) == 2 * len(USUAL)
    assert all(attributes["aria-label"] for attributes in pictures)


@pytest.mark.parametrize("kind", ["run", "compare", "sweep", "cloud", "sensitivity", "search"])
def test_pages_hold_nothing_that_asks_a_network_and_take_no_text_for_markup(kept: Path, kind: str) -> None:
    names = [] if kind == "search" else ["wage"]
    for text in (report(results(kept / kind), names), plotted(results(kept / kind), names)):
        page = _Page(text)
        policy = next(each["content"] for _, each in page.tags if each.get("http-equiv") == "Content-Security-Policy")
        assert "default-src 'none'" in (policy or "")
        for tag, attributes in page.tags:
            assert tag not in {"img", "link", "iframe", "object", "base", "form", "foreignobject"}
            assert not {"src", "href", "xlink:href", "onerror", "onload", "action"} & set(attributes)


def test_no_name_becomes_markup_in_a_picture_or_a_chart() -> None:
    rows: list[Row] = [{"x": 1, "y": 2, "by": HOSTILE}, {"x": 2, "y": 3, "by": "plain"}]
    for shape in ("lines", "points"):
        made = Figure(HOSTILE, HOSTILE, shape, HOSTILE, rows, HOSTILE, ["x"], [["1"]])
        assert "img" not in {tag for tag, _ in _Page(picture(made)).tags}
    bars: list[Row] = [{"label": HOSTILE, "by": HOSTILE, "y": 1, "low": 0, "high": 2}]
    made = Figure(HOSTILE, HOSTILE, "bars", HOSTILE, bars, HOSTILE, ["x"], [["1"]])
    assert "img" not in {tag for tag, _ in _Page(picture(made)).tags}


@pytest.mark.browser
@pytest.mark.parametrize(("kind", "width", "scheme"), [("compare", 360, "dark"), ("sensitivity", 1280, "light")])
def test_pages_open_without_a_network_on_a_phone_and_a_desk(
    kept: Path, chromium: Browser, kind: str, width: int, scheme: Any
) -> None:
    for name in ("report", "plot"):
        path = kept / f"{kind}-{name}.html"
        assert run(["simulate", name, str(kept / kind), "-o", str(path), "--figure", "wage"]) == 0
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        said = _watched(page, path.as_uri())
        page.goto(path.as_uri())
        expect(page.locator("figure svg")).to_have_count(page.locator("figure").count())
        page.locator("figure summary").first.press("Enter")
        expect(page.locator("figure table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("window.pwned") is None
        ink = page.locator("figure svg text").first.evaluate("x => getComputedStyle(x).fill")
        assert ink == page.evaluate("getComputedStyle(document.body).color")
        assert said == []
        context.close()


def _watched(page: Page, own: str) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if request.url != own else None)
    return said


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_one_picture_holds_all_figures(kept: Path, tmp_path: Path, ending: str) -> None:
    found = figures(only(kept, "sensitivity"))
    path = save(found, tmp_path / "deep" / f"all{ending}")
    start = path.read_bytes()[:4]
    assert start in (b"<svg", b"\x89PNG")
    if ending == ".svg":
        text = path.read_text("utf-8")
        assert all(each.title in text for each in found)
        assert COLOURS[0] in text


def test_what_cannot_be_drawn_is_said(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"plot\.pdf"):
        suited(tmp_path / "plot.pdf")
    with pytest.raises(InputError, match="no results"):
        results(tmp_path)
    with pytest.raises(UsageError, match="wages"):
        figures(only(kept, "run"), ["wages"])
    assert run(["simulate", "plot", str(kept / "run"), "-o", str(tmp_path / "a.svg"), "--figure", "wages"]) == 2
    assert run(["simulate", "report", str(tmp_path), "-o", str(tmp_path / "a.html")]) == 1
    assert run(["simulate", "report", str(kept / "run"), "-o", str(tmp_path / "a.svg")]) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"scenario": 3}', '{"scenario": {"parameters": []}}', "null", "[" * 9999]
)
def test_results_that_are_torn_are_told_of(tmp_path: Path, text: str) -> None:
    (tmp_path / "outcome.json").write_text(text)
    with pytest.raises(InputError, match=r"outcome\.json"):
        results(tmp_path)


def test_months_of_another_run_are_not_taken_for_these(kept: Path, tmp_path: Path) -> None:
    shutil.copy(kept / "run" / "outcome.json", tmp_path)
    found = results(tmp_path)[0]
    with pytest.raises(InputError, match="does not belong"):
        figures(found)
    said = json.loads((kept / "run" / "outcome.json").read_text()) | {"scenario_hash": "0" * 64}
    (tmp_path / "outcome.json").write_text(json.dumps(said))
    shutil.copy(kept / "run" / "months.parquet", tmp_path)
    with pytest.raises(InputError, match="does not belong"):
        figures(results(tmp_path)[0])
