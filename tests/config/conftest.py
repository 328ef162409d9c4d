"""A clean place: no settings of this user or this environment reach a test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away the environment's settings and point the user's folders into the test's."""
    for name in [n for n in os.environ if n.startswith("GUILDBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty book's folder."""
    path = tmp_path / "book"
    path.mkdir()
    return path
