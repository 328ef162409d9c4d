"""Several operators: who does the work, at what price, who earns; and what that does to those who give the traces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import UsageError
from guildbook.simulate import kernel as k
from guildbook.simulate.economy import Economy
from guildbook.simulate.experiment import outcome, write
from guildbook.simulate.formulas import ai_quality
from guildbook.simulate.majors import majors
from guildbook.simulate.model import Model
from guildbook.simulate.occupations import alone, complete
from guildbook.simulate.operators import Operator, Operators, herfindahl, operators
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import Run, averaged, simulated
from guildbook.simulate.scenario import Scenario, of
from guildbook.simulate.twin import Twin

TO_ONE = ({"name": "a", "capital": 0.5, "data": 1.0}, {"name": "b", "capital": 0.5, "data": 0.0})
TO_ALL = ({"name": "a", "capital": 0.5, "data": 1.0}, {"name": "b", "capital": 0.5, "data": 1.0})
SMALL = Scenario(workers=500, months=3, seeds=1)
UNEQUAL = ({"name": "a", "capital": 0.7, "data": 0.6}, {"name": "b", "capital": 0.3, "data": 0.4})


def told(among: Any = (), months: int = 120, changes: Any = None, **p: float) -> Run:
    """The twin over the 22 groups."""
    return averaged(
        Scenario(
            workers=10_000, months=months, parameters=Parameters().having(**p), changes=changes or {},
            operators=operators(among),
        )
    )  # fmt: skip


@pytest.mark.parametrize("harsh", [{}, {"best_ai": 8.0, "royalty": 0.2, "strike_substitute": 0.3, "reinvested": 0.9}])
def test_one_operator_is_the_default_to_the_digit(harsh: dict[str, float]) -> None:
    base = Scenario(workers=5_000, months=30, parameters=Parameters().having(**harsh))
    one = base.having(operators=(Operator("all of it"),))
    assert (averaged(base).values == averaged(one).values).all()
    assert (simulated(base, 4).values == simulated(one, 4).values).all()


def test_the_default_is_one_operator_with_one_stock_of_traces_an_occupation() -> None:
    """Its law written out, to the digit: what was so before there were tasks and operators."""
    p, world = Parameters(best_ai=6.0, royalty=0.1, reinvested=0.9), majors()
    force = world.jobs.astype(float)
    economy = Economy(world, p, force, force)
    economy.by_ai = force * 0.1
    traces, capital = np.ones(len(world)), 1.0
    sums = np.zeros((len(world), k.SUMS))
    sums[:, k.EMPLOYED] = force * np.linspace(0.5, 1, len(world))
    for _ in range(24):
        found = economy.fallbacks()
        everywhere = float((traces * force).sum() / force.sum())
        known = (1 - p.across) * traces + p.across * everywhere
        quality = ai_quality(known, np.float64(capital), p.data_exponent, p.capital_exponent)
        made = economy.plain * (1 + p.phi) * p.best_ai * world.exposure * quality
        assert (found.ai_output == made).all()
        assert (found.ai == (1 - p.fee) * made).all()
        earned = economy.turn(sums, np.zeros(len(world)), found)
        revenue = p.fee * float((made * economy.by_ai).sum())
        assert (earned.revenue, earned.royalty) == (revenue, p.royalty * revenue)
        traces = traces + p.trace_rot * (economy.held / force * p.consent_substitute - traces)
        price = p.worth_of_capital * economy.bill_at_start
        capital += (revenue - p.royalty * revenue) * p.reinvested / 12 / price - p.wear * (capital - 1)
        assert (economy.traces == traces).all()
        assert economy.capital == capital


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ([{"capitl": 1}], "capitl"), ([{"capital": 2}], "capital of operator 1"), ([{"data": -1}], "data"),
        ([{"capital": 0.7}, {"capital": 0.7}], "more than all"), ([{"royalty": 2}], "royalty"),
        ([{"name": "a", "capital": 0.1}, {"name": "a", "capital": 0.1}], "one name"),
        ([{"name": "a", "joins": "b"}], "cannot join"), ([{"name": "a", "joins": "a"}], "cannot join"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_operators_is_named(said: list[dict[str, Any]], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        of({"operators": said})


def test_a_scenario_says_its_operators_and_its_hash_hangs_on_them() -> None:
    plain, several = of({}), of({"operators": list(UNEQUAL)})
    assert "operators" not in plain.to_dict()
    assert of(several.to_dict()).digest() == several.digest() != plain.digest()
    assert Parameters().hashed().keys() & {"tasks", "competition", "access"} == set()
    assert Scenario(parameters=Parameters(access=0.5)).digest() != plain.digest()


shares = st.lists(st.tuples(st.floats(0.01, 0.2), st.floats(0, 1)), min_size=1, max_size=5)


@settings(max_examples=60)
@given(found=shares, fee=st.floats(0, 1), competition=st.floats(0, 1), access=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_best_offer_wins_and_its_lead_bounds_its_price(
    found: list[tuple[float, float]], fee: float, competition: float, access: float, seed: int
) -> None:
    p = Parameters(fee=fee, competition=competition, access=access)
    spec = tuple(Operator(str(place), has, data) for place, (has, data) in enumerate(found))
    market = Operators(spec, 3, 2, p)
    draw = np.random.default_rng(seed)
    market.traces = market.traces * draw.uniform(0.5, 2, market.traces.shape)
    exposure, most, weights = draw.uniform(0, 1, (3, 2)), draw.uniform(1, 9, 3), np.ones(3)
    offers = market.offers(p, most, exposure, p.data_exponent, weights)
    assert offers.share.shape == (len(market), 3, 2)
    assert ((offers.fee >= -1e-12) & (offers.fee <= fee + 1e-12)).all()
    somebody = offers.output > 0
    assert offers.share.sum(axis=0)[somebody] == pytest.approx(1.0)
    if len(spec) == 1:
        assert (offers.fee == fee).all()
    if competition == 0:
        assert offers.fee == pytest.approx(fee)
    work = draw.uniform(0, 5, (3, 2))
    earned = market.earn(p, offers, work)
    assert earned.made == pytest.approx((offers.output * work).sum())
    assert earned.revenue == pytest.approx(((offers.output - offers.net) * work).sum(), abs=1e-9)
    assert earned.revenues.sum() == pytest.approx(earned.revenue)
    assert (earned.revenues >= -1e-12).all()


def test_nobody_pays_more_than_the_best_is_ahead() -> None:
    """The firm is left with no less than the second best would make for nothing."""
    p = Parameters(fee=0.9)
    both = Operators(operators(UNEQUAL), 1, 1, p)
    rival = Operators((Operator("b", 0.3, 0.4),), 1, 1, p)
    shape = np.array([1.0]), np.array([[0.5]]), p.data_exponent, np.ones(1)
    found, second = both.offers(p, *shape), rival.offers(p, *shape)
    assert found.net == pytest.approx(second.output)
    assert found.share[:, 0, 0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("what", ["capital", "data"])
def test_ai_is_only_as_good_as_the_data_and_capital_behind_it(what: str) -> None:
    made = []
    for share in (0.0, 0.3, 0.6, 1.0):
        economy = Economy(alone(), Parameters(), np.ones(1), np.ones(1), operators([{what: share}]))
        made.append(float(economy.fallbacks().ai_output[0]))
    assert made[0] == 0
    assert (np.diff(made) > 0).all()


def test_data_kept_apart_make_worse_ai_than_data_that_all_may_use() -> None:
    halves = ({"name": "a", "capital": 0.5, "data": 0.5}, {"name": "b", "capital": 0.5, "data": 0.5})
    apart, shared = told(halves, best_ai=6.0), told(halves, best_ai=6.0, access=1.0)
    assert shared.of("ai_jobs")[-1] > 1.5 * apart.of("ai_jobs")[-1]
    later = told(halves, 120, {60: {"access": 1.0}}, best_ai=6.0)
    assert (later.values[:60] == apart.values[:60]).all()
    assert later.of("ai_jobs")[-1] > apart.of("ai_jobs")[-1]


def test_whoever_leads_earns_and_whoever_earns_leads_by_more() -> None:
    """Concentration of power: among operators it grows with capital that is cheap, from a small lead."""
    slight = ({"name": "a", "capital": 0.55, "data": 0.5}, {"name": "b", "capital": 0.45, "data": 0.5})
    p: dict[str, Any] = {"best_ai": 6.0, "reinvested": 0.9, "worth_of_capital": 0.05}
    found = told(slight, **p)
    assert found.of("operators_capital")[0] < 0.52
    assert found.of("operators_capital")[-1] > 0.9
    assert found.of("capital:b")[-1] == pytest.approx(0.45, abs=0.05)
    assert (found.of("revenue:b") == 0).all()
    assert np.argmax(found.of("fee")) > np.argmax(found.of("revenue:a") > 0)
    assert found.of("fee")[-1] > found.of("fee")[2]


def test_competition_of_operators_moves_their_income_to_firms_and_not_to_workers() -> None:
    """Concentration of power: where operators outbid each other AI is cheaper, takes more jobs, and firms have more."""
    agreed, bidding = (told(TO_ALL, best_ai=7.0, reinvested=0.0, competition=each) for each in (0.0, 1.0))
    assert bidding.of("operator_share")[-1] < 1e-9 < agreed.of("operator_share")[-1]
    assert bidding.of("profit_share")[-1] > agreed.of("profit_share")[-1]
    assert bidding.of("wage_share")[-1] < agreed.of("wage_share")[-1]
    assert bidding.of("ai_jobs")[-1] > agreed.of("ai_jobs")[-1]
    assert bidding.of("concentration")[-1] > agreed.of("concentration")[-1]


@pytest.mark.parametrize(("p", "more"), [
    ({"reinvested": 0.3, "worth_of_capital": 1.0}, "all"), ({"reinvested": 0.9, "worth_of_capital": 0.1}, "one"),
])  # fmt: skip
def test_a_collective_that_licenses_to_one_or_to_all(p: dict[str, Any], more: str) -> None:
    """It depends: to all makes AI cheap, to one makes it grow; which gives it more jobs hangs on what capital costs."""
    one, every = (told(among, best_ai=5.0, royalty=0.2, **p) for among in (TO_ONE, TO_ALL))
    assert (one.of("ai_jobs")[-1] > every.of("ai_jobs")[-1]) == (more == "one")
    assert (one.of("wage")[-1] < every.of("wage")[-1]) == (more == "one")
    # A royalty is a share of what is earned, and of work for which nobody can ask anything it is nothing.
    assert one.of("royalty").max() > 0
    assert every.of("royalty").max() == 0
    together = told(TO_ALL, best_ai=5.0, royalty=0.2, competition=0.0, **p)
    assert together.of("royalty").max() > 0


def test_royalties_are_those_of_each_operator() -> None:
    generous = ({**UNEQUAL[0], "royalty": 0.5}, UNEQUAL[1])
    plain, paying = told(UNEQUAL, best_ai=8.0, reinvested=0.0), told(generous, best_ai=8.0, reinvested=0.0)
    assert plain.of("royalty").max() == 0
    assert paying.of("royalty:a") == pytest.approx(paying.of("revenue:a") / 2)
    assert paying.of("royalty") == pytest.approx(paying.of("royalty:a") + paying.of("royalty:b"))
    assert paying.of("wage_share")[-1] > plain.of("wage_share")[-1]


def test_who_merges_asks_for_more() -> None:
    joined = (TO_ALL[0], {**TO_ALL[1], "joins": "a", "month": 60})
    apart, merged = told(TO_ALL, best_ai=6.0), told(joined, best_ai=6.0)
    assert (apart.values[:59] == merged.values[:59]).all()
    assert merged.of("capital")[59] == pytest.approx(apart.of("capital")[59])
    assert (merged.of("fee")[59], merged.of("fee")[60]) == (0, pytest.approx(0.3))
    assert merged.of("operators_capital")[60] == 1
    assert merged.of("operators_revenue")[-1] == 1
    assert merged.of("operator_share")[-1] > 0
    at_once = told((TO_ALL[0], {**TO_ALL[1], "joins": "a"}), best_ai=6.0)
    assert at_once.of("ai_jobs") == pytest.approx(told(best_ai=6.0).of("ai_jobs"))


def test_merging_adds_up_what_each_had_and_copies_nothing() -> None:
    p = Parameters()
    for data, after in ((0.4, 0.8), (0.8, 1.0)):
        spec = operators(({"name": "a", "capital": 0.5, "data": data},
                          {"name": "b", "capital": 0.25, "data": data, "joins": "a"}))  # fmt: skip
        found = Operators(spec, 2, 3, p)
        assert found.capital.tolist() == [0.75, 0]
        assert found.traces[0] == pytest.approx(np.full((2, 3), after))
        assert (found.traces[1] == 0).all()
        assert found.reached(p)[0] == pytest.approx(after)


def test_how_much_one_has_of_all() -> None:
    assert herfindahl(np.array([1.0, 0, 0])) == 1
    assert herfindahl(np.ones(4)) == pytest.approx(0.25)
    assert herfindahl(np.zeros(2)) == 0


@pytest.mark.parametrize("more", [{}, {"tasks": 4, "goods": 1, "spending": 1, "follows": 0.5}])
def test_agents_and_the_twin_agree_on_operators(more: dict[str, Any]) -> None:
    """Also where tasks, prices and incomes answer besides."""
    p = Parameters(skill=0, bias=0, spread=0, noise=0.2, every=1, friction=0.3, best_ai=7.0).having(**more)
    among = operators(UNEQUAL)
    world = complete(
        ("a", "b"), ("A", "B"), np.array([6, 4]), np.array([40.0, 80]), np.array([0.5, 0.25]), 0.5
    )  # fmt: skip
    workers, months = 40_000, 36
    wanted = _told(Twin(world, p, workers, among), months, workers)
    drawn = np.array([_told(Model(world, p, workers, seed, among), months, workers) for seed in range(4)])
    apart = np.abs(drawn.mean(axis=0) - wanted)
    assert wanted[-1] > 0.05
    assert (apart <= 4 * drawn.std(axis=0, ddof=1) / 2 + 1e-3 * np.abs(wanted)).all(), (drawn, wanted)


def _told(world: Model | Twin, months: int, workers: float) -> list[float]:
    month = [world.month() for _ in range(months)][-1]
    sums, e = month.sums.sum(axis=0), world.economy
    return [
        sums[k.EMPLOYED] / workers, sums[k.WAGES] / sums[k.EMPLOYED], *e.operators.capital,
        *(month.earned.revenues / workers), *(e.by_ai / workers).tolist()[:1],
    ]  # fmt: skip


def test_rows_tell_each_operators_capital_and_revenue(tmp_path: Path) -> None:
    small = of({"workers": 2_000, "months": 12, "seeds": 2, "operators": list(UNEQUAL), "parameters": {"best_ai": 8.0}})
    first, again = outcome(small, tmp_path), outcome(small, tmp_path)
    for name in ("capital:a", "capital:b", "revenue:a", "royalty:b"):
        assert (first.runs[1].of(name) == again.runs[1].of(name)).all()
    assert first.runs[0].of("capital:a") + first.runs[0].of("capital:b") == pytest.approx(first.runs[0].of("capital"))
    assert "capital:a" in write([first], tmp_path)[1].read_text("utf-8").partition("\n")[0]
    parts = first.to_dict()["parts"]
    assert set(parts) == {f"{what}:{name}" for what in ("capital", "revenue", "royalty") for name in "ab"}
    assert parts["capital:a"]["low"] <= parts["capital:a"]["median"] <= parts["capital:a"]["high"]
    assert outcome(SMALL).to_dict()["parts"] == {}
