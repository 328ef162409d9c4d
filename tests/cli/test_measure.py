"""`measure leverage`, `strike` and `brief`, as people type them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
Ask = Callable[..., Any]

PEOPLE = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo")


def rows(cases: int = 300) -> str:
    """A log in which each case is one person's but for its second step, and some are noted more."""
    out = ["case,time,worker,activity"]
    for case in range(cases):
        who, other = PEOPLE[case % 10], PEOPLE[(case * 7 + 3) % 10]
        way = [
            "open",
            "check",
            "pay" if case * case % 11 < 7 else "refuse",
            *["note"] * (case % 10 * (case % 3)),
            "close",
        ]
        for place, step in enumerate(way):
            day, minute = divmod(case, 28)
            doer = other if place == 1 else who
            out.append(f"C{case},2026-{1 + day:02d}-{1 + minute:02d}T09:{10 * place:02d}:00Z,{doer},{step}")
    return "\n".join(out) + "\n"


@pytest.fixture
def book(guildbook: Run, tmp_path: Path) -> None:
    """Ten people's claims."""
    log = tmp_path / "claims.csv"
    log.write_text(rows())
    assert guildbook("learn", log)[0] == 0


@pytest.mark.usefixtures("book")
def test_leverage_of_some_and_of_each(guildbook_json: Ask, guildbook: Run) -> None:
    some = guildbook_json(
        "measure", "leverage", "--worker", "Ada", "--worker", "Bo", "--metric", "accuracy", "--by-task"
    )
    (one,) = some["leverage"]
    assert one["workers"] == ["Ada", "Bo"]
    assert one["loss"]["value"] == pytest.approx(one["with"] - one["without"])
    assert one["loss"]["low"] <= one["loss"]["value"] <= one["loss"]["high"]
    assert [part["task"] for part in one["by_task"]] != []
    each = guildbook_json("measure", "leverage", "--each-worker")
    assert sorted(w for one in each["leverage"] for w in one["workers"]) == sorted(PEOPLE)
    assert len({one["model"] for one in each["leverage"]}) == 10
    status, shown, _ = guildbook("measure", "leverage", "--each-worker", "--metric", "substitution")
    assert status == 0
    assert "Ada" in shown


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("leverage",), "Whose leverage"),
        (("leverage", "--worker", "Ada", "--each-worker"), "Whose leverage"),
        (("leverage", "--worker", "Nobody"), "Nobody"),
        (("leverage", "--each-worker", "--metric", "charm"), "charm"),
        (("leverage", "--each-worker", "--purpose", "fun"), "fun"),
        (("leverage", "--each-worker", "--purpose", "export"), "Nothing is admitted for export"),
        (("leverage", "--each-worker", "--task", "Sleep"), "Sleep"),
        (("strike", "--metric", "charm"), "charm"),
        (("strike", "--collective", "Nobody's"), "Nobody's"),
        (("strike", "--plot", "strike.gif"), "strike.gif"),
        (("brief", "-o", "brief.pdf"), "neither HTML nor Markdown"),
    ],
)
def test_what_cannot_be_measured_is_said(guildbook: Run, words: tuple[str, ...], said: str) -> None:
    status, _, complaint = guildbook("measure", *words)
    assert status in {1, 2}
    assert said in complaint


def test_too_little_work_is_said(guildbook: Run, tmp_path: Path) -> None:
    log = tmp_path / "few.csv"
    log.write_text(rows(19))
    guildbook("learn", log)
    status, _, complaint = guildbook("measure", "leverage", "--each-worker")
    assert status == 1
    assert "at least 20 are needed" in complaint


