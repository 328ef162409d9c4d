"""What makes the number of jobs answer: at rest, in closed form, and agents against the twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import UsageError
from guildbook.simulate import kernel as k
from guildbook.simulate.levels import AI, FAR, PEOPLE, shared_out
from guildbook.simulate.model import Model
from guildbook.simulate.occupations import Occupations, alone, complete
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import FIELDS, averaged, simulated, table
from guildbook.simulate.scenario import Scenario, of
from guildbook.simulate.twin import Twin

ALIKE = Parameters(skill=0, bias=0, noise=0, spread=0)
MECHANISMS: dict[str, dict[str, float]] = {
    "bottleneck": {"bottleneck": 0.8, "elasticity": 1.5},
    "new jobs": {"new_jobs": 0.3},
    "goods": {"goods": 1, "elasticity": 1.5},
    "spending": {"spending": 1, "spent": 0.6},
    "follows": {"follows": 0.6},
    "augment only": {"augment_only": 1},
    "all": {"bottleneck": 0.5, "new_jobs": 0.1, "goods": 1, "spending": 1, "spent": 0.7, "follows": 0.5},
}


def three() -> Occupations:
    return complete(
        ("a", "b", "c"),
        ("A", "B", "C"),
        np.array([5, 3, 2]),
        np.array([40.0, 60, 100]),
        np.array([0.2, 0.4, 0.7]),
        0.5,
    )


def test_what_waits_for_a_switch_changes_nothing() -> None:
    small = Scenario(workers=5_000, months=30)
    other = small.parameters.having(elasticity=3.0, passed_on=0.2, spent=0.1, rent=0.4, helper=2.0)
    for one, two in (
        (simulated(small, 3), simulated(small.having(parameters=other), 3)),
        (averaged(small), averaged(small.having(parameters=other))),
    ):
        assert (one.values == two.values).all()


def test_a_world_in_which_nothing_answers_is_what_it_was_before_there_was_any_such_thing() -> None:
    """Figures of version efdfcb6, in which there were none of these mechanisms."""
    run = averaged(Scenario(workers=20_000, months=60))
    then = {
        "unemployment": 7.55840480e-02,
        "vacancies": 2.99060412e-02,
        "wage": 5.44207475e01,
        "wage_share": 0.350587184,
    }
    assert {name: float(run.of(name)[-1]) for name in then} == pytest.approx(then, rel=1e-6)


@pytest.mark.parametrize("name", ["goods", "spending", "augment_only"])
def test_a_switch_is_off_or_on(name: str) -> None:
    assert getattr(Parameters(), name) == 0
    with pytest.raises(UsageError, match=name):
        Parameters().having(**{name: 0.5})
    assert getattr(of({"parameters": {name: True}}).parameters, name) == 1
    assert of({"parameters": {name: True}}).digest() == of({"parameters": {name: 1}}).digest()


@settings(max_examples=15)
@given(
    workers=st.integers(1, 20_000), seed=st.integers(0, 1 << 40), best=st.floats(0, 6), bottleneck=st.floats(0, 1),
    new=st.floats(0, 2), goods=st.integers(0, 1), spending=st.integers(0, 1), elasticity=st.floats(0, 5),
    passed_on=st.floats(0, 1), spent=st.floats(0, 1), follows=st.floats(0, 1), only=st.integers(0, 1),
)  # fmt: skip
def test_nobody_is_lost_whatever_answers(
    workers: int, seed: int, best: float, bottleneck: float, new: float, goods: int, spending: int,
    elasticity: float, passed_on: float, spent: float, follows: float, only: int,
) -> None:  # fmt: skip
    p = Parameters(
        best_ai=best, bottleneck=bottleneck, new_jobs=new, goods=goods, spending=spending, elasticity=elasticity,
        passed_on=passed_on, spent=spent, follows=follows, augment_only=only, extraction=0.5,
    )  # fmt: skip
    model = Model(three(), p, workers, seed)
    force = len(model.workers)
    for _ in range(15):
        month = model.month()
        w, e = model.workers, model.economy
        held = np.bincount(w.occupation, weights=w.employed, minlength=3)
        assert (held == e.held).all()
        assert month.sums[:, k.EMPLOYED].sum() + month.hired.sum() + (w.employed == 0).sum() == force
        assert (month.vacancies >= 0).all()
        for column in (e.wanted, e.by_ai, e.by_far):
            assert (column >= -1e-9).all()
        for column in (e.wanted, e.plain, e.reserve, e.levels.price, month.sums):
            assert np.isfinite(column).all()
        assert (e.levels.price > 0).all()


@pytest.mark.parametrize("name", MECHANISMS)
def test_agents_come_to_the_twin_under_each_mechanism(name: str) -> None:
    p = ALIKE.having(best_ai=0, psi=0.5, **MECHANISMS[name])
    workers, months = 60_000, 36
    twin = Twin(three(), p, workers)
    for _ in range(months):
        twin.month()
    drawn = np.array([_at_rest(Model(three(), p, workers, seed), months) for seed in range(4)])
    wanted, error = _state(twin), drawn.std(axis=0, ddof=1)
    apart = np.abs(drawn.mean(axis=0) - wanted)
    assert (apart <= 5 * error / 2 + 1e-3 * np.abs(wanted)).all(), (drawn.mean(axis=0), wanted, error)


def _at_rest(model: Model, months: int) -> list[float]:
    for _ in range(months):
        model.month()
    return _state(model)


def _state(world: Model | Twin) -> list[float]:
    e = world.economy
    size = float(e.levels.at_start)
    return [
        *(e.held / size), *(e.wanted / size), *e.levels.price, *e.outside, e.levels.walk, e.levels.opened,
        e.past.income.labour / size, e.past.made / size, e.capital,
    ]  # fmt: skip


def settled(p: Parameters, months: int = 480, world: Occupations | None = None) -> tuple[Twin, Any, Any]:
    """The twin at rest, with its first and its last month."""
    twin = Twin(alone() if world is None else world, p, 1_000.0)
    first = twin.month()
    last = first
    for _ in range(months):
        last = twin.month()
    return twin, first, last


def _each(month: Any, column: int) -> float:
    return float(month.sums[0, column] / month.sums[0, k.EMPLOYED])


@pytest.mark.parametrize("elasticity", [0.0, 0.5, 1.0, 2.0])
def test_more_productive_work_has_more_jobs_where_demand_is_elastic_and_fewer_where_not(elasticity: float) -> None:
    """Where labour is paid the same, prices fall as output rises, and jobs go with output to the power ε − 1."""
    p = ALIKE.having(beta=0, psi=1.5, best_ai=0, reach=0, friction=5, goods=1, elasticity=elasticity)
    twin, first, last = settled(p)
    price = float(twin.economy.levels.price[0])
    rose = _each(last, k.MADE) / price / _each(first, k.MADE)
    assert rose > 1.2
    assert price == pytest.approx(1 / rose, rel=1e-3)
    jobs = float(twin.economy.wanted[0]) / twin.economy.levels.at_start
    assert jobs == pytest.approx(rose ** (elasticity - 1), rel=2e-3)
    assert np.sign(round(jobs - 1, 3)) == np.sign(elasticity - 1)


def test_prices_leave_firms_what_a_job_left_them_before() -> None:
    twin, first, last = settled(ALIKE.having(psi=0.7, best_ai=0, reach=0, goods=1, elasticity=0.7))
    left = [_each(month, k.MADE) - _each(month, k.WAGES) for month in (first, last)]
    assert left[1] == pytest.approx(left[0], rel=2e-3)
    e = twin.economy
    bought = float(e.wanted[0]) * _each(last, k.MADE) / e.levels.price[0]
    assert bought == pytest.approx(e.levels.at_start * _each(first, k.MADE) * e.levels.price[0] ** -0.7, rel=3e-3)


def test_costs_that_are_not_passed_on_lower_no_price_and_open_no_jobs() -> None:
    twin, first, last = settled(ALIKE.having(psi=1.5, best_ai=0, reach=0, goods=1, passed_on=0, elasticity=3))
    assert (twin.economy.levels.price == 1).all()
    rose = _each(last, k.MADE) / _each(first, k.MADE)
    assert float(twin.economy.wanted[0]) / twin.economy.levels.at_start == pytest.approx(1 / rose, rel=2e-3)


@pytest.mark.parametrize(("elasticity", "rent"), [(0.0, 0.2), (0.5, 0.2), (2.0, 0.2), (2.0, 0.5)])
def test_firms_that_experts_attention_limits_grow_with_expertise_outside_as_far_as_demand_goes(
    elasticity: float, rent: float
) -> None:
    """Expertise as a bottleneck: external, it lets a firm scale, up to `(1 − m)^−ε`."""
    p = ALIKE.having(best_ai=0, reach=0, bottleneck=1, elasticity=elasticity, rent=rent, extraction=2)
    e = settled(p)[0].economy
    share = min(float(e.outside[0] / e.heads[0]), 0.99)
    grown = float(e.wanted[0]) / e.levels.at_start
    assert grown == pytest.approx(min(1 / (1 - share), (1 - rent) ** -elasticity), rel=2e-3)
    assert grown >= 1


def test_new_jobs_open_as_expertise_leaves_heads_where_ai_can_do_least_of_them_and_only_once() -> None:
    e = settled(ALIKE.having(best_ai=0, new_jobs=0.3), 240, three())[0].economy
    jobs = np.array([0.5, 0.3, 0.2])
    opened = (e.levels.base - jobs * e.levels.at_start) / e.levels.at_start
    assert e.levels.opened == pytest.approx(0.3 * float((e.levels.peak * jobs).sum()), rel=1e-6)
    assert opened / opened.sum() == pytest.approx(jobs * np.array([0.8, 0.6, 0.3]) / 0.64, rel=1e-6)
    assert (e.levels.peak >= e.outside - 1e-12).all()
    assert float(e.wanted.sum()) == pytest.approx(e.levels.at_start * (1 + e.levels.opened))


def test_what_is_spent_adds_up_to_what_is_earned_however_it_is_spread() -> None:
    """Goods compete for the same income: elastic demand moves jobs between occupations and makes none of its own."""
    kind = ALIKE.having(best_ai=0, goods=1, spending=1, psi=1.0)
    wanted = [float(settled(kind.having(elasticity=e), 240, three())[0].economy.wanted.sum()) for e in (0.3, 1.0, 2.0)]
    assert max(wanted) / min(wanted) < 1.1
    alone_goods = [
        float(settled(kind.having(elasticity=e, spending=0), 240, three())[0].economy.wanted.sum()) for e in (0.3, 2.0)
    ]
    assert alone_goods[1] / alone_goods[0] > 1.3


def test_at_rest_all_that_is_earned_and_to_be_spent_buys_what_jobs_make() -> None:
    twin, first, last = settled(ALIKE.having(best_ai=0, goods=1, spending=1, spent=0.8, elasticity=2), 480, three())
    e = twin.economy
    filled = [float(month.sums[:, k.MADE].sum()) for month in (first, last)]
    planned = float((e.wanted * last.sums[:, k.MADE] / last.sums[:, k.EMPLOYED]).sum())
    before = float((e.levels.base * first.sums[:, k.MADE] / first.sums[:, k.EMPLOYED]).sum())
    begun = Twin(three(), twin.parameters, 1_000.0)
    begun.month()
    earned = e.past.income.spending(0.8) / begun.economy.past.income.spending(0.8)
    assert planned / before == pytest.approx(earned * (planned / filled[1]) / (before / filled[0]), rel=5e-3)


def test_a_new_job_goes_to_whoever_does_it_better_than_a_newcomer() -> None:
    p = Parameters()
    there = np.array([[80.0, 80, 80, 80], [10, 10, 10, 10], [10, 10, 10, 10]])
    wanted = np.array([200.0, 200, 200, 50])
    far, ai = np.array([-1.0, 2, 1, 5]), np.array([-1.0, 1, 2, 5])
    found = shared_out(p, there, wanted, (far, ai))
    pace = p.pace * p.adjusting
    assert found[:, :3].sum(axis=0) == pytest.approx([100 * pace] * 3)
    assert [int(found[:, place].argmax()) for place in range(3)] == [PEOPLE, FAR, AI]
    assert found[:, 3] == pytest.approx(np.array([-40.0, -5, -5]) * pace)


def test_levels_are_told_only_where_all_answers() -> None:
    full = Parameters(goods=1, spending=1, follows=0.5)
    assert full.levels
    for off in ({"goods": 0}, {"spending": 0}, {"follows": 0.0}):
        assert not full.having(**off).levels
    scenario = Scenario(workers=500, months=4, parameters=full.having(goods=0), changes={2: {"goods": 1}})
    assert table([averaged(scenario)])["levels"].to_pylist() == [False, False, True, True]


def test_shares_of_income_add_up_and_its_concentration_is_a_sum_of_squares() -> None:
    run = averaged(Scenario(months=24, parameters=Parameters(best_ai=6, reach=1.0, wage_elsewhere=0.1, moving=0.0)))
    assert (run.of("far_jobs")[-1] > 0.01) or (run.of("ai_jobs")[-1] > 0.01)
    here = run.of("wage_share") + run.of("profit_share") + run.of("operator_share")
    assert here == pytest.approx(1.0)
    abroad = run.of("elsewhere_share")
    squares = sum(np.square(run.of(name) * (1 - abroad)) for name in ("wage_share", "profit_share", "operator_share"))
    assert run.of("power") == pytest.approx(squares + np.square(abroad))
    assert (run.of("threat") > 0).all()
    assert set(FIELDS) >= {"concentration", "reserve", "fallback", "threat", "power"}


def test_agents_and_twin_tell_alike_where_ai_takes_jobs_and_people_differ() -> None:
    """With skills in five quantiles, and bias drawn afresh at each look, the twin is near and not exact."""
    p = Parameters(licence=0.8, best_ai=5).having(**MECHANISMS["all"])
    scenario = Scenario(workers=30_000, months=72, parameters=p)
    agents, twin = simulated(scenario, 1), averaged(scenario)
    assert twin.of("ai_jobs")[-1] > 0.02
    for name, far in (
        ("wanted", 0.03), ("unemployment", 0.03), ("ai_jobs", 0.03), ("price", 0.02), ("opened", 0.005),
        ("wage_share", 0.01), ("operator_share", 0.01), ("threat", 0.01), ("power", 0.01),
    ):  # fmt: skip
        assert agents.of(name)[-1] == pytest.approx(twin.of(name)[-1], abs=far), name
