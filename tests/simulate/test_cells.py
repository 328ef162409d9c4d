"""What a month does to masses in cells, against lumps that are moved one by one."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.simulate import kernel as k
from guildbook.simulate.cells import BINS, chances, moved, worked
from guildbook.simulate.model import common
from guildbook.simulate.parameters import Parameters

SKILLS = np.array([0.9, 1.1])
Cell = tuple[int, int, int]


class Lumps:
    """Masses and what they know by cell, added up lump by lump."""

    def __init__(self) -> None:
        self.mass: defaultdict[Cell, float] = defaultdict(float)
        self.known: defaultdict[Cell, float] = defaultdict(float)

    def put(self, job: int, skill: int, mass: float, mean: float) -> None:
        cell = job, skill, min(int(mean * BINS), BINS - 1)
        self.mass[cell] += mass
        self.known[cell] += mass * mean

    def filled(self, jobs: int) -> tuple[Any, Any]:
        found = np.zeros((2, jobs, len(SKILLS), BINS))
        for place, told in enumerate((self.mass, self.known)):
            for cell, value in told.items():
                found[place, *cell] = value
        return found[0], found[1]


def people(rng: np.random.Generator, jobs: int) -> tuple[Any, Any]:
    """Masses, a third of them nothing, and what they know."""
    mass = rng.random((jobs, len(SKILLS), BINS)) * (rng.random((jobs, len(SKILLS), BINS)) < 0.7)
    return mass, mass * (np.arange(BINS) + rng.uniform(0.1, 0.9, mass.shape)) / BINS


def each(mass: Any, known: Any) -> Any:
    """Every lump: job, skill, bin, mass, mean."""
    for job, skill, place in zip(*np.nonzero(mass), strict=True):
        yield job, skill, place, mass[job, skill, place], known[job, skill, place] / mass[job, skill, place]


def shared_by(rng: np.random.Generator, jobs: int) -> Any:
    shared = np.empty((jobs, k.SHARED))
    shared[:, k.PLAIN] = rng.uniform(60, 140, jobs)
    shared[:, k.RESERVE] = rng.uniform(20, 60, jobs)
    shared[:, k.FALLBACK] = rng.uniform(-80, 120, jobs)
    shared[:, k.OUTSIDE] = rng.random(jobs)
    shared[:, k.BEARABLE] = rng.uniform(0, 10, jobs)
    shared[:, k.LEAVING] = rng.uniform(0, 0.1, jobs)
    shared[:, k.RIVAL] = rng.integers(0, 4, jobs)
    return shared


@settings(max_examples=40)
@given(
    jobs=st.integers(1, 6), seed=st.integers(0, 1 << 31), spread=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    every=st.integers(1, 24), psi=st.floats(0, 3),
)  # fmt: skip
def test_a_month_at_work_is_what_becomes_of_each_lump(
    jobs: int, seed: int, spread: float, every: int, psi: float
) -> None:
    rng = np.random.default_rng(seed)
    p = Parameters(psi=psi)
    mass, known = people(rng, jobs)
    shared, all_share = shared_by(rng, jobs), common(p).astype(float)
    found = worked(mass, known, SKILLS, shared, all_share, spread, float(every))
    stay, go, sums = Lumps(), Lumps(), np.zeros((jobs, k.SUMS))
    for job, skill, _, weight, mean in each(mass, known):
        plain, reserve, fallback, outside, bearable, leaving, rival = shared[job]
        made = plain * SKILLS[skill] * (1 + all_share[k.PHI] * max(outside, mean) + all_share[k.PSI] * mean * outside)
        worst = reserve + fallback - bearable
        taken = 0.0
        if rival and worst > 0:
            gap = math.log(worst / made)
            taken = float(gap > 0) if spread == 0 else 0.5 * math.erfc(-gap / spread / math.sqrt(2))
        taken *= (1 - leaving) / every
        stays = weight * (1 - leaving - taken)
        paid = reserve + all_share[k.BETA] * max(made - reserve - fallback, 0)
        sums[job, : k.LEFT + 1] += [stays, stays * paid, stays * made, stays * mean, weight * leaving]
        sums[job, k.LEFT + int(rival)] += weight * taken
        left = all_share[k.CEILING] - mean
        rate = min(all_share[k.PACE] * (1 + all_share[k.TAUGHT] * outside), 1)
        stay.put(job, skill, stays, mean + max(rate * left, 0))
        go.put(job, skill, weight - stays, mean)
    for got, wanted in zip(found, (*stay.filled(jobs), *go.filled(jobs), sums), strict=True):
        assert got == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert found[0].sum() + found[2].sum() == pytest.approx(mass.sum())


@settings(max_examples=40)
@given(
    jobs=st.integers(1, 6), seed=st.integers(0, 1 << 31), within=st.floats(0, 1), across=st.floats(0, 1),
    forgetting=st.floats(0, 1), pace=st.floats(0.01, 1),
)  # fmt: skip
def test_who_is_hired_moves_lump_by_lump(
    jobs: int, seed: int, within: float, across: float, forgetting: float, pace: float
) -> None:
    rng = np.random.default_rng(seed)
    at_work, seek, lost = people(rng, jobs), people(rng, jobs), people(rng, jobs)
    starts = np.arange(jobs + 1) * jobs
    targets = np.tile(np.arange(jobs), jobs)
    weights = rng.random(jobs * jobs) * (rng.random(jobs * jobs) < 0.7)
    vacancies = rng.uniform(0, 30, jobs) * (rng.random(jobs) < 0.8)
    seeking = seek[0].sum(axis=(1, 2))
    chance, hired, movers, left = chances(seeking, vacancies, starts, targets, weights, pace)
    assert hired.sum() == pytest.approx((chance * np.repeat(seeking, jobs)).sum())
    assert (hired <= pace * vacancies + 1e-12).all()
    assert (movers <= hired + 1e-12).all()
    assert left == pytest.approx(vacancies - hired)
    work, still = Lumps(), Lumps()
    for job, skill, place, weight, mean in each(*at_work):
        work.put(job, skill, weight, (place + 0.5) / BINS)
        work.known[job, skill, place] += weight * (mean - (place + 0.5) / BINS)
    for job, skill, _, weight, mean in each(*seek):
        knows = mean * (1 - forgetting)
        for target in range(jobs):
            work.put(target, skill, weight * chance[job * jobs + target], knows * (within if target == job else across))
        still.put(job, skill, weight * (1 - chance[job * jobs : (job + 1) * jobs].sum()), knows)
    for job, skill, _, weight, mean in each(*lost):
        still.put(job, skill, weight, mean)
    found = moved(*at_work, *seek, *lost, chance, starts, targets, within, across, forgetting)
    for got, wanted in zip((*at_work, *found), (*work.filled(jobs), *still.filled(jobs)), strict=True):
        assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    assert at_work[0].sum() == pytest.approx(sum(work.mass.values()))
