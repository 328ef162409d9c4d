"""Matching block by block against one plain loop over those who seek."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit, uint64

from guildbook.simulate.draws import BIAS, PLACE, SEARCH, bits, high_unit, key, low_unit, mixed, normal
from guildbook.simulate.kernel import block_size
from guildbook.simulate.matching import matched


@njit
def plain_matched(
    occupation: Any, employed: Any, head: Any, bias: Any, vacancies: Any, starts: Any, targets: Any, weights: Any,
    seed: int, step: int, pace: float, within: Any, across: Any, spread: Any,
) -> Any:  # fmt: skip
    """What `matching` says it does, one seeker after the other."""
    places, search, thought = key(seed, step, PLACE), key(seed, step, SEARCH), key(seed, step, BIAS)
    wanted = pace * vacancies
    deciding = wanted.astype(np.int64)
    for job in range(len(vacancies)):
        rest = wanted[job] - deciding[job]
        deciding[job] = min(deciding[job] + (low_unit(bits(places, job)) < rest), vacancies[job])
    best, lot = [np.full(most, -1) for most in deciding], [np.empty(most, np.uint64) for most in deciding]
    for worker in range(len(occupation)):
        drawn = bits(search, worker)
        if employed[worker] or low_unit(drawn) >= pace:
            continue
        row = occupation[worker]
        edges = np.arange(starts[row], starts[row + 1])
        reach = np.cumsum(weights[edges] * deciding[targets[edges]])
        if not len(edges) or reach[-1] <= 0:
            continue
        place = np.searchsorted(reach, high_unit(drawn) * reach[-1], side="right")
        target = targets[edges[min(place, len(edges) - 1)]]
        slot = int(low_unit(mixed(drawn)) * deciding[target])
        mine = mixed(mixed(drawn))
        if best[target][slot] < 0 or mine < lot[target][slot]:
            best[target][slot], lot[target][slot] = worker, mine
    hired, moved = np.zeros(len(vacancies), np.int64), np.zeros(len(vacancies), np.int64)
    for job in range(len(vacancies)):
        for worker in best[job]:
            if worker >= 0:
                hired[job] += 1
                moved[job] += occupation[worker] != job
                head[worker] *= within if occupation[worker] == job else across
                occupation[worker], employed[worker] = job, 1
                bias[worker] = spread * normal(bits(thought, uint64(worker)))
    vacancies -= hired
    return hired, moved


def network(rng: np.random.Generator, jobs: int) -> tuple[Any, Any, Any]:
    """Rows of any length, also none."""
    degrees = rng.integers(0, jobs + 1, jobs)
    starts = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    targets = [np.sort(rng.choice(jobs, degree, replace=False)) for degree in degrees]
    weights = rng.random(starts[-1]) * rng.integers(0, 2, starts[-1])
    return starts, np.concatenate([*targets, []]).astype(np.int64), weights


@settings(max_examples=40)
@given(
    workers=st.sampled_from([1, 3, 700, 16_384, 16_385, 400_000]), jobs=st.integers(1, 30),
    seed=st.integers(0, 1 << 31), step=st.integers(0, 400), idle=st.floats(0, 0.5),
    open_jobs=st.integers(0, 60), pace=st.floats(0.01, 1),
    threads=st.integers(1, 2),
)  # fmt: skip
def test_blocks_do_what_one_loop_over_seekers_does(
    workers: int, jobs: int, seed: int, step: int, idle: float, open_jobs: int, pace: float, threads: int
) -> None:
    rng = np.random.default_rng(seed)
    mine = {
        "occupation": rng.integers(0, jobs, workers).astype(np.uint16),
        "employed": (rng.random(workers) >= idle).astype(np.uint8),
        "head": rng.random(workers).astype(np.float32),
        "bias": rng.normal(0, 0.1, workers).astype(np.float32),
    }
    plain = {name: column.copy() for name, column in mine.items()}
    pool, seeking = in_blocks(mine["employed"])
    vacancies = rng.integers(0, open_jobs + 1, jobs)
    wanted_vacancies = vacancies.copy()
    starts, targets, weights = network(rng, jobs)
    said: dict[str, Any] = {
        "starts": starts, "targets": targets, "weights": weights, "seed": np.int64(seed), "step": np.int64(step),
        "pace": pace,
    }  # fmt: skip
    kept = np.float32(0.7), np.float32(0.2), np.float32(0.1)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(min(threads, before))
        hired, moved = matched(
            **mine, **said, pool=pool, seeking=seeking, vacancies=vacancies, keeps_within=kept[0],
            keeps_across=kept[1], spread=kept[2],
        )  # fmt: skip
    finally:
        numba.set_num_threads(before)
    wanted_hired, wanted_moved = plain_matched(
        **plain, **said, vacancies=wanted_vacancies, within=kept[0], across=kept[1], spread=kept[2]
    )
    for name, column in mine.items():
        assert (column == plain[name]).all(), name
    assert (hired == wanted_hired).all()
    assert (moved == wanted_moved).all()
    assert (vacancies == wanted_vacancies).all()


def in_blocks(employed: Any) -> tuple[Any, Any]:
    """Who has no job as the kernel leaves it: each block's from its first place on."""
    pool, seeking = np.full(len(employed), -1, np.int32), []
    size = int(block_size(len(employed)))
    for first in range(0, len(employed), size):
        idle = np.flatnonzero(employed[first : first + size] == 0) + first
        pool[first : first + len(idle)] = idle
        seeking.append(len(idle))
    return pool, np.array(seeking)


def test_a_vacancy_takes_one_and_a_seeker_gets_one() -> None:
    """Far more seekers than vacancies, all for one: every vacancy that decides is filled, and by somebody else."""
    count = 30_000
    occupation, employed = np.zeros(count, np.uint16), np.zeros(count, np.uint8)
    pool, seeking = in_blocks(employed)
    vacancies = np.array([500])
    hired, moved = matched(
        occupation, employed, np.ones(count, np.float32), np.zeros(count, np.float32), pool, seeking, vacancies,
        np.array([0, 1]), np.array([0]), np.array([1.0]), np.int64(1), np.int64(0), 1.0, np.float32(0.7),
        np.float32(0.2), np.float32(0.1),
    )  # fmt: skip
    assert hired == 500 == employed.sum()
    assert moved == 0 == vacancies
    heads = np.flatnonzero(employed)
    assert heads.mean() == pytest.approx(count / 2, rel=0.1)  # by lot and not by place
