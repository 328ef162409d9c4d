"""The audit from the command line: what a book shows, and what a third party checks with no book at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
Data = Callable[..., Any]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")


@pytest.fixture
def book(guildbook: Run, small_log: Path, tmp_path: Path) -> Path:
    """A book with a few acts in its log."""
    assert guildbook("learn", small_log)[0] == 0
    for purpose in ("train-augment", "research", "evaluate"):
        assert guildbook("refuse", "--worker", "Ada", "--purpose", purpose)[0] == 0
    return tmp_path / "book"


def tamper(book: Path, *statements: str) -> None:
    with sqlite3.connect(book / "ledger.sqlite") as ledger:
        for statement in statements:
            ledger.execute(statement)
    ledger.close()


def test_the_log_shows_what_was_said_and_by_whom(book: Path, guildbook: Run, guildbook_json: Data) -> None:
    found = guildbook_json("audit", "show", "--last", "3")
    assert [e["kind"] for e in found["log"]] == ["refuse"] * 3
    assert [e["act"]["body"]["purpose"] for e in found["log"]] == ["train-augment", "research", "evaluate"]
    assert found["entries"] == found["log"][-1]["seq"] + 1
    one = guildbook_json("audit", "show", found["entries"] - 1)
    assert one == found["log"][-1]
    assert "refuse" in guildbook("audit", "show")[1]
    assert guildbook("audit", "show", 9999)[0] == 1


def test_an_untouched_book_is_sound(book: Path, guildbook: Run, guildbook_json: Data, tmp_path: Path) -> None:
    assert "Without a checkpoint" in guildbook("audit", "verify")[2]
    taken = guildbook_json("audit", "checkpoint", "-o", tmp_path / "cp")
    found = guildbook_json("audit", "verify", "--checkpoint", tmp_path / "cp")
    assert (found["sound"], found["checkpoints"], found["root"]) == (True, [taken["entries"]], taken["root"])
    assert (tmp_path / "cp").read_text() == taken["note"]
    assert guildbook("audit", "checkpoint")[1].startswith(f"guildbook/{taken['book']}\n{taken['entries']}\n")


def test_tampering_is_named_and_the_exit_status_says_so(book: Path, guildbook: Run, tmp_path: Path) -> None:
    size = json.loads(guildbook("audit", "show", "--json")[1])["entries"]
    guildbook("audit", "checkpoint", "-o", tmp_path / "cp")
    shutil.copytree(book, tmp_path / "kept")
    tamper(book, f"UPDATE log SET time = time + 1 WHERE seq = {size - 2}")
    status, out, told = guildbook("audit", "verify")
    assert (status, out) == (1, "")
    assert f"changed: entry {size - 2}" in told
    status, out, _ = guildbook("doctor", "--json")
    assert (status, [f["code"] for f in json.loads(out)["findings"] if "log" in f["code"]]) == (1, ["log-changed"])
    tamper(tmp_path / "kept", f"DELETE FROM log WHERE seq >= {size - 2}", "DELETE FROM log_nodes")
    status, out, _ = guildbook(
        "audit", "verify", "--checkpoint", tmp_path / "cp", "--json", "--home", tmp_path / "kept"
    )
    found = json.loads(out)
    assert (status, found["sound"]) == (1, False)
    assert {"truncated", "tree"} >= {f["kind"] for f in found["findings"]}
    assert [f["first"] for f in found["findings"] if f["kind"] == "truncated"] == [size - 2]


def test_a_third_party_checks_proofs_with_no_book(
    book: Path, guildbook: Run, guildbook_json: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, entry, growth = (tmp_path / name for name in ("old", "new", "entry.json", "growth.json"))
    size = guildbook_json("audit", "checkpoint", "-o", old)["entries"]
    guildbook("refuse", "--worker", "Bo", "--purpose", "research")
    guildbook("audit", "checkpoint", "-o", new)
    assert guildbook("audit", "prove", size - 1, "--checkpoint", new, "--open", "-o", entry)[0] == 0
    assert guildbook("audit", "prove", "--since", old, "--checkpoint", new, "-o", growth)[0] == 0
    shutil.rmtree(book)
    monkeypatch.setenv("GUILDBOOK_HOME", str(tmp_path / "nowhere"))
    found = guildbook_json("audit", "check-proof", entry, "--checkpoint", new)
    assert (found["holds"], found["entry"], found["act"]["body"]["purpose"]) == (True, size - 1, "evaluate")
    assert guildbook_json("audit", "check-proof", growth, "--checkpoint", new, "--checkpoint", old)["holds"]
    assert "holds" in guildbook("audit", "check-proof", entry, "--checkpoint", new)[2]
    assert not (tmp_path / "nowhere").exists()
    # What does not hold, or is not enough.
    assert guildbook("audit", "check-proof", entry, "--checkpoint", old)[0] == 1
    assert guildbook("audit", "check-proof", growth, "--checkpoint", new)[0] == 2
    assert guildbook("audit", "check-proof", entry)[0] == 2
    entry.write_text(entry.read_text().replace("evaluate", "research"))
    status, out, told = guildbook("audit", "check-proof", entry, "--checkpoint", new)
    assert (status, out) == (1, "")
    assert "committed to" in told
    entry.write_text("nonsense")
    assert guildbook("audit", "check-proof", entry, "--checkpoint", new)[0] == 1


def test_others_sign_a_checkpoint_and_can_be_asked_for(
    book: Path, guildbook: Run, guildbook_json: Data, tmp_path: Path
) -> None:
    keys = {
        name: guildbook_json("identity", "new", name, "--role", role)["key"]
        for name, role in (("Sam", "steward"), ("Aud", "auditor"))
    }
    taken = tmp_path / "cp"
    assert guildbook("audit", "checkpoint", "-o", taken, "--as", "Sam")[0] == 0
    status, _, told = guildbook("audit", "verify", "--checkpoint", taken, "--key", keys["Sam"], "--key", keys["Aud"])
    assert (status, "signature of auditor/" in told) == (1, True)
    signed = guildbook_json("audit", "cosign", taken, "--as", "Aud")
    assert [name.partition("/")[0] for name in signed["signed_by"]] == ["guildbook", "steward", "auditor"]
    assert guildbook("audit", "verify", "--checkpoint", taken, "--key", keys["Sam"], "--key", keys["Aud"])[0] == 0
    log = guildbook_json("audit", "show")["key"]
    assert guildbook("audit", "verify", "--checkpoint", taken, "--key", log)[0] == 0
    taken.write_text(taken.read_text().replace("\ntime 1", "\ntime 2"))
    status, _, told = guildbook("audit", "verify", "--checkpoint", taken)
    assert (status, "was changed" in told) == (1, True)


def test_a_copy_kept_elsewhere_is_evidence(book: Path, guildbook: Run, guildbook_json: Data, tmp_path: Path) -> None:
    copy, taken = tmp_path / "copy", tmp_path / "cp"
    guildbook("audit", "checkpoint", "-o", taken)
    count = guildbook_json("audit", "export", "-o", copy, "--openings")["entries"]
    assert guildbook_json("audit", "verify", copy, "--checkpoint", taken)["sound"]
    assert guildbook_json("audit", "verify", "--against", copy)["sound"]
    assert guildbook("audit", "verify", copy, "--against", copy)[0] == 2
    tamper(book, f"DELETE FROM log WHERE seq >= {count - 1}", "DELETE FROM log_nodes")
    status, out, _ = guildbook("audit", "verify", "--against", copy, "--json")
    found = [f for f in json.loads(out)["findings"] if f["kind"] == "truncated"]
    assert (status, [(f["first"], f["last"]) for f in found]) == (1, [(count - 1, count - 1)])
    lines = copy.read_text().splitlines(keepends=True)
    copy.write_text("".join(lines[:3] + lines[4:]))
    status, _, told = guildbook("audit", "verify", copy)
    assert (status, "deleted: entry 2" in told) == (1, True)


def test_what_makes_no_sense_is_refused(book: Path, guildbook: Run, tmp_path: Path) -> None:
    assert guildbook("audit", "prove")[0] == 2
    assert guildbook("audit", "prove", 9999)[0] == 2
    assert guildbook("audit", "verify", "--checkpoint", tmp_path / "nothing")[0] == 1
    (tmp_path / "x").write_text("nothing of the kind\n\n")
    assert guildbook("audit", "verify", "--checkpoint", tmp_path / "x")[0] == 1
    assert guildbook("audit", "checkpoint", "-o", tmp_path / "no" / "such")[0] == 1
    assert guildbook("audit", "export", "-o", tmp_path / "no" / "such")[0] == 1
