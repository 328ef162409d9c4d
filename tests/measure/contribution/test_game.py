"""The game is what the engine's models show, for any coalition and in any order of joining."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.contribution.game import MOST_CELLS, WORTHS, Game, Worth
from guildbook.measure.contribution.kernels import toggle
from guildbook.measure.engine import Engine
from guildbook.measure.model import Shape
from guildbook.measure.work import Work, work
from guildbook.model.errors import InputError

Play = Callable[..., tuple[Engine, Game]]
ByModel = Callable[[Engine, Worth, np.ndarray], float]
Maker = Callable[..., Work]

SHAPES = (Shape(1, 1), Shape(3, 1), Shape(5, 2), Shape(2, 4))


@given(
    seed=st.integers(0, 1000),
    metric=st.sampled_from(WORTHS),
    shape=st.sampled_from(SHAPES),
    shared=st.booleans(),
    joining=st.lists(st.integers(0, 5), min_size=1, max_size=12),
)
def test_whoever_comes_and_goes_the_worth_is_that_of_the_model(
    random_work: Maker,
    play: Play,
    by_model: ByModel,
    *,
    seed: int,
    metric: Worth,
    shape: Shape,
    shared: bool,
    joining: list[int],
) -> None:
    engine, game = play(random_work(seed, traces=40, workers=6, shared=shared), metric, shape)
    hall, units = game.hall(), 0
    for worker in joining:
        if worker < len(game.workers):
            units += int(toggle(game.board, hall, worker))
            inside = hall.inside.copy()
            assert units / game.scale == pytest.approx(by_model(engine, metric, inside), abs=1e-12)
    assert game.value(hall.inside) == units / game.scale


@pytest.mark.parametrize(("shared", "metric"), list(product((False, True), WORTHS)))
def test_all_coalitions_of_five(
    random_work: Maker,
    play: Play,
    by_model: ByModel,
    *,
    shared: bool,
    metric: Worth,
) -> None:
    engine, game = play(random_work(7, traces=60, workers=5, shared=shared), metric)
    for bits in product((False, True), repeat=5):
        coalition = np.array(bits)
        assert game.value(coalition) == pytest.approx(by_model(engine, metric, coalition), abs=1e-12)


def test_nobody_is_worth_nothing_and_the_whole_is_everybody(random_work: Maker, play: Play) -> None:
    engine, game = play(random_work(3))
    assert game.value(np.zeros(5, dtype=bool)) == 0.0
    assert game.whole / game.scale == engine.accuracy(engine.total).value


def test_work_of_one_trace_is_a_game(play: Play) -> None:
    engine, game = play(work([("t", [("a", "w", 0), ("b", "w", 1)]), ("t", [("a", "w", 2), ("b", "w", 3)])]))
    assert game.whole / game.scale == engine.accuracy(engine.total).value


def test_too_large_a_game_says_so(random_work: Maker, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _ = play(random_work(3))
    monkeypatch.setattr("guildbook.measure.contribution.game.MOST_CELLS", 10)
    assert MOST_CELLS > 10
    with pytest.raises(InputError, match="too many for this measure"):
        Game.of(engine)
