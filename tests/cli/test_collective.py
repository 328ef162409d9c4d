"""From founding a collective to reading under an agreement, as people type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def people(guildbook: Run, small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ada, Bo and Cy have traces in a book; they and Acme have keys."""
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")
    guildbook("learn", small_log)
    for name in ("Ada", "Bo", "Cy"):
        guildbook("identity", "new", name)
        guildbook("identity", "enrol", name)
    guildbook("identity", "new", "Acme", "--role", "licensee")
    guildbook("identity", "enrol", "Acme")


@pytest.fixture
def guild(guildbook_json: Callable[..., Any]) -> None:
    guildbook_json("collective", "found", "Ticket guild", "--id", "tickets", "--admission", "open", "--as", "Ada")
    for name in ("Bo", "Cy"):
        guildbook_json("collective", "join", "tickets", "--as", name)
    for name in ("Ada", "Bo", "Cy"):
        guildbook_json("collective", "mandate", "tickets", "--purpose", "train-ai", "--as", name)


def test_a_collective_is_founded_and_shown(guildbook: Run, guildbook_json: Callable[..., Any]) -> None:
    made = guildbook_json("collective", "found", "Ticket guild", "--quorum", "0.3", "--admission", "steward",
                         "--as", "Ada")  # fmt: skip
    assert (made["collective"], made["charter"]["quorum_ppm"], made["charter"]["admission"]) == (
        "ticket-guild", 300_000, "steward"
    )  # fmt: skip
    guildbook("collective", "join", "Ticket guild", "--as", "Bo")
    told = guildbook("collective", "show", "Ticket guild", "--as", "Ada")
    assert ("Bo" in told[2], "asks to join" in told[2]) == (True, True)
    assert guildbook("collective", "admit", "ticket-guild", "Bo", "--as", "Ada")[0] == 0
    assert "fewer than 5" in guildbook("collective", "list")[1]
    assert guildbook_json("collective", "roles", "ticket-guild")[0]["name"] == "Ada"
    status, _, said = guildbook("collective", "join", "ticket-guild", "--as", "Acme")
    assert (status, "licensee is no member" in said) == (1, True)
    status, _, said = guildbook("collective", "leave", "ticket-guild", "--effective", "soon", "--as", "Bo")
    assert (status, "no time" in said) == (2, True)


def test_members_vouch_for_one_another(guildbook: Run, guildbook_json: Callable[..., Any]) -> None:
    made = guildbook_json("collective", "found", "Ticket guild", "--as", "Ada")
    assert (made["charter"]["admission"], [one["name"] for one in made["asking"]]) == ("vouched", ["Ada"])
    for name in ("Bo", "Cy"):
        guildbook("collective", "join", "ticket-guild", "--as", name)
    mark = {name: guildbook_json("identity", "show", name)["fingerprint"] for name in ("Ada", "Bo", "Cy")}
    status, _, said = guildbook("collective", "vouch", "ticket-guild", "Bo", mark["Cy"], "--as", "Ada")
    assert (status, "may be somebody else's" in said) == (1, True)
    for by, name in (("Ada", "Bo"), ("Bo", "Ada"), ("Ada", "Cy")):
        status, _, said = guildbook("collective", "vouch", "ticket-guild", name, mark[name], "--as", by)
        assert (status, "asks to join" in said) == (0, True)
    status, out, _ = guildbook("collective", "vouch", "ticket-guild", "Ada", mark["Ada"], "--as", "Cy")
    assert (status, "steward" in out) == (0, True)


