from __future__ import annotations

import pytest

from guildbook.distil.outcomes import BAD, GOOD, NONE, outcome_code
from guildbook.distil.settings import Settings


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
