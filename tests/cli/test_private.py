"""What single people have said is not shown to others, whatever the command."""

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


def test_the_operator_sees_no_single_say(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    guildbook("learn", small_log)
    for name, role in (("Ada", "worker"), ("Op", "operator"), ("Aud", "auditor")):
        guildbook("identity", "new", name, "--role", role)
        guildbook("identity", "enrol", name)
    assert guildbook("terms", "refuse", "--purpose", "research", "--as", "Ada")[0] == 0
    place = next(e["seq"] for e in guildbook_json("audit", "show", "--as", "Aud")["log"] if e["kind"] == "refuse")
    for words in ((), ("--as", "Op")):
        assert guildbook_json("permissions", *words) == []
        assert {use["worker"] for use in guildbook_json("uses", *words)} == {"Bo", "Cy"}
        assert guildbook("permissions", "--worker", "Ada", *words)[0] == 1
        log = {each["seq"]: each for each in guildbook_json("audit", "show", *words)["log"]}
        assert (log[place]["kind"], log[place]["act"]) == ("closed", {})
        assert "refuse" not in guildbook("audit", "show", str(place), *words)[1]
        assert guildbook("audit", "export", "-o", tmp_path / "open.jsonl", "--openings", *words)[0] == 1
        assert guildbook("audit", "prove", str(place), "--open", *words)[0] == 1
        assert guildbook("audit", "prove", str(place), *words)[0] == 0
        assert guildbook("audit", "export", "-o", tmp_path / "closed.jsonl", *words)[0] == 0
    assert [said["purpose"] for said in guildbook_json("permissions", "--as", "Ada")] == ["research"]
    assert guildbook("audit", "prove", str(place), "--open", "--as", "Ada")[0] == 0
    assert guildbook("audit", "export", "-o", tmp_path / "open.jsonl", "--openings", "--as", "Aud")[0] == 0
    assert all(row["refused"] is None for row in guildbook_json("permissions", "--counts"))
    assert "·" in guildbook("permissions", "--counts")[1]
    assert guildbook("uses", "--counts")[0] == 0
