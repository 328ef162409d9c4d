"""Games over small random work, played the slow way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from guildbook.measure.contribution.game import Game, Worth
from guildbook.measure.engine import Engine
from guildbook.measure.model import Shape
from guildbook.measure.trial import Policy
from guildbook.measure.work import Split, Work

Play = Callable[..., tuple[Engine, Game]]
ByModel = Callable[[Engine, Worth, np.ndarray], float]


@pytest.fixture(scope="session")
def play() -> Play:
    """The engine and the game of a work, a third held back."""

    def made(work: Work, metric: Worth = "accuracy", shape: Shape | None = None, shown: int = 3) -> tuple[Engine, Game]:
        engine = Engine.of(Split.newest(work, 1 / 3), Policy(shown=shown), shape or Shape(3, 1))
        return engine, Game.of(engine, metric)

    return made


@pytest.fixture(scope="session")
def by_model() -> ByModel:
    """What the model that a coalition trains shows, learnt and tried anew."""

    def shown(engine: Engine, metric: Worth, coalition: np.ndarray) -> float:
        model = engine.model(coalition)
        if metric == "augmentation":
            return engine.augmentation(model).value
        return engine.trial.accuracy(model, 1 if metric == "accuracy" else engine.policy.shown).value

    return shown


@pytest.fixture(scope="session")
def by_orders() -> Callable[[np.ndarray], np.ndarray]:
    """Shapley values (m,) from the worth of every coalition (2^m,), by going through every order of joining."""

    def values(worth: np.ndarray) -> np.ndarray:
        players = len(worth).bit_length() - 1
        out, orders = np.zeros(players), 0
        for order in permutations(range(players)):
            inside = 0
            for player in order:
                out[player] += worth[inside | (1 << player)] - worth[inside]
                inside |= 1 << player
            orders += 1
        return out / orders

    return values
