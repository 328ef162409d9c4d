from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


def test_profiles_are_listed_and_shown_without_a_book(guildbook: Run, guildbook_json: Callable[..., Any]) -> None:
    assert {p["profile"] for p in guildbook_json("law", "list")} >= {"eu-employment", "us-state"}
    status, out, err = guildbook("law", "show", "eu-employment")
    assert (status, "works-council" in out, "BetrVG § 87(1) no. 6" in out) == (0, True, True)
    assert "no legal advice" in err
    assert guildbook("law", "list")[1].count("us-") >= 7
    status, _, err = guildbook("law", "show", "eu")
    assert (status, "Profiles: eu-employment" in err) == (2, True)


def test_a_steward_records_what_is_missing(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")
    guildbook("learn", small_log)
    guildbook("identity", "new", "Ada")
    guildbook("identity", "enrol", "Ada")
    law, admission = ("--law", "us-state"), ("--admission", "open")
    guildbook("collective", "found", "Ticket guild", "--id", "tickets", *law, *admission, "--as", "Ada")
    status, _, err = guildbook("law", "status")
    assert (status, "Missing: posted-notice" in err, "--value posted --document FILE" in err) == (0, True, True)
    status, _, err = guildbook("law", "record", "posted-notice", "--value", "posted", "--as", "Ada")
    assert (status, "paper" in err) == (1, True)
    done = "law", "record", "posted-notice", "--value", "posted", "--document", small_log, "--as", "Ada"
    assert guildbook_json(*done)["missing"] == []
    assert "posted-notice" in guildbook("law", "status")[1]
    assert guildbook_json("law", "withdraw", "posted-notice", "--as", "Ada")["recorded"] == []
    status, _, err = guildbook("collective", "found", "Other", "--law", "mars", "--as", "Ada")
    assert (status, "us-state" in err) == (1, True)
