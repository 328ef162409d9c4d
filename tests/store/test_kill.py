"""A writer may die at any instant: `killing.py` does the work, in a process that can fork."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = Path(__file__).with_name("killing.py")


def _kill(folder: Path, url: str | None, kills: int) -> dict[str, Any]:
    line = [sys.executable, str(_PROGRAM), str(folder), url or "-", str(kills), "7"]
    out = subprocess.run(line, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    return json.loads(out.stdout)


@pytest.mark.slow
def test_200_killed_writers_lose_nothing_on_sqlite(tmp_path: Path) -> None:
    told = _kill(tmp_path, None, 200)
    assert (told["kills"], told["bad"]) == (200, 0)
    assert told["chunks"] > 100  # it did work between the kills


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("books", ["postgres"], indirect=True)
def test_20_killed_writers_lose_nothing_on_postgres(books: Any) -> None:
    told = _kill(books.home, books.url, 20)
    assert (told["kills"], told["bad"]) == (20, 0)


def test_a_few_killed_writers_lose_nothing(tmp_path: Path) -> None:
    assert _kill(tmp_path, None, 6)["bad"] == 0
