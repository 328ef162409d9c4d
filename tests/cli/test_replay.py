"""`guildbook audit replay`: with the book, and from a copy alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
Data = Callable[..., Any]


@pytest.fixture
def book(guildbook: Run, small_log: Path, tmp_path: Path) -> Path:
    assert guildbook("learn", small_log)[0] == 0
    assert guildbook("refuse", "--worker", "Ada", "--purpose", "coach")[0] == 0
    assert guildbook("learn")[0] == 0
    return tmp_path / "book"


def test_a_book_follows_from_its_log(book: Path, guildbook: Run, guildbook_json: Data, tmp_path: Path) -> None:
    found = guildbook_json("audit", "replay")
    assert found["follows"] is True
    assert min(found["grants"], found["decisions"], found["receipts"]) > 0
    assert "Everything follows" in guildbook("audit", "replay")[2]
    assert guildbook("audit", "export", "-o", tmp_path / "log", "--openings")[0] == 0
    assert guildbook_json("audit", "replay", "--openings", tmp_path / "log") == found
    assert guildbook("audit", "export", "-o", tmp_path / "closed")[0] == 0
    status, _, told = guildbook("audit", "replay", "--openings", tmp_path / "closed")
    assert status == 1
    assert "--openings" in told


def test_what_was_tampered_with_is_named(book: Path, guildbook: Run, guildbook_json: Data, tmp_path: Path) -> None:
    guildbook("audit", "export", "-o", tmp_path / "log", "--openings")
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines) if '"kind":"refuse"' in line)
    lines[place] = lines[place].replace('"kind":"refuse"', '"kind":"permit"')
    (tmp_path / "log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    status, _, told = guildbook("audit", "replay", "--openings", tmp_path / "log")
    assert status == 1
    assert f"Entry {place - 1} (log) does not follow" in told
    with sqlite3.connect(book / "ledger.sqlite") as ledger:
        ledger.execute("DELETE FROM uses")
    ledger.close()
    status, _, told = guildbook("audit", "replay")
    assert status == 1
    assert "has no row for use" in told
