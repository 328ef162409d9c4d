from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
NAMES = ("Ada", "Bo", "Cy", "Di", "Eve")


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_IDENTITY_FOLDER", str(tmp_path / "identities"))
    monkeypatch.setenv("GUILDBOOK_IDENTITY_KDF_COST", "14")
    monkeypatch.setenv("GUILDBOOK_PASSPHRASE", "correct horse battery")


@pytest.fixture
def guild(guildbook: Run, tmp_path: Path) -> Path:
    dice = random.Random(1)
    lines = ["case,time,worker,activity"]
    for case in range(120):
        for minute, step in enumerate(["open", dice.choice(["check", "call"]), "close"]):
            day = f"2026-{1 + case // 60:02}-{1 + case % 28:02}"
            lines.append(f"J{case},{day}T{8 + case // 28:02}:{minute:02}:00Z,{dice.choice(NAMES)},{step}")
    (tmp_path / "jobs.csv").write_text("\n".join(lines) + "\n")
    assert guildbook("learn", tmp_path / "jobs.csv")[0] == 0
    for name in NAMES:
        guildbook("identity", "new", name)
        guildbook("identity", "enrol", name)
    assert guildbook("collective", "found", "Guild", "--admission", "open", "--id", "guild", "--as", "Ada")[0] == 0
    for name in NAMES:
        if name != "Ada":
            assert guildbook("collective", "join", "guild", "--as", name)[0] == 0
        assert guildbook("collective", "mandate", "guild", "--purpose", "evaluate", "--as", name)[0] == 0
    rows = [{"context": ["open"], "next": "check", "p": 0.5}, {"context": [], "next": "close", "p": 1}]
    model = tmp_path / "model.jsonl"
    model.write_text("\n".join(map(json.dumps, rows)))
    return model


def test_a_vault_from_beginning_to_end(
    guild: Path, guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path
) -> None:
    assert guildbook_json("vault", "list") == []
    status, _, said = guildbook("vault", "make", "v1", "--collective", "guild", "--share", "0.1", "--as", "Ada")
    assert (status, "too few to score against" in said, "--share" in said) == (1, True, True)
    status, _, said = guildbook("vault", "make", "v1", "--collective", "guild", "--share", "0.5", "--as", "Bo")
    assert (status, "steward" in said) == (1, True)
    made = guildbook_json("vault", "make", "v1", "--collective", "Guild", "--share", "0.5", "--as", "Ada")
    assert (made["state"], made["cases"], made["candidates"]) == ("open", 60, 120)
    assert guildbook_json("learn")["cases"] == 60
    told = guildbook_json("vault", "score", "v1", "--model", guild, "--as", "Ada")
    assert (told["cases"], told["workers"], told["queries"]) == (60, 5, None)
    assert 0.4 < told["accuracy"] < 0.6
    status, out, said = guildbook("vault", "score", "v1", "--model", guild, "--as", "Ada")
    assert (status, said) == (0, "")
    assert "accuracy" in out
    assert guildbook_json("vault", "show", "v1", "--as", "Eve")["yours"] > 0
    assert guildbook("vault", "account", "v1", "--as", "Ada")[0] == 0
    assert guildbook_json("vault", "canary", "v1", "--model", guild, "--as", "Ada")["alarm"] is False
    status, _, said = guildbook("vault", "lend", "v1", "--to", "House", "-o", tmp_path / "copy", "--as", "Ada")
    assert (status, "permits export to House" in said) == (1, True)
    for name in NAMES:
        assert guildbook("terms", "allow", "--purpose", "export", "--to", "*", "--as", name)[0] == 0
    status, _, said = guildbook("vault", "lend", "v1", "--to", "House", "-o", tmp_path / "copy", "--as", "Ada")
    assert (status, "canaries among them" in said) == (0, True)
    status, out, _ = guildbook("vault", "canary", "v1", "--model", guild, "--as", "Ada")
    assert (status, "House" in out) == (0, True)
    assert guildbook_json("vault", "withhold", "v1", "--as", "Ada")["state"] == "withheld"
    status, _, said = guildbook("vault", "score", "v1", "--model", guild, "--as", "Ada")
    assert (status, "withheld" in said) == (1, True)
    assert guildbook("vault", "release", "v1", "--as", "Ada")[0] == 0
    assert guildbook_json("vault", "end", "v1", "--as", "Ada")["state"] == "ended"
    assert guildbook_json("learn")["cases"] == 120
    assert guildbook_json("audit", "replay")["findings"] == []


@pytest.mark.usefixtures("guild")
def test_errors_say_how_to_mend(guildbook: Run, tmp_path: Path) -> None:
    base = ("vault", "make", "v1", "--collective", "guild", "--as", "Ada")
    (tmp_path / "none").write_text("\n")
    for more, what in (
        (("--share", "1.5"), "above 0"),
        (("--from", "soon"), "is no time"),
        (("--cases", tmp_path / "missing"), "cannot be read as a list of cases"),
        (("--cases", tmp_path / "none"), "names no case"),
        (("--share", "1", "--queries", "0"), "A budget is"),
        (("--task", "claims"), "no case that only people in it"),
    ):
        status, _, said = guildbook(*base, *more)
        assert status in {1, 2}
        assert what in said
    for words, what in (
        (("show", "v9"), "There is no vault v9"),
        (("score", "v9", "--model", tmp_path / "none", "--as", "Ada"), "There is no vault v9"),
        (("score", "v9", "--as", "Ada"), "--model"),
    ):
        status, _, said = guildbook("vault", *words)
        assert status in {1, 2}
        assert what in said
