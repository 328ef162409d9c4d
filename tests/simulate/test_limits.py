"""The model where its answer is known: wages at the limits, data under a strike, one occupation at rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guildbook.simulate import kernel as k
from guildbook.simulate.economy import Economy
from guildbook.simulate.formulas import ai_quality
from guildbook.simulate.model import Model
from guildbook.simulate.occupations import alone
from guildbook.simulate.parameters import Parameters

WAGE = 60.0
SAME = Parameters(skill=0, spread=0, bias=0, noise=0, extraction=0, reach=0, best_ai=0)
"""Everybody alike, nobody misjudged, nothing outside heads but what a test says, no rival but a newcomer."""
unit = st.floats(0.05, 0.9)


def wages(p: Parameters, outside: float = 0.0) -> float:
    """What everybody earns in the first month, thousand dollars a year."""
    model = Model(alone(WAGE), p, 500)
    model.economy.outside[:] = outside
    model.month()
    paid = model.workers.wage[model.workers.employed.astype(bool) & (model.workers.wage > 0)]
    assert np.ptp(paid) < 1e-4
    return float(paid[0])


def plain(p: Parameters) -> float:
    return p.plain * WAGE


@settings(max_examples=25)
@given(beta=unit, phi=unit, head=unit, cost=st.floats(0, 0.5))
def test_with_nothing_outside_a_wage_is_paid_for_expertise_and_for_what_replacing_costs(
    beta: float, phi: float, head: float, cost: float
) -> None:  # T1
    p = SAME.having(beta=beta, phi=phi, start=head, replacing=cost)
    assert wages(p) == pytest.approx(p.outside * WAGE + beta * (phi * plain(p) * head + cost * WAGE), rel=1e-4)


@settings(max_examples=10)
@given(head=unit, beta=unit)
def test_when_all_is_outside_and_replacing_is_free_a_wage_is_what_one_has_anyhow(head: float, beta: float) -> None:
    p = SAME.having(start=head, replacing=0, beta=beta)  # T2
    assert wages(p, outside=head) == pytest.approx(p.outside * WAGE, rel=1e-4)


@settings(max_examples=25)
@given(beta=unit, phi=unit, psi=st.floats(0, 3), head=st.floats(0.5, 0.9), outside=st.floats(0.05, 0.4))
def test_what_leaves_heads_lowers_wages_unless_it_complements_them(
    beta: float, phi: float, psi: float, head: float, outside: float
) -> None:  # T3 and T4
    p = SAME.having(beta=beta, phi=phi, psi=psi, start=head)
    step = 0.02
    slope = (wages(p, outside + step) - wages(p, outside)) / step
    assert slope == pytest.approx(beta * plain(p) * (psi * head - phi), rel=2e-2, abs=0.05)
    assume(abs(psi * head - phi) > 0.05)
    assert np.sign(slope) == np.sign(psi * head - phi)


@settings(max_examples=10)
@given(outside=st.floats(0, 0.7), beta=unit)
def test_a_licence_on_all_of_it_restores_the_wage(outside: float, beta: float) -> None:  # T5
    p = SAME.having(beta=beta)
    assert wages(p.having(licence=1.0), outside) == pytest.approx(wages(p, 0.0), rel=1e-5)


def test_who_has_no_say_gets_what_one_has_anyhow_and_who_has_all_leaves_the_firm_its_fallback() -> None:  # T6
    assert wages(SAME.having(beta=0)) == pytest.approx(SAME.outside * WAGE, rel=1e-5)
    p = SAME.having(beta=1)
    model = Model(alone(WAGE), p, 100)
    month = model.month()
    made, paid = month.sums[0, k.MADE], month.sums[0, k.WAGES]
    assert (made - paid) / month.sums[0, k.EMPLOYED] == pytest.approx(month.fallbacks.best[0], rel=1e-5)


@pytest.mark.parametrize("strike", [0.2, 0.5, 0.9])
def test_a_lasting_strike_raises_the_loss_of_data_by_its_power(strike: float) -> None:  # T7
    p = Parameters(strike_substitute=strike, across=0.0)
    economy = Economy(alone(), p, np.array([100.0]), np.array([104.0]))
    sums = np.zeros((1, k.SUMS))
    sums[0, k.EMPLOYED] = 100.0
    for _ in range(2_000):
        economy.turn(sums, np.zeros(1), economy.fallbacks())
    traces = economy.traces[0]
    assert traces == pytest.approx(1 - strike, rel=1e-6)
    loss = 1 - np.log(ai_quality(traces, 1.0, p.data_exponent, p.capital_exponent)) - 1
    assert loss == pytest.approx((1 - strike) ** -p.data_exponent, rel=1e-6)


def test_one_occupation_comes_to_rest_where_its_source_does() -> None:  # T13
    p = Parameters(extraction=0, noise=0, bias=0, best_ai=0)
    model = Model(alone(), p, 200_000, seed=3)
    idle, vacant = [], []
    for month in range(180):
        found = model.month()
        working = int(model.workers.employed.sum())
        assert working == model.economy.held.sum()
        gone = found.sums[:, k.LEFT : k.TO_AI + 1].sum()
        assert found.sums[:, k.SEEKING].sum() + found.sums[:, k.EMPLOYED].sum() + gone == 200_000
        if month >= 120:
            idle.append(1 - working / 200_000)
            vacant.append(found.vacancies.sum() / (working + found.vacancies.sum()))
    assert np.mean(idle) == pytest.approx(0.0411, abs=0.0004)
    assert np.mean(vacant) == pytest.approx(0.0172, abs=0.0004)
