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


def test_a_worker_sees_their_own_and_deletes_one_event(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path
) -> None:
    guildbook("learn", small_log)
    assert guildbook("mine")[0] == 2
    guildbook("identity", "new", "Ada")
    guildbook("identity", "enrol", "Ada")
    seen = guildbook_json("mine", "--as", "Ada")
    assert seen["worker"] == "Ada"
    assert guildbook_json("mine", "show", "--as", "Ada")["held"] == seen["held"]
    status, out, told = guildbook("mine", "--as", "Ada")
    assert (status, "Held" in told, "2026-03" in out) == (0, True, True)
    events = guildbook_json("mine", "traces", "--last", "3", "--as", "Ada")
    assert len(events) == 3
    assert events[0]["id"] in guildbook("mine", "traces", "--as", "Ada")[1]
    status, _, _ = guildbook("mine", "delete", events[0]["id"], "--yes", "--as", "Bo")
    assert status == 1
    done = guildbook_json("mine", "delete", events[0]["id"], "--yes", "--as", "Ada")
    assert done["events"] == 1
    left = guildbook_json("mine", "traces", "--last", "3", "--as", "Ada")
    assert [e["id"] for e in left[:2]] == [e["id"] for e in events[1:]]
    assert guildbook("mine", "delete", events[0]["id"], "--yes", "--as", "Ada")[0] == 1


def test_another_key_of_the_same_name_opens_nothing(
    guildbook: Run, small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guildbook("learn", small_log)
    guildbook("identity", "new", "Ada")
    guildbook("identity", "enrol", "Ada")
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "forged"))
    guildbook("identity", "new", "Ada")
    status, _, told = guildbook("mine", "--as", "Ada")
    assert (status, "another key" in told) == (1, True)
