"""What is planted in made-up traces is found, in its words and its layer; what is not is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from guildbook.distil.practices import MiningSettings, mine
from guildbook.distil.practices.mining import limits
from guildbook.distil.sums import Sums
from guildbook.model import knowledge
from guildbook.model.knowledge import Kind, Practice

Make = Callable[..., Sums]
Claims = Callable[..., list[Any]]


def by_step(practices: list[Practice], step: str, kind: Kind) -> list[Practice]:
    return [p for p in practices if p.kind is kind and p.do[0] == step]


def test_a_check_that_helps_is_a_quality_practice_in_plain_words(sums_of: Make, claims: Claims) -> None:
    (found,) = mine(sums_of(claims(1, check=0.3)))
    assert found.kind is Kind.QUALITY
    assert found.do == ("check cover",)
    assert found.when.activity == "read letter"
    assert found.effect.low < 0.3 < found.effect.high
    assert found.effect.with_value is not None
    assert found.effect.without_value == pytest.approx(found.effect.with_value - found.effect.difference)
    assert found.title.startswith("When you claim, do “check cover” before “read letter”: ")
    assert f"{100 * found.effect.with_value:.0f} %" in found.title
    assert len(found.title.split()) <= 120


def test_the_effect_is_not_inflated_by_who_does_it(sums_of: Make, claims: Claims) -> None:
    # Skilled workers check more often and end better by up to ten points anyway.
    (found,) = mine(sums_of(claims(2, n=4000, check=0.25)))
    assert found.effect.difference == pytest.approx(0.25, abs=0.05)


def test_steps_after_the_outcome_is_known_are_no_practice(sums_of: Make, claims: Claims) -> None:
    assert not by_step(mine(sums_of(claims(3, check=0.3))), "thank", Kind.QUALITY)


def test_a_step_that_helps_in_one_kind_of_case_says_so(sums_of: Make, claims: Claims) -> None:
    (found,) = by_step(mine(sums_of(claims(4, n=1500, marine=0.35))), "call broker", Kind.QUALITY)
    assert found.when.attributes == (("product", "marine"),)
    assert " where product is marine" in found.title


def test_a_step_that_helps_everywhere_has_no_condition(sums_of: Make, claims: Claims) -> None:
    (found,) = by_step(mine(sums_of(claims(5, n=2000, check=0.3))), "check cover", Kind.QUALITY)
    assert found.when.attributes == ()


def test_an_order_that_helps_names_the_other_order(sums_of: Make, claims: Claims) -> None:
    (found,) = mine(sums_of(claims(6, n=1500, order=0.3)))
    assert (found.do, found.when.activity) == (("ask customer",), "pay advance")
    assert found.instead_of == ("pay advance", "ask customer")
    assert "not after it" in found.title


def test_what_saves_time_is_a_workflow_practice(sums_of: Make, claims: Claims) -> None:
    (found,) = mine(sums_of(claims(7, prepare=-0.5)))
    assert (found.kind, found.do, found.effect.metric) == (Kind.WORKFLOW, ("lay out papers",), "duration")
    assert found.effect.difference == pytest.approx(-0.5, abs=0.08)


def test_what_helps_only_on_top_of_another_stands_a_layer_higher(sums_of: Make, claims: Claims) -> None:
    found = mine(sums_of(claims(8, n=2500, check=0.2, on_top=0.3)))
    (lower,), (upper,) = by_step(found, "check cover", Kind.QUALITY), by_step(found, "read file again", Kind.QUALITY)
    assert upper.prerequisites == (lower.id,)
    assert upper.when.after == ("check cover",)
    assert (lower.layer, upper.layer) == (1, 2)
    assert found == sorted(found, key=lambda p: p.layer)


def test_without_what_it_rests_on_a_practice_cannot_be_layered(sums_of: Make, claims: Claims) -> None:
    sums = sums_of(claims(8, n=2500, check=0.2, on_top=0.3))
    (lower,) = by_step(mine(sums), "check cover", Kind.QUALITY)
    left = mine(sums, without=frozenset({lower.id}))
    assert not by_step(left, "check cover", Kind.QUALITY)
    assert all(p.layer == 1 and not p.prerequisites for p in left)


@pytest.mark.parametrize("seed", range(20, 24))
def test_what_is_taken_away_takes_all_that_rests_on_it_along(sums_of: Make, claims: Claims, seed: int) -> None:
    sums = sums_of(claims(seed, n=4000, chain=0.2))
    found = {p.do[0]: p for p in mine(sums) if p.kind is Kind.QUALITY}
    chain = ["check cover", "read file again", "call broker"]
    assert [found[step].layer for step in chain] == [1, 2, 3]
    assert found["call broker"].prerequisites == (found["read file again"].id,)
    assert found["read file again"].prerequisites == (found["check cover"].id,)
    for place, step in enumerate(chain[:2]):
        left = mine(sums, without=frozenset({found[step].id}))
        dependents = {found[later].id for later in chain[place + 1 :]}
        assert not dependents & {p.id for p in left}
        assert all(step not in p.when.after and step not in p.do for p in left)
        below = {found[earlier].id for earlier in chain[:place]}
        assert below <= {p.id for p in left}


@pytest.mark.parametrize("harm", [0.2, 0.35])
def test_what_makes_up_for_a_mistake_is_told_with_it_and_the_mistake_is_not(
    sums_of: Make, claims: Claims, harm: float
) -> None:
    (found,) = mine(sums_of(claims(31, n=3000, harm=harm, mend=0.3)))
    assert (found.do, found.when.after, found.layer) == (("copy file",), ("lose file",), 1)
    assert "and have done “lose file”, do “copy file”" in found.title
    assert "; with “lose file” " in found.title


def test_an_answer_to_what_does_no_harm_is_not_told(sums_of: Make, claims: Claims) -> None:
    assert mine(sums_of(claims(32, n=3000, harm=1e-9))) == []


def test_the_sentence_says_what_the_cases_have_alike(sums_of: Make, claims: Claims) -> None:
    (found,) = mine(sums_of(claims(1, check=0.3)))
    assert found.title.endswith("(900 cases, alike in product and people).")


def test_what_is_asked_for_early_is_waited_for_meanwhile(sums_of: Make, claims: Claims) -> None:
    made = [
        replace(t, lead=t.lead * (0.6 if t.steps.index("ask customer") < t.steps.index("pay advance") else 1.0))
        for t in claims(33)
    ]
    (found,) = mine(sums_of(made))
    assert (found.kind, found.do, found.when.activity) == (Kind.WORKFLOW, ("ask customer",), "pay advance")
    assert "from first step to last, since what it sets going runs on meanwhile" in found.title


def test_opposite_advice_in_other_cases_is_linked_and_says_so(sums_of: Make, claims: Claims) -> None:
    found = mine(sums_of(claims(30, n=3000, turned=0.2)))
    (marine,) = [p for p in found if p.do == ("ask customer",)]
    others = [p for p in found if p.do == ("pay advance",)]
    assert marine.when.attributes == (("product", "marine"),)
    assert others
    assert set(marine.opposed) == {p.id for p in others}
    assert all(p.opposed == (marine.id,) for p in others)
    assert marine.title.endswith("The other way round elsewhere.")
    assert all(p.title.endswith("The other way round where product is marine.") for p in others)
    assert [knowledge.practice_from_dict(json.loads(json.dumps(p.to_dict()))) for p in found] == found


def test_what_is_quicker_but_ends_worse_is_not_told(sums_of: Make, claims: Claims) -> None:
    assert by_step(mine(sums_of(claims(9, prepare=-0.5))), "lay out papers", Kind.WORKFLOW)
    spoilt = [
        replace(
            trace, outcome=2 if "lay out papers" in trace.steps and i % 2 else trace.outcome, steps=trace.steps[:-2]
        )
        for i, trace in enumerate(claims(9, prepare=-0.5))
    ]
    assert not by_step(mine(sums_of(spoilt)), "lay out papers", Kind.WORKFLOW)


def test_a_refusal_that_ends_cases_early_is_no_way_to_be_quick(sums_of: Make, claims: Claims) -> None:
    cut: list[Any] = []
    for i, trace in enumerate(claims(10)):
        short = i % 3 == 0
        steps = ["open file", "refuse", "read letter", "close"] if short else trace.steps
        cut.append(replace(trace, steps=steps, outcome=0, active=60.0 if short else trace.active))
    assert mine(sums_of(cut)) == []


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_found_where_nothing_is_planted(sums_of: Make, claims: Claims, seed: int) -> None:
    assert len(mine(sums_of(claims(100 + seed)))) <= 1


def test_shuffled_outcomes_and_times_leave_at_most_the_tolerated_share(sums_of: Make, claims: Claims) -> None:
    found = 0
    for seed in range(20):
        traces = claims(seed, n=600, check=0.3, prepare=-0.5, marine=0.3)
        order = np.random.default_rng(seed).permutation(len(traces))
        mixed = [
            replace(t, outcome=o.outcome, active=o.active, lead=o.lead, steps=[s for s in t.steps if s not in LAST])
            for t, o in zip(traces, (traces[i] for i in order), strict=True)
        ]
        found += bool(mine(sums_of(mixed)))
    # Under no effect at all the false-discovery rate is the chance of any finding: 5 % of 20 runs of two kinds is 2.
    assert found <= 4


LAST = {"thank", "apologise"}


def test_the_order_of_joint_traces_does_not_matter(sums_of: Make, claims: Claims) -> None:
    traces = claims(11, check=0.3, prepare=-0.4)
    assert mine(sums_of(traces)) == mine(sums_of(traces[::-1]))


def test_ids_say_what_is_said_and_not_how_surely(sums_of: Make, claims: Claims) -> None:
    (one,), (two,) = mine(sums_of(claims(12, check=0.35))), mine(sums_of(claims(13, n=1200, check=0.35)))
    assert one.effect != two.effect
    assert one.id == two.id


def test_titles_given_are_used(sums_of: Make, claims: Claims) -> None:
    sums = sums_of(claims(1, check=0.3))
    task = int(sums.profiles.head[0, 0])
    (found,) = mine(sums, titles={task: "Settle claim"})
    assert found.when.task == "Settle claim"
    assert found.title.startswith("When you settle claim, ")


def test_nothing_comes_of_nothing() -> None:
    assert mine(Sums()) == []
    assert limits(Sums()) == ()


def test_a_bound_that_was_hit_is_said(sums_of: Make, claims: Claims) -> None:
    sums = sums_of(claims(1, check=0.3))
    few = MiningSettings(max_traces=300)
    assert limits(sums) == ()
    (note,) = limits(sums, few)
    assert "300 of" in note
    assert all(p.effect.n < 450 for p in mine(sums, few))
