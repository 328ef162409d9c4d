"""The essays' claims about signs, one test each, on the world without chance, and on what a sign depends.

More of them stand with the mechanism they are about: `test_experiment`, `test_limits`, `test_tasks`, `test_operators`,
`test_levels` and their like.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import FIELDS, Run, averaged, ends
from guildbook.simulate.scenario import Scenario


@cache
def run(**parameters: float) -> Run:
    return averaged(Scenario(parameters=Parameters().having(**parameters)))


def end(name: str, **parameters: float) -> float:
    """A field in the last of fifteen years."""
    return float(ends([run(**parameters)])[0][list(FIELDS).index(name)])


def test_extraction_that_does_not_work_changes_nothing() -> None:
    """The first critique: if what is in heads cannot be got out of them, there is no database to bargain about."""
    poor, good = end("outside", extraction=0.001), end("outside")
    assert poor < 0.02 < good
    assert end("wage", extraction=0.001, best_ai=0) == pytest.approx(end("wage", extraction=0, best_ai=0), rel=0.01)


def test_expertise_is_needed_to_extract_expertise() -> None:
    """Where nobody knows anything, nothing leaves heads; the pace rises with what is outside already."""
    assert end("outside", start=0.0, spread=0.0, learning=0.0) < 1e-3
    grown = run(best_ai=0).of("outside")
    steps = np.diff(grown)
    assert steps.argmax() > 2
    assert grown[-1] < 0.9  # and never past what heads hold


def test_what_is_outside_heads_teaches_newcomers_faster() -> None:
    """The same store teaches: heads hold more where it may be learnt from, and the sign of wages is another matter."""
    plain = {"best_ai": 0, "start": 0.3, "spread": 0.0}
    assert end("heads", **plain) > end("heads", **plain, taught=0) > 0


def test_expertise_outside_heads_sends_work_away() -> None:
    """A newcomer elsewhere becomes as good as an expert here, for less."""
    near = {"best_ai": 0, "reach": 0.95, "wage_elsewhere": 0.2, "moving": 0.05}
    assert end("far_jobs", **near) > 1.5 * end("far_jobs", **near, extraction=0)
    assert end("far_jobs", **near, licence=1.0) < end("far_jobs", **near)


def test_a_strike_grows_faster_than_its_strikers() -> None:
    """One who refuses is not missed; each more costs the operator more than the one before."""
    made = [end("ai_jobs", best_ai=8, licence=0.8, strike_substitute=f) for f in (0.0, 0.05)]
    assert made[1] > 0.9 * made[0]
    exponent = Parameters().data_exponent
    loss = [(1 - f) ** -exponent for f in (0.0, 0.3, 0.6, 0.9)]
    assert (np.diff(loss, 2) > 0).all()


def test_a_royalty_pays_people_and_slows_what_it_is_paid_from() -> None:
    at_work = {"best_ai": 6, "licence": 0.8, "worth_of_capital": 0.05}
    free, paid = end("capital", **at_work), end("capital", **at_work, royalty=0.5)
    assert paid < free
    assert end("royalty", **at_work, royalty=0.5) > 0 == end("royalty", **at_work)
    assert end("operator_share", **at_work, royalty=0.5) < end("operator_share", **at_work)


def test_a_better_life_without_the_job_raises_wages_and_its_price_is_jobs() -> None:
    """It depends on who else could do it: with no rival that is better, only wages move."""
    assert end("wage", outside=0.7, best_ai=0) > end("wage", outside=0.6, best_ai=0)
    dear, cheap = ({"best_ai": 6, "licence": 0.8, "outside": r} for r in (0.7, 0.5))
    assert end("ai_jobs", **dear) > end("ai_jobs", **cheap)


def test_power_at_the_table_is_worth_the_surplus_there_is() -> None:
    """It depends on the surplus: with all expertise outside and replacing free, power is worth nothing."""
    kept = [end("wage", beta=b, extraction=0, best_ai=0) for b in (0.3, 0.7)]
    lost = [end("wage", beta=b, extraction=2.0, best_ai=0, replacing=0, rot=0) for b in (0.3, 0.7)]
    assert kept[1] - kept[0] > 2 * (lost[1] - lost[0]) > 0


def test_consent_to_help_alone_makes_no_ai_that_takes_jobs() -> None:
    """Consent by purpose: help may grow though nothing may be done without people."""
    helping = {"best_ai": 6, "licence": 0.8}
    assert end("ai_jobs", **helping, consent_substitute=0) < 0.02 * end("ai_jobs", **helping)
    assert end("outside", **helping, consent_substitute=0) > 0.2


def test_help_that_complements_expertise_raises_wages_and_help_that_stands_for_it_lowers_them() -> None:
    """The essay's "ambiguous": the sign is that of ψ·h·s − φ."""
    only_help = {"consent_substitute": 0.0, "best_ai": 0.0}
    before = end("wage", **only_help, consent_augment=0.0)
    assert end("wage", **only_help, psi=0.0) < before
    assert end("wage", **only_help, psi=2.0) > before


def test_a_licence_restores_wages_by_more_the_more_had_left_heads() -> None:
    def gain(pace: float) -> float:
        return end("wage", extraction=pace, licence=0.8, best_ai=0) - end("wage", extraction=pace, best_ai=0)

    assert gain(0.6) > gain(0.3) > gain(0.05) >= 0


def test_three_levers_are_three() -> None:
    """Consent, licence and strike move different things: none of them can stand for another."""
    at_work = {"best_ai": 6.0}
    moved = {
        "consent_substitute": (0.0, "traces"), "licence": (0.8, "fallback"), "strike_augment": (0.9, "outside"),
    }  # fmt: skip
    plain = {field: end(field, **at_work) for _, field in moved.values()}
    assert end("traces", **at_work, consent_substitute=0.0) < 0.5 * plain["traces"]
    assert end("outside", **at_work, strike_augment=0.9) < 0.8 * plain["outside"]
    assert end("outside", **at_work, consent_substitute=0.0) > 0.9 * plain["outside"]
    assert end("traces", **at_work, licence=0.8) > 0.5 * plain["traces"]
    assert end("fallback", **at_work, licence=0.8) != pytest.approx(plain["fallback"], rel=0.01)


def test_who_is_misjudged_is_replaced_though_as_good() -> None:
    """Evaluators err: the more they do, the more people lose jobs that pay."""
    close = {"best_ai": 0.0, "friction": 0.05}
    assert end("displaced", **close, noise=0.3) > end("displaced", **close, noise=0.05)
    assert end("displaced", **close, bias=0.4) > end("displaced", **close, bias=0.05)


def test_power_concentrates_where_ai_takes_jobs_and_less_with_a_deal() -> None:
    """Labour's share falls and the operator's grows; a deal on consent keeps both."""
    alone = {"best_ai": 8.0, "licence": 0.8, "worth_of_capital": 0.05}
    deal = alone | {"consent_substitute": 0.1}
    assert end("operator_share", **alone) > end("operator_share", **deal)
    assert end("wage_share", **alone) < end("wage_share", **deal)
