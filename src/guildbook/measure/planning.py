"""What a model does from an opening that draws nothing: the likeliest step each time, or the likeliest whole run.

A step at a time, the likeliest step need not lead to the likeliest end: where one case in four is ended at once and the
rest go on in a hundred ways, ending at once is the likeliest run, and never the likeliest step. Found best first
(Dijkstra, *Numerische Mathematik* 1, 1959, over −ln of the chances of steps).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.kernels import NONE, chain, find, ranked

if TYPE_CHECKING:
    from guildbook.measure.model import Table
    from guildbook.measure.running import Looked
    from guildbook.measure.work import Work

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

LOOKED_AT: Final = 400
"""Beginnings that are gone on from, before the search is given up: what is likelier has been ended by then."""
ALIKE: Final = 1e-9
"""Sums of logarithms that are no further apart are the same chance; the beginning found first is taken."""


def likeliest(model: Table, work: Work, opening: int, limit: int) -> tuple[Ints, Codes]:
    """(which opening each trace has (T,), the likeliest run after each opening (U, limit): −1 after its end).

    A run ends with the model's end; one that was not found is −1 throughout.
    """
    which, tasks, heads, given = _openings(work, opening)
    ways = _plans(tasks, heads, given, limit, model.shape.order, model.shape.least, model.end, model.arrays())
    return which, ways


def stepwise(model: Table, work: Work, opening: int, limit: int) -> tuple[Ints, Codes]:
    """The same of the run that takes the likeliest step each time; one that does not end is as long as `limit`."""
    which, tasks, heads, given = _openings(work, opening)
    ways = _steps(tasks, heads, given, limit, model.shape.order, model.shape.least, model.end, model.arrays())
    return which, ways


def _openings(work: Work, opening: int) -> tuple[Ints, Codes, Codes, Ints]:
    """(which opening each trace has, task of each opening, its acts, how many there are)."""
    heads = np.full((len(work), opening + 1), NONE, np.int64)
    heads[:, 0] = work.task
    sizes = np.diff(work.offsets)
    for place in range(opening):
        there = sizes > place
        heads[there, place + 1] = work.act[work.offsets[:-1][there] + place]
    kinds, which = np.unique(heads, axis=0, return_inverse=True)
    given = (kinds[:, 1:] != NONE).sum(axis=1)
    return (
        which.reshape(-1).astype(np.int64), kinds[:, 0].astype(np.int32), kinds[:, 1:].astype(np.int32),
        given.astype(np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _steps(
    tasks: Codes, heads: Codes, given: Ints, limit: int, order: int, least: int, end: int, model: Looked
) -> Codes:
    contexts, totals, first, nexts, counts, links = model
    out = np.full((len(tasks), limit), NONE, np.int32)
    keys, best, weights = np.empty(order + 1, np.uint64), np.empty(1, np.int32), np.empty(1, np.int64)
    way = np.empty(heads.shape[1] + limit, np.int32)
    for row in range(len(tasks)):
        size = given[row]
        way[:size] = heads[row, :size]
        for place in range(limit):
            depth = chain(way, 0, size + place, tasks[row], order, keys)
            if not ranked(keys, depth, 1, least, contexts, totals, first, nexts, counts, links, best, weights):
                break
            out[row, place] = best[0]
            way[size + place] = best[0]
            if best[0] == end:
                break
    return out


@njit(cache=True, nogil=True)
def _plans(
    tasks: Codes, heads: Codes, given: Ints, limit: int, order: int, least: int, end: int, model: Looked
) -> Codes:
    out = np.full((len(tasks), limit), NONE, np.int32)
    for row in range(len(tasks)):
        _plan(tasks[row], heads[row, : given[row]], order, least, end, model, out[row])
    return out


@njit(cache=True, nogil=True)
def _plan(task: int, head: Codes, order: int, least: int, end: int, model: Looked, out: Codes) -> None:
    """The likeliest run from one opening into `out`."""
    contexts, totals, heads, nexts, counts, links = model
    room = 1024
    parent, symbol = np.empty(room, np.int32), np.empty(room, np.int32)
    depth, cost = np.empty(room, np.int32), np.empty(room, np.float64)
    gone = np.zeros(room, np.bool_)
    parent[0], symbol[0], depth[0], cost[0] = NONE, NONE, 0, 0.0
    size = 1
    way = np.empty(len(head) + len(out) + 1, np.int32)
    way[: len(head)] = head
    keys = np.empty(order + 1, np.uint64)
    for _ in range(LOOKED_AT):
        node = _cheapest(cost, gone, size)
        if node == NONE:
            return
        gone[node] = True
        at, back = len(head) + int(depth[node]), node
        while back > 0:
            way[len(head) + depth[back] - 1] = symbol[back]
            back = parent[back]
        if node > 0 and symbol[node] == end:
            out[: depth[node]] = way[len(head) : at]
            return
        if depth[node] >= len(out) - 1:
            continue
        context = _context(keys, chain(way, 0, at, task, order, keys), least, contexts, totals)
        pair = heads[context] if context != NONE else np.int32(NONE)
        while pair != NONE:
            if counts[pair] > 0:
                if size == room:
                    room *= 2
                    parent, symbol, depth = _wider(parent, room), _wider(symbol, room), _wider(depth, room)
                    more = np.empty(room, np.float64)
                    more[:size] = cost
                    cost = more
                    less = np.zeros(room, np.bool_)
                    less[:size] = gone
                    gone = less
                parent[size], symbol[size], depth[size] = node, nexts[pair], depth[node] + 1
                cost[size] = cost[node] + np.log(totals[context] / counts[pair])
                size += 1
            pair = links[pair]


@njit(cache=True, nogil=True)
def _cheapest(cost: Floats, gone: Any, size: int) -> Any:
    best = NONE
    for node in range(size):
        if not gone[node] and (best == NONE or cost[node] < cost[best] - ALIKE):
            best = node
    return best


@njit(cache=True, nogil=True)
def _context(keys: Keys, depth: int, least: int, contexts: Keys, totals: Ints) -> Any:
    """The deepest context seen often enough; −1 for none."""
    for o in range(depth, -1, -1):
        context = find(contexts, keys[o])
        if context != NONE and totals[context] > 0 and (o == 0 or totals[context] >= least):
            return context
    return NONE


@njit(cache=True, nogil=True)
def _wider(values: Codes, room: int) -> Codes:
    out = np.empty(room, np.int32)
    out[: len(values)] = values
    return out
