"""Shapley and Banzhaf values: the axioms, brute force, and drawing that finds the exact values within its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.measure.contribution import values
from guildbook.measure.contribution.game import WORTHS, Game, Worth
from guildbook.measure.contribution.values import Draw, banzhaf_of, contribution, enumerated, shapley_of, worth_of
from guildbook.measure.engine import Engine, joined
from guildbook.measure.model import Shape
from guildbook.measure.work import Split, Work

Play = Callable[..., tuple[Engine, Game]]
ByModel = Callable[[Engine, Worth, np.ndarray], float]
ByOrders = Callable[[np.ndarray], np.ndarray]
Maker = Callable[..., Work]


def of(found: values.Contribution) -> np.ndarray:
    """The values in the order of the workers."""
    return np.array([one.value for one in found.values])


@given(st.integers(2, 6).flatmap(lambda m: st.lists(st.integers(-50, 50), min_size=2**m, max_size=2**m)))
def test_values_of_a_listed_game_are_those_of_all_orders(by_orders: ByOrders, worth: list[int]) -> None:
    table = np.array([0, *worth[1:]])
    assert shapley_of(table) == pytest.approx(by_orders(table), abs=1e-9)
    assert shapley_of(table).sum() == pytest.approx(table[-1], abs=1e-9)


def test_banzhaf_of_a_majority() -> None:
    worth = np.array([int(c.bit_count() >= 2) for c in range(8)])
    assert banzhaf_of(worth) == pytest.approx([0.5, 0.5, 0.5])
    assert shapley_of(worth) == pytest.approx([1 / 3, 1 / 3, 1 / 3])


@pytest.mark.parametrize("shared", [False, True])
def test_ten_workers_as_by_brute_force(
    random_work: Maker,
    play: Play,
    by_model: ByModel,
    *,
    shared: bool,
) -> None:
    engine, game = play(random_work(5, traces=90, workers=10, shared=shared))
    worth = np.zeros(1 << 10)
    for number in range(1 << 10):
        worth[number] = by_model(engine, "accuracy", (number >> np.arange(10)) & 1 == 1)
    assert np.abs(enumerated(game) / game.scale - worth).max() < 1e-12
    listed: list[tuple[values.Method, np.ndarray]] = [
        ("shapley", shapley_of(worth)), ("banzhaf", banzhaf_of(worth)),
    ]  # fmt: skip
    for method, wanted in listed:
        found = contribution(game, method)
        assert found.exact
        assert np.abs(of(found) - wanted).max() < 1e-9
    lost = worth[-1] - worth[[((1 << 10) - 1) ^ (1 << bit) for bit in range(10)]]
    assert np.abs(of(contribution(game, "leave-one-out")) - lost).max() < 1e-12


@given(seed=st.integers(0, 500), metric=st.sampled_from(WORTHS), shared=st.booleans())
@settings(max_examples=25)
def test_efficiency(
    random_work: Maker,
    play: Play,
    seed: int,
    metric: Worth,
    *,
    shared: bool,
) -> None:
    _, game = play(random_work(seed, shared=shared), metric)
    assert of(contribution(game)).sum() == pytest.approx(game.whole / game.scale, abs=1e-9)


@given(seed=st.integers(0, 500), pairs=st.integers(1, 6), many=st.sampled_from([0, 12]))
@settings(max_examples=20)
def test_what_is_drawn_adds_up_to_the_whole_too(
    random_work: Maker, play: Play, seed: int, pairs: int, many: int
) -> None:
    _, game = play(random_work(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "FEW", many)
        found = contribution(game, "shapley", Draw(pairs, seed=seed))
    assert of(found).sum() == pytest.approx(game.whole / game.scale, abs=1e-9)


def twin(base: Work, of_worker: int, *, as_another: bool) -> Work:
    """The work with every trace of one worker told once more, by another of the same skill or by nobody."""
    workers = (*base.workers, "zz twin")
    base = replace(base, workers=workers)
    theirs = base.pick(np.unique(base.trace[base.worker == of_worker]))
    if as_another:
        theirs = replace(theirs, worker=np.full(theirs.events, len(workers) - 1, np.int32))
    return joined(base, theirs)


@given(seed=st.integers(0, 300), metric=st.sampled_from(WORTHS))
@settings(max_examples=20)
def test_symmetry_and_the_null_player(random_work: Maker, seed: int, metric: Worth) -> None:
    base = random_work(seed, shared=False)
    split = Split.newest(base, 1 / 3)
    if not (split.train.worker == 0).any():
        return
    for another in (True, False):
        train = twin(split.train, 0, as_another=another)
        test = replace(split.test, workers=train.workers)
        game = Game.of(Engine.of(Split(train, test), shape=Shape(3, 1)), metric)
        found = of(contribution(game))
        if another:
            assert found[-1] == pytest.approx(found[0], abs=1e-12)
        else:
            assert found[-1] == 0.0


@given(seed=st.integers(0, 300), times=st.integers(2, 4), shared=st.booleans())
@settings(max_examples=20)
def test_everything_told_several_times_is_worth_the_same(
    random_work: Maker,
    seed: int,
    times: int,
    *,
    shared: bool,
) -> None:
    split = Split.newest(random_work(seed, shared=shared), 1 / 3)
    again = split.train
    for _ in range(times - 1):
        again = joined(again, split.train)
    games = [Game.of(Engine.of(Split(train, split.test), shape=Shape(3, 1))) for train in (split.train, again)]
    once, often = (of(contribution(game)) for game in games)
    assert often == pytest.approx(once, abs=1e-12)


@pytest.mark.parametrize(("shared", "method"), list(product((False, True), ("shapley", "banzhaf"))))
def test_what_is_drawn_is_near_what_is_exact(
    random_work: Maker,
    play: Play,
    monkeypatch: pytest.MonkeyPatch,
    *,
    shared: bool,
    method: values.Method,
) -> None:
    _, game = play(random_work(11, traces=120, workers=9, shared=shared))
    exact = of(contribution(game, method))
    monkeypatch.setattr(values, "FEW", 0)
    found = contribution(game, method, Draw(400, seed=1))
    assert not found.exact
    errors = np.array([one.error for one in found.values])
    assert (errors > 0).all()
    assert (np.abs(of(found) - exact) < 4.5 * errors).all()


def test_drawing_does_not_depend_on_threads_and_depends_on_the_seed(
    random_work: Maker, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, game = play(random_work(2, workers=7))
    monkeypatch.setattr(values, "FEW", 0)
    first = contribution(game, "shapley", Draw(10, seed=4))
    monkeypatch.setattr(values, "THREADS", 1)
    assert contribution(game, "shapley", Draw(10, seed=4)) == first
    assert contribution(game, "shapley", Draw(10, seed=5)) != first


def test_drawing_until_an_error(random_work: Maker, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    _, game = play(random_work(2, workers=7))
    monkeypatch.setattr(values, "FEW", 0)
    told: list[float] = []
    found = contribution(game, "shapley", Draw(until=0.004), told.append)
    assert 0 < found.error <= 0.004
    assert found.pairs % values.ROUND == 0
    assert told[-1] == 1.0
    data = found.to_dict()
    assert [row["value"] for row in data["workers"]] == sorted((one.value for one in found.values), reverse=True)
    assert data["workers"][0]["low"] < data["workers"][0]["value"] < data["workers"][0]["high"]


def test_metrics_that_can_be_played() -> None:
    assert [worth_of(name) for name in WORTHS] == list(WORTHS)
    assert worth_of("substitution") is None
