"""Runaway capital: dated where there is some, and its end foreseen as in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import averaged
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.singularity import runaway
from guildbook.simulate.theory import capital_at_rest, singularity


def loop(invested: float, power: float, months: int, capital: float = 1.0) -> np.ndarray:
    """`dK/dt = sR·K^e` solved exactly, at the end of each month."""
    when = np.arange(months)
    if power == 1:
        return capital * np.exp(invested * when)
    return (capital ** (1 - power) - (power - 1) * invested * when) ** (1 / (1 - power))


@settings(max_examples=25)
@given(power=st.floats(1.3, 2.5), months=st.integers(60, 300), begin=st.floats(0.5, 3))
def test_where_revenue_rises_more_than_capital_it_runs_away_when_the_closed_form_says(
    power: float, months: int, begin: float
) -> None:  # T8, e > 1
    invested = begin ** (1 - power) / ((power - 1) * months)
    end = singularity(invested, power, begin)
    assert end == pytest.approx(months)
    found = runaway(loop(invested, power, int(months * 0.9), begin), wear=0.0)
    assert found.month == 0, found.why
    assert found.power == pytest.approx(power, rel=0.02)
    assert found.blow_up == pytest.approx(end, rel=0.01)


@settings(max_examples=25)
@given(power=st.floats(0.0, 1.0), invested=st.floats(0.005, 0.2))
def test_where_it_rises_less_nothing_runs_away(power: float, invested: float) -> None:  # T8, e < 1
    assert math.isinf(singularity(invested, power, 1.0))
    found = runaway(loop(invested, power, 120), wear=0.0)
    assert found.month is None
    assert found.blow_up is None
    assert found.why


def test_where_capital_wears_out_it_comes_to_rest_and_does_not_run_away() -> None:  # T8, e < 1, δ > 0
    capital = [1.0]
    for _ in range(2_000):
        capital.append(capital[-1] + 0.1 * capital[-1] ** 0.5 - 0.02 * capital[-1])
    assert capital[-1] == pytest.approx(capital_at_rest(0.1, 0.02, 0.5), rel=1e-3)
    assert runaway(np.array(capital), wear=0.02, base=0.0).month is None


@pytest.mark.parametrize("wear", [0.005, 0.02])
def test_wear_puts_it_off(wear: float) -> None:
    """A Bernoulli equation: K^(1 − e) is linear in `exp((e − 1)·δ·t)`, and 0 where K is without bounds."""
    power, invested = 1.5, 0.04
    end = -math.log(1 - wear / invested) / (wear * (power - 1))
    assert end > singularity(invested, power, 1.0)
    when = np.arange(int(end * 0.9))
    left = invested / wear + (1 - invested / wear) * np.exp((power - 1) * wear * when)
    found = runaway(left ** (-1 / (power - 1)), wear=wear, base=0.0)
    assert found.month is not None, found.why
    assert found.power == pytest.approx(power, rel=0.02)
    assert found.blow_up == pytest.approx(end, rel=0.02)


def test_few_months_say_nothing() -> None:
    assert "months" in runaway(np.ones(10), wear=0.01).why


def test_a_start_from_nothing_is_no_loop() -> None:
    """Revenue that begins makes growth rise, whatever capital has to do with it."""
    capital = 1 + 1e-5 * np.square(np.arange(60.0))
    found = runaway(capital, wear=0.0)
    assert found.month is None
    assert "a start" in found.why


def test_capital_that_is_cheap_runs_away_in_the_whole_model_and_dear_capital_does_not() -> None:
    """Capital singularity: AI's revenue buys capital that makes better AI; it ends where there is no more to take."""
    base = Parameters(licence=0.8)
    dear = runaway(averaged(Scenario(parameters=base)).of("capital"), base.wear)
    assert dear.month is None
    assert dear.why
    cheap = base.having(worth_of_capital=0.01)
    found = runaway(averaged(Scenario(parameters=cheap)).of("capital"), cheap.wear)
    assert found.month is not None, found.why
    assert found.until is not None
    assert found.month + 12 <= found.until < 100
    assert found.power is not None
    assert found.power > 1
    paid = cheap.having(royalty=1.0)
    assert runaway(averaged(Scenario(parameters=paid)).of("capital"), paid.wear).month is None