@pytest.mark.usefixtures("guild")
def test_a_ballot_is_held_counted_and_counted_again(
    guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path
) -> None:
    ballot = "collective", "ballot"
    guildbook_json(*ballot, "open", "tickets", "Shall we meet on Mondays?", "--id", "mondays", "--as", "Ada")
    for name in ("Ada", "Bo", "Cy"):
        assert guildbook_json(*ballot, "ask", "mondays", "--as", name)["paper"] == "asked for"
    assert guildbook_json(*ballot, "issue", "mondays", "--as", "Ada")["issued"] == 3
    for name, choice in (("Ada", "yes"), ("Bo", "no"), ("Cy", "yes")):
        assert guildbook(*ballot, "vote", "mondays", choice, "--as", name)[0] == 0
    status, _, said = guildbook(*ballot, "vote", "mondays", "yes", "--as", "Bo")
    assert (status, "You have voted" in said) == (1, True)
    told = guildbook_json(*ballot, "close", "mondays", "--as", "Ada")
    assert (told["result"], told["counts"]) == ("yes", {"yes": 2, "no": 1})
    assert "no" in guildbook(*ballot, "verify", "mondays", "--as", "Bo")[2]
    board = tmp_path / "board.json"
    assert guildbook(*ballot, "board", "mondays", "-o", board)[0] == 0
    assert guildbook_json(*ballot, "verify", board, "--home", tmp_path / "elsewhere")["sound"]
    data = json.loads(board.read_text())
    data["board"][0][1] = "no" if data["board"][0][1] == "yes" else "yes"
    board.write_text(json.dumps(data))
    status, _, said = guildbook(*ballot, "verify", board)
    assert (status, "does NOT hold" in said) == (1, True)
    assert "mondays" in guildbook(*ballot, "list")[1]
    assert "counted" in guildbook(*ballot, "show", "mondays")[1]


def drafted(guildbook: Run, path: Path, *more: str) -> Path:
    values = [
        "collective.id=tickets", "collective.name=Ticket guild", "licensee.id=Acme", "licensee.name=Acme",
        "term.first_day=2026-01-01", "term.last_day=2099-12-31", *more,
    ]  # fmt: skip
    said = [word for value in values for word in ("--set", value)]
    status, _, told = guildbook("agreement", "draft", "training-augment-only", "-o", path, *said)
    assert status == 0, told
    return path


@pytest.mark.usefixtures("guild")
def test_an_agreement_is_negotiated_ratified_signed_and_ended(
    guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path
) -> None:
    file = drafted(guildbook, tmp_path / "terms.yaml")
    guildbook_json("agreement", "offer", file, "--id", "help", "--as", "Acme")
    counter = drafted(guildbook, tmp_path / "counter.yaml", "substitution.bound=3 %")
    guildbook_json("agreement", "counter", "help", counter, "--as", "Ada")
    assert "3 %" in guildbook("agreement", "diff", "help")[1]
    assert guildbook_json("agreement", "diff", "help")[0]["clause"] == "substitution"
    guildbook_json("agreement", "vote", "help", "--id", "on-help", "--as", "Ada")
    status, _, said = guildbook("agreement", "sign", "help", "--yes", "--as", "Ada")
    assert (status, "not ratified" in said) == (1, True)
    for name in ("Ada", "Bo", "Cy"):
        assert "vote again" in guildbook("agreement", "vote", "help", "yes", "--as", name)[2]
    guildbook_json("collective", "ballot", "issue", "on-help", "--as", "Ada")
    for name in ("Ada", "Bo", "Cy"):
        assert "in the box" in guildbook("agreement", "vote", "help", "yes", "--as", name)[2]
    guildbook_json("collective", "ballot", "close", "on-help", "--as", "Ada")
    guildbook_json("agreement", "sign", "help", "--yes", "--as", "Ada")
    told = guildbook_json("agreement", "sign", "help", "--yes", "--as", "Acme")
    assert told["state"] == "in force"
    assert "Agreement in plain words" in guildbook("agreement", "show", "help", "--plain")[1]
    assert set(guildbook_json("agreement", "show", "help", "--document")) == {"format", "machine", "plain"}
    assert [e["act"] for e in guildbook_json("agreement", "log", "help")][-1] == "sign"
    assert "in force" in guildbook("agreement", "list")[1]
    status, _, said = guildbook("agreement", "terminate", "help", "--effective", "2026-12-01", "--as", "Acme")
    assert (status, "notice" in said) == (1, True)
    assert guildbook_json("agreement", "terminate", "help", "--as", "Acme")["terminated"]
    assert guildbook_json("agreement", "notice", "help", "--as", "Ada")["served"] == 3
    assert "It is no consent" in guildbook("agreement", "notices", "--as", "Bo")[1]
    assert guildbook_json("agreement", "acknowledge", "help", "--as", "Bo")["acknowledged"]
    assert guildbook_json("agreement", "show", "help")["notices_missing"] == 2
