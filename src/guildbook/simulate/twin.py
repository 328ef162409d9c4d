"""The mean-field twin: the same world without chance, as masses of people in cells.

A cell holds those of one occupation and one quantile of skill whose expertise lies in one bin, as a mass and its mean
expertise; what moves moves as a lump with its mean, so that nothing is smeared over the bins. Bias is drawn afresh at
each look: that who is thought badly of is sooner gone is left out. As populations grow the agents come to the twin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtri

from guildbook.simulate import kernel as k
from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.economy import IDLE, VACANT, Economy
from guildbook.simulate.formulas import learnt, nash_wage, output
from guildbook.simulate.model import Month, common, shared_by_occupation
from guildbook.simulate.occupations import Floats, Occupations
from guildbook.simulate.operators import Operator
from guildbook.simulate.parameters import Parameters

SKILLS: Final = 5
BINS: Final = 24
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
        self.head = np.broadcast_to(middle, shape).copy()
        self.head_seeking = self.head.copy()
        held = self.working.sum(axis=(1, 2))
        self.economy = Economy(occupations, parameters, held, force, operators)
        self.vacancies: Floats = VACANT * held / (1 - VACANT)

    def month(self) -> Month:
        """Let a month pass."""
        p, e = self.parameters, self.economy
        found = e.fallbacks()
        shared = shared_by_occupation(e, found, e.leaving(self.vacancies)).astype(np.float64)
        all_share = common(p).astype(np.float64)
        stayed, head, lost, head_lost, sums = _worked(
            self.working, self.head, self.skills, shared, all_share, _spread(p), float(p.every)
        )
        opened = e.opening(self.vacancies)
        chance, hired, moved, self.vacancies = _matched(
            self.seeking.sum(axis=(1, 2)), self.vacancies, self.occupations.starts, self.occupations.targets,
            self.occupations.weights, p.pace,
        )  # fmt: skip
        sums[:, k.SEEKING] = self.seeking.sum(axis=(1, 2))
        self.working, self.head, self.seeking, self.head_seeking = _moved(
            stayed, head, self.seeking, self.head_seeking * (1 - p.forgetting), lost, head_lost, chance,
            self.occupations.starts, self.occupations.targets, p.keeps_within, p.keeps_across,
        )  # fmt: skip
        self.vacancies = self.vacancies + opened + sums[:, k.TO_DOMESTIC]
        earned = e.turn(sums, hired, found)
        self.step += 1
        return Month(sums, hired, moved, self.vacancies, found, earned)


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


@njit(cache=True, inline="always")
def _below(x: Real) -> Real:
    """The standard normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@njit(cache=True)
def _put(mass: Array, head: Array, job: Whole, skill: Whole, weight: Real, mean: Real) -> None:
    """Add a lump to the bin that its mean lies in."""
    if weight <= 0:
        return
    place = min(int(mean * BINS), BINS - 1)
    held = mass[job, skill, place]
    total = held + weight
    head[job, skill, place] = (held * head[job, skill, place] + weight * mean) / total
    mass[job, skill, place] = total


@njit(cache=True)
def _worked(
    working: Array, head: Array, skills: Array, shared: Array, common: Array, spread: Real, every: Real,
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """Output, wages, contest, separation and learning of those who work; as `kernel.month`, in expectation."""
    stayed, stayed_head = np.zeros_like(working), np.zeros_like(working)
    lost, lost_head = np.zeros_like(working), np.zeros_like(working)
    sums = np.zeros((len(working), k.SUMS))
    beta, phi, psi = common[k.BETA], common[k.PHI], common[k.PSI]
    for job in range(len(working)):
        plain, reserve, fallback = shared[job, k.PLAIN], shared[job, k.RESERVE], shared[job, k.FALLBACK]
        outside, rival = shared[job, k.OUTSIDE], int(shared[job, k.RIVAL])
        least = reserve + fallback - shared[job, k.BEARABLE]
        for skill in range(len(skills)):
            for place in range(BINS):
                mass = working[job, skill, place]
                if mass <= 0:
                    continue
                known = head[job, skill, place]
                made = output(plain, skills[skill], known, outside, phi, psi)
                leaving = shared[job, k.LEAVING]
                taken = 0.0
                if rival != k.NOBODY and least > 0:
                    gap = np.log(least / made)
                    taken = (1.0 if gap > 0 else 0.0) if spread == 0 else _below(gap / spread)
                taken *= (1 - leaving) / every
                stays = mass * (1 - leaving - taken)
                sums[job, k.LEFT] += mass * leaving
                sums[job, k.LEFT + rival] += mass * taken
                sums[job, k.EMPLOYED] += stays
                sums[job, k.WAGES] += stays * nash_wage(made, reserve, fallback, beta)
                sums[job, k.MADE] += stays * made
                sums[job, k.HEADS] += stays * known
                _put(lost, lost_head, job, skill, mass - stays, known)
                knows = learnt(known, outside, common[k.PACE], common[k.TAUGHT], common[k.CEILING])
                _put(stayed, stayed_head, job, skill, stays, knows)
    return stayed, stayed_head, lost, lost_head, sums


@njit(cache=True)
def _matched(
    seeking: Array, vacancies: Array, starts: Array, targets: Array, weights: Array, pace: Real,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Chances (edges,) that who seeks is hired along an edge; hires and movers (O,); vacancies left (O,)."""
    count = len(vacancies)
    open_now = pace * vacancies
    applied = np.zeros(count)
    chance = np.zeros(len(weights))
    for row in range(count):
        total = 0.0
        for edge in range(starts[row], starts[row + 1]):
            total += weights[edge] * open_now[targets[edge]]
        if total <= 0:
            continue
        for edge in range(starts[row], starts[row + 1]):
            chance[edge] = pace * weights[edge] * open_now[targets[edge]] / total
            applied[targets[edge]] += chance[edge] * seeking[row]
    hired, moved = np.zeros(count), np.zeros(count)
    for job in range(count):
        if applied[job] > 0:
            hired[job] = open_now[job] * -np.expm1(-applied[job] / open_now[job])
    for row in range(count):
        for edge in range(starts[row], starts[row + 1]):
            target = targets[edge]
            if applied[target] > 0:
                chance[edge] *= hired[target] / applied[target]
                if target != row:
                    moved[target] += chance[edge] * seeking[row]
    return chance, hired, moved, vacancies - hired


@njit(cache=True)
def _moved(
    working: Array, head: Array, seeking: Array, head_seeking: Array, lost: Array, head_lost: Array, chance: Array,
    starts: Array, targets: Array, within: Real, across: Real,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Who is hired begins to work, who lost a job seeks from next month on."""
    left, left_head = np.zeros_like(seeking), np.zeros_like(seeking)
    for row in range(len(seeking)):
        gone = 0.0
        for edge in range(starts[row], starts[row + 1]):
            gone += chance[edge]
        for skill in range(seeking.shape[1]):
            for place in range(BINS):
                mass, known = seeking[row, skill, place], head_seeking[row, skill, place]
                if mass > 0:
                    for edge in range(starts[row], starts[row + 1]):
                        if chance[edge] > 0:
                            keeps = within if targets[edge] == row else across
                            _put(working, head, targets[edge], skill, mass * chance[edge], known * keeps)
                    _put(left, left_head, row, skill, mass * (1 - gone), known)
                _put(left, left_head, row, skill, lost[row, skill, place], head_lost[row, skill, place])
    return working, head, left, left_head
