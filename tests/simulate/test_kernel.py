"""The chunks of the kernel against one plain loop over workers; and draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit, uint64

from guildbook.simulate import kernel as k
from guildbook.simulate.draws import CONTEST, FRIENDS, SEPARATION, bits, key, low_unit, normal, normal_at_least
from guildbook.simulate.formulas import learnt, nash_wage, output
from guildbook.simulate.model import common
from guildbook.simulate.parameters import Parameters


@njit
def peers(bias: Any, worker: int, friends: Any) -> Any:
    count = len(bias)
    total = np.float32(0.0)
    for step in range(1, 3):
        total += bias[(worker + step) % count] + bias[(worker - step) % count]
    return (total + bias[bits(friends, worker) % uint64(count)]) / np.float32(5)


@njit
def plain_month(
    occupation: Any, employed: Any, skill: Any, head: Any, bias: Any, wage: Any, shared: Any, common: Any, seed: int,
    step: int, every: int, sums: Any,
) -> Any:  # fmt: skip
    """What `kernel.month` says it does, worker by worker; returns who seeks."""
    leaves, looks, friends = key(seed, step, SEPARATION), key(seed, step, CONTEST), key(seed, 0, FRIENDS)
    seeking = []
    for worker in range(len(occupation)):
        job = occupation[worker]
        known = head[worker]
        if not employed[worker]:
            head[worker] -= common[k.FORGETTING] * known
            sums[job, k.SEEKING] += 1
            seeking.append(worker)
            continue
        made = output(shared[job, k.PLAIN], skill[worker], known, shared[job, k.OUTSIDE], common[k.PHI], common[k.PSI])
        lost = k.LEFT if low_unit(bits(leaves, worker)) < shared[job, k.LEAVING] else 0
        if (worker + step) % every == 0 and lost == 0 and shared[job, k.RIVAL] != k.NOBODY:
            seen = common[k.NOISE] * normal(bits(looks, worker)) + common[k.BOSS] * bias[worker]
            if common[k.PEERS] > 0:
                seen += common[k.PEERS] * peers(bias, worker, friends)
            worst = shared[job, k.RESERVE] + shared[job, k.FALLBACK] - shared[job, k.BEARABLE]
            if made * np.exp(seen) < worst:
                lost = k.LEFT + int(shared[job, k.RIVAL])
        if lost:
            employed[worker] = 0
            wage[worker] = 0
            sums[job, lost] += 1
            continue
        wage[worker] = nash_wage(made, shared[job, k.RESERVE], shared[job, k.FALLBACK], common[k.BETA])
        sums[job, k.EMPLOYED] += 1
        sums[job, k.WAGES] += wage[worker]
        sums[job, k.MADE] += made
        sums[job, k.HEADS] += known
        head[worker] = learnt(
            known, shared[job, k.OUTSIDE], common[k.PACE], common[k.TAUGHT], common[k.CEILING]
        )  # fmt: skip
    return np.array(seeking)


def world(workers: int, jobs: int, seed: int) -> tuple[dict[str, Any], Any]:
    """Columns of workers who have been about for a while, and what occupations share, some at every edge."""
    rng = np.random.default_rng(seed)
    at_work = rng.random(workers) < 0.9
    columns = {
        "occupation": rng.integers(0, jobs, workers).astype(np.uint16),
        "employed": at_work.astype(np.uint8),
        "skill": rng.lognormal(0, 0.1, workers).astype(np.float32),
        "head": rng.random(workers).astype(np.float32),
        "bias": rng.normal(0, 0.2, workers).astype(np.float32),
        "wage": np.where(at_work, 50, 0).astype(np.float32),
    }
    shared = np.empty((jobs, k.SHARED), np.float32)
    shared[:, k.PLAIN] = rng.uniform(60, 140, jobs)
    shared[:, k.RESERVE] = rng.uniform(20, 60, jobs)
    shared[:, k.FALLBACK] = rng.uniform(-20, 120, jobs)
    shared[:, k.OUTSIDE] = rng.random(jobs) * rng.integers(0, 2, jobs)
    shared[:, k.BEARABLE] = rng.uniform(0, 10, jobs)
    shared[:, k.LEAVING] = rng.choice([0.0, 0.01, 0.3, 1.0], jobs, p=[0.1, 0.6, 0.2, 0.1])
    shared[:, k.RIVAL] = rng.integers(0, 4, jobs)
    return columns, shared


@settings(max_examples=40)
@given(
    workers=st.sampled_from([1, 2, 5, 1_023, 1_024, 1_025, 16_384, 16_385, 20_001, 393_217]), jobs=st.integers(1, 40),
    seed=st.integers(0, 1 << 31), step=st.integers(0, 400), every=st.integers(1, 120), psi=st.floats(0, 3),
    noise=st.floats(0, 2), client=st.floats(0, 0.5), ceiling=st.floats(0, 1), learning=st.floats(0, 1),
)  # fmt: skip
def test_chunks_do_what_one_loop_over_workers_does(
    workers: int, jobs: int, seed: int, step: int, every: int, psi: float, noise: float, client: float, ceiling: float,
    learning: float,
) -> None:  # fmt: skip
    p = Parameters(psi=psi, noise=noise, client=client, ceiling=ceiling, learning=learning)
    mine, shared = world(workers, jobs, seed)
    plain = {name: column.copy() for name, column in mine.items()}
    size = int(k.block_size(workers))
    blocks = -(-workers // size)
    sums, seeking = np.full((blocks, jobs, k.SUMS), np.nan), np.empty(blocks, np.int64)
    pool = np.empty(workers, np.int32)
    said: dict[str, Any] = {
        "shared": shared, "common": common(p), "seed": np.int64(seed), "step": np.int64(step),
        "every": np.int64(every),
    }  # fmt: skip
    k.month(**mine, **said, pool=pool, sums=sums, seeking=seeking)
    wanted = np.zeros((jobs, k.SUMS))
    seeks = plain_month(**plain, **said, sums=wanted)
    for name in mine:
        assert (mine[name] == plain[name]).all(), name
    found = k.reduced(sums)
    counted = [k.EMPLOYED, *range(k.LEFT, k.SUMS)]
    assert (found[:, counted] == wanted[:, counted]).all()
    assert found == pytest.approx(wanted, rel=1e-12)
    in_pool = [pool[block * size : block * size + seeking[block]] for block in range(blocks)]
    assert (np.concatenate(in_pool) == seeks).all()


@njit
def least_gap(begin: int, count: int) -> Any:
    """How far a normal number is above what is said to be no more than it, at the least."""
    found = np.inf
    for number in range(begin, begin + count):
        drawn = bits(uint64(17), number)
        found = min(found, normal(drawn) - normal_at_least(drawn))
        drawn &= uint64(0xFFFFFF0000000000)  # the largest number, and the smallest
        found = min(found, normal(drawn) - normal_at_least(drawn))
        drawn |= uint64(0xFFFFFF)
        found = min(found, normal(drawn) - normal_at_least(drawn))
    return found


def test_what_a_normal_number_is_at_least_is_no_more_than_it() -> None:
    assert least_gap(0, 2_000_000) >= -1e-6


def test_few_of_those_who_are_looked_at_cost_a_logarithm() -> None:
    """The share of draws whose bound already tells that they are better than minus 1.2 standard deviations."""

    @njit
    def share(count: int) -> float:
        return np.array([normal_at_least(bits(uint64(3), number)) > -1.2 for number in range(count)]).mean()

    assert share(100_000) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("workers", [1, 1 << 14, 24 << 14, (24 << 14) + 1, 1_000_000, 200_000_000])
def test_blocks_are_enough_for_many_threads_and_few_enough_for_memory(workers: int) -> None:
    blocks = -(-workers // int(k.block_size(workers)))
    assert blocks <= 24
    assert blocks > 12 or workers <= 24 << 14
    assert workers < 1_000_000 or 539 * k.SUMS * 8 * blocks < workers
