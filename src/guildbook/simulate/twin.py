"""The mean-field twin: the same world without chance, as masses of people in cells.

`cells` says what a month does to them. Bias is drawn afresh at each look: that who is thought badly of is sooner gone
is left out. As populations grow the agents come to the twin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from guildbook.simulate import kernel as k
from guildbook.simulate.cells import BINS, chances, moved, worked
from guildbook.simulate.economy import IDLE, VACANT, Economy
from guildbook.simulate.model import Month, common, shared_by_occupation
from guildbook.simulate.occupations import Floats, Occupations
from guildbook.simulate.operators import Operator
from guildbook.simulate.parameters import Parameters

SKILLS: Final = 5
_PEERS: Final = 5
_DRAWN: Final = 64
"""Points of the uniform distribution of expertise at the start."""


class Twin:
    """A world of `workers` people (any mass), ready for its first month."""

    def __init__(
        self, occupations: Occupations, parameters: Parameters, workers: float = 1.0,
        operators: Sequence[Operator] = (),
    ) -> None:  # fmt: skip
        self.occupations, self.parameters = occupations, parameters
        self.step = 0
        force = occupations.jobs / occupations.jobs.sum() * workers
        self.skills = _skills(parameters.skill)
        shape = (len(occupations), len(self.skills), BINS)
        heads = _start(parameters)
        share = np.bincount(_bin(heads), minlength=BINS) / len(heads)
        middle = np.bincount(_bin(heads), weights=heads, minlength=BINS) / np.maximum(share * len(heads), 1e-300)
        mass = np.broadcast_to(force[:, None, None] * share / len(self.skills), shape)
        self.working = mass * (1 - IDLE)
        self.seeking = mass * IDLE
        self.working_known, self.seeking_known = self.working * middle, self.seeking * middle
        held = self.working.sum(axis=(1, 2))
        self.economy = Economy(occupations, parameters, held, force, operators)
        self.vacancies: Floats = VACANT * held / (1 - VACANT)

    def month(self) -> Month:
        """Let a month pass."""
        p, e = self.parameters, self.economy
        found = e.fallbacks()
        shared = shared_by_occupation(e, found, e.leaving(self.vacancies)).astype(np.float64)
        all_share = common(p).astype(np.float64)
        self.working, self.working_known, lost, lost_known, sums = worked(
            self.working, self.working_known, self.skills, shared, all_share, _spread(p), float(p.every)
        )
        opened = e.opening(self.vacancies)
        sums[:, k.SEEKING] = self.seeking.sum(axis=(1, 2))
        chance, hired, movers, self.vacancies = chances(
            sums[:, k.SEEKING], self.vacancies, self.occupations.starts, self.occupations.targets,
            self.occupations.weights, p.pace,
        )  # fmt: skip
        self.seeking, self.seeking_known = moved(
            self.working, self.working_known, self.seeking, self.seeking_known, lost, lost_known, chance,
            self.occupations.starts, self.occupations.targets, p.keeps_within, p.keeps_across, p.forgetting,
        )  # fmt: skip
        self.vacancies = self.vacancies + opened + sums[:, k.TO_DOMESTIC]
        earned = e.turn(sums, hired, found)
        self.step += 1
        return Month(sums, hired, movers, self.vacancies, found, earned)


def _skills(spread: float) -> Floats:
    """Equally likely skills of a lognormal distribution with mean 1, by the middles of its quantiles."""
    if spread == 0:
        return np.ones(1)
    found = np.exp(spread * ndtri((np.arange(SKILLS) + 0.5) / SKILLS))
    return found / found.mean()


def _start(p: Parameters) -> Floats:
    middle = (np.arange(_DRAWN) + 0.5) / _DRAWN
    return np.clip(p.start + p.spread * (2 * middle - 1), 0, 1)


def _spread(p: Parameters) -> float:
    """Standard deviation of what a look adds to a worker's output, log points."""
    peers = 1 - p.client - p.boss
    looks = p.noise**2 * (p.client**2 + p.boss**2 + peers**2)
    return float(np.sqrt(looks + p.bias**2 * (p.boss**2 + peers**2 / _PEERS)))


def _bin(head: Floats) -> NDArray[np.int64]:
    return np.minimum((head * BINS).astype(np.int64), BINS - 1)
