"""The compiled loops that let one worker after the other into a coalition, or out of it, and say what changes.

The contexts are those of the held-back work alone, numbered by depth and then by parent, so that the longer contexts
of one are neighbours. Each keeps the followers it would name itself (`own`) and those it names once it is filled up
from shorter ones (`named`): a longer context only ever asks its parent's `named`, so a change goes no further down
than to where those names stay as they were. All is whole numbers; no order of joining can show in a result.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.kernels import NONE, START, deeper, find, put, root

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

RANK_AGAIN: Final = 1
"""Added to the stamp of a context whose own followers may stand in another order."""


class Board(NamedTuple):
    """What stays: n contexts over W workers, followers 0 … width − 1, the last of them the end."""

    width: int
    least: int
    """A context seen less often is passed over for a shorter one."""
    slots: Keys
    """Hash table of context keys."""
    places: Codes
    """Which context each slot holds."""
    parent: Codes
    """(n,): the context that is one act shorter; −1 at a root."""
    depth: Codes
    """(n,)"""
    children: Codes
    """(n + 1,): the contexts one act longer are children[c] … children[c + 1] − 1."""
    levels: Codes
    """(order + 2,): where each depth starts."""
    gains: Ints
    """(n + 1,): where the answers sought at each context start."""
    answers: Codes
    weights: Ints
    """What it is worth to name each answer."""
    alone: Ints
    """(W + 1,): where what a worker's own traces add starts."""
    contexts: Codes
    followers: Codes
    counts: Codes
    """So often each worker's own traces show this follower after this context."""
    shares: Ints
    """(W + 1,): where each worker's shared traces start."""
    shared: Codes
    """Traces several workers took part in."""
    offsets: Ints
    acts: Codes
    workers: Codes
    tasks: Codes
    """Of the work to train on."""


class Hall(NamedTuple):
    """What changes: who is inside, and what the model of those inside says."""

    inside: Bools
    often: Codes
    """(n · width,): so often each follower came after each context."""
    total: Codes
    """(n,)"""
    own: Codes
    """(n, k)"""
    named: Codes
    """(n, k)"""
    worth: Ints
    """(n,): Σ weights of the answers that are named."""
    stamp: Ints
    """(n,): twice the number of the change that last reached a context."""
    queue: Codes
    """(n,): contexts to look at, by depth."""
    waiting: Codes
    """(order + 1,): how many at each depth."""
    clock: Ints
    """(1,): number of the change."""
    fresh: Codes
    """(k,): working room."""
    apart: Codes
    """As long as the longest trace and its end: working room."""
    beside: Codes
    """The same."""


@njit(cache=True, inline="always")
def _heard(seen: Any, deep: Any, least: int) -> Any:
    return seen > 0 and (deep == 0 or seen >= least)


@njit(cache=True, inline="always")
def _call(context: Any, deep: Any, now: int, levels: Codes, stamp: Ints, queue: Codes, waiting: Codes) -> None:
    if stamp[context] < now:
        queue[levels[deep] + waiting[deep]] = context
        waiting[deep] += 1
        stamp[context] = now


@njit(cache=True, inline="always")
def _stands(own: Codes, count: Codes, context: Any, base: Any, follower: Any, change: Any) -> Any:
    """Whether the context names the same followers in the same order, this one's count having changed."""
    most, mine = own.shape[1], count[base + follower]
    place = 0
    while place < most and own[context, place] != NONE and own[context, place] != follower:
        place += 1
    listed = place < most and own[context, place] == follower
    if change > 0:
        if place == 0 or (not listed and place < most):
            return listed  # the first is still the first; one that is new to a list with room is not there yet
        other = own[context, place - 1]
        theirs = count[base + other]
        return mine < theirs or (mine == theirs and follower > other)
    if not listed:
        return True
    if place + 1 == most:
        return False  # one that is not listed may have come ahead
    other = own[context, place + 1]
    if other == NONE:
        return mine > 0
    theirs = count[base + other]
    return mine > theirs or (mine == theirs and follower < other)


