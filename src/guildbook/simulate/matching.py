"""Search and matching: people without a job apply for vacancies along the network of occupations.

After del Rio-Chanona, Mealy, Beguerisse-Díaz, Lafond and Farmer (J. R. Soc. Interface 18, 2021): who seeks applies
once, to occupation j in proportion to how readily one moves there times its vacancies, there to one of them by lot; a
vacancy takes one of its applicants by lot. The source's step is 6.75 weeks; in a month, the share `pace` of it, that
share of those who seek applies and that share of vacancies decides, so that flows and the steady state are the
source's.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.draws import BIAS, PLACE, SEARCH, bits, high_unit, key, low_unit, mixed, normal
from guildbook.simulate.kernel import BLOCK


@njit(cache=True)
def _reach(starts: Array, targets: Array, weights: Array, open_now: Array) -> Array:
    """The network's weights times vacancies, summed up along each row."""
    found = np.empty(len(weights))
    for row in range(len(starts) - 1):
        total = 0.0
        for edge in range(starts[row], starts[row + 1]):
            total += weights[edge] * open_now[targets[edge]]
            found[edge] = total
    return found


@njit(cache=True)
def matched(
    occupation: Array, employed: Array, head: Array, bias: Array, pool: Array, seeking: Array, vacancies: Array,
    starts: Array, targets: Array, weights: Array, seed: Whole, step: Whole, pace: Real, keeps_within: Real,
    keeps_across: Real, spread: Real,
) -> tuple[Array, Array]:  # fmt: skip
    """Fill vacancies (O,), in place; returns hires (O,) and how many of them come from another occupation (O,)."""
    count = len(vacancies)
    places = key(seed, step, PLACE)
    open_now = np.empty(count, np.int64)
    first = np.empty(count + 1, np.int64)
    first[0] = 0
    for job in range(count):
        exact = pace * vacancies[job]
        open_now[job] = min(int(exact) + (low_unit(bits(places, job)) < exact - int(exact)), vacancies[job])
        first[job + 1] = first[job] + open_now[job]
    reach = _reach(starts, targets, weights, open_now)
    taker = np.full(first[count], -1, np.int64)
    rank = np.empty(first[count], np.uint64)
    search = key(seed, step, SEARCH)
    for block in range(len(seeking)):
        for place in range(block * BLOCK, block * BLOCK + seeking[block]):
            worker = pool[place]
            drawn = bits(search, worker)
            if low_unit(drawn) >= pace:
                continue
            row = occupation[worker]
            low, high = starts[row], starts[row + 1]
            total = reach[high - 1] if high > low else 0.0
            if total <= 0:
                continue
            wanted = high_unit(drawn) * total
            edge = low + np.searchsorted(reach[low:high], wanted, side="right")
            edge = min(edge, high - 1)
            target = targets[edge]
            lot = mixed(drawn)
            slot = first[target] + int(low_unit(lot) * open_now[target])
            mine = mixed(lot)
            if taker[slot] < 0 or mine < rank[slot]:
                taker[slot] = worker
                rank[slot] = mine
    hired = np.zeros(count, np.int64)
    moved = np.zeros(count, np.int64)
    thought = key(seed, step, BIAS)
    for job in range(count):
        for slot in range(first[job], first[job + 1]):
            worker = taker[slot]
            if worker < 0:
                continue
            across = occupation[worker] != job
            occupation[worker] = job
            employed[worker] = 1
            head[worker] *= keeps_across if across else keeps_within
            bias[worker] = spread * normal(bits(thought, uint64(worker)))
            vacancies[job] -= 1
            hired[job] += 1
            moved[job] += across
    return hired, moved
