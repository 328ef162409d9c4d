"""Templates: the six that are asked for, and when a draft begins and ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.agreement.templates import draft, next_month, template, templates
from guildbook.govern.agreement.validate import errors, validate
from guildbook.model.errors import UnknownNameError


def test_the_library_has_what_is_asked_for() -> None:
    assert [t.name for t in templates()] == [
        "coaching-only", "commercial-training-royalty", "data-trust", "evaluation-only", "research",
        "training-augment-only",
    ]  # fmt: skip
    assert all(t.about.endswith(".") for t in templates())
    assert template("research").months == 24
    with pytest.raises(UnknownNameError, match="data-trust"):
        template("stranger")


@pytest.mark.parametrize("name", [t.name for t in templates()])
def test_a_draft_lacks_its_parties_and_nothing_else(name: str) -> None:
    found = errors(validate(draft(name, date(2027, 1, 1))))
    assert {f.code for f in found} == {"party-missing"}


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_draft_runs_for_whole_months(first: date) -> None:
    made = draft("coaching-only", first)
    last = date.fromisoformat(made.term.last_day)
    after = last + timedelta(days=1)
    assert made.term.first_day == str(first)
    assert (after.year, after.month) == (first.year + 1, first.month)
    assert after.day in {first.day, 28}


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_next_month_is_the_next(today: date) -> None:
    found = next_month(today)
    assert found.day == 1
    assert today < found <= today + timedelta(days=31)