@njit(cache=True, inline="always")
def _bump(
    context: Any,
    follower: Any,
    change: Any,
    now: int,
    width: int,
    least: int,
    depth: Codes,
    levels: Codes,
    count: Codes,
    total: Codes,
    own: Codes,
    stamp: Ints,
    queue: Codes,
    waiting: Codes,
) -> None:
    """Count a follower in or out, and have the context looked at where that may show."""
    base, deep = np.int64(context) * width, depth[context]
    before = _heard(total[context], deep, least)
    count[base + follower] += change
    total[context] += change
    after = _heard(total[context], deep, least)
    if stamp[context] == now + RANK_AGAIN or not (before or after):
        return
    if before != after or not _stands(own, count, context, base, follower, change):
        _call(context, deep, now, levels, stamp, queue, waiting)
        stamp[context] = now + RANK_AGAIN


@njit(cache=True, nogil=True)
def _rank(context: Any, heard: int, width: int, count: Codes, own: Codes) -> None:
    """The likeliest followers of a context, by count and then by code, into `own`."""
    most = own.shape[1]
    for place in range(most):
        own[context, place] = NONE
    if not heard:
        return
    base = np.int64(context) * width
    held, bar = 0, 0
    for follower in range(width):
        seen = count[base + follower]
        if seen <= bar:
            continue
        place = min(held, most - 1)
        while place > 0 and count[base + own[context, place - 1]] < seen:
            own[context, place] = own[context, place - 1]
            place -= 1
        own[context, place] = follower
        held = min(held + 1, most)
        if held == most:
            bar = count[base + own[context, most - 1]]


@njit(cache=True, nogil=True)
def _name(context: Any, above: Any, heard: int, own: Codes, named: Codes, fresh: Codes) -> bool:
    """Fill a context's own followers up from its parent's names; returns whether its names changed."""
    most = own.shape[1]
    held = 0
    if heard:
        while held < most and own[context, held] != NONE:
            fresh[held] = own[context, held]
            held += 1
    if above != NONE:
        first = held
        for place in range(most):
            if held == most:
                break
            follower = named[above, place]
            known = follower == NONE
            for other in range(first):
                known = known or fresh[other] == follower
            if not known:
                fresh[held] = follower
                held += 1
    changed = False
    for place in range(most):
        follower = fresh[place] if place < held else np.int32(NONE)
        if named[context, place] != follower:
            named[context, place] = follower
            changed = True
    return changed


@njit(cache=True, nogil=True)
def _settle(
    now: int,
    width: int,
    least: int,
    parent: Codes,
    depth: Codes,
    children: Codes,
    levels: Codes,
    gains: Ints,
    answers: Codes,
    weights: Ints,
    count: Codes,
    total: Codes,
    own: Codes,
    named: Codes,
    worth: Ints,
    stamp: Ints,
    queue: Codes,
    waiting: Codes,
    fresh: Codes,
) -> int:
    """Look at every context that was called, shortest first; returns by how much the worth of all changed."""
    most = own.shape[1]
    gained = np.int64(0)
    for deep in range(len(waiting)):
        at = 0
        while at < waiting[deep]:
            context = queue[levels[deep] + at]
            at += 1
            heard = _heard(total[context], deep, least)
            if stamp[context] & 1:
                _rank(context, heard, width, count, own)
            if not _name(context, parent[context], heard, own, named, fresh):
                continue
            now_worth = np.int64(0)
            for answer in range(gains[context], gains[context + 1]):
                for place in range(most):
                    if named[context, place] == answers[answer]:
                        now_worth += weights[answer]
            gained += now_worth - worth[context]
            worth[context] = now_worth
            for longer in range(children[context], children[context + 1]):
                full = own[longer, most - 1] != NONE and _heard(total[longer], depth[longer], least)
                if not full:
                    _call(longer, deep + 1, now, levels, stamp, queue, waiting)
        waiting[deep] = 0
    return int(gained)


