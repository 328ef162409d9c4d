"""A day in real applications is recorded by every source of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pyarrow.parquet as pq
import pytest
from day_mailbox import PASSWORD
from recorded_day import WANTED, Day, absent

EACH = 2


@pytest.fixture(scope="module")
def events(
    missing_part: Callable[[str, str], NoReturn], tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What the book holds of a day of two workers, in order."""
    if (lacking := absent()) is not None:
        missing_part(lacking[0], f"{lacking[1]} not present")
    folder: Path = tmp_path_factory.mktemp("day")
    with Day(folder, count=2 * EACH) as day:
        assert day.sources == list(WANTED)
        day.shift("Bo", EACH, good=False)
        day.shift("Ada", EACH, good=True)
        assert list(day.office.verdicts.values()) == ["rejected", "accepted", *["accepted"] * EACH]
        day.guildbook("learn")
        for worker in ("Bo", "Ada"):
            day.guildbook("permit", "--worker", worker, "--purpose", "export")
        day.guildbook("export", "--format", "parquet", "-o", str(folder / "day.parquet"))
        raw = b"".join(path.read_bytes() for path in (folder / "book").rglob("*") if path.is_file())
    assert PASSWORD.encode() not in raw.replace(json.dumps(f"echo {PASSWORD}").encode(), b"")
    return pq.read_table(folder / "day.parquet").sort_by("time").to_pylist()


@pytest.mark.desktop
@pytest.mark.browser
@pytest.mark.office
@pytest.mark.imap
@pytest.mark.shells
@pytest.mark.slow
def test_every_source_tells_its_part_of_both_shifts(events: list[dict[str, Any]]) -> None:
    for worker in ("Bo", "Ada"):
        mine = [event for event in events if event["worker"] == worker]
        assert {event["source"] for event in mine} >= {"browser", "desktop", "git", "sheets", "shell"}
        assert sum(event["action"] == "claims" for event in mine) == EACH
        assert sum(event["element_name"] == "Settle claim" for event in mine) >= EACH
        assert sum(event["source"] == "git" and event["action"] == "commit" for event in mine) >= EACH
    good = [event["outcome"] for event in events if event["action"] == "claims"]
    assert good == ["bad", "good", *["good"] * EACH]


@pytest.mark.desktop
@pytest.mark.browser
@pytest.mark.office
@pytest.mark.imap
@pytest.mark.shells
@pytest.mark.slow
def test_the_two_ways_differ_in_what_was_recorded(events: list[dict[str, Any]]) -> None:
    steps = {
        worker: {(e["app"], e["action"], e["element_name"]) for e in events if e["worker"] == worker}
        for worker in ("Bo", "Ada")
    }
    well = {
        ("chromium", "paste", "Search"),
        ("chromium", "click", "Find policy"),
        ("chromium", "click", "Check figures"),
    }
    assert well <= steps["Ada"]
    assert not well & steps["Bo"]
    assert ("chromium", "click", "Next page") in steps["Bo"] - steps["Ada"]
    copies, pastes = (
        [{o["id"] for o in e["objects"] or [] if o["type"] == "clip"} for e in events if e["action"] == action]
        for action in ("copy", "paste")
    )
    assert any(mark & other for mark in copies for other in pastes)
    cells = [(e["worker"], e["element_id"], e["value_after"]) for e in events if e["source"] == "sheets"]
    summed = {worker for worker, _, value in cells if "=SUM(" in (value or "")}
    assert summed == {"Ada"}, cells
