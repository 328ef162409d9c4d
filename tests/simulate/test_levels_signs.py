"""What the essays say of firms that scale, new work, demand, and AI that only helps: signs, and on what they hang."""

from __future__ import annotations

from functools import cache

import pytest

from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import FIELDS, ends
from guildbook.simulate.running import averaged as without_chance
from guildbook.simulate.scenario import Scenario

RIVAL = {"licence": 0.8, "best_ai": 5.0}
"""A world in which AI takes jobs."""
ALONE = {"best_ai": 0.0}
"""One in which it takes none."""
NOTHING_OUTSIDE = ALONE | {"extraction": 0.0}


@cache
def _last(said: tuple[tuple[str, float], ...]) -> dict[str, float]:
    run = without_chance(Scenario(parameters=Parameters().having(**dict(said))))
    return dict(zip(FIELDS, ends([run])[0].tolist(), strict=True))


def end(name: str, *said: dict[str, float], **more: float) -> float:
    """A field in the last of fifteen years."""
    together: dict[str, float] = {}
    for each in (*said, more):
        together |= each
    return _last(tuple(sorted(together.items())))[name]


def test_a_firm_whose_bottleneck_was_expertise_can_grow_once_it_is_outside() -> None:
    assert end("wanted", ALONE, bottleneck=1) > end("wanted", ALONE) + 0.1
    assert end("unemployment", ALONE, bottleneck=1) < end("unemployment", ALONE)
    assert end("wanted", NOTHING_OUTSIDE, bottleneck=1) == pytest.approx(end("wanted", NOTHING_OUTSIDE), abs=1e-3)


def test_whether_scaling_makes_more_jobs_than_it_replaces_depends_on_demand() -> None:
    """Growing lowers prices; AI's price follows them, what people have without a job does not."""
    few, many = 0.3, 2.0
    assert end("wanted", RIVAL, goods=1, bottleneck=1, elasticity=few) < end("wanted", RIVAL, goods=1, elasticity=few)
    assert end("wanted", RIVAL, goods=1, bottleneck=1, elasticity=many) > end("wanted", RIVAL, goods=1, elasticity=many)


def test_growing_firms_do_not_give_wages_back() -> None:
    """The bargain is about what a firm has if talks fail; more of such jobs change nothing in it."""
    assert end("wage", ALONE, bottleneck=1, elasticity=2) < 0.8 * end("wage", NOTHING_OUTSIDE)


def test_new_work_makes_up_for_jobs_that_ai_takes_if_enough_of_it_opens() -> None:
    lost = 1 - end("wanted", RIVAL)
    assert lost > 0.1
    little, much = end("wanted", RIVAL, new_jobs=0.1), end("wanted", RIVAL, new_jobs=1.0)
    assert end("wanted", RIVAL) < little < 1 < much
    assert end("opened", NOTHING_OUTSIDE, new_jobs=1) == 0


def test_whether_better_work_costs_jobs_depends_on_the_elasticity_of_demand() -> None:
    """Displaced labour is absorbed where what gets cheaper is bought so much more of."""
    complement = ALONE | {"psi": 1.5, "goods": 1}
    assert end("real_wage", complement, elasticity=0.3) > end("real_wage", NOTHING_OUTSIDE)
    jobs = [end("wanted", complement, elasticity=each) for each in (0.3, 1.0, 2.0)]
    assert jobs == sorted(jobs)
    assert jobs[0] < 0.8
    assert jobs[-1] > 1.1


def test_cheaper_goods_give_back_a_part_of_what_wages_lost() -> None:
    cheap = ALONE | {"goods": 1}
    assert end("price", cheap) < 1
    assert end("wage", ALONE) < end("real_wage", cheap) < end("wage", NOTHING_OUTSIDE)


def test_what_one_can_walk_to_falls_with_everybodys_wage_and_wages_with_it() -> None:
    """A fallback that is other jobs is worth no more than these: it makes falls deeper, and rises steeper."""
    assert end("wage", ALONE, follows=0.5) < end("wage", ALONE) < end("wage", NOTHING_OUTSIDE)
    assert end("wage", NOTHING_OUTSIDE, follows=0.5) == pytest.approx(end("wage", NOTHING_OUTSIDE), rel=0.01)
    assert end("wage", ALONE, psi=1.5, follows=0.5) > end("wage", ALONE, psi=1.5)


def test_whether_displaced_people_find_work_depends_on_whether_capitals_income_is_spent() -> None:
    kept, spent = end("unemployment", RIVAL, spending=1, spent=0), end("unemployment", RIVAL, spending=1, spent=1)
    assert spent < end("unemployment", RIVAL) < kept
    assert spent > end("unemployment", NOTHING_OUTSIDE) + 0.05
    assert end("wanted", NOTHING_OUTSIDE, spending=1) == pytest.approx(1.0, abs=0.01)


def test_with_all_that_answers_the_signs_are_those_without() -> None:
    """Wages fall as expertise leaves heads, a licence restores most; so they do not hang on what is held fixed."""
    full = ALONE | {"goods": 1, "spending": 1, "follows": 0.5}
    before, after = end("real_wage", full, extraction=0), end("real_wage", full)
    assert after < 0.8 * before
    assert (end("real_wage", full, licence=0.8) - after) / (before - after) > 0.7


def test_ai_that_may_only_help_takes_no_jobs_and_raises_output() -> None:
    assert end("ai_jobs", RIVAL) > 0.1
    assert end("ai_jobs", RIVAL, augment_only=1) < 1e-3
    for world in (RIVAL, {}):
        assert end("output", world, augment_only=1) > 1.2 * end("output", world)
        assert end("wage", world, augment_only=1) > end("wage", world)
        assert end("unemployment", world, augment_only=1) < end("unemployment", world)


def test_whether_help_raises_wages_above_those_of_old_depends_on_how_it_complements_heads() -> None:
    """What leaves heads weakens them in bargaining by φ; helpers give back by what they add for who knows."""
    before = end("wage", NOTHING_OUTSIDE)
    assert end("wage", ALONE, augment_only=1, helper=0.3) < before < end("wage", ALONE, augment_only=1, helper=2.0)


def test_help_that_raises_wages_can_lower_labours_share() -> None:
    assert end("wage", ALONE, augment_only=1) > end("wage", NOTHING_OUTSIDE)
    assert end("wage_share", ALONE, augment_only=1) < end("wage_share", NOTHING_OUTSIDE) - 0.05
    assert end("operator_share", ALONE, augment_only=1) > 0.02


def test_power_goes_to_whoever_the_other_can_be_replaced_by() -> None:
    """Concentration of power: each side's threat point, and who gets what is made."""
    assert end("threat", ALONE) > end("threat", NOTHING_OUTSIDE) + 0.1
    assert end("threat", ALONE, licence=0.8) < end("threat", ALONE) - 0.1
    cheap = RIVAL | {"worth_of_capital": 0.01}
    assert end("operator_share", cheap) > end("operator_share", RIVAL)
    assert end("wage_share", cheap) < end("wage_share", RIVAL) < end("wage_share", NOTHING_OUTSIDE)
