"""Mechanisms that choose nothing: fewer traces, fewer workers, other labels.

Each yields (level, what is made of it, what there is to tell). Draws are nested by level and paired by seed: who
consents at 20 % consents at 30 %, and a step that was replaced at 10 % is replaced at 20 % by the same act.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.frontier.looking import Made
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.weighing import weighed
from guildbook.measure.model import Table
from guildbook.measure.work import Work

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

CAPS: Final = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
CONSENT: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
REPLACED: Final = (1.0, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.2, 0.1, 0.0)


@dataclass(frozen=True, eq=False)
class Level:
    """One setting of a mechanism, as a mixture of models (shares sum to 1)."""

    level: float
    mixture: tuple[tuple[float, Made], ...]
    told: dict[str, Any]


def _one(level: float, table: Table, **told: Any) -> Level:
    return Level(level, ((1.0, Made(table)),), told)


def caps(parts: Parts) -> Iterator[Level]:
    """A share of the traces, drawn."""
    train = parts.train
    order = _draw(parts, 2).permutation(len(train))
    for share in CAPS:
        many = max(int(share > 0), round(share * len(train)))
        yield _one(share, Table.of(train.pick(np.sort(order[:many])), parts.shape), traces=many)


def consent(parts: Parts, *, targeted: bool) -> Iterator[Level]:
    """A share of the workers consents: drawn or, targeted, those with the most events refuse first."""
    train = parts.train
    present = np.flatnonzero(train.present)
    if targeted:
        events = np.bincount(train.worker, minlength=len(train.workers))[present]
        order = present[np.lexsort((present, events))]
    else:
        order = present[_draw(parts, 3).permutation(len(present))]
    for share in CONSENT:
        mask = np.zeros(len(train.workers), dtype=bool)
        mask[order[: round(share * len(order))]] = True
        yield _one(share, Table.of(train.of(mask), parts.shape), workers=int(mask.sum()))


def randomise(parts: Parts) -> Iterator[Level]:
    """Each event says with this chance another act, drawn uniformly from all: k-ary randomised response.

    (Warner, *JASA* 60, 1965; Kairouz, Bonawitz and Ramage, *ICML* 2016.) `epsilon` is the local differential privacy
    of one event's act among V acts that are in use: ln(1 + V (1 − p) / p).
    """
    train = parts.train
    used = np.unique(train.act)
    rng = _draw(parts, 4)
    chance, other = rng.random(train.events), used[rng.integers(0, max(len(used), 1), train.events)]
    for share in REPLACED:
        act = np.where(chance < share, other, train.act).astype(np.int32)
        told = _epsilon(share, np.full(max(len(used), 1), 1 / max(len(used), 1)))
        yield _one(share, Table.of(_saying(train, act), parts.shape), epsilon=told)


def relabel(parts: Parts) -> Iterator[Level]:
    """What follows is replaced with this chance by a draw from how often each act is done; histories stay true.

    `epsilon` is that of the label alone, at the rarest act.
    """
    train = parts.train
    rng = _draw(parts, 5)
    chance, other = rng.random(train.events), train.act[rng.integers(0, max(train.events, 1), train.events)]
    marginal = np.bincount(train.act) / max(train.events, 1)
    ones = np.ones(train.events, np.int64)
    ends = np.ones(len(train), np.int64)
    for share in REPLACED:
        said = np.where(chance < share, other, train.act).astype(np.int32)
        yield _one(
            share, weighed(train, parts.shape, ones, said, ends), epsilon=_epsilon(share, marginal[marginal > 0])
        )


def _epsilon(share: float, drawn: Floats) -> float | None:
    """Log of the most that a true act can raise the chance of what is said; None where nothing is replaced."""
    if share <= 0:
        return None
    return float(np.log1p((1 - share) / (share * drawn.min()))) + 0.0


def _saying(work: Work, act: NDArray[np.int32]) -> Work:
    return Work(
        work.offsets, act, work.worker, work.time, work.own, work.agent, work.task, work.outcome,
        work.acts, work.workers, work.tasks, work.keys,
    )  # fmt: skip


def _draw(parts: Parts, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox([parts.seed, number]))
