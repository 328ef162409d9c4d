from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guildbook.cli.forgetting import wanted
from guildbook.model.errors import UsageError
from guildbook.model.time import DAY, now

Run = Callable[..., tuple[int, str, str]]


def test_a_period_is_forgotten_with_a_certificate(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    guildbook("learn", small_log)
    before = guildbook_json("workers", "list")
    part = ("--from", "2026-03-01", "--to", "2026-03-05", "--yes")
    status, _, told = guildbook("forget", "--worker", "Ada", *part, "-o", tmp_path / "ada.json")
    assert status == 0
    assert "Forgotten: " in told
    assert "Certificate of erasure" in (tmp_path / "ada.txt").read_text()
    after = guildbook_json("workers", "list")
    gone = {w["name"]: w["events"] for w in before}["Ada"] - {w["name"]: w["events"] for w in after}["Ada"]
    made = json.loads((tmp_path / "ada.json").read_text())
    assert made["destroyed"]["events"] == gone > 0
    found = guildbook_json("audit", "check-proof", tmp_path / "ada.json")
    assert (found["holds"], found["proof"]) == (True, "erasure")
    assert "what this certificate says" in guildbook("audit", "check-proof", tmp_path / "ada.json")[2]
    made["destroyed"]["events"] += 1
    (tmp_path / "ada.json").write_text(json.dumps(made))
    assert guildbook("audit", "check-proof", tmp_path / "ada.json")[0] == 1
    (one,) = guildbook_json("erasures")
    assert one["worker"] == "Ada"
    assert guildbook_json("erasures", one["id"][:18])["destroyed"]["events"] == gone
    assert "Certificate of erasure" in guildbook("erasures", one["id"])[1]
    assert one["id"] in guildbook("erasures")[1]
    assert guildbook("erasures", "nothing")[0] == 1


def test_what_does_not_fit_is_said(guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path) -> None:
    guildbook("learn", small_log)
    assert guildbook("forget", "--worker", "Zed", "--last", "10m", "--yes")[0] == 1
    status, _, told = guildbook("forget", "--worker", "Ada", "--from", "2026-03-05", "--to", "2026-03-01", "--yes")
    assert (status, "empty" in told) == (2, True)
    status, _, told = guildbook("forget", "--worker", "Ada", "--last", "10m", "--yes")
    assert (status, "Nothing of that is in the book" in told) == (0, True)
    assert guildbook_json("forget", "--worker", "Ada", "--app", "no such app", "--yes")["erasure"] == ""
    assert guildbook_json("erasures") == []


def test_how_periods_are_said() -> None:
    assert wanted(None, None, None, None) is None
    day = wanted("2026-03-01", "2026-03-01", None, None)
    assert day is not None
    assert day.first is not None
    assert day.until == day.first + DAY
    exact = wanted(None, "2026-03-01T10:00:00+02:00", None, None)
    assert exact is not None
    assert exact.until == day.first + 8 * 3_600_000_000
    last = wanted(None, None, "3h", "Mail")
    assert last is not None
    assert last.until is not None
    assert last.first == last.until - 3 * 3_600_000_000
    app = wanted(None, None, None, "Mail")
    assert app is not None
    assert app.until is not None
    assert now() - 60_000_000 < app.until <= now()
    for wrong in (("x", None, None, None), (None, None, "10", None), (None, None, "0m", None)):
        with pytest.raises(UsageError):
            wanted(*wrong)
    with pytest.raises(UsageError, match="already"):
        wanted("2026-03-01", None, "10m", None)
