"""Completing a partial trace: the steps to come, by beam search over the model's own predictions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from guildbook.distil.nextstep.history import History
from guildbook.distil.nextstep.model import NextStep

BEAM: Final = 4
LONGEST: Final = 50
"""Steps after which a completion is given up."""
_TRIED: Final = 4


@dataclass(frozen=True, slots=True)
class Completion:
    """One way the trace may go on."""

    steps: tuple[str, ...]
    ended: bool
    """Whether the case ends after the last of them."""
    probability: float
    """Of all the steps together (and of the end, where it ended)."""


def complete(model: NextStep, history: History, steps: int | None = None, beam: int = BEAM) -> list[Completion]:
    """The likeliest ways on, the likeliest first: of at most `steps` steps, or to the end of the case.

    A beam of 1 takes the likeliest step each time. Who does what comes, and when, is not known and not guessed.
    """
    limit = LONGEST if steps is None else steps
    open_: list[tuple[float, History, tuple[str, ...]]] = [(0.0, history, ())]
    done: list[tuple[float, tuple[str, ...]]] = []
    for _ in range(limit):
        grown: list[tuple[float, History | None, tuple[str, ...]]] = []
        for score, known, added in open_:
            for label, p in model.predict(known)[:_TRIED]:
                if p > 0:
                    reached = score + math.log(p)
                    grown.append((reached, None, added) if not label else (reached, known.then(label), (*added, label)))
        grown.sort(key=lambda one: (-one[0], one[2]))
        done += [(score, added) for score, known, added in grown if known is None]
        done = sorted(done, key=lambda one: (-one[0], one[1]))[:beam]
        worst = done[-1][0] if len(done) == beam else -math.inf
        open_ = [(score, known, added) for score, known, added in grown if known is not None and score > worst][:beam]
        if not open_:
            break
    found = [Completion(added, ended=True, probability=math.exp(score)) for score, added in done]
    if steps is not None or not found:
        found += [Completion(added, ended=False, probability=math.exp(score)) for score, _, added in open_]
    return sorted(found, key=lambda one: (-one.probability, one.steps))[:beam]
