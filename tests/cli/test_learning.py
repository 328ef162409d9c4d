from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from guildbook.distil import companion

Run = Callable[..., tuple[int, str, str]]


def test_learn_says_what_the_contract_says(guildbook_json: Callable[..., Any], small_log: Path) -> None:
    result = guildbook_json("learn", small_log)
    assert {
        "events", "workers", "cases", "episodes", "tasks", "practices", "rejected", "seconds", "model_hash",
    } <= set(result)  # fmt: skip
    assert (result["events"], result["workers"], result["cases"]) == (160, 3, 40)
    assert set(result["practices"]) == {"people", "quality", "workflow", "tool"}


def test_learning_again_changes_nothing(guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path) -> None:
    first = guildbook_json("learn", small_log)
    other_name = tmp_path / "copy of tickets.csv"
    other_name.write_bytes(small_log.read_bytes())
    for again in (guildbook_json("learn"), guildbook_json("learn", small_log), guildbook_json("learn", other_name)):
        assert again["model_hash"] == first["model_hash"]
        assert again["changed"] is False
        assert again["events"] == first["events"]


def test_forgetting_is_as_if_they_had_never_been_there(
    guildbook_json: Callable[..., Any], guildbook: Run, small_log: Path, tmp_path: Path
) -> None:
    without = tmp_path / "without"
    without.mkdir()
    lines = small_log.read_text().splitlines(keepends=True)
    (without / small_log.name).write_text("".join(line for line in lines if ",Bo," not in line))
    expected = guildbook_json("learn", without / small_log.name, "--home", tmp_path / "other")
    guildbook_json("learn", small_log)
    forgotten = guildbook_json("forget", "--worker", "Bo", "--yes")
    assert forgotten["model_hash"] == expected["model_hash"]
    assert guildbook_json("learn")["model_hash"] == expected["model_hash"]
    assert guildbook("forget", "--worker", "Bo", "--yes")[0] == 1
    assert "Bo" not in guildbook("workers", "list")[1]
    again = guildbook_json("learn", small_log)
    assert again["model_hash"] == expected["model_hash"]


def test_a_refusal_takes_the_traces_out_of_the_model_and_a_permit_brings_them_back(
    guildbook_json: Callable[..., Any], small_log: Path
) -> None:
    whole = guildbook_json("learn", small_log)
    guildbook_json("refuse", "--worker", "Bo", "--purpose", "train-people")
    less = guildbook_json("learn")
    assert less["workers"] == 2
    assert less["model_hash"] != whole["model_hash"]
    guildbook_json("permit", "--worker", "Bo", "--purpose", "train-people")
    assert guildbook_json("learn")["model_hash"] == whole["model_hash"]


def test_terms_decide_what_may_be_learnt(guildbook_json: Callable[..., Any], small_log: Path) -> None:
    result = guildbook_json("learn", small_log, "--terms", "evaluate,research")
    assert result["events"] == 0
    assert guildbook_json("imports", "list")[0]["terms"] == ["evaluate", "research"]


def test_uses_are_receipted(guildbook_json: Callable[..., Any], small_log: Path) -> None:
    guildbook_json("learn", small_log)
    receipts = guildbook_json("uses", "--worker", "Ada")
    assert receipts
    assert {r["purpose"] for r in receipts} == {"train-people"}
    assert {r["worker"] for r in receipts} == {"Ada"}


def test_wrong_usage_is_2_and_failure_is_1(guildbook: Run, small_log: Path, tmp_path: Path) -> None:
    assert guildbook("learn", "--no-such-option")[0] == 2
    assert guildbook("learn", small_log, "--map", "nonsense")[0] == 2
    assert guildbook("learn", small_log, "--terms", "nonsense")[0] == 2
    status, out, err = guildbook("learn", tmp_path / "missing.csv")
    assert (status, out) == (1, "")
    assert "missing.csv" in err
    status, _, err = guildbook("practices", "list", "--home", tmp_path / "nothing")
    assert status == 1
    assert "guildbook learn" in err


def test_rejected_rows_are_counted_listed_and_kept(
    guildbook_json: Callable[..., Any], guildbook: Run, small_log: Path
) -> None:
    with small_log.open("a") as out:
        out.write("T99,not a time,Ada,open,\n")
    status, _, err = guildbook("learn", small_log)
    assert status == 0
    assert "line 162" in err
    (row,) = guildbook_json("quarantine", "list")
    assert row["line"] == 162
    assert guildbook_json("learn", small_log)["events"] == 160


def test_export_needs_a_permission(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    guildbook_json("learn", small_log)
    target = tmp_path / "out.xes"
    assert guildbook("export", "--format", "xes", "-o", target)[0] == 1
    assert not target.exists()
    guildbook_json("permit", "--worker", "Ada", "--purpose", "export")
    result = guildbook_json("export", "--format", "xes", "-o", target)
    again = guildbook_json("learn", target, "--home", tmp_path / "second")
    assert again["events"] == result["events"]
    assert again["workers"] == 1


class Recorded:
    """Stands for a companion, and does everything here."""

    def __init__(self) -> None:
        self.shared = 0

    def begin(self, function: Callable[[], object]) -> None:
        function()

    def share(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        self.shared += len(items)
        return [function(item) for item in items]


def test_tasks_go_to_a_companion_unless_one_process_is_asked_for(
    guildbook_json: Callable[..., Any], small_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[bool] = []
    helper = Recorded()

    @contextmanager
    def recorded(*, wanted: bool) -> Generator[Recorded | None]:
        wishes.append(wanted)
        yield helper if wanted else None

    monkeypatch.setattr(companion, "companion", recorded)
    found = guildbook_json("learn", small_log)
    assert (wishes, helper.shared) == ([True], found["tasks"])
    alone = guildbook_json("learn", small_log, "--jobs", 1, "--home", small_log.parent / "alone")
    assert (wishes, helper.shared) == ([True, False], found["tasks"])
    assert alone["model_hash"] == found["model_hash"]
