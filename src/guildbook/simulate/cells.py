"""People as masses in cells, for the twin: what a month does to them.

A cell holds those of one occupation and one quantile of skill whose expertise lies in one bin: a mass, and what that
mass knows together (mass times mean expertise). What moves moves as a lump with its mean, so that nothing is smeared
over the bins. Masses and what they know only ever add up, so that those who move along an edge of the network move all
at once, however many cells they come from.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

from guildbook.simulate import kernel as k
from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.formulas import learnt, nash_wage, output

BINS: Final = 24
_CERTAIN: Final = 9.0
"""Standard deviations beyond which chance decides nothing: less than 1e-18 of it lies there."""


@njit(cache=True, inline="always")
def _put(mass: Array, known: Array, skill: Whole, weight: Real, mean: Real) -> None:
    """Add a lump of one occupation to the bin that its mean lies in."""
    place = min(int(mean * BINS), BINS - 1)
    mass[skill, place] += weight
    known[skill, place] += weight * mean


@njit(cache=True, inline="always")
def _taken(least: Real, made: Real, spread: Real, low: Real, high: Real) -> Real:
    """The chance that who makes so much is seen to make less than `least`; `low`, `high`: where it is 0 or 1."""
    ratio = least / made
    if ratio <= low:
        return 0.0
    if ratio > high:
        return 1.0
    return 0.5 * math.erfc(-math.log(ratio) / spread / math.sqrt(2.0))


@njit(cache=True)
def worked(
    working: Array, working_known: Array, skills: Array, shared: Array, common: Array, spread: Real, every: Real,
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """Output, wages, contest, separation and learning of those who work; as `kernel.month`, in expectation.

    Returns who stays and who goes, (O, S, BINS) masses and what they know, and sums (O, kernel.SUMS).
    """
    stayed, stayed_known = np.zeros_like(working), np.zeros_like(working)
    lost, lost_known = np.zeros_like(working), np.zeros_like(working)
    sums = np.zeros((len(working), k.SUMS))
    beta, phi, psi = common[k.BETA], common[k.PHI], common[k.PSI]
    low, high = math.exp(-_CERTAIN * spread), math.exp(_CERTAIN * spread)
    for job in range(len(working)):
        plain, reserve, fallback = shared[job, k.PLAIN], shared[job, k.RESERVE], shared[job, k.FALLBACK]
        outside, leaving, rival = shared[job, k.OUTSIDE], shared[job, k.LEAVING], int(shared[job, k.RIVAL])
        least = reserve + fallback - shared[job, k.BEARABLE]
        contested = rival != k.NOBODY and least > 0
        looked = (1 - leaving) / every
        gone, taken_all, at_work, wages, all_made, heads = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for skill in range(len(skills)):
            for place in range(BINS):
                mass = working[job, skill, place]
                if mass <= 0:
                    continue
                knows = working_known[job, skill, place] / mass
                made = output(plain, skills[skill], knows, outside, phi, psi)
                taken = looked * _taken(least, made, spread, low, high) if contested else 0.0
                stays = mass * (1 - leaving - taken)
                gone += mass * leaving
                taken_all += mass * taken
                at_work += stays
                wages += stays * nash_wage(made, reserve, fallback, beta)
                all_made += stays * made
                heads += stays * knows
                lost[job, skill, place] = mass - stays
                lost_known[job, skill, place] = (mass - stays) * knows
                then = learnt(knows, outside, common[k.PACE], common[k.TAUGHT], common[k.CEILING])
                _put(stayed[job], stayed_known[job], skill, stays, then)
        sums[job, k.LEFT] = gone
        sums[job, k.LEFT + rival] += taken_all
        sums[job, k.EMPLOYED], sums[job, k.WAGES], sums[job, k.MADE], sums[job, k.HEADS] = (
            at_work,
            wages,
            all_made,
            heads,
        )
    return stayed, stayed_known, lost, lost_known, sums


@njit(cache=True)
def chances(
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
def moved(
    working: Array, working_known: Array, seeking: Array, seeking_known: Array, lost: Array, lost_known: Array,
    chance: Array, starts: Array, targets: Array, within: Real, across: Real, forgetting: Real,
) -> tuple[Array, Array]:  # fmt: skip
    """Who is hired begins to work, in place, who lost a job seeks from next month on; returns who seeks then."""
    left, left_known = lost.copy(), lost_known.copy()
    reach = min(int(across * BINS), BINS - 1) + 1  # bins that movers come to
    going = np.empty((2, seeking.shape[1], reach))
    for row in range(len(seeking)):
        stays, here = 1.0, 0.0
        for edge in range(starts[row], starts[row + 1]):
            stays -= chance[edge]
            here += chance[edge] if targets[edge] == row else 0.0
        going[:] = 0.0
        for skill in range(seeking.shape[1]):
            for place in range(BINS):
                mass = seeking[row, skill, place]
                if mass <= 0:
                    continue
                knows = seeking_known[row, skill, place] / mass * (1 - forgetting)
                _put(working[row], working_known[row], skill, mass * here, knows * within)
                _put(left[row], left_known[row], skill, mass * stays, knows)
                bin_of = min(int(knows * across * BINS), reach - 1)
                going[0, skill, bin_of] += mass
                going[1, skill, bin_of] += mass * knows * across
        for edge in range(starts[row], starts[row + 1]):
            target = targets[edge]
            if target != row and chance[edge] > 0:
                for skill in range(seeking.shape[1]):
                    for place in range(reach):
                        working[target, skill, place] += chance[edge] * going[0, skill, place]
                        working_known[target, skill, place] += chance[edge] * going[1, skill, place]
    return left, left_known
