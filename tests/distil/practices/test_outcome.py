from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.practices.outcome import fisher, mine_mistakes
from guildbook.distil.practices.quality import quality_target
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.traces import TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.quality.agreement import Verdict
from guildbook.distil.quality.verdicts import entered, filled_in
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Practice

HOLDS = entered(Verdict.RIGHT, "to")
CASE, PART, SLIP = (entered(v, "to") for v in (Verdict.CASE, Verdict.PART, Verdict.NEAR))
SETTINGS = MiningSettings()
NAMES = Names({symbol("click send"): "click send", symbol("case:kind=gift"): "kind=gift"})


def traces(good: np.ndarray, gift: np.ndarray) -> TaskTraces:
    """One step, one condition, no worker."""
    size = len(good)
    return TaskTraces(
        task=1,
        weights=np.ones(size),
        outcome=np.where(good, 1, 2),
        active=np.ones(size, np.int64),
        lead=np.ones(size, np.int64),
        activities=np.array([symbol("click send")], np.uint64),
        first=np.zeros((size, 1), np.int16),
        repeated=np.zeros((size, 1), dtype=bool),
        conditions=np.array([symbol("case:kind=gift")], np.uint64),
        holds=gift[:, None],
        workers=np.empty(0, np.uint64),
        took_part=np.empty((size, 0), dtype=bool),
        main=np.full(size, -1, np.int64),
    )


def mined(own: TaskTraces, verdicts: dict[str, np.ndarray]) -> list[Practice]:
    target = quality_target(own, SETTINGS)
    assert target is not None
    return mine_mistakes(own, target, verdicts, NAMES, "write", SETTINGS)[0]


def cases(**sizes: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(kind of each case, whether it ended well) from (good, bad) by kind."""
    kind = np.concatenate([np.full(sum(pair), name) for name, pair in sizes.items()])
    good = np.concatenate([np.arange(sum(pair)) < pair[0] for pair in sizes.values()])
    return kind, good


def test_each_mistake_with_a_field_is_told_of_its_own() -> None:
    kind, good = cases(right=(60, 4), case=(0, 20), part=(1, 15), slip=(0, 3))
    found = mined(
        traces(good, np.zeros(len(good), dtype=bool)),
        {HOLDS: kind == "right", CASE: kind == "case", PART: kind == "part", SLIP: kind == "slip"},
    )
    assert [(p.do, p.instead_of) for p in found] == [((HOLDS,), (CASE,)), ((HOLDS,), (PART,))]
    assert found[0].title == (
        "When you write, see to it before “click send” that “to” holds what was asked for, capital letters and small "
        "ones alike: 94 % of such cases ended well instead of 0 % (84 cases)."
    )
    assert found[0].effect.difference == pytest.approx(60 / 64)
    assert found[0].effect.low < 60 / 64 <= found[0].effect.high <= 1
    assert found[0].when.activity == "click send"


def test_what_does_no_harm_is_not_told() -> None:
    kind, good = cases(right=(40, 20), case=(21, 9))
    assert mined(traces(good, kind == "none"), {HOLDS: kind == "right", CASE: kind == "case"}) == []


def test_harm_under_a_condition_is_told_with_it() -> None:
    kind, good = cases(giftfilled=(30, 3), giftempty=(2, 25), plainfilled=(20, 5), plainempty=(60, 2))
    gift, filled = np.char.startswith(kind, "gift"), np.char.endswith(kind, "filled")
    found = mined(traces(good, gift), {filled_in(right=True): filled, filled_in(right=False): ~filled})
    assert [p.when.attributes for p in found] == [(("kind", "gift"),)]
    assert found[0].effect.n == 60


def test_what_one_mistake_explains_is_not_told_of_another() -> None:
    kind, good = cases(right=(60, 4), case=(0, 30))
    wrong = kind == "case"
    found = mined(
        traces(good, np.zeros(len(good), dtype=bool)),
        {HOLDS: ~wrong, CASE: wrong, filled_in(right=True): ~wrong, filled_in(right=False): wrong},
    )
    assert [p.instead_of for p in found] == [(CASE,)]


def test_outcomes_shuffled_tell_nothing() -> None:
    rng = np.random.default_rng(4)
    told = 0
    for _ in range(40):
        kind = rng.choice(["right", "case", "part"], 200, p=[0.6, 0.2, 0.2])
        good = rng.random(200) < 0.6
        own = traces(good, rng.random(200) < 0.4)
        told += len(mined(own, {HOLDS: kind == "right", CASE: kind == "case", PART: kind == "part"}))
    assert told == 0


def test_fewer_settled_cases_than_asked_for_are_not_enough() -> None:
    kind, good = cases(right=(10, 0), case=(0, 6))
    own = traces(good, np.zeros(16, dtype=bool))
    target = quality_target(own, replace(SETTINGS, min_side=5))
    assert target is not None
    found, tests, held = mine_mistakes(
        own, target, {HOLDS: kind == "right", CASE: kind == "case"}, NAMES, "w", SETTINGS
    )
    assert found == []
    assert len(tests) == 1
    assert held.shape == (16, 0)


def test_fishers_exact_test_of_the_lady_tasting_tea() -> None:
    assert fisher((3.0, 1.0), (4.0, 4.0)) == pytest.approx(34 / 70)
    assert fisher((4.0, 0.0), (4.0, 4.0)) == pytest.approx(2 / 70)
    assert fisher((0.0, 0.0), (4.0, 4.0)) == 1.0


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_fishers_p_is_one_of_a_fair_pair(one: int, two: int, data: st.DataObject) -> None:
    good = data.draw(st.integers(0, one)), data.draw(st.integers(0, two))
    p = fisher((float(good[0]), float(good[1])), (float(one), float(two)))
    assert 0 < p <= 1
    assert p == pytest.approx(fisher((float(good[1]), float(good[0])), (float(two), float(one))))
