"""One month of every worker: output, wage, contest, separation, learning; by fixed blocks, and within them by chunks.

A chunk goes through several short loops whose working rows stay in the nearest cache: those that hold nothing but
arithmetic become vector instructions, and hardly any branch hangs on chance. What an occupation's workers add up is
added up block by block in fixed order, so that neither the number of threads nor their luck changes a digit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit, prange, uint64

from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.draws import CONTEST, FRIENDS, SEPARATION, bits, key, low_unit, normal, normal_at_least
from guildbook.simulate.formulas import learnt, nash_wage, output

BLOCK: Final = 1 << 14
"""Workers of one block, in small worlds."""
_BLOCKS: Final = 24
CHUNK: Final = 1 << 10
"""Workers of one chunk."""

# Columns of what an occupation's workers share this month (O, SHARED), float32.
PLAIN, RESERVE, FALLBACK, OUTSIDE, BEARABLE, LEAVING, RIVAL, SHARED = range(8)
# Columns of what is added up (blocks, O, SUMS), float64.
EMPLOYED, WAGES, MADE, HEADS, LEFT, TO_DOMESTIC, TO_FAR, TO_AI, SEEKING, SUMS = range(10)
# Places of what everybody shares this month (float32).
BETA, PHI, PSI, NOISE, BOSS, PEERS, PACE, TAUGHT, CEILING, FORGETTING, COMMON = range(11)
NOBODY, DOMESTIC, FAR, AI = range(4)
_NEAR: Final = 2
"""Peers on each side along the ring; one more is anywhere."""
_ADDED: Final = HEADS + 1
"""Columns that all who stay at work add to; the others are counted as people go."""
# Where the working rows of a chunk begin: what its occupation says of each worker, then what comes of it.
_PLAIN, _RESERVE, _FALLBACK, _OUTSIDE, _LEAVING = (CHUNK * place for place in range(5))
_WORTH: Final = _LEAVING
"""Output; takes the place of the share that leaves, once it is known who leaves."""
_ROWS: Final = 5 * CHUNK
_SLACK: Final = 1e-4
"""Far more than rounding could make of a comparison in float32."""


@njit(cache=True)
def block_size(workers: Whole) -> Whole:
    """Workers of one block: so many that a world of many occupations adds up in less than a byte a worker.

    It hangs on how many people there are, never on threads.
    """
    size = BLOCK
    while workers > _BLOCKS * size:
        size *= 2
    return size


@njit(cache=True)
def _spread(occupation: Array, shared: Array, rows: Array) -> None:
    """What each worker's occupation says, in rows of the chunk."""
    for place in range(len(occupation)):
        job = occupation[place]
        rows[_PLAIN + place] = shared[job, PLAIN]
        rows[_RESERVE + place] = shared[job, RESERVE]
        rows[_FALLBACK + place] = shared[job, FALLBACK]
        rows[_OUTSIDE + place] = shared[job, OUTSIDE]
        rows[_LEAVING + place] = shared[job, LEAVING]


@njit(cache=True)
def _separated(employed: Array, rows: Array, leaves: Whole, first: Whole, lost: Array) -> None:
    """Whose job ends whatever they do: `LEFT` in `lost` (chunk,), else 0."""
    for place in range(len(employed)):
        ends = low_unit(bits(leaves, first + place)) < rows[_LEAVING + place]
        lost[place] = LEFT * (ends & (employed[place] != 0))


@njit(cache=True)
def _worth(skill: Array, head: Array, phi: Real, psi: Real, rows: Array) -> None:
    """What each would make with a job."""
    for place in range(len(skill)):
        rows[_WORTH + place] = output(rows[_PLAIN + place], skill[place], head[place], rows[_OUTSIDE + place], phi, psi)


@njit(cache=True, inline="always")
def _of_peers(bias: Array, worker: Whole, friends: Whole) -> Real:
    """How one's peers think of one: the mean bias of four neighbours on a ring and one anywhere."""
    count = len(bias)
    total = np.float32(0.0)
    if _NEAR <= worker < count - _NEAR:
        for step in range(1, _NEAR + 1):
            total += bias[worker + step] + bias[worker - step]
    else:
        for step in range(1, _NEAR + 1):
            total += bias[(worker + step) % count] + bias[(worker - step) % count]
    far = bits(friends, worker) % uint64(count)
    return (total + bias[far]) / np.float32(2 * _NEAR + 1)


@njit(cache=True)
def _contested(
    occupation: Array, employed: Array, bias: Array, shared: Array, common: Array, rows: Array, looks: Whole,
    friends: Whole, first: Whole, begin: Whole, every: Whole, lost: Array,
) -> None:  # fmt: skip
    """Each `every`-th worker from the chunk's `begin`-th on is looked at; who loses the job: to whom, in `lost`."""
    noise, boss, peers = common[NOISE], common[BOSS], common[PEERS]
    for place in range(begin, len(employed), every):
        if lost[place] or not employed[place]:
            continue
        worker, job = first + place, occupation[place]
        drawn = bits(looks, worker)
        thought = boss * bias[worker]
        heard = peers * _of_peers(bias, worker, friends) if peers > 0 else np.float32(0)
        made = rows[_WORTH + place]
        worst = rows[_RESERVE + place] + rows[_FALLBACK + place] - shared[job, BEARABLE]
        # exp(x) >= 1 + x, so that most looks end without a logarithm, a cosine and an exponential.
        if made * (np.float32(1 - _SLACK) + noise * normal_at_least(drawn) + thought + heard) >= worst:
            continue
        seen = noise * normal(drawn) + thought + heard
        if made * np.exp(seen) < worst and shared[job, RIVAL] != NOBODY:
            lost[place] = LEFT + int(shared[job, RIVAL])


