from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guildbook.cli.main import run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def guildbook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process on a book of this test; gives status, output, errors."""
    monkeypatch.setenv("GUILDBOOK_HOME", str(tmp_path / "book"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def guildbook_json(guildbook: Run) -> Callable[..., Any]:
    """Run with --json, expect success, give the data."""

    def call(*words: object) -> Any:
        status, out, err = guildbook(*words, "--json")
        assert status == 0, err
        return json.loads(out)

    return call


@pytest.fixture
def small_log(tmp_path: Path) -> Path:
    """Forty tickets through three hands, in a CSV a person might have."""
    rows = ["ticket,time,who,activity,outcome"]
    people = ("Ada", "Bo", "Cy")
    for case in range(40):
        steps = ["open", "check", "fix", "close"] if case % 2 else ["open", "fix", "fix", "close"]
        for step, name in enumerate(steps):
            outcome = ("good" if case % 2 else "bad") if name == "close" else ""
            day, minute = 1 + case % 28, 7 * step
            rows.append(
                f"T{case},2026-03-{day:02}T09:{minute:02}:{case % 60:02}Z,{people[(case + step) % 3]},{name},{outcome}"
            )
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(rows) + "\n")
    return path