@pytest.mark.usefixtures("book")
def test_a_strike_that_grows(guildbook_json: Ask, guildbook: Run, tmp_path: Path) -> None:
    bought = tmp_path / "bought.csv"
    bought.write_text(rows(60).replace("Ada", "Zoe"))
    found = guildbook_json("measure", "strike", "--metric", "accuracy", "--draws", "6", "--bought", bought)
    losses = [point["loss"] for point in found["random"]]
    assert losses[-1] == max(losses) > 0.5
    assert found["members"] == 10
    assert found["critical"]["low"] <= found["critical"]["share"] <= found["critical"]["high"]
    assert found["net"]["bought: bought.csv"][-1]["loss"] < losses[-1]
    assert found["net"]["traces written by a kept model of everybody"][-1]["loss"] < 0.1
    assert guildbook_json("measure", "strike", "--metric", "accuracy", "--draws", "6", "--bought", bought) == found
    status, shown, said = guildbook("measure", "strike", "--worker", "Ada", "--worker", "Bo", "--draws", "3")
    assert status == 0
    assert "100%" in shown
    assert "kept model" in said


@pytest.mark.usefixtures("book")
def test_a_strike_is_drawn(guildbook: Run, tmp_path: Path) -> None:
    pytest.importorskip("altair")
    drawn = tmp_path / "strike.svg"
    assert guildbook("measure", "strike", "--draws", "3", "--plot", drawn)[0] == 0
    assert drawn.read_text().startswith("<svg")


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    "words", [("leverage", "--each-worker"), ("contribution", "--metric", "accuracy", "--permutations", "4")]
)
def test_figures_of_each_worker_are_drawn(guildbook: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    drawn = tmp_path / "each.svg"
    status, _, said = guildbook("measure", *words, "--plot", drawn)
    assert status == 0, said
    assert all(name in drawn.read_text() for name in PEOPLE)
    assert guildbook("measure", *words, "--plot", tmp_path / "each.gif")[0] == 2


@pytest.mark.usefixtures("book")
def test_a_brief_in_both_forms(guildbook_json: Ask, guildbook: Run, tmp_path: Path) -> None:
    page, text = tmp_path / "brief.html", tmp_path / "brief.md"
    hostile = "<script>alert(1)</script> & | *bold*"
    found = guildbook_json(
        "measure", "brief", "-o", page, "--wage", "40", "--hours", "10000", "--elsewhere", "500", "--draws", "4",
        "--title", hostile,
    )  # fmt: skip
    low, middle, high = (found["price"][end] for end in ("low", "middle", "high"))
    assert 500 <= low < middle < high
    assert found["price"]["ceiling"]["value"] == pytest.approx(
        10_000 * 40 * min(f["worth"]["value"] for f in found["fallbacks"] if "kept" not in f["name"])
    )
    html = page.read_text("utf-8")
    assert "<script>" not in html
    assert not re.search(r"(src|href)=", html)
    assert f"{middle:,.0f}" in html
    assert guildbook("measure", "brief", "-o", text, "--wage", "40", "--hours", "10000", "--elsewhere", "500",
                     "--draws", "4", "--title", hostile)[0] == 0  # fmt: skip
    told = text.read_text("utf-8")
    assert r"\<script\>" in told
    assert f"{middle:,.0f}" in told
    for clause in found["clauses"]:
        assert clause["value"] in told


def test_what_single_people_are_worth_is_for_them_and_their_stewards(
    guildbook: Run, book: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del book
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")
    for name, role in (("Ada", "worker"), ("Bo", "worker"), ("Acme", "licensee")):
        guildbook("identity", "new", name, "--role", role)
        guildbook("identity", "enrol", name)
    assert guildbook("collective", "found", "Guild", "--id", "guild", "--admission", "open", "--as", "Ada")[0] == 0
    each = ("measure", "leverage", "--each-worker", "--metric", "accuracy")
    for who in ((), ("--as", "Bo"), ("--as", "Acme")):
        status, shown, complaint = guildbook(*each, *who)
        assert (status, shown) == (1, "")
        assert "their collective's stewards" in complaint
    assert guildbook(*each, "--as", "Ada")[0] == 0  # who founded it is its first steward
    assert guildbook("measure", "leverage", "--worker", "Bo", "--as", "Bo")[0] == 0
    assert guildbook("measure", "leverage", "--worker", "Bo", "--as", "Acme")[0] == 1
    status, shown, _ = guildbook("measure", "strike", "--draws", "2", "--json")
    assert status == 0
    assert not set(PEOPLE) & set(re.findall(r"\w+", json.dumps(json.loads(shown))))
