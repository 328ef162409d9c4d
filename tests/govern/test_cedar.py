"""Cedar's engine, given the same world, answers alike."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("cedarpy")

from cedar_gate import Cedar
from game_gate import CLASSES, LICENSEES, PURPOSES, USES, WORKERS, cheap_signatures
from model_gate import DAY
from plays_gate import ask, play

from guildbook.govern.policy import decide
from guildbook.model.decision import Request


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_cedar_answers_alike(first: int) -> None:
    allowed = refused = 0
    with cheap_signatures():
        for seed in range(first, first + 50):
            game = play(seed)
            dice, cedar = random.Random(seed), Cedar(game.world)
            for _ in range(30):
                meant = ask(game)
                if dice.random() < 0.3:
                    meant = Request("", "", dice.choice(PURPOSES), 0, dice.choice(["", *LICENSEES]), dice.choice(USES))
                asked = Request(
                    dice.choice(WORKERS), dice.choice(CLASSES[:2] * 3 + CLASSES[2:]), meant.purpose,
                    game.time + dice.choice([0, 0, 50 * DAY]), meant.recipient, meant.use,
                    dice.choice(["", "2026-01", "2026-02", "2026-03", "2026-04"]),
                    dice.choice([None, (), ("coach", "train-augment")]),
                )  # fmt: skip
                found = decide(game.world, asked)
                assert cedar.allows(asked) == found.allow, (seed, asked, found)
                allowed += found.allow
                refused += not found.allow
    assert allowed > 50
    assert refused > 50
