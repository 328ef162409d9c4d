"""`measure value|health|exposure|bound` as people type them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def learnt(guildbook: Run, small_log: Path) -> Run:
    assert guildbook("learn", small_log)[0] == 0
    return guildbook


def test_value_in_words_and_as_data(learnt: Run, guildbook_json: Callable[..., Any]) -> None:
    status, out, err = learnt("measure", "value", "--wage", 30, "--public", 0, "--public", 2)
    assert status == 0
    assert "S alone" in out
    assert "An hour at 30.00" in err
    found = guildbook_json("measure", "value", "--no-attack", "--gate", "result")
    assert found["parts"][0]["system"]["value"] == 0
    assert "attack" not in found


def test_what_value_refuses(learnt: Run) -> None:
    for words in (("--gate", "perhaps"), ("--occupation", "13-1031"), ("--purpose", "none")):
        status, _, err = learnt("measure", "value", *words)
        assert (status, "Error" in err) == (2, True)
    assert learnt("measure", "value", "--withhold", "fly")[0] == 1
    assert learnt("measure", "value", "--by", "nowhere.csv")[0] == 1


def test_health_says_that_it_is_too_little(learnt: Run) -> None:
    status, _, err = learnt("measure", "health", "--window", "7d")
    assert status == 1
    assert "No window has enough cases" in err
    assert learnt("measure", "health", "--window", "often")[0] == 2


def test_exposure_keeps_what_was_said(learnt: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    job, kept = tmp_path / "job.csv", tmp_path / "kept.json"
    job.write_text("Task ID,Task\n1,Check and fix what people report\n2,Conduct orchestras\n")
    task = guildbook_json("measure", "value", "--no-attack")["parts"][1]["name"]
    status, out, err = learnt("measure", "exposure", "--tasks", job, "--matches", kept, "--confirm", f"1={task}")
    assert status == 0
    assert "unmeasured" in out
    assert "between" in err
    found = guildbook_json("measure", "exposure", "--tasks", job, "--matches", kept, "--reject", 2)
    assert [one["by"] for one in found["tasks"]] == ["somebody", "somebody"]
    assert [one["measured"] for one in found["tasks"]] == [True, False]
    drawn = tmp_path / "job.svg"
    assert learnt("measure", "exposure", "--tasks", job, "--matches", kept, "--plot", drawn)[0] == 0
    assert "Check and fix" in drawn.read_text()
    assert learnt("measure", "exposure")[0] == 2


def test_bound_needs_an_agreement(learnt: Run) -> None:
    status, _, err = learnt("measure", "bound", "a1")
    assert status == 1
    assert "agreement" in err
    assert learnt("measure", "bound", "a1", "--enforce", "--history")[0] == 2


def test_help_is_there(guildbook: Run) -> None:
    for verb in ("value", "health", "exposure", "bound"):
        status, out, _ = guildbook("measure", verb, "--help")
        assert status == 0
        assert verb in out
