from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ui_log(tmp_path: Path) -> Path:
    """Two people fill the same form from a sheet, again and again."""
    rows = ["time,user,app,action,element,value"]
    for i in range(40):
        who = ("Ada", "Bo")[i % 2]
        steps = [
            ("Sheet", "copy", f"A{i + 2}"),
            ("Form", "paste", "name"),
            ("Form", "type", "note"),
            ("Form", "press", "save"),
        ]
        for j, (app, action, element) in enumerate(steps):
            value = f"person {chr(97 + i % 26)}{i // 26}" if j < 2 else f"note {i}" if j == 2 else ""
            rows.append(f"2026-03-01T08:{i:02}:{10 * j:02}Z,{who},{app},{action},{element},{value}")
    path = tmp_path / "ui.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_routines_are_listed_and_shown(guildbook: Run, guildbook_json: Callable[..., Any], ui_log: Path) -> None:
    assert guildbook("learn", ui_log, "--map", "element_id=element")[0] == 0
    (routine,) = guildbook_json("routines", "list")
    assert (routine["times"], routine["workers"]) == (40, ["Ada", "Bo"])
    assert routine["title"] == "Copy from Sheet to Form"
    status, out, _ = guildbook("routines", "show", routine["id"][:6])
    assert status == 0
    assert "Sheet: copy A#" in out
    assert guildbook("routines", "list")[0] == 0
    assert guildbook("routines", "show", "nothing")[0] == 1


def test_a_book_of_cases_has_no_routines(guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path) -> None:
    assert guildbook("learn", small_log)[0] == 0
    assert guildbook_json("routines", "list") == []


def test_a_worker_who_does_not_agree_is_in_no_routine(
    guildbook: Run, guildbook_json: Callable[..., Any], ui_log: Path
) -> None:
    guildbook("learn", ui_log, "--map", "element_id=element")
    assert guildbook("forget", "--worker", "Bo", "--yes")[0] == 0
    (routine,) = guildbook_json("routines", "list")
    assert (routine["times"], routine["workers"]) == (20, ["Ada"])
