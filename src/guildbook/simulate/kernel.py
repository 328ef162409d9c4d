"""One month of every worker: output, wage, contest, separation, learning; in one pass, by fixed blocks.

A block's sums are added up in the order of its workers, and the blocks in theirs, so that neither the number of threads
nor their luck changes a digit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit, prange, uint64

from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.draws import CONTEST, FRIENDS, SEPARATION, bits, key, low_unit, normal
from guildbook.simulate.formulas import learnt, nash_wage, output

BLOCK: Final = 1 << 14
"""Workers of one block."""

# Columns of what an occupation's workers share this month (O, SHARED), float32.
PLAIN, RESERVE, FALLBACK, OUTSIDE, BEARABLE, LEAVING, RIVAL, SHARED = range(8)
# Columns of what is added up (blocks, O, SUMS), float64.
EMPLOYED, WAGES, MADE, HEADS, LEFT, TO_DOMESTIC, TO_FAR, TO_AI, SEEKING, SUMS = range(10)
# Places of what everybody shares this month (float32).
BETA, PHI, PSI, NOISE, BOSS, PEERS, PACE, TAUGHT, CEILING, FORGETTING, COMMON = range(11)
NOBODY, DOMESTIC, FAR, AI = range(4)
_NEAR: Final = 2
"""Peers on each side along the ring; one more is anywhere."""


@njit(cache=True, inline="always")
def _of_peers(bias: Array, worker: Whole, friends: Whole) -> Real:
    """How one's peers think of one: the mean bias of four neighbours on a ring and one anywhere."""
    count = len(bias)
    total = np.float32(0.0)
    for step in range(1, _NEAR + 1):
        total += bias[(worker + step) % count] + bias[(worker - step) % count]
    far = bits(friends, worker) % uint64(count)
    return (total + bias[far]) / np.float32(2 * _NEAR + 1)


@njit(cache=True, inline="always")
def _add(own: Array, job: Whole, at_work: Whole, wages: Real, made: Real, heads: Real) -> None:
    """Add what some workers of an occupation made up together."""
    own[job, EMPLOYED] += at_work
    own[job, WAGES] += wages
    own[job, MADE] += made
    own[job, HEADS] += heads


@njit(cache=True, parallel=True)
def month(
    occupation: Array, employed: Array, skill: Array, head: Array, bias: Array, wage: Array, pool: Array,
    shared: Array, common: Array, seed: Whole, step: Whole, every: Whole, sums: Array, seeking: Array,
) -> None:  # fmt: skip
    """A month of all workers, in place; `sums` (blocks, O, SUMS) and `seeking` (blocks,) are written anew.

    `pool` gets the workers without a job, each block's from its first place on; `seeking` says how many.
    """
    count = len(occupation)
    leaves = key(seed, step, SEPARATION)
    looks = key(seed, step, CONTEST)
    beta, phi, psi, noise = common[BETA], common[PHI], common[PSI], common[NOISE]
    boss, peers = common[BOSS], common[PEERS]
    friends = key(seed, 0, FRIENDS)
    pace, taught, ceiling, forgetting = common[PACE], common[TAUGHT], common[CEILING], common[FORGETTING]
    for block in prange(len(seeking)):
        first = block * BLOCK
        last = min(first + BLOCK, count)
        own = sums[block]
        own[:] = 0.0
        found = first
        turn = (first + step) % every
        # Neighbours mostly share an occupation, so what is added up stays in registers while they do.
        now = np.int64(-1)
        at_work, wages, all_made, heads = np.int64(0), 0.0, 0.0, 0.0
        plain = reserve = fallback = outside = leaving = np.float32(0)
        for worker in range(first, last):
            job = np.int64(occupation[worker])
            looked_at = turn == 0
            turn += 1
            if turn == every:
                turn = 0
            if not employed[worker]:
                head[worker] -= forgetting * head[worker]
                pool[found] = worker
                found += 1
                own[job, SEEKING] += 1
                continue
            if job != now:
                if at_work:
                    _add(own, now, at_work, wages, all_made, heads)
                now, at_work, wages, all_made, heads = job, np.int64(0), 0.0, 0.0, 0.0
                plain, reserve, fallback = shared[job, PLAIN], shared[job, RESERVE], shared[job, FALLBACK]
                outside, leaving = shared[job, OUTSIDE], shared[job, LEAVING]
            made = output(plain, skill[worker], head[worker], outside, phi, psi)
            drawn = bits(leaves, worker)
            lost = LEFT if low_unit(drawn) < leaving else 0
            if looked_at and lost == 0:
                seen = noise * normal(bits(looks, worker)) + boss * bias[worker]
                if peers > 0:
                    seen += peers * _of_peers(bias, worker, friends)
                worst = reserve + fallback - shared[job, BEARABLE]
                if made * np.exp(seen) < worst and shared[job, RIVAL] != NOBODY:
                    lost = LEFT + int(shared[job, RIVAL])
            if lost:
                employed[worker] = 0
                wage[worker] = 0  # and seeks from next month on
                own[job, lost] += 1
                continue
            paid = nash_wage(made, reserve, fallback, beta)
            wage[worker] = paid
            known = head[worker]
            at_work += 1
            wages += paid
            all_made += made
            heads += known
            head[worker] = learnt(known, outside, pace, taught, ceiling)
        if at_work:
            _add(own, now, at_work, wages, all_made, heads)
        seeking[block] = found - first


@njit(cache=True)
def reduced(sums: Array) -> Array:
    """The blocks' sums, added up in their order: (O, SUMS)."""
    total = np.zeros(sums.shape[1:])
    for block in range(len(sums)):
        total += sums[block]
    return total
