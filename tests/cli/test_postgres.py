"""The whole way with the ledger in a real PostgreSQL, chosen by an environment variable as a team would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.postgres
def test_the_same_commands_work_and_give_the_same_model(
    guildbook: Run,
    guildbook_json: Callable[..., Any],
    small_log: Path,
    tmp_path: Path,
    postgres_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedded = guildbook_json("learn", small_log, "--home", tmp_path / "embedded")
    without = guildbook_json("forget", "--worker", "Bo", "--yes", "--home", tmp_path / "embedded")
    monkeypatch.setenv("GUILDBOOK_STORE_LEDGER_URL", postgres_database)
    assert guildbook_json("learn", small_log)["model_hash"] == embedded["model_hash"]
    assert not (tmp_path / "book" / "ledger.sqlite").exists()
    assert {u["worker"] for u in guildbook_json("uses")} == {"Ada", "Bo", "Cy"}
    assert guildbook_json("forget", "--worker", "Bo", "--yes")["model_hash"] == without["model_hash"]
    assert guildbook_json("learn")["model_hash"] == without["model_hash"]
    status, out, _ = guildbook("doctor", "--json")
    found = json.loads(out)
    assert (status, found["facts"]["ledger"]) == (0, "postgresql")