@njit(cache=True, inline="always")
def _tally(
    line: Codes,
    at: int,
    follower: Any,
    change: Any,
    start: Any,
    slots: Keys,
    places: Codes,
    now: int,
    width: int,
    least: int,
    depth: Codes,
    levels: Codes,
    count: Codes,
    total: Codes,
    own: Codes,
    stamp: Ints,
    queue: Codes,
    waiting: Codes,
) -> None:
    """Count what came at place `at` of a line of acts in or out, after each of its contexts. `start`: the task's."""
    key = start
    for back in range(min(len(waiting) - 1, at + 1) + 1):
        if back > 0:
            key = deeper(key, line[at - back] if back <= at else np.int32(START))
        slot = find(slots, key)
        if slot == NONE:
            break  # nobody asks for a longer one either
        _bump(
            places[slot], follower, change, now, width, least,
            depth, levels, count, total, own, stamp, queue, waiting,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _recount(
    trace: int,
    worker: int,
    sign: int,
    inside: Bools,
    offsets: Ints,
    acts: Codes,
    workers: Codes,
    tasks: Codes,
    slots: Keys,
    places: Codes,
    apart: Codes,
    beside: Codes,
    now: int,
    width: int,
    least: int,
    depth: Codes,
    levels: Codes,
    count: Codes,
    total: Codes,
    own: Codes,
    stamp: Ints,
    queue: Codes,
    waiting: Codes,
) -> None:
    """Count a shared trace with one worker's events instead of without them, or with sign −1 the other way round.

    `apart` and `beside` receive the acts of those inside, without and with the worker's. Where as many acts of others
    as the longest context has have come since the worker's last, both ways say the same.
    """
    order, start = len(waiting) - 1, root(tasks[trace])
    without, among, since, come = 0, 0, 0, False
    high = offsets[trace + 1]
    for at in range(offsets[trace], high + 1):
        mine = at < high and workers[at] == worker
        if at < high and not mine and not inside[workers[at]]:
            continue
        follower = acts[at] if at < high else np.int32(width - 1)
        if mine:
            since, come = 0, True
        if come and since < order:
            if not mine and (at < high or without > 0):
                _tally(
                    apart, without, follower, -sign, start, slots, places, now, width, least,
                    depth, levels, count, total, own, stamp, queue, waiting,
                )  # fmt: skip
            _tally(
                beside, among, follower, sign, start, slots, places, now, width, least,
                depth, levels, count, total, own, stamp, queue, waiting,
            )  # fmt: skip
        beside[among] = follower
        among += 1
        if not mine:
            apart[without] = follower
            without += 1
            since += 1


@njit(cache=True, nogil=True)
def toggle(board: Board, hall: Hall, worker: int) -> int:
    """Let a worker in, or out where they are inside; returns by how much the worth of all changed."""
    width, least, depth, levels = board.width, board.least, board.depth, board.levels
    inside, count, total, own, stamp = hall.inside, hall.often, hall.total, hall.own, hall.stamp
    queue, waiting, apart, beside = hall.queue, hall.waiting, hall.apart, hall.beside
    shares, shared, slots, places = board.shares, board.shared, board.slots, board.places
    alone, contexts, followers, counts = board.alone, board.contexts, board.followers, board.counts
    offsets, acts, workers, tasks = board.offsets, board.acts, board.workers, board.tasks
    hall.clock[0] += 1
    now = 2 * hall.clock[0]
    sign = -1 if inside[worker] else 1
    for at in range(alone[worker], alone[worker + 1]):
        _bump(
            contexts[at], followers[at], sign * counts[at], now, width, least,
            depth, levels, count, total, own, stamp, queue, waiting,
        )  # fmt: skip
    for at in range(shares[worker], shares[worker + 1]):
        _recount(
            shared[at], worker, sign, inside, offsets, acts, workers, tasks, slots, places, apart, beside,
            now, width, least, depth, levels, count, total, own, stamp, queue, waiting,
        )  # fmt: skip
    inside[worker] = not inside[worker]
    return _settle(
        now, width, least, board.parent, depth, board.children, levels, board.gains, board.answers, board.weights,
        count, total, own, hall.named, hall.worth, stamp, queue, waiting, hall.fresh,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def walk(board: Board, hall: Hall, orders: Codes, out: Ints) -> None:
    """(P, m) orders of joining, an empty hall: what each worker adds in an order and in its reverse, (P, 2, W).

    All come in; then they leave in the same order, by which each leaves those who would have come before in reverse.
    """
    for row in range(len(orders)):
        for worker in orders[row]:
            out[row, 0, worker] = toggle(board, hall, worker)
        for worker in orders[row]:
            out[row, 1, worker] = -toggle(board, hall, worker)


@njit(cache=True, nogil=True)
def swing(board: Board, hall: Hall, coalitions: Bools, players: Codes, out: Ints) -> None:
    """(P, W) coalitions: what each player adds to the others of a coalition and of its complement, (P, 2, W)."""
    for row in range(len(coalitions)):
        for side in range(2):
            for worker in players:
                if hall.inside[worker] != (coalitions[row, worker] != (side == 1)):
                    toggle(board, hall, worker)
            for worker in players:
                first = toggle(board, hall, worker)
                out[row, side, worker] = first if hall.inside[worker] else -first
                toggle(board, hall, worker)


@njit(cache=True, nogil=True)
def enumerate_all(board: Board, hall: Hall, players: Codes, out: Ints) -> None:
    """The worth of every coalition of the players (2^m,), an empty hall: bit i of a place stands for player i.

    In the order of a Gray code (Gray, US patent 2,632,058, 1953), which changes one player at a time.
    """
    worth = np.int64(0)
    out[0] = 0
    coalition = 0
    for number in range(1, len(out)):
        bit = 0
        while not (number >> bit) & 1:
            bit += 1
        worth += toggle(board, hall, players[bit])
        coalition ^= 1 << bit
        out[coalition] = worth


@njit(cache=True, nogil=True)
def added(
    traces: Ints, board: Board, order: int, contexts: Codes, followers: Codes, counts: Codes, scratch: Codes, seen: Ints
) -> int:
    """What whole traces add to each (context, follower), into the three columns; returns how many cells.

    `scratch` (n · width,) is 0 before and after; `seen` has room for every cell the traces could touch.
    """
    keys = np.empty(order + 1, np.uint64)
    found = 0
    for trace in traces:
        low, high = board.offsets[trace], board.offsets[trace + 1]
        for at in range(low, high + 1):
            follower = board.acts[at] if at < high else np.int32(board.width - 1)
            keys[0] = root(board.tasks[trace])
            for back in range(min(order, at - low + 1) + 1):
                if back > 0:
                    keys[back] = deeper(keys[back - 1], board.acts[at - back] if at - back >= low else np.int32(START))
                slot = find(board.slots, keys[back])
                if slot == NONE:
                    break
                cell = np.int64(board.places[slot]) * board.width + follower
                if scratch[cell] == 0:
                    seen[found] = cell
                    found += 1
                scratch[cell] += 1
    cells = np.sort(seen[:found])
    for place in range(found):
        cell = cells[place]
        contexts[place], followers[place] = cell // board.width, cell % board.width
        counts[place] = scratch[cell]
        scratch[cell] = 0
    return found


@njit(cache=True)
def placed(keys: Keys, slots: Keys, places: Codes) -> None:
    """Put n distinct keys into an empty hash table."""
    for number in range(len(keys)):
        places[put(slots, keys[number])] = number
