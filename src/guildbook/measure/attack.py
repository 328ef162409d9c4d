"""The re-training attack: what a bounded model does alone once its gate is gone and it has seen a few public cases.

Whoever holds the counts (the weights) of a model can add cases of their own, as often as they like. Cases anybody
could get are drawn from a part that is neither trained on nor tried on. *Random* takes them as they come; *best of*
tries several draws and weights on public cases it has not taken and keeps the one that does most alone there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import sqrt
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Estimate, Measured
from guildbook.measure.model import Table
from guildbook.measure.shares import share_of
from guildbook.measure.trial import Trial
from guildbook.measure.work import Split, Work, joined

SIZES: Final = (0, 10, 30, 100)
DRAWS: Final = 5
WEIGHTS: Final = (1, 10)
"""How often the attacker counts each public case."""
PUBLIC: Final = 0.1
"""Share of what is not held back that is public."""
MOST_CHECKED: Final = 500
"""Public cases on which the attacker compares choices."""


@dataclass(frozen=True, eq=False)
class Thirds:
    """Work to train on, work anybody could get, and work to be tried on."""

    train: Work
    public: Work
    test: Work

    @classmethod
    def of(cls, split: Split, seed: int, share: float = PUBLIC) -> Self:
        """Public cases are drawn by the seed from the part to train on, and are trained on no more."""
        size = len(split.train)
        order = np.random.Generator(np.random.Philox(seed)).permutation(size)
        public = np.zeros(size, dtype=bool)
        public[order[: round(share * size)]] = True
        return cls(split.train.pick(~public), split.train.pick(public), split.test)


@dataclass(frozen=True, slots=True)
class Point:
    """S after re-training on m public cases."""

    cases: int
    random: Estimate
    best: Estimate
    weight: int
    """How often the best choice counts each case."""


def curve(
    engine: Engine,
    public: Work,
    sizes: Sequence[int] = SIZES,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> Iterator[Point]:
    """S_weights for each number of public cases there are enough of; the gate is removed.

    The interval is over held-back episodes and, for random choice, over draws.
    """
    policy = replace(engine.policy, gated=frozenset())
    wanted = [m for m in sizes if m <= len(public)]
    for number, cases in enumerate(wanted):
        if cases == 0:
            bare = share_of(engine.trial.substitution(engine.total, policy).measured)
            yield Point(0, bare, bare, 1)
        else:
            chosen = [_drawn(len(public), cases, seed, cases, draw) for draw in range(draws)]
            found = [engine.trial.substitution(_taught(engine, public.pick(c), 1), policy).measured for c in chosen]
            best, weight = _best(engine, public, chosen)
            held = share_of(engine.trial.substitution(_taught(engine, public.pick(best), weight), policy).measured)
            yield Point(cases, _over_draws(found), held, weight)
        progress((number + 1) / len(wanted))


def _drawn(size: int, cases: int, *seed: int) -> NDArray[np.int64]:
    rng = np.random.Generator(np.random.Philox(key=int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])))
    return np.sort(rng.permutation(size)[:cases]).astype(np.int64)


def _taught(engine: Engine, part: Work, weight: int) -> Table:
    table = engine.total.copy()
    for _ in range(weight):
        table.add(part)
    return table


def _best(engine: Engine, public: Work, chosen: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], int]:
    """The draw and weight that do most alone on public cases in none of the draws (or, for want of them, on all)."""
    policy = replace(engine.policy, gated=frozenset())
    used = np.unique(np.concatenate(chosen))
    left = np.setdiff1d(np.arange(len(public)), used)[:MOST_CHECKED]
    check = public.pick(left if len(left) else np.arange(len(public))[:MOST_CHECKED])
    trial = Trial(check, joined(engine.train, check), engine.shape)
    tried = [
        (trial.substitution(_taught(engine, public.pick(chosen[draw]), weight), policy).measured.value, -weight, -draw)
        for draw, weight in product(range(len(chosen)), WEIGHTS)
    ]
    _, weight, draw = max(tried)
    return chosen[-draw], -weight


def _over_draws(found: Sequence[Measured]) -> Estimate:
    """The mean over draws; what draws differ by is added to what episodes differ by."""
    each = [share_of(one) for one in found]
    values = np.array([one.value for one in each])
    mean = float(values.mean())
    spread = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    low = mean - sqrt(max((one.value - one.low) ** 2 for one in each) + 3.84 * spread)
    high = mean + sqrt(max((one.high - one.value) ** 2 for one in each) + 3.84 * spread)
    error = sqrt(max(one.error for one in each) ** 2 + spread)
    return Estimate(mean, max(0.0, low), min(1.0, high), error, each[0].n)
