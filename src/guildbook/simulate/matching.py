"""Search and matching: people without a job apply for vacancies along the network of occupations.

After del Rio-Chanona, Mealy, Beguerisse-Díaz, Lafond and Farmer (J. R. Soc. Interface 18, 2021): who seeks applies
once, to occupation j in proportion to how readily one moves there times its vacancies, there to one of them by lot; a
vacancy takes one of its applicants by lot. The source's step is 6.75 weeks; in a month, the share `pace` of it, that
share of those who seek applies and that share of vacancies decides, so that flows and the steady state are the
source's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange, uint64

from guildbook.simulate.arrays import Array, Real, Whole
from guildbook.simulate.draws import BIAS, PLACE, SEARCH, bits, high_unit, key, low_unit, mixed, normal
from guildbook.simulate.kernel import block_size


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
def _deciding(vacancies: Array, pace: Real, places: Whole) -> tuple[Array, Array]:
    """Vacancies that decide this month (O,), and where those of each occupation begin among all (O + 1,)."""
    open_now = np.empty(len(vacancies), np.int64)
    first = np.zeros(len(vacancies) + 1, np.int64)
    for job in range(len(vacancies)):
        exact = pace * vacancies[job]
        open_now[job] = min(int(exact) + (low_unit(bits(places, job)) < exact - int(exact)), vacancies[job])
        first[job + 1] = first[job] + open_now[job]
    return open_now, first


@njit(cache=True, inline="always")
def _edge(reach: Array, low: Any, high: Any, share: Real) -> Any:
    """The edge of a row, from `low` to before `high`, at a share in [0, 1) of its reach; -1 where nothing is open."""
    total = reach[high - 1] if high > low else 0.0
    if total <= 0:
        return -1
    wanted, count = share * total, high - low
    while count > 1:  # the first whose reach is more than wanted, else the last; without a branch that hangs on chance
        half = count >> 1
        low += half * (reach[low + half - 1] <= wanted)
        count -= half
    return low


@njit(cache=True, parallel=True)
def _applied(
    occupation: Array, pool: Array, seeking: Array, begins: Array, first: Array, open_now: Array, starts: Array,
    targets: Array, reach: Array, search: Whole, pace: Real, who: Array, slot: Array, lot: Array,
) -> Array:  # fmt: skip
    """Who applies for which vacancy, and their lot there; each block's from `begins` on, so many."""
    applied = np.zeros(len(seeking), np.int64)
    size = block_size(len(occupation))
    for block in prange(len(seeking)):
        begin = begins[block]
        found = begin
        for place in range(block * size, block * size + seeking[block]):
            who[found] = pool[place]
            found += low_unit(bits(search, pool[place])) < pace
        end, found = found, begin
        for place in range(begin, end):
            worker = who[place]
            row = occupation[worker]
            drawn = bits(search, worker)
            edge = _edge(reach, starts[row], starts[row + 1], high_unit(drawn))
            if edge < 0:
                continue
            target = targets[edge]
            again = mixed(drawn)
            who[found] = worker
            slot[found] = first[target] + int(low_unit(again) * open_now[target])
            lot[found] = mixed(again)
            found += 1
        applied[block] = found - begin
    return applied


@njit(cache=True)
def _takers(applied: Array, begins: Array, who: Array, slot: Array, lot: Array, slots: Whole) -> Array:
    """Who gets each vacancy: the one with the lowest lot; -1 where nobody applies."""
    taker = np.full(slots, -1, np.int32)
    best = np.empty(slots, np.uint64)
    for block in range(len(applied)):
        for place in range(begins[block], begins[block] + applied[block]):
            wanted = slot[place]
            if taker[wanted] < 0 or lot[place] < best[wanted]:
                taker[wanted] = who[place]
                best[wanted] = lot[place]
    return taker


@njit(cache=True, parallel=True)
def _hired(
    occupation: Array, employed: Array, head: Array, bias: Array, first: Array, taker: Array, thought: Whole,
    keeps_within: Real, keeps_across: Real, spread: Real,
) -> tuple[Array, Array]:  # fmt: skip
    """Put the takers in their jobs; hires (O,), and how many of them come from another occupation (O,)."""
    hired, moved = np.zeros(len(first) - 1, np.int64), np.zeros(len(first) - 1, np.int64)
    for job in prange(len(first) - 1):
        for slot in range(first[job], first[job + 1]):
            worker = taker[slot]
            if worker < 0:
                continue
            across = occupation[worker] != job
            occupation[worker] = job
            employed[worker] = 1
            head[worker] *= keeps_across if across else keeps_within
            bias[worker] = spread * normal(bits(thought, uint64(worker)))
            hired[job] += 1
            moved[job] += across
    return hired, moved


@njit(cache=True)
def matched(
    occupation: Array, employed: Array, head: Array, bias: Array, pool: Array, seeking: Array, vacancies: Array,
    starts: Array, targets: Array, weights: Array, seed: Whole, step: Whole, pace: Real, keeps_within: Real,
    keeps_across: Real, spread: Real,
) -> tuple[Array, Array]:  # fmt: skip
    """Fill vacancies (O,), in place; returns hires (O,) and how many of them come from another occupation (O,)."""
    open_now, first = _deciding(vacancies, pace, key(seed, step, PLACE))
    reach = _reach(starts, targets, weights, open_now)
    begins = np.cumsum(seeking) - seeking
    most = seeking.sum() + 1
    who, slot, lot = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.uint64)
    applied = _applied(
        occupation, pool, seeking, begins, first, open_now, starts, targets, reach, key(seed, step, SEARCH), pace, who,
        slot, lot,
    )  # fmt: skip
    taker = _takers(applied, begins, who, slot, lot, first[-1])
    hired, moved = _hired(
        occupation, employed, head, bias, first, taker, key(seed, step, BIAS), keeps_within, keeps_across, spread
    )
    vacancies -= hired
    return hired, moved
