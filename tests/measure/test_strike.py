"""Strikes: what is lost, when it is felt, and what can be foretold of people whose work was not measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guildbook.measure.engine import Engine
from guildbook.measure.model import Shape
from guildbook.measure.strike import Paths, among, forecast, losses_of, paths, targeted
from guildbook.measure.work import Split, Work, work
from guildbook.measure.writing import written

Maker = Callable[..., Work]


@pytest.fixture(scope="module")
def engine(random_work: Maker) -> Engine:
    """Twelve people who share cases."""
    return Engine.of(Split.drawn(random_work(1, 400, 12), 0.3, 1), shape=Shape(3))


@pytest.fixture(scope="module")
def apart() -> Engine:
    """Ten people of whom each alone knows a task, and one who knows two."""
    listed = [
        (f"task {number % 11}", [(f"{letter}{number % 11}", f"worker {min(number % 11, 9)}", number * 100 + place)
                                 for place, letter in enumerate("abcd")])
        for number in range(440)
    ]  # fmt: skip
    return Engine.of(Split.newest(work(listed, own=1_000_000), 0.25), shape=Shape(3))


def test_each_point_is_the_loss_of_the_model_without_them(engine: Engine) -> None:
    found = paths(engine, engine.train.present, metric="accuracy", shares=(0.25, 1.0), draws=5, seed=3)
    rng = np.random.Generator(np.random.Philox(3))
    order = rng.permutation(np.flatnonzero(engine.train.present))
    left = engine.everybody()
    left[order[:3]] = False
    lost = engine.accuracy(engine.total).value - engine.accuracy(engine.model(left)).value
    assert found.losses[0, 0] == lost
    assert found.losses[:, 1] == pytest.approx(engine.accuracy(engine.total).value)  # without anybody nothing is known


def test_when_each_alone_knows_a_task_the_loss_is_their_share(apart: Engine) -> None:
    found = paths(apart, apart.train.present, metric="accuracy", shares=(0.5, 1.0), draws=30)
    half, whole = found.points()
    assert whole.loss == 1
    assert 0.4 < half.loss < 0.65
    assert half.low < half.loss < half.high


def test_a_targeted_strike_takes_the_one_who_knows_two_first(apart: Engine) -> None:
    points, order = targeted(apart, apart.train.present, metric="accuracy", shares=(0.1, 0.2))
    assert apart.train.workers[order[0]] == "worker 9"
    assert points[0].loss == pytest.approx(2 / 11, abs=0.02)
    assert points[1].loss == pytest.approx(3 / 11, abs=0.02)


def test_targeted_costs_what_the_best_single_one_does(engine: Engine) -> None:
    points, order = targeted(engine, engine.train.present, metric="accuracy", shares=(1 / 12,))
    losses = []
    for worker in np.flatnonzero(engine.train.present).tolist():
        left = engine.everybody()
        left[worker] = False
        losses.append(engine.accuracy(engine.total).value - engine.accuracy(engine.model(left)).value)
    assert points[0].loss == pytest.approx(max(losses))
    assert len(order) == 1


def test_a_licensee_sees_little_of_what_it_cannot_try(apart: Engine) -> None:
    found = paths(apart, apart.train.present, metric="accuracy", shares=(0.5,), draws=6, subjective=True)
    point = found.points()[0]
    assert point.subjective == pytest.approx(0)  # what is left to it is what it still knows
    assert point.loss > 0.3


def test_a_kept_model_gives_back_what_the_strike_takes(engine: Engine) -> None:
    kept = written(engine.total, engine.train, 4 * len(engine.train), seed=1)
    without = paths(engine, engine.train.present, metric="accuracy", shares=(1.0,), draws=2)
    despite = paths(engine, engine.train.present, metric="accuracy", shares=(1.0,), draws=2, substitute=kept)
    assert despite.losses.mean() < 0.1 * without.losses.mean()


def test_critical_mass_by_hand() -> None:
    found = Paths((0.25, 0.5, 1.0), (1, 2, 4), np.array([[0.0, 0.2, 0.4], [0.1, 0.3, 0.4], [0.2, 0.2, 0.4]]), None)
    middle, low, high = found.critical(0.2) or (0, 0, 0)
    assert (low, middle, high) == pytest.approx((0.25, 0.375, 0.5))
    assert found.critical(0.5) is None
    assert found.critical(0.0) == (0, 0, 0)


def test_the_same_seed_gives_the_same_strikes(engine: Engine) -> None:
    one, same, other = (paths(engine, engine.train.present, shares=(0.5,), draws=4, seed=s).losses for s in (1, 1, 2))
    assert one.tolist() == same.tolist()
    assert one.tolist() != other.tolist()


def test_a_world_of_some_people_never_had_the_others(engine: Engine) -> None:
    some = among(engine, np.array([0, 2, 5]))
    assert set(np.unique(some.train.worker).tolist()) == {0, 2, 5}
    assert some.total.digest() == engine.model(engine.train.mask([engine.train.workers[w] for w in (0, 2, 5)])).digest()


def test_what_is_no_person_never_strikes(engine: Engine) -> None:
    system = np.zeros(len(engine.train.workers), dtype=bool)
    system[4] = True
    assert set(np.unique(among(engine, np.array([0, 2]), system).train.worker).tolist()) == {0, 2, 4}
    left = losses_of(engine, 1.0, 2, 0, "accuracy", system)
    alone = engine.accuracy(engine.total).value - engine.accuracy(engine.model(system)).value
    assert left == pytest.approx([alone, alone])
    told = forecast(engine, 0.5, metric="accuracy", halves=4, draws=4, system=system)
    assert told.low < told.loss < told.high


def test_forecasts_hold_nine_times_in_ten(random_work: Maker) -> None:
    """People alike, so that halves tell of each other: the interval must hold, and be no wider than it need be."""
    held = 0
    wide = []
    for seed in range(20):
        whole = Engine.of(Split.drawn(random_work(seed, 300, 16, shared=False), 0.4, seed), shape=Shape(2))
        order = np.random.default_rng(seed).permutation(16)
        told = forecast(among(whole, order[:8]), 0.5, metric="accuracy", halves=20, draws=8, seed=seed)
        lost = losses_of(among(whole, order[8:]), 0.5, 1, seed, "accuracy")[0]
        held += told.low <= lost <= told.high
        wide.append(told.high - told.low)
    assert held >= 15
    assert np.median(wide) < 0.4
