from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")
    return tmp_path / "identities"


def test_keys_are_made_shown_listed_and_handed_out(
    guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path, keys: Path
) -> None:
    made = guildbook_json("identity", "new", "Ada Lovelace", "--role", "steward")
    assert (made["name"], made["role"], made["keyring"]) == ("Ada Lovelace", "steward", False)
    assert Path(made["file"]).parent == keys
    assert guildbook_json("identity", "show", "Ada Lovelace") == made
    assert guildbook_json("identity", "list") == [made]
    assert made["fingerprint"] in guildbook("identity", "list")[1]
    public = guildbook_json("identity", "export", "Ada Lovelace", "-o", tmp_path / "ada.json")
    assert json.loads((tmp_path / "ada.json").read_text()) == public
    assert set(public) == {"format", "name", "role", "sign", "box", "created", "proof"}
    assert not (tmp_path / "book").exists()


def test_what_is_wrong_is_said(guildbook: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guildbook("identity", "new", "Ada", "--role", "king")[0] == 2
    assert guildbook("identity", "new", "Ada")[0] == 0
    status, _, told = guildbook("identity", "new", "Ada")
    assert (status, "already" in told) == (2, True)
    status, _, told = guildbook("identity", "show", "Bo")
    assert (status, "Ada" in told) == (1, True)
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "short")
    assert "8 characters" in guildbook("identity", "new", "Bo")[2]
    monkeypatch.delenv("GUILDBOOK_PASSPHRASE")
    status, _, told = guildbook("identity", "new", "Bo")
    assert (status, "GUILDBOOK_PASSPHRASE" in told) == (2, True)


def test_the_passphrase_is_changed(guildbook: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    guildbook("identity", "new", "Ada")
    monkeypatch.setenv("GUILDBOOK_NEW_PASSPHRASE", "another one of these")
    assert guildbook("identity", "passwd", "Ada")[0] == 0
    status, _, told = guildbook("identity", "passwd", "Ada")
    assert (status, "not the passphrase of Ada" in told) == (1, True)


def test_key_files_do_not_go_into_the_book(guildbook: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "book" / "keys"))
    status, _, told = guildbook("identity", "new", "Ada")
    assert (status, "identity.folder" in told) == (2, True)
    assert not (tmp_path / "book").exists()


def test_by_default_they_lie_beside_the_users_books(
    guildbook_json: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GUILDBOOK_IDENTITY_FOLDER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = guildbook_json("identity", "new", "Ada")
    assert Path(made["file"]).parent == tmp_path / "data" / "guildbook" / "identities"


def test_who_is_enrolled_acts_with_their_own_key(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guildbook("learn", small_log)
    made = guildbook_json("identity", "new", "Ada")
    told = guildbook_json("identity", "enrol", "Ada")
    assert (told["name"], told["role"], told["fingerprint"]) == ("Ada", "worker", made["fingerprint"])
    assert [(p["name"], p["roles"]) for p in guildbook_json("identity", "enrolled")] == [("Ada", ["worker"])]
    assert "Ada" in guildbook("identity", "enrolled")[1]
    status, _, said = guildbook("refuse", "--worker", "Ada", "--purpose", "research")
    assert (status, "Only the worker can say this" in said) == (1, True)
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "not the passphrase")
    assert guildbook("identity", "enrol", "Ada")[0] == 1


def test_keys_are_changed_with_the_old_ones(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    guildbook("learn", small_log)
    old = guildbook_json("identity", "new", "Ada")
    guildbook("identity", "enrol", "Ada")
    put_aside = Path(old["file"]).rename(tmp_path / "old.identity")
    new = guildbook_json("identity", "new", "Ada")
    status, _, told = guildbook("identity", "enrol", "Ada")
    assert (status, "identity rekey" in told) == (1, True)
    guildbook("identity", "new", "Bo")
    guildbook("identity", "enrol", "Bo")
    status, _, told = guildbook("identity", "rekey", "Bo", "--old", put_aside)
    assert (status, "two people" in told) == (2, True)
    assert guildbook("identity", "rekey", "Ada", "--old", tmp_path / "none")[0] == 1
    assert guildbook_json("identity", "rekey", "Ada", "--old", put_aside)["fingerprint"] == new["fingerprint"]
    assert new["fingerprint"] in guildbook("identity", "enrolled")[1]
    assert guildbook("terms", "pause", "--worker", "Ada", "--as", "Ada")[0] == 0
    assert guildbook("identity", "rekey", "Ada", "--old", put_aside)[0] == 1
