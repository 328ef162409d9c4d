"""`bench outcomes` on a small log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
Json = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Sixty parcels; those that were weighed mostly arrive."""
    rows = ["parcel,time,activity,end"]
    for number in range(60):
        weighed = number % 2 == 0
        arrived = number % 10 != 0 if weighed else number % 10 == 1
        for place, step in enumerate(["pack", *(["weigh"] if weighed else []), "post"]):
            end = "arrived" if arrived else "lost"
            rows.append(f"{number},2024-05-{1 + number % 28:02d} {8 + number // 28:02d}:{place:02d},{step},{end}")
    path = tmp_path / "parcels.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_outcomes_are_found_where_the_columns_are_named(
    guildbook_json: Json, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_text(log.read_text().replace("arrived", "ok").replace("lost", "failed"))
    monkeypatch.chdir(log.parent)
    found = guildbook_json("bench", "outcomes", log, "--case", "parcel", "--outcome", "end")
    assert (found["episodes"], found["good"], found["bad"]) == (60, 30, 30)
    assert found["auc_low"] < found["auc"] <= found["auc_high"]
    assert found["auc"] > 0.6


def test_a_table_for_people_and_an_error_that_says_what_to_name(guildbook: Run, log: Path) -> None:
    status, out, err = guildbook("bench", "outcomes", log, "--case", "parcel", "--map", "outcome=end")
    assert status != 0
    assert "--good-step" in err
    status, out, err = guildbook(
        "bench", "outcomes", log, "--case", "parcel", "--good-step", "weigh", "--bad-step", "pack"
    )
    assert status == 0, err
    assert "auc" in out
    assert guildbook("bench", "outcomes", log, "--map", "nonsense")[0] != 0


def test_the_words_of_the_configuration_count(guildbook_json: Json, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_DISTIL_GOOD_OUTCOMES", "arrived")
    monkeypatch.setenv("GUILDBOOK_DISTIL_BAD_OUTCOMES", "lost")
    assert guildbook_json("bench", "outcomes", log, "--case", "parcel", "--outcome", "end")["good"] == 30
