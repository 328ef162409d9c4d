from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")


def test_what_is_said_is_shown_checked_and_taken_back(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path
) -> None:
    guildbook("learn", small_log)
    ada = ("--worker", "Ada")
    assert guildbook_json("terms", "show") == []
    assert guildbook("terms", "allow", *ada, "--purpose", "train-augment", "--class", "Mail")[0] == 0
    assert guildbook("terms", "refuse", *ada, "--purpose", "study")[0] == 0
    guildbook("terms", "pause", *ada, "--class", "chat")
    said = [(t["decision"], t["purpose"], t["class"], t["recipient"]) for t in guildbook_json("terms", "show", *ada)]
    assert said == [
        ("allow", "train-augment", "mail", "in-house"), ("pause", "*", "chat", "*"), ("refuse", "study", "*", "*"),
    ]  # fmt: skip

    def check(purpose: str, *more: str) -> tuple[bool, str]:
        (found,) = guildbook_json("terms", "check", *ada, "--purpose", purpose, *more)
        return found["allow"], found["reason"]

    assert check("train-augment", "--class", "mail") == (True, "worker-permit")
    assert check("train-augment") == (False, "no-permission")
    assert check("research") == (False, "worker-refusal")
    assert check("coach") == (True, "own-purpose")
    assert check("coach", "--class", "chat") == (False, "paused")
    guildbook("terms", "clear", *ada, "--purpose", "study")
    guildbook("terms", "resume", *ada)
    assert check("coach", "--class", "chat") == (True, "own-purpose")
    assert check("research") == (False, "no-permission")
    assert "own-purpose" in guildbook("terms", "check", *ada, "--purpose", "coach")[1]
    assert "allow" in guildbook("terms", "show")[1]


def test_what_cannot_be_said_is_told(guildbook: Run, small_log: Path) -> None:
    guildbook("learn", small_log)
    assert guildbook("terms", "allow", "--purpose", "coach")[0] == 2
    assert guildbook("terms", "allow", "--worker", "Ada", "--purpose", "study")[0] == 2
    assert "licensee" not in guildbook("terms", "pause", "--worker", "Nobody")[2]
    status, _, told = guildbook("terms", "allow", "--worker", "Ada", "--purpose", "coach", "--to", "Acme")
    assert (status, "in-house" in told) == (1, True)


def test_who_has_a_key_speaks_with_it_of_somebody_they_name(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path
) -> None:
    guildbook("learn", small_log)
    for name, role in (("Ada", "worker"), ("Acme", "licensee")):
        guildbook("identity", "new", name, "--role", role)
        guildbook("identity", "enrol", name)
    status, _, told = guildbook("terms", "pause", "--worker", "Ada")
    assert (status, "Only the worker can say this" in told) == (1, True)
    status, _, told = guildbook("terms", "pause", "--worker", "Ada", "--as", "Acme")
    assert (status, "Only the worker can say this" in told) == (1, True)
    own = ("--as", "Ada")
    said = guildbook_json("terms", "allow", *own, "--purpose", "research", "--to", "Acme")
    assert said["recipient"] == "Acme"
    (found,) = guildbook_json("terms", "check", "--worker", "Ada", "--purpose", "research", "--for", "Acme", *own)
    assert (found["allow"], found["reason"]) == (True, "worker-permit")
    (found,) = guildbook_json("terms", "check", "--worker", "Ada", "--purpose", "research", *own)
    assert not found["allow"]
    for words in (("terms", "check", "--purpose", "research"), ("terms", "show")):
        status, _, told = guildbook(*words, "--worker", "Ada", "--as", "Acme")
        assert (status, "Ada alone" in told) == (1, True)
    assert guildbook_json("terms", "show", "--as", "Acme") == []
    assert len(guildbook_json("terms", "show", *own)) == 1


def test_a_pause_hides_what_was_learnt_until_it_ends(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path
) -> None:
    guildbook("learn", small_log)
    before = guildbook_json("map"), guildbook_json("practices", "list")
    guildbook("terms", "pause", "--worker", "Ada")
    status, _, told = guildbook("map")
    assert (status, "may not be used now" in told, "guildbook learn" in told) == (1, True, True)
    for words in (("practices", "list"), ("ask", "who?"), ("drift",)):
        status, out, told = guildbook(*words)
        assert (status, "guildbook learn" in told, "Ada" in out) == (0, True, False)
    guildbook("terms", "resume", "--worker", "Ada")
    assert (guildbook_json("map"), guildbook_json("practices", "list")) == before