@njit(cache=True)
def _settled(employed: Array, head: Array, wage: Array, lost: Array, common: Array, rows: Array) -> None:
    """Wages and expertise after the month; rows then hold what those who stay add up: output, wage, expertise."""
    beta, pace, taught, ceiling = common[BETA], common[PACE], common[TAUGHT], common[CEILING]
    forgetting = common[FORGETTING]
    for place in range(len(head)):
        works = employed[place] != 0
        stays = works & (lost[place] == 0)
        known, outside, made = head[place], rows[_OUTSIDE + place], rows[_WORTH + place]
        paid = nash_wage(made, rows[_RESERVE + place], rows[_FALLBACK + place], beta)
        knows = learnt(known, outside, pace, taught, ceiling)
        forgets = known if works else known - forgetting * known
        nothing = np.float32(0)
        wage[place] = paid if stays else nothing  # who lost a job seeks from next month on
        head[place] = knows if stays else forgets
        rows[_PLAIN + place] = made if stays else nothing
        rows[_RESERVE + place] = paid if stays else nothing
        rows[_FALLBACK + place] = known if stays else nothing


@njit(cache=True, inline="always")
def _add(added: Array, occupation: Array, employed: Array, lost: Array, rows: Array, place: Whole) -> None:
    job = occupation[place]
    added[job, EMPLOYED] += (employed[place] != 0) & (lost[place] == 0)
    added[job, WAGES] += rows[_RESERVE + place]
    added[job, MADE] += rows[_PLAIN + place]
    added[job, HEADS] += rows[_FALLBACK + place]


@njit(cache=True)
def _told(
    occupation: Array, employed: Array, lost: Array, rows: Array, even: Array, odd: Array, sums: Array, pool: Array,
    first: Whole, found: Whole,
) -> Whole:  # fmt: skip
    """Add the chunk up and take jobs from those who lost them; returns where in the pool the next seeker goes."""
    count = len(occupation)
    # Two tables in turns: neighbours mostly share an occupation, and one sum would wait for the other.
    for place in range(0, count - 1, 2):
        _add(even, occupation, employed, lost, rows, place)
        _add(odd, occupation, employed, lost, rows, place + 1)
    if count % 2:
        _add(even, occupation, employed, lost, rows, count - 1)
    begin = found
    for place in range(count):
        pool[found] = first + place
        found += employed[place] == 0
    for place in range(begin, found):
        sums[occupation[pool[place] - first], SEEKING] += 1
    for place in range(count):
        if lost[place]:
            employed[place] = 0
            sums[occupation[place], lost[place]] += 1
    return found


@njit(cache=True, parallel=True)
def month(
    occupation: Array, employed: Array, skill: Array, head: Array, bias: Array, wage: Array, pool: Array,
    shared: Array, common: Array, seed: Whole, step: Whole, every: Whole, sums: Array, seeking: Array,
) -> None:  # fmt: skip
    """A month of all workers, in place; `sums` (blocks, O, SUMS) and `seeking` (blocks,) are written anew.

    `pool` gets the workers without a job, each block's from its first place on; `seeking` says how many.
    """
    leaves, looks, friends = key(seed, step, SEPARATION), key(seed, step, CONTEST), key(seed, 0, FRIENDS)
    phi, psi = common[PHI], common[PSI]
    size = block_size(len(occupation))
    for block in prange(len(seeking)):
        begin = block * size
        end = min(begin + size, len(occupation))
        own = sums[block]
        own[:] = 0.0
        even, odd = np.zeros((len(own), _ADDED)), np.zeros((len(own), _ADDED))
        rows, lost = np.empty(_ROWS, np.float32), np.empty(CHUNK, np.uint8)
        found = begin
        for first in range(begin, end, CHUNK):
            last = min(first + CHUNK, end)
            jobs, works = occupation[first:last], employed[first:last]
            _spread(jobs, shared, rows)
            _separated(works, rows, leaves, first, lost)
            _worth(skill[first:last], head[first:last], phi, psi, rows)
            _contested(
                jobs, works, bias, shared, common, rows, looks, friends, first, -(first + step) % every, every, lost
            )
            _settled(works, head[first:last], wage[first:last], lost, common, rows)
            found = _told(jobs, works, lost, rows, even, odd, own, pool, first, found)
        own[:, :_ADDED] = even + odd
        seeking[block] = found - begin


@njit(cache=True)
def reduced(sums: Array) -> Array:
    """The blocks' sums, added up in their order: (O, SUMS)."""
    total = np.zeros(sums.shape[1:])
    for block in range(len(sums)):
        total += sums[block]
    return total
