"""No more is used than was saved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.seeing.budget import SAVED, Budget


@given(st.floats(0.001, 1.0), st.lists(st.tuples(st.floats(0, 5_000), st.floats(0, 30)), max_size=40))
def test_who_waits_as_long_as_is_said_stays_within_the_share(share: float, steps: list[tuple[float, float]]) -> None:
    now = 0.0
    budget = Budget(share, now)
    for pause, wanted in steps:
        now += pause
        cost = min(wanted, SAVED * share)
        now += budget.wait(cost, now) + 1e-6
        budget.spend(cost)
        assert budget.spent <= share * now * (1 + 1e-6) + 1e-6


def test_what_was_saved_is_bounded() -> None:
    budget = Budget(0.01, 0.0)
    assert budget.left(1e9) == pytest.approx(0.01 * SAVED)
    budget.spend(40.0)
    assert budget.left(1e9) < 0
