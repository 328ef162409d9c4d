from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pyarrow as pa
import pytest

from guildbook.distil.encode import encode
from guildbook.distil.outcomes import BAD, GOOD, NONE, outcome_code, step_code
from guildbook.distil.settings import Settings
from guildbook.distil.traces import join


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, NONE),
        ("", NONE),
        ("Accepted", GOOD),
        (" success ", GOOD),
        ("true", GOOD),
        ("1", GOOD),
        ("0.25", GOOD),
        ("0", BAD),
        ("-3", BAD),
        ("declined", BAD),
        ("No", BAD),
        ("pending", NONE),
        ("nan", BAD),
    ],
)
def test_words_and_numbers(text: str | None, code: int) -> None:
    assert outcome_code(text, Settings()) == code


def test_settings_come_first() -> None:
    settings = Settings(good_outcomes=("No",), bad_outcomes=("1",))
    assert outcome_code("no", settings) == GOOD
    assert outcome_code("1", settings) == BAD


STEPS = Settings(good_steps=("approved",), bad_steps=("A_Declined", "sent back"))


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("A_APPROVED", GOOD),
        ("Approved", GOOD),
        ("A_DECLINED", BAD),
        ("Sent back", BAD),
        ("O_DECLINED", NONE),
        ("not approved", NONE),
        ("A_APPROVED+START", NONE),
        ("A_", NONE),
    ],
)
def test_steps_settle_a_case_by_their_whole_name(label: str, code: int) -> None:
    assert step_code(label, STEPS) == code


def test_no_step_settles_a_case_unless_it_is_named() -> None:
    assert step_code("approved", Settings()) == NONE
    assert STEPS.shape() != Settings().shape()
    assert "steps=" not in Settings().shape()
    assert Settings.from_json(asdict(STEPS)) == STEPS


def test_the_last_settling_step_counts_where_no_event_states_an_outcome(table: Callable[..., pa.Table]) -> None:
    def ended(*steps: tuple[str, str | None]) -> int:
        rows = [
            {"worker": "Ann", "time": n * 1_000_000, "case": "loan:1", "action": step, "outcome": outcome}
            for n, (step, outcome) in enumerate(steps)
        ]
        return int(join(encode(table(rows), STEPS)).outcome[0])

    assert ended(("open", None), ("approved", None), ("archive", None)) == GOOD
    assert ended(("approved", None), ("sent back", None)) == BAD
    assert ended(("sent back", None), ("approved", "failed")) == BAD
    assert ended(("open", "ok"), ("sent back", None)) == GOOD
    assert ended(("open", "pending"), ("sent back", None)) == NONE
    assert ended(("open", None)) == NONE


def test_a_command_settles_work_only_where_its_step_is_named(table: Callable[..., pa.Table], monday: int) -> None:
    def ended(said: list[tuple[str, str]], settings: Settings, **more: str) -> int:
        rows = [
            {"worker": "ann", "time": monday + n, "app": "shell", "action": action, "outcome": outcome, **more}
            for n, (action, outcome) in enumerate(said)
        ]
        return int(join(encode(table(rows), settings)).outcome[0])

    work = [("claims", "bad"), ("git commit", "good")]
    named = Settings(good_steps=("shell: claims",), bad_steps=("shell: give up",))
    assert ended(work, Settings()) == NONE
    assert ended(work, Settings(), case="claim:1") == GOOD
    assert ended(work, named) == BAD
    assert ended([*work, ("claims", "good"), ("ls", "bad")], named) == GOOD
    assert ended([("give up", "good")], named) == BAD
    assert ended([("give up", "bad")], named) == NONE
