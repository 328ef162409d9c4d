"""What there is to divide, and the clauses that follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.bargain import POWER, Fallback, Stakes, nash, price
from guildbook.measure.clauses import clauses
from guildbook.measure.estimate import Estimate


def about(value: float, error: float = 0.01) -> Estimate:
    """An estimate."""
    return Estimate.about(value, error, 100)


def fallback(name: str, worth: float) -> Fallback:
    """A fallback against which everybody's model is worth so much."""
    return Fallback(name, about(0.5 - worth), about(worth))


@given(
    value=st.floats(0, 1_000), theirs=st.floats(0, 500), ours=st.floats(0, 500), power=st.floats(0.05, 0.95)
)  # fmt: skip
def test_nash_is_where_the_product_is_greatest(value: float, theirs: float, ours: float, power: float) -> None:
    found = nash(value, theirs, ours, power)
    if value - theirs <= ours:
        assert found == ours
        return
    grid = np.linspace(ours, value - theirs, 4_001)
    product = (1 - power) * np.log(np.maximum(value - grid - theirs, 1e-300)) + power * np.log(
        np.maximum(grid - ours, 1e-300)
    )
    assert found == pytest.approx(grid[int(np.argmax(product))], abs=(value - theirs - ours) / 1_000 + 1e-9)


def test_the_best_fallback_is_what_counts() -> None:
    both = [fallback("nothing", 0.4), fallback("bought", 0.1)]
    found = price(both, Stakes(1_000, 40.0))
    assert found.ceiling.value == pytest.approx(4_000)
    assert found.middle == pytest.approx(2_000)
    assert found.low < POWER[0] * 4_000 < found.middle < POWER[2] * 4_000 < found.high


def test_without_a_wage_the_price_is_in_hours() -> None:
    found = price([fallback("nothing", 0.4)], Stakes(1_000))
    assert found.unit == "hours a year"
    assert found.middle == pytest.approx(200)


def test_where_nothing_is_left_to_divide_no_price_is_named() -> None:
    found = price([fallback("bought", 0.01)], Stakes(1_000, 40.0, elsewhere=300, harm=200))
    assert found.why_not
    assert found.floor == found.middle == 500


@given(elsewhere=st.floats(0, 10_000), harm=st.floats(0, 10_000))
def test_no_price_is_below_what_the_workers_have_without(elsewhere: float, harm: float) -> None:
    found = price([fallback("nothing", 0.4)], Stakes(1_000, 40.0, elsewhere, harm))
    assert found.low >= elsewhere + harm
    assert found.low <= found.middle <= max(found.high, found.middle)


def test_clauses_follow_from_the_figures() -> None:
    found = {c.path: c for c in clauses(
        alone=about(0.3), yearly=36_500, currency="EUR", laundered=0.9, critical=0.42
    )}  # fmt: skip
    assert found["substitution.bound"].value == "5 %"
    assert "frontier" in found["substitution.bound"].because
    assert found["substitution.human_gate"].value == "step"
    assert found["price.amount"].value == "9000.00"
    assert "90.0 %" in found["remedies.delete_on_end"].because
    assert found[""].value == "--threshold 0.42"
    plain = {
        c.path: c for c in clauses(alone=about(0.01, 0.001), yearly=None, currency="", laundered=None, critical=None)
    }
    assert plain["substitution.human_gate"].value == "result"
    assert "price.amount" not in plain
