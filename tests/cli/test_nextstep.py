from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from guildbook.distil import neural

Run = Callable[..., tuple[int, str, str]]


def test_next(guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path) -> None:
    assert guildbook("learn", small_log)[0] == 0
    found = guildbook_json("next", "open", "check", "--worker", "Bo", "--to-end")
    assert found["expected"][0]["step"] == "fix"
    assert found["expected"][0]["reasons"]
    assert found["ways"][0]["steps"] == ["fix", "close"]
    status, out, err = guildbook("next", "open", "dance", "--steps", "1")
    assert status == 0
    assert "next step" in out
    assert "how it may go on" in out
    assert "dance" in err
    status, out, _ = guildbook("next", "--case", "T1", "--top", "1")
    assert status == 0
    assert "(the case ends)" in out


def test_next_says_what_is_wrong(guildbook: Run, small_log: Path) -> None:
    assert guildbook("next", "open")[0] == 1
    guildbook("learn", small_log)
    assert guildbook("next", "open", "--case", "T1")[0] == 2
    status, _, err = guildbook("next", "--case", "T999")
    assert status == 1
    assert "T999" in err


def test_next_with_a_net(
    guildbook: Run,
    guildbook_json: Callable[..., Any],
    small_log: Path,
    missing_part: Callable[[str, str], NoReturn],
) -> None:
    if not neural.available():
        missing_part("torch", "torch not installed")
    guildbook("learn", small_log)
    found = guildbook_json("next", "open", "check", "--model", "neural")
    assert found["model"] == "neural"
    assert set(found["expected"][0]["said"]) == {"counts", "net"}
    status, out, _ = guildbook("next", "open", "--model", "neural")
    assert status == 0
    assert "counts alone: " in out
    assert "net alone: " in out
    status, _, err = guildbook("next", "open", "--model", "mixed")
    assert status == 0
    assert "too few cases" in err
    assert guildbook("config", "set", "next.model", "magic")[0] == 2


def test_bench_next_step(guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path) -> None:
    found = guildbook_json("bench", "next-step", "--train", small_log, "--test", small_log)
    assert set(found) >= {"accuracy", "top3", "log_loss", "n", "seconds", "ece"}
    assert found["accuracy"] > 0.8
    status, out, _ = guildbook("bench", "next-step", "--train", small_log, "--test", small_log, "--model", "counts")
    assert status == 0
    assert "accuracy" in out
    assert guildbook("bench", "next-step", "--train", small_log, "--test", small_log, "--model", "magic")[0] == 2
