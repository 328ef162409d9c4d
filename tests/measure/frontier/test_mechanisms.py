"""What each mechanism does to help and to replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from guildbook.measure.frontier.gating import gate
from guildbook.measure.frontier.kinds import Grain, Kinds
from guildbook.measure.frontier.looking import Looker, Made
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.plain import CAPS, Level, caps, consent, randomise, relabel
from guildbook.measure.frontier.reweight import KEEP, LAST, NOT, Weigher, reweight
from guildbook.measure.frontier.weighing import WHOLE
from guildbook.measure.frontier.withhold import Judge, allowed, pivotal, withhold
from guildbook.measure.model import Table
from guildbook.measure.work import Work

Looking = Callable[[int], Looker]
BOUNDS = (0.1, 1.0)


def by_name(kinds: Kinds, act: str) -> int:
    """The kind of an act."""
    return next(k for k in range(len(kinds)) if kinds.named(k)["act"] == act)


def test_plain_mechanisms_go_from_nothing_to_everything(parts: Parts) -> None:
    whole = Table.of(parts.train, parts.shape).digest()
    makers: list[Iterator[Level]] = [caps(parts), consent(parts, targeted=False), consent(parts, targeted=True)]
    for levels in map(list, makers):
        assert levels[0].mixture[0][1].table.digest() == Table.empty(len(parts.train.acts), parts.shape).digest()
        assert levels[-1].mixture[0][1].table.digest() == whole
        assert [level.level for level in levels] == sorted(level.level for level in levels)
    assert [level.told["traces"] for level in caps(parts)][1] == 1
    assert len(CAPS) == len(list(caps(parts)))
    for levels in (list(randomise(parts)), list(relabel(parts))):
        assert levels[-1].told["epsilon"] is None
        assert levels[-1].mixture[0][1].table.digest() == whole
        epsilons = [level.told["epsilon"] for level in levels[:-1]]
        assert epsilons[0] == 0
        assert epsilons == sorted(epsilons)


def test_epsilon_of_a_randomised_response(parts: Parts) -> None:
    used = len(np.unique(parts.train.act))
    half = next(level for level in randomise(parts) if level.level == 0.5)
    assert half.told["epsilon"] == pytest.approx(np.log((0.5 + 0.5 / used) / (0.5 / used)))


@pytest.mark.parametrize("grain", ["act", "context"])
def test_kinds_cover_all_but_the_openings(claims: Work, grain: Grain) -> None:
    kinds = Kinds(claims, grain)
    rows = kinds.rows(claims)
    assert (rows[claims.offsets[:-1]] == -1).all()
    assert int(kinds.sizes.sum()) == claims.events - len(claims)
    for kind in range(len(kinds)):
        named = kinds.named(kind)
        where = kinds.among(claims, [kind])
        assert {claims.acts[a] for a in claims.act[where].tolist()} == {named["act"]}
        if grain == "context":
            before = {claims.acts[a] for a in claims.act[np.flatnonzero(where) - 1].tolist()}
            assert before == {named["after"]}
    assert (Kinds(claims.pick(np.arange(0)), grain).rows(claims) == -1).all()


def test_a_choice_is_more_pivotal_than_a_matter_of_course(claims: Work) -> None:
    kinds = Kinds(claims, "act")
    scores = kinds.scores()
    assert scores[by_name(kinds, "refuse")] >= scores[by_name(kinds, "look")]
    assert scores[by_name(kinds, "look")] == pytest.approx(0)
    marked = kinds.scores(["ask"])
    assert marked[by_name(kinds, "ask")] == pytest.approx(2 * scores[by_name(kinds, "ask")])


def test_withholding_keeps_the_bound_at_a_stated_gap(parts: Parts, looker: Looking) -> None:
    tuning, none = looker(0), parts.public.pick(np.arange(0))
    assert tuning.replaced(Made(Table.of(parts.train, parts.shape)), "system").value > 0.2
    for grain in ("act", "context"):
        for cost in ("steps", "help"):
            levels = list(withhold(parts, tuning, none, BOUNDS, against="system", cost=cost, grain=grain))
            tight, loose = levels
            assert loose.told["withheld"] == []
            assert tight.told["held"]
            assert tight.told["withheld"]
            assert tight.told["chosen_at"]["high"] <= 0.1
            assert 0 <= tight.told["cost_at_least"] <= tight.told["cost"] + 1e-12
            assert tight.told["tried_bound"] <= tight.told["cost"] + 1e-12
            assert 0 <= tight.told["gap"] <= 1
            gone = {kind["act"] for kind in tight.told["withheld"]}
            assert gone <= set(parts.train.acts) - {"open"}


def test_what_is_withheld_is_the_cheapest_of_all_choices(parts: Parts, looker: Looking) -> None:
    tuning, none = looker(0), parts.public.pick(np.arange(0))
    (tight,) = withhold(parts, tuning, none, (0.1,), against="system", cost="steps", tries=5_000)
    assert tight.told["gap"] == pytest.approx(0, abs=1e-6)
    assert tight.told["tried_bound"] == pytest.approx(tight.told["cost"])


def test_public_cases_set_a_floor(parts: Parts, looker: Looking) -> None:
    tuning = looker(15)
    public = parts.public.pick(np.arange(15))
    kinds = Kinds(parts.train, "act")
    judge = Judge(parts, tuning, kinds, public, "weights")
    everything = judge.replaced(frozenset(range(len(kinds))))
    assert everything.value >= tuning.public_alone.mean() - 1e-12
    (tight,) = withhold(parts, tuning, public, (0.0,), against="weights", cost="help", tries=5)
    assert not tight.told["held"]
    assert tight.told["chosen_at"]["high"] <= judge.floor + 1e-9 or "why" in tight.told


def test_pivotal_kinds_go_one_by_one(parts: Parts, looker: Looking) -> None:
    levels = list(pivotal(parts, looker(0), parts.public, ["ask"]))
    sizes = [len(level.told["withheld"]) for level in levels]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    assert levels[1].mixture[0][1].hidden is not None


def test_a_gate_changes_the_system_and_not_the_weights(parts: Parts, looker: Looking) -> None:
    tuning = looker(0)
    tight, loose = gate(parts, tuning, BOUNDS)
    assert loose.told["gated"] == []
    assert tight.told["gap"] == pytest.approx(0, abs=1e-4)
    one, other = tight.mixture[0][1], loose.mixture[0][1]
    assert one.table.digest() == other.table.digest()
    assert tuning.replaced(one, "system").estimate().high <= 0.1
    assert tuning.alone(one.table).mean() == tuning.alone(other.table).mean()
    assert tuning.saved(one).value == tuning.saved(other).value


def test_weighted_training_keeps_help_under_the_bound(parts: Parts, looker: Looking) -> None:
    tuning, none = looker(0), parts.public.pick(np.arange(0))
    tight, loose = reweight(parts, tuning, none, BOUNDS, against="system")
    assert sum(share for share, _ in tight.mixture) == pytest.approx(1)
    high = sum(share * tuning.replaced(made, "system").estimate().high for share, made in tight.mixture)
    assert high <= 0.1 + 1e-6
    saved = sum(share * tuning.saved(made).value for share, made in tight.mixture)
    assert saved > 0.5 * tuning.saved(loose.mixture[0][1]).value
    (single,) = reweight(parts, tuning, none, (0.1,), against="weights")
    assert len(single.mixture) == 1


def test_a_kind_that_ranks_last_is_still_known(parts: Parts, looker: Looking) -> None:
    tuning = looker(0)
    kinds = Kinds(parts.train, "act")
    judge = Judge(parts, tuning, kinds, parts.public, "system")
    weigher = Weigher(parts, tuning, judge, "system")
    plain = [KEEP] * len(kinds)
    assert tuning.saved(Made(weigher.table(tuple(plain)), WHOLE)).value == pytest.approx(judge.saved(frozenset()))
    act = by_name(kinds, "pay")
    for how, shown in ((LAST, True), (NOT, False)):
        table = weigher.table(tuple(how if kind == act else KEEP for kind in range(len(kinds))))
        ranked = table.ranked(tuning.trial.places, 6)
        assert bool((ranked == kinds.acts[act]).any()) is shown
        assert not (ranked[:, 0] == kinds.acts[act]).any()


def test_a_bound_leaves_room_for_chance() -> None:
    assert allowed(0.0, 100) == pytest.approx(0, abs=1e-9)
    assert 0 < allowed(0.1, 100) < 0.1
    assert allowed(0.1, 1e9) == pytest.approx(0.1, abs=1e-4)
