from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from guildbook.simulate.theory import (
    best_split,
    capital_at_rest,
    intrafirm_wage,
    intrafirm_wage_of_power,
    shapley_of_firm,
    singularity,
    tfp_gain,
)

share = st.floats(0.05, 0.95)


@given(scale=st.floats(0.1, 10), power=share, workers=st.floats(0.5, 100), beta=share, reserve=st.floats(0, 2))
def test_bargaining_inside_a_firm_has_its_closed_form(
    scale: float, power: float, workers: float, beta: float, reserve: float
) -> None:
    found = intrafirm_wage(lambda n: scale * power * n ** (power - 1), workers, beta, reserve)
    assert found == pytest.approx(intrafirm_wage_of_power(scale, power, workers, beta, reserve), rel=1e-5)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=5), st.floats(0, 2))
def test_shapley_values_of_a_firm_are_the_mean_over_all_orders(output: list[float], reserve: float) -> None:
    workers = len(output)
    made = [0.0, *output]
    players = ["firm", *range(workers)]

    def worth(inside: set[object]) -> float:
        hands = len(inside - {"firm"})
        return made[hands] if "firm" in inside else hands * reserve

    total = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        inside: set[object] = set()
        for one in order:
            before = worth(inside)
            inside.add(one)
            total[one] += (worth(inside) - before) / len(orders)
    firm, each = shapley_of_firm(made, reserve)
    assert firm == pytest.approx(total["firm"], abs=1e-9)
    for worker in range(workers):
        assert each == pytest.approx(total[worker], abs=1e-9)


def test_shapley_is_bargaining_inside_a_firm_in_the_limit_of_many_small_workers() -> None:
    """Stole and Zwiebel's theorem, with equal shares."""
    count, power = 4000, 0.6
    made = [(k / count) ** power for k in range(count + 1)]
    _, each = shapley_of_firm(made, 0.0)
    assert each * count == pytest.approx(intrafirm_wage_of_power(1.0, power, 1.0, 0.5, 0.0), rel=1e-3)


def test_acemoglus_arithmetic() -> None:
    assert tfp_gain(0.199, 0.23, 0.27, 0.535) == pytest.approx(0.0066, abs=0.00005)


def test_chinchillas_split() -> None:
    model, data = best_split(0.28, 0.34)
    assert (round(model, 2), round(data, 2)) == (0.45, 0.55)
    compute = np.geomspace(1e18, 1e24, 25)
    sizes = []
    for each in compute:  # the best model size for a compute budget, by search
        grid = np.geomspace(1e5, 1e13, 20_001)
        sizes.append(grid[np.argmin(406.4 * grid**-0.34 + 410.7 * (each / 6 / grid) ** -0.28)])
    slope = np.polyfit(np.log(compute), np.log(sizes), 1)[0]
    assert slope == pytest.approx(model, abs=1e-3)


@given(invested=st.floats(0.01, 1), wear=st.floats(0.05, 1), power=st.floats(0.1, 0.8))
def test_capital_that_feeds_on_itself_slowly_comes_to_rest(invested: float, wear: float, power: float) -> None:
    rest = capital_at_rest(invested, wear, power)
    assert invested * rest**power == pytest.approx(wear * rest, rel=1e-9)
    long = 60 / (wear * (1 - power))

    def fed(_: float, capital: Any) -> Any:
        return invested * capital**power - wear * capital

    path = solve_ivp(fed, (0, long), [rest / 2], rtol=1e-9, method="LSODA")
    assert path.y[0, -1] == pytest.approx(rest, rel=1e-4)


@given(invested=st.floats(0.05, 1), power=st.floats(1.2, 2), capital=st.floats(0.5, 3))
def test_capital_that_feeds_on_itself_fast_has_a_date(invested: float, power: float, capital: float) -> None:
    when = singularity(invested, power, capital)

    def fed(_: float, now: Any) -> Any:
        return invested * now**power

    path = solve_ivp(fed, (0, when * 0.99), [capital], rtol=1e-10, atol=1e-12, method="LSODA")
    wanted = capital * (1 - 0.99) ** (-1 / (power - 1))
    assert path.y[0, -1] == pytest.approx(wanted, rel=1e-3)


def test_capital_without_feedback_has_no_date() -> None:
    assert singularity(0.1, 1.0, 1.0) == math.inf
    assert capital_at_rest(0.1, 0.1, 1.5) == math.inf
