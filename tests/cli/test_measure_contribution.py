"""`measure contribution`, as people type it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
Ask = Callable[..., Any]


@pytest.fixture
def book(guildbook: Run, tmp_path: Path) -> None:
    """Fourteen people's claims, each their own."""
    out = ["case,time,worker,activity"]
    for case in range(140):
        for place, step in enumerate(["open", "check", "pay" if case % 3 else "refuse", "close"]):
            out.append(
                f"C{case},2026-01-{1 + case % 28:02d}T{case // 28 + 8:02d}:{10 * place:02d}:00Z,P{case % 14},{step}"
            )
    log = tmp_path / "claims.csv"
    log.write_text("\n".join(out) + "\n")
    assert guildbook("learn", log)[0] == 0


@pytest.mark.usefixtures("book")
def test_contributions(guildbook: Run, guildbook_json: Ask) -> None:
    found = guildbook_json("measure", "contribution", "--metric", "accuracy", "--permutations", "6", "--draw", "3")
    assert (found["method"], found["exact"], found["pairs"]) == ("shapley", False, 6)
    assert len(found["workers"]) == 14
    assert sum(one["value"] for one in found["workers"]) == pytest.approx(found["whole"])
    assert guildbook_json("measure", "contribution", "--metric", "hours")["exact"]
    assert guildbook_json("measure", "contribution", "--method", "leave-one-out")["exact"]
    until = guildbook_json("measure", "contribution", "--metric", "accuracy", "--until-error", "0.01")
    assert until["error"] <= 0.01
    status, shown, said = guildbook("measure", "contribution", "--metric", "covered")
    assert status == 0
    assert "P3" in shown
    assert "exact" in said


@pytest.mark.usefixtures("book")
def test_what_cannot_be_asked(guildbook: Run) -> None:
    status, _, said = guildbook("measure", "contribution", "--permutations", "6", "--until-error", "0.1")
    assert status != 0
    assert "Give either" in said
    status, _, said = guildbook("measure", "payout", "a1", "--amount", "ten")
    assert status != 0
    assert "no amount of money" in said
    status, _, said = guildbook("measure", "payout", "a1", "--amount", "10")
    assert status != 0
    assert "agreement" in said


@pytest.mark.usefixtures("book")
def test_leverage_with_proof_is_the_book_learnt_without_them(
    guildbook: Run, guildbook_json: Ask, tmp_path: Path
) -> None:
    found = guildbook_json("measure", "leverage", "--each-worker", "--metric", "accuracy", "--proof")["leverage"]
    hashes = {one["workers"][0]: one["model_hash"] for one in found}
    assert len(set(hashes.values())) == 14
    status, shown, _ = guildbook("measure", "leverage", "--worker", "P3", "--metric", "accuracy", "--proof")
    assert status == 0
    assert hashes["P3"] in shown
    log = (tmp_path / "claims.csv").read_text().splitlines()
    (tmp_path / "less").mkdir()
    (tmp_path / "less" / "claims.csv").write_text("\n".join(line for line in log if ",P3," not in line) + "\n")
    home = tmp_path / "another"
    less = guildbook_json("--home", home, "learn", tmp_path / "less" / "claims.csv")
    assert less["model_hash"] == hashes["P3"]
    assert guildbook_json("forget", "--worker", "P3", "--yes")["model_hash"] == hashes["P3"]
    again = guildbook_json("measure", "leverage", "--worker", "P4", "--metric", "accuracy")["leverage"]
    assert "model_hash" not in again[0]
