from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guildbook.cli.main import run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book that has learnt from a small sample office."""
    home = tmp_path_factory.mktemp("tour") / "book"
    assert run(["--home", str(home), "tour", "--seed", "7", "--events", "30000"]) == 0
    return home.with_name("book-tour-7-30000")


@pytest.fixture
def look(office: Path, guildbook: Run) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        return guildbook("--home", office, *words)

    return call


def test_practices_are_what_the_contract_says(look: Run) -> None:
    status, out, _ = look("practices", "list", "--json")
    assert status == 0
    found = json.loads(out)
    assert {p["kind"] for p in found} == {"people", "quality", "workflow", "tool"}
    assert len({p["id"] for p in found}) == len(found)
    for practice in found:
        assert {
            "id", "kind", "title", "when", "do", "instead_of", "effect", "people", "evidence", "contributors",
            "prerequisites", "layer", "status",
        } <= set(practice)  # fmt: skip
        assert {"metric", "difference", "low", "high", "n", "p"} <= set(practice["effect"])
        assert practice["effect"]["low"] <= practice["effect"]["difference"] <= practice["effect"]["high"]
        assert len(practice["evidence"]) >= 5
        assert practice["contributors"]
        assert len(practice["title"].split()) <= 120
        assert set(practice["prerequisites"]) <= {p["id"] for p in found}


def test_one_practice_is_shown_by_the_beginning_of_its_id(look: Run) -> None:
    listed = json.loads(look("practices", "list", "--json")[1])
    status, out, _ = look("practices", "show", listed[0]["id"][:-3])
    assert status == 0
    assert listed[0]["title"] in out
    assert look("practices", "show", "no-such")[0] == 1
    assert look("practices", "list", "--kind", "nonsense")[0] == 2


def test_the_book_answers_and_cites(look: Run) -> None:
    listed = json.loads(look("practices", "list", "--kind", "people", "--json")[1])
    asked = listed[0]
    status, out, _ = look("ask", f"who should I ask about {asked['do'][0]}?", "--json")
    assert status == 0
    answer: dict[str, Any] = json.loads(out)
    assert set(answer) == {"answer", "citations", "people"}
    assert asked["id"] in answer["citations"]
    assert asked["people"][0] in answer["people"]
    assert look("ask", "qwertz uiop")[0] == 0


def test_the_report_is_one_page(look: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    status, out, _ = look("report", "-o", page, "--json")
    assert status == 0
    assert json.loads(out)["bytes"] == page.stat().st_size
    text = page.read_text()
    assert "http-equiv" in text
    assert look("report", "-o", tmp_path / "no" / "such" / "folder.html")[0] == 1
