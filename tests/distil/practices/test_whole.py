from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.alike import shown
from guildbook.distil.practices import MiningSettings, mine
from guildbook.distil.practices.traces import TaskTraces, by_task
from guildbook.distil.practices.whole import HALF, TOGETHER, gathered, ways
from guildbook.distil.segment.naming import Name
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind, Practice

Make = Callable[..., Sums]
SETTINGS = MiningSettings(min_side=8)
ROUTINE = shown(Name("work in office", "settle claims", (1, 2, 3)))
WELL = ("mail: copy number", "office: search", "office: check figures")
CLUMSY = ("office: next page", "sheet: type sum")
"""Steps of two ways, with others between."""
BOTH = ("mail: open", "office: policies", "office: new claim", "sheet: type items", "office: total", "office: settle")


def steps(*, good: bool) -> list[str]:
    one, two, three = WELL
    page, total = CLUMSY
    if good:
        return [BOTH[0], one, BOTH[1], two, *BOTH[2:5], three, BOTH[5]]
    return [*BOTH[:2], page, BOTH[2], total, *BOTH[3:]]


@pytest.fixture(scope="module")
def day(request: pytest.FixtureRequest) -> Callable[..., Sums]:
    """Sums of some claims by two workers, each of whom does most of them in one way."""
    make: Make = request.getfixturevalue("sums_of")
    trace = request.getfixturevalue("claims")(0, 1)[0].__class__

    def made(
        seed: int, effect: float, *, count: int = 24, lost: float = 0.0, task: str = ROUTINE, own: float = 0.7
    ) -> Sums:
        rng = np.random.default_rng(seed)
        traces: list[Any] = []
        for n in range(count):
            who = n % 2
            good = bool(rng.random() < (own if who else 1 - own))
            done = [step for step in steps(good=good) if step in BOTH or rng.random() >= lost]
            seconds = 5 * float(np.exp(-effect * good + rng.normal(0, 0.25)))
            traces.append(trace(done, active=seconds, lead=seconds, workers=(("bo", "ada")[who],), task=task))
        return make(traces)

    return made


def told(sums: Sums) -> list[Practice]:
    return [p for p in mine(sums, SETTINGS) if p.kind is Kind.WORKFLOW]


@pytest.mark.parametrize("seed", range(4))
def test_one_way_instead_of_another_is_one_practice(day: Callable[..., Sums], seed: int) -> None:
    found = told(day(seed, 0.9))
    assert [(p.do, p.instead_of) for p in found] == [(WELL, CLUMSY)]
    (practice,) = found
    assert practice.when.activity == "office: settle"
    assert practice.effect.metric == "duration"
    assert practice.effect.n == 24
    assert practice.effect.low < practice.effect.difference < practice.effect.high < 0
    assert practice.effect.p < 0.05


def test_a_lost_event_here_and_there_leaves_a_way_whole(day: Callable[..., Sums]) -> None:
    for seed in range(4):
        (practice,) = told(day(seed, 1.0, count=60, lost=0.03))
        assert (practice.do, practice.instead_of) == (WELL, CLUMSY)


def test_two_ways_that_take_as_long_are_no_practice(day: Callable[..., Sums]) -> None:
    assert sum(bool(told(day(seed, 0.0))) for seed in range(60)) <= 1


def test_the_slower_way_is_not_told(day: Callable[..., Sums]) -> None:
    (practice,) = told(day(1, -0.9))
    assert (practice.do, practice.instead_of) == (CLUMSY, WELL)


def test_who_does_it_is_not_taken_for_the_way(day: Callable[..., Sums]) -> None:
    """Each keeps to one way: then nothing tells the quick way from the quick person."""
    assert not told(day(1, 0.9, own=1.0))


def test_where_cases_are_known_ways_that_part_are_no_advice(day: Callable[..., Sums]) -> None:
    """A case that is refused is short; only performances found in raw interaction have one aim as they are."""
    assert not told(day(1, 0.9, task="claim"))


def test_what_is_short_since_most_is_left_out_is_no_way(sums_of: Make, claims: Callable[..., list[Any]]) -> None:
    trace = claims(0, 1)[0].__class__
    rng = np.random.default_rng(1)
    made: list[Any] = []
    for n in range(40):
        refused = n % 4 < 2
        done = ["open", "refuse", "write refusal", "close"]
        done = done if refused else ["open", "assess", "ask", "reckon", "decide", "pay", "close"]
        seconds = float(np.exp(rng.normal(0, 0.2) - refused))
        made.append(trace(done, active=5 * seconds, lead=5 * seconds, workers=(("bo", "ada")[n % 2],), task=ROUTINE))
    assert not told(sums_of(made))


def block(sums: Sums) -> TaskTraces:
    return by_task(sums.profiles, SETTINGS)[0]


@given(seed=st.integers(0, 10_000), lost=st.sampled_from([0.0, 0.1, 0.5]))
def test_ways_share_no_column_and_are_done_where_the_other_is_not(
    day: Callable[..., Sums], seed: int, lost: float
) -> None:
    traces = block(day(seed, 0.0, lost=lost))
    present, weights = traces.first >= 0, traces.weights
    listed = [column for pair in ways(traces) for way in pair for column in way]
    assert len(listed) == len(set(listed))
    for one, two in ways(traces):
        assert len(one) > 1 or len(two) > 1
        seed_done = present[:, min(one)]
        for column, flags in [*((c, seed_done) for c in one), *((c, ~seed_done) for c in two)]:
            own = present[:, column]
            assert weights @ (own & flags) >= TOGETHER * (weights @ (own | flags))


@given(seed=st.integers(0, 10_000), lost=st.sampled_from([0.0, 0.1]))
def test_gathering_keeps_every_step_once_and_what_is_no_way_as_it_is(
    day: Callable[..., Sums], seed: int, lost: float
) -> None:
    traces = block(day(seed, 0.0, lost=lost))
    found = gathered(traces)
    every = [step for column in range(len(found.activities)) for step in found.steps(column)]
    assert sorted(every) == sorted(int(a) for a in traces.activities)
    assert {found.opposites[two] for two in found.opposites} == set(found.opposites)
    for column, size in enumerate(found.sizes.tolist()):
        own = [traces.activities.tolist().index(step) for step in found.steps(column)]
        if size == 1:
            assert (found.first[:, column] == traces.first[:, own[0]]).all()
            continue
        went = (traces.first[:, own] >= 0).mean(axis=1) >= HALF
        assert ((found.first[:, column] >= 0) == went).all()
        assert (found.first[went, column] == traces.first[went][:, own].max(axis=1)).all()


def test_steps_kept_alone_are_in_no_way(day: Callable[..., Sums]) -> None:
    traces = block(day(1, 0.0))
    every = frozenset(range(len(traces.activities)))
    assert gathered(traces, every) is traces
