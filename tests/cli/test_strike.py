from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guildbook.store import Store

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")


@pytest.fixture
def guild(guildbook: Run, small_log: Path) -> None:
    guildbook("learn", small_log)
    for name in ("Ada", "Bo", "Cy"):
        guildbook("identity", "new", name)
        guildbook("identity", "enrol", name)
    founded = ("--notice-days", "0", "--threshold", "0.6", "--admission", "open", "--id", "guild")
    assert guildbook("collective", "found", "Guild", *founded, "--as", "Ada")[0] == 0
    for name in ("Bo", "Cy"):
        assert guildbook("collective", "join", "guild", "--as", name)[0] == 0


@pytest.mark.usefixtures("guild")
def test_a_strike_from_beginning_to_end(guildbook: Run, guildbook_json: Callable[..., Any]) -> None:
    assert "No strike was proposed" in guildbook("strike", "status")[2]
    told = guildbook_json("strike", "propose", "Guild", "--except", "mail:coach:in-house", "--as", "Ada")
    assert (told["state"], told["threshold"], told["purposes"]) == ("gathering pledges", 2, ["*"])
    before = guildbook_json("variants")
    assert guildbook_json("strike", "pledge", "--as", "Bo")["pledged"] == 1
    assert guildbook_json("strike", "unpledge", "--as", "Bo")["taken_back"] == 1
    for name in ("Ada", "Cy"):
        guildbook("strike", "pledge", "--as", name)
    status, out, said = guildbook("strike", "status", told["strike"][:8])
    assert (status, "2 of 2" in out, "can call it now" in said) == (0, True, True)
    for who in ("Ada", "Bo", "Cy"):
        assert who not in out
    assert guildbook_json("strike", "call", "--no-learn", "--as", "Bo")["state"] == "running"
    status, _, said = guildbook("variants")
    assert (status, "there is a strike" in said) == (1, True)
    (first, *_) = guildbook_json("terms", "check", "--worker", "Ada", "--purpose", "coach", "--as", "Ada")
    assert (first["allow"], first["reason"], first["clauses"]) == (False, "strike", [told["strike"]])
    (kept, *_) = guildbook_json(
        "terms", "check", "--worker", "Ada", "--purpose", "coach", "--class", "mail", "--as", "Ada"
    )
    assert kept["reason"] == "own-purpose"
    assert guildbook("strike", "end", "--as", "Bo")[0] == 1
    assert guildbook_json("strike", "end", "--no-learn", "--as", "Ada")["state"] == "ended"
    assert guildbook_json("variants") == before
    assert [s["state"] for s in guildbook_json("strike", "list")] == ["ended"]
    assert "ended" in guildbook("strike", "list")[1]


@pytest.mark.usefixtures("guild")
def test_what_is_left_is_shown_at_once_and_in_the_end_everything(
    guildbook: Run, guildbook_json: Callable[..., Any]
) -> None:
    before = guildbook_json("variants"), guildbook_json("practices", "list"), guildbook_json("map")
    whole = guildbook_json("learn")["model_hash"]
    guildbook("strike", "propose", "Guild", "--as", "Ada")
    for name in ("Ada", "Cy"):
        guildbook("strike", "pledge", "--as", name)
    status, _, said = guildbook("strike", "call", "--as", "Bo")
    assert (status, "in force" in said, "from 1 people" in said) == (0, True, True)
    left = guildbook_json("variants")  # no note that something is hidden: it is learnt from Bo alone
    assert left
    assert left != before[0]
    status, _, said = guildbook("practices", "list")
    assert (status, "may not be used" in said) == (0, False)
    assert guildbook_json("learn")["model_hash"] != whole
    guildbook("strike", "end", "--as", "Ada")
    assert guildbook_json("learn")["model_hash"] == whole
    assert (guildbook_json("variants"), guildbook_json("practices", "list"), guildbook_json("map")) == before


@pytest.mark.usefixtures("guild")
def test_a_strike_waits_for_no_writer(guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    """While another process imports, the strike is in force; what was learnt is brought along afterwards."""
    guildbook("strike", "propose", "Guild", "--as", "Ada")
    for name in ("Ada", "Cy"):
        guildbook("strike", "pledge", "--as", name)
    with Store.open(tmp_path / "book", create=False) as store, store.writing():
        status, _, said = guildbook("--wait", "0", "strike", "call", "--as", "Bo")
    assert (status, "Another process is writing" in said) == (0, True)
    assert guildbook_json("strike", "status")["state"] == "running"
    assert "there is a strike" in guildbook("variants")[2]


@pytest.mark.usefixtures("guild")
def test_what_does_not_work_is_told(guildbook: Run) -> None:
    assert guildbook("strike", "propose", "Guild")[0] == 1  # the book is no member
    assert guildbook("strike", "propose", "Guild", "--purpose", "no such", "--as", "Ada")[0] == 2
    assert guildbook("strike", "propose", "Guild", "--except", "mail", "--as", "Ada")[0] == 2
    guildbook("strike", "propose", "Guild", "--as", "Ada")
    assert guildbook("strike", "pledge")[0] == 1
    assert guildbook("strike", "pledge", "none", "--as", "Ada")[0] == 1
    assert guildbook("strike", "call", "--from", "soon", "--as", "Ada")[0] == 2
    assert "0 of 2 pledges" in guildbook("strike", "call", "--from", "2030-01-01", "--as", "Ada")[2]


def test_a_worker_takes_everything_along(guildbook: Run, small_log: Path, tmp_path: Path) -> None:
    guildbook("learn", small_log)
    assert guildbook("export", "--portable", tmp_path / "out")[0] == 2
    assert guildbook("export")[0] == 2
    status, _, said = guildbook("export", "--portable", tmp_path / "out", "--worker", "Ada")
    assert (status, "signed by the book" in said) == (0, True)
    status, out, _ = guildbook("--home", tmp_path / "other", "learn", tmp_path / "out", "--json")
    assert (status, json.loads(out)["inputs"][0]["state"]) == (0, "imported")
    status, out, _ = guildbook("--home", tmp_path / "other", "learn", tmp_path / "out", "--json")
    assert json.loads(out)["inputs"][0]["state"] == "already there"
    guildbook("identity", "new", "Ada")
    guildbook("identity", "enrol", "Ada")
    status, _, said = guildbook("export", "--portable", tmp_path / "more", "--worker", "Ada")
    assert (status, "for the worker alone" in said) == (1, True)
    assert guildbook("export", "--portable", tmp_path / "more", "--as", "Ada")[0] == 0
