"""What one worker's recorder kept stays theirs when another's follows, and what came while none ran is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model.time import SECOND, now
from guildbook.record.live import turns
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox

BEGUN = 1_780_000_000 * SECOND


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path)
    opened.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
    yield opened
    opened.close()


def beat(outbox: Outbox, second: int, title: str = "one") -> None:
    outbox.heartbeat("w", Entry(BEGUN + second * SECOND, 0, {"app": "Writer", "title": title}), 30 * SECOND).result()


def delivered(outbox: Outbox) -> list[tuple[str, int, int]]:
    """Whose, from which second on, and how many seconds, of all that waits."""
    found: list[tuple[str, int, int]] = []

    def take(_: str, table: pa.Table) -> None:
        for row in table.select(["worker", "time", "duration"]).to_pylist():
            began = (int(row["time"].timestamp() * 1e6) - BEGUN) // SECOND
            found.append((row["worker"], began, (row["duration"] or 0) // SECOND))

    Delivery(outbox, "nobody", take).run(everything=True)
    return sorted(found, key=lambda one: one[1])


def test_a_window_of_one_is_not_prolonged_by_another(outbox: Outbox) -> None:
    turns.begin(outbox, "Bo")
    beat(outbox, 0)
    beat(outbox, 5)
    turns.begin(outbox, "Ada")
    beat(outbox, 12)
    beat(outbox, 14)
    assert delivered(outbox) == [("Bo", 0, 5), ("Ada", 12, 2)]


def test_it_outlives_the_process(outbox: Outbox, tmp_path: Path) -> None:
    turns.begin(outbox, "Bo")
    beat(outbox, 0)
    turns.begin(outbox, "Ada")
    beat(outbox, 8)
    outbox.close()
    again = Outbox(tmp_path)
    turns.begin(again, "Ada")
    beat(again, 10)
    turns.begin(again, "Bo")
    beat(again, 11)
    assert delivered(again) == [("Bo", 0, 0), ("Ada", 8, 2), ("Bo", 11, 0)]
    assert [(turn.worker, turn.has(2)) for turn in turns.turns(again)] == [("Bo", False), ("Ada", True), ("Bo", False)]
    again.close()


def test_without_turns_everything_is_whose_the_delivery_says(outbox: Outbox) -> None:
    beat(outbox, 0)
    assert delivered(outbox) == [("nobody", 0, 0)]


@settings(max_examples=40, deadline=None)
@given(acts=st.lists(st.sampled_from(["Ada", "Bo", "Cy", "beat", "list", "deliver"]), max_size=25))
def test_nothing_ever_goes_under_another_name(acts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("turns")
    outbox = Outbox(folder)
    intake = Intake(outbox, Guard(), "desk")
    outbox.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
    turns.begin(outbox, "Ada")
    whose, wanted, got = "Ada", 0, 0
    said: dict[str, str] = {}
    for second, act in enumerate(acts):
        if act == "beat":
            beat(outbox, second)
        elif act == "list":
            rows = [{"time": BEGUN + second * SECOND + n, "app": "x", "action": whose} for n in range(6)]
            intake.write("shell", rows)
            wanted += 6
        elif act == "deliver":
            got += _taken(outbox, said)
        else:
            whose = act
            turns.begin(outbox, act)
    got += _taken(outbox, said)
    outbox.close()
    assert all(action == worker for action, worker in said.items())
    assert got == wanted


def _taken(outbox: Outbox, said: dict[str, str]) -> int:
    """Deliver; returns rows of the shell, and notes under whose name what each worker did went."""
    count = 0

    def take(_: str, table: pa.Table) -> None:
        nonlocal count
        for row in table.select(["worker", "action", "app"]).to_pylist():
            if row["app"] == "x":
                count += 1
                assert said.setdefault(row["action"], row["worker"]) == row["worker"]

    Delivery(outbox, "nobody", take).run(everything=True)
    return count


def test_what_programs_kept_while_no_recorder_was_to_run_is_not_taken(outbox: Outbox) -> None:
    intake = Intake(outbox, Guard(), "desk")
    first = now()
    intake.off = turns.switched_on(outbox)
    assert intake.post("browser", [{"time": now(), "app": "chromium", "action": "click"}], "b") == 1
    turns.switched_off(outbox)
    between = now()
    turns.switched_off(outbox)  # said again, it is off since the first time
    intake.off = turns.switched_on(outbox)
    late = [{"time": each, "app": "chromium", "action": "click"} for each in (first, between, now())]
    assert intake.post("browser", late, "c") == 2
    assert intake.dropped["browser"] == 1


def test_after_a_kill_what_waited_is_taken(outbox: Outbox) -> None:
    intake = Intake(outbox, Guard(), "desk")
    turns.switched_on(outbox)
    between = now()
    intake.off = turns.switched_on(outbox)  # nobody switched it off
    assert intake.post("browser", [{"time": between, "app": "chromium", "action": "click"}], "a") == 1
