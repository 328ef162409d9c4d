"""Free runs: a model left alone from the opening of an episode until it ends or goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.kernels import NONE, chain, find, mix
from guildbook.measure.planning import likeliest, stepwise

if TYPE_CHECKING:
    from guildbook.measure.endings import Endings
    from guildbook.measure.model import Table
    from guildbook.measure.trial import Policy
    from guildbook.measure.work import Work

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

Looked = tuple[Keys, Ints, Codes, Codes, Ints, Codes]
"""A table as `Table.arrays` gives it."""

PATIENCE: Final = 2
"""A run that is so many times as long as the longest of the episodes is given up."""


def runs(
    model: Table,
    reference: Table,
    work: Work,
    endings: Endings,
    policy: Policy,
    many: int,
    decoding: str,
    took: Bools | None = None,
    *,
    brief: bool = False,
) -> tuple[Ints, Ints, Ints, Ints]:
    """(accepted runs (T,), valid steps at each step (L,), runs that got so far (L,), steps a person must approve (T,)).

    A run is accepted that ends of itself, with every step and the end taken by somebody in the held-back work after the
    same two steps, with no step that a person must approve, in an end state that the people would accept: at the
    verdict they came to or, where none is known, at the same last act with all done that they did.

    `took`, where given, (T · many, acts + 1) of False, is told which acts each accepted run took; run r of trace t is
    row t · many + r. `brief` gives a run up at its first step that spoils it: the same ones are accepted, sooner.
    """
    verdicts, last = endings.wanted(work)
    gated = np.zeros(len(work.acts) + 1, dtype=bool)
    gated[list(policy.gated)] = True
    limit = PATIENCE * int(np.diff(work.offsets).max(initial=0)) + 2
    if decoding == "sample":
        which, plans = np.zeros(len(work), np.int64), np.empty((0, 0), np.int32)
    else:
        planned = likeliest if decoding == "likeliest" else stepwise
        which, plans = planned(model, work, policy.opening, limit + 1)
        if brief:
            plans[~(plans == model.end).any(axis=1)] = NONE
    return _runs(
        work.offsets, work.act, work.task, verdicts, last, np.append(endings.verdict, np.int8(0)), gated,
        policy.opening, many, limit, np.uint64(policy.seed), model.shape.order,
        model.shape.least, model.end, model.arrays(), reference.shape.order, reference.arrays(),
        np.empty((0, 0), dtype=bool) if took is None else took, which, plans, brief,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _runs(
    offsets: Ints,
    acts: Codes,
    tasks: Codes,
    verdicts: NDArray[np.int8],
    last: Codes,
    decisive: NDArray[np.int8],
    gated: Bools,
    opening: int,
    many: int,
    limit: int,
    seed: Any,
    order: int,
    least: int,
    end: int,
    model: Looked,
    valid_order: int,
    reference: Looked,
    took: Bools,
    which: Ints,
    plans: Codes,
    brief: Any,
) -> tuple[Ints, Ints, Ints, Ints]:
    size = len(offsets) - 1
    done, stamp = np.zeros(end + 1, np.int64), 0
    accepted, gates = np.zeros(size, np.int64), np.zeros(size, np.int64)
    good, reached = np.zeros(limit + 1, np.int64), np.zeros(limit + 1, np.int64)
    way = np.empty(limit + 1, np.int32)
    keys, look = np.empty(order + 1, np.uint64), np.empty(valid_order + 1, np.uint64)
    for trace in range(size):
        low = offsets[trace]
        given = min(opening, offsets[trace + 1] - low)
        way[:given] = acts[low : low + given]
        for run in range(many if given else 0):
            code = mix(mix(seed, uint64(trace)), uint64(run))
            at, fine, step = given, True, np.int32(NONE)
            while at <= limit:
                if len(plans):
                    step = plans[which[trace], at - given]
                else:
                    depth = chain(way, 0, at, tasks[trace], order, keys)
                    step = draw(keys, depth, least, mix(code, uint64(at)), model)
                if step == NONE:
                    break
                deep = chain(way, 0, at, tasks[trace], valid_order, look)
                reached[at - given] += 1
                known = _seen(look[deep], step, reference)
                good[at - given] += known
                gates[trace] += gated[step]
                fine = fine and known and not gated[step]
                if step == end or at == limit or (brief and not fine):
                    break
                way[at] = step
                at += 1
            if step != end or not fine:
                continue
            stamp += 1
            for place in range(at):
                done[way[place]] = stamp
            if verdicts[trace] != 0:
                fine = _verdict(way, at, decisive) == verdicts[trace]
            else:
                fine = way[at - 1] == last[trace] and _nothing_left(acts, low, offsets[trace + 1], done, stamp)
            accepted[trace] += fine
            if fine and len(took):
                for place in range(given, at):
                    took[trace * many + run, way[place]] = True
    return accepted, good, reached, gates


@njit(cache=True, nogil=True)
def _verdict(way: Codes, size: int, decisive: NDArray[np.int8]) -> Any:
    """What the last decisive act of a run says; 0 where there is none."""
    said = 0
    for place in range(size):
        if decisive[way[place]] != 0:
            said = decisive[way[place]]
    return said


@njit(cache=True, nogil=True)
def _nothing_left(acts: Codes, low: int, high: int, done: Ints, stamp: int) -> Any:
    """Whether each act of the people's episode was done by this run, in whatever order."""
    left = 0
    for place in range(low, high):
        left += done[acts[place]] != stamp
    return left == 0


@njit(cache=True, nogil=True)
def _seen(key: Any, step: Any, table: Looked) -> Any:
    """Whether anybody has gone on so from this context."""
    contexts, _, heads, nexts, counts, links = table
    context = find(contexts, key)
    if context == NONE:
        return False
    pair = heads[context]
    while pair != NONE:
        if nexts[pair] == step:
            return counts[pair] > 0
        pair = links[pair]
    return False


@njit(cache=True, nogil=True)
def draw(keys: Keys, depth: int, least: int, code: Any, table: Looked) -> Any:
    """A follower of the deepest context seen often enough, drawn by its counts in order of the codes; −1 for none."""
    contexts, totals, heads, nexts, counts, links = table
    for o in range(depth, -1, -1):
        context = find(contexts, keys[o])
        if context == NONE or totals[context] <= 0 or (o > 0 and totals[context] < least):
            continue
        wanted = np.int64((code >> uint64(11)) % uint64(totals[context]))
        below = np.int32(-1)
        while True:
            nearest, weight = np.int32(2147483647), np.int64(0)
            pair = heads[context]
            while pair != NONE:
                if counts[pair] > 0 and below < nexts[pair] < nearest:
                    nearest, weight = nexts[pair], counts[pair]
                pair = links[pair]
            if wanted < weight:
                return nearest
            wanted -= weight
            below = nearest
    return np.int32(NONE)
