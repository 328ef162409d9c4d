"""The compiled loops of the counted model: what followed each context, and what that says next.

A table is two hash tables with open addressing: contexts by key, and (context, next) pairs by key, the pairs of one
context linked in a list. All is exact integer work on arrays; no order of counting can show in a result. Kernels let
go of the interpreter's lock.

A context of order o is the task and the last o symbols, START among them where the trace is shorter. Key 0 is kept
for "no context".
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

# The multipliers of splitmix64's finaliser (Steele, Lea and Flood, OOPSLA 2014).
_GAMMA: Final = 0x9E3779B97F4A7C15
_MIX1: Final = 0xBF58476D1CE4E5B9
_MIX2: Final = 0x94D049BB133111EB
START: Final = -1
"""Stands before the first act of a trace."""
NONE: Final = -1


@njit(cache=True, inline="always")
def mix(value: Any, word: Any) -> Any:
    """One step of a rolling 64-bit hash: splitmix64's finaliser over (value, word)."""
    z = (value ^ word) + uint64(_GAMMA) + (value << uint64(7))
    z = (z ^ (z >> uint64(30))) * uint64(_MIX1)
    z = (z ^ (z >> uint64(27))) * uint64(_MIX2)
    return z ^ (z >> uint64(31))


@njit(cache=True, inline="always")
def deeper(key: Any, symbol: Any) -> Any:
    """The key of the context that is one symbol longer."""
    return mix(key, uint64(symbol + 2)) | uint64(1)


@njit(cache=True, inline="always")
def paired(key: Any, follower: Any) -> Any:
    """The key of a context and what follows it."""
    return deeper(key ^ uint64(_MIX1), follower)


@njit(cache=True, inline="always")
def root(task: Any) -> Any:
    """The key of a task's context of no acts."""
    return mix(uint64(_GAMMA), uint64(task + 1)) | uint64(1)


@njit(cache=True, nogil=True)
def chain(acts: Codes, low: int, at: int, task: int, order: int, out: Keys) -> int:
    """The keys of the contexts before place `at` of a trace that begins at `low`; returns the deepest order there is.

    `out` (order + 1,) receives the key of order o at o.
    """
    out[0] = root(task)
    depth = min(order, at - low + 1)
    for back in range(1, depth + 1):
        symbol = acts[at - back] if at - back >= low else np.int32(START)
        out[back] = deeper(out[back - 1], symbol)
    return depth


@njit(cache=True, nogil=True)
def find(keys: Keys, key: Any) -> int:
    """Where a key stands; −1 if it does not. The size of `keys` is a power of two; 0 is an empty place."""
    mask = len(keys) - 1
    at = int(key >> uint64(1)) & mask
    while keys[at] != key:
        if keys[at] == uint64(0):
            return NONE
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True)
def put(keys: Keys, key: Any) -> int:
    """Where a key stands, or the empty place that is its own now."""
    mask = len(keys) - 1
    at = int(key >> uint64(1)) & mask
    while keys[at] != key and keys[at] != uint64(0):
        at = (at + 1) & mask
    keys[at] = key
    return at


@njit(cache=True, nogil=True)
def count(
    offsets: Ints,
    acts: Codes,
    tasks: Codes,
    begin: int,
    order: int,
    end: int,
    sign: int,
    taken: int,
    contexts: Keys,
    totals: Ints,
    heads: Codes,
    pairs: Keys,
    nexts: Codes,
    counts: Ints,
    links: Codes,
) -> tuple[int, int]:
    """Add traces from number `begin` on, or with sign −1 subtract them, until the table is half full.

    Returns (the trace to go on with: all are done when it is their number, places of `pairs` that are taken).
    """
    keys = np.empty(order + 1, np.uint64)
    for trace in range(begin, len(offsets) - 1):
        low, high = offsets[trace], offsets[trace + 1]
        if 2 * (taken + (high - low + 1) * (order + 1)) > len(pairs):
            return trace, taken
        for at in range(low, high + 1):
            follower = acts[at] if at < high else np.int32(end)
            depth = chain(acts, low, at, tasks[trace], order, keys)
            for o in range(depth + 1):
                context = put(contexts, keys[o])
                pair = put(pairs, paired(keys[o], follower))
                if nexts[pair] == NONE:
                    nexts[pair] = follower
                    links[pair] = heads[context]
                    heads[context] = pair
                    taken += 1
                counts[pair] += sign
                totals[context] += sign
    return len(offsets) - 1, taken


@njit(cache=True, nogil=True)
def moved(
    old_contexts: Keys,
    old_heads: Codes,
    old_pairs: Keys,
    old_nexts: Codes,
    old_counts: Ints,
    old_links: Codes,
    contexts: Keys,
    totals: Ints,
    heads: Codes,
    pairs: Keys,
    nexts: Codes,
    counts: Ints,
    links: Codes,
) -> int:
    """Put everything that counts into another, empty table; returns how many places of `pairs` are taken."""
    taken = 0
    for was in range(len(old_contexts)):
        if old_contexts[was] == uint64(0):
            continue
        place = old_heads[was]
        while place != NONE:
            if old_counts[place] != 0:
                context = put(contexts, old_contexts[was])
                pair = put(pairs, old_pairs[place])
                nexts[pair], counts[pair], links[pair] = old_nexts[place], old_counts[place], heads[context]
                heads[context] = pair
                totals[context] += old_counts[place]
                taken += 1
            place = old_links[place]
    return taken


@njit(cache=True, nogil=True)
def ranked(
    chain_keys: Keys,
    depth: int,
    most: int,
    least: int,
    contexts: Keys,
    totals: Ints,
    heads: Codes,
    nexts: Codes,
    counts: Ints,
    links: Codes,
    out: Codes,
    weights: Ints,
) -> int:
    """The `most` likeliest followers, best first, into `out`; returns how many there are.

    From the deepest context down: a context seen less than `least` times is passed over, but for the root. Its
    followers stand by count, ties by code, before those that only shorter contexts know. `weights` (most,) is working
    room.
    """
    held = 0
    for o in range(depth, -1, -1):
        context = find(contexts, chain_keys[o])
        if context == NONE or totals[context] <= 0 or (o > 0 and totals[context] < least):
            continue
        first = held
        pair = heads[context]
        while pair != NONE:
            follower, weight = nexts[pair], counts[pair]
            known = weight <= 0
            for place in range(first):
                known = known or out[place] == follower
            if not known:
                place = held
                while place > first and (
                    weights[place - 1] < weight or (weights[place - 1] == weight and out[place - 1] > follower)
                ):
                    place -= 1
                if place < most:
                    held = min(held + 1, most)
                    for move in range(held - 1, place, -1):
                        out[move], weights[move] = out[move - 1], weights[move - 1]
                    out[place], weights[place] = follower, weight
            pair = links[pair]
        if held >= most:
            break
    return held


@njit(cache=True, nogil=True)
def rank_all(
    chain_keys: Keys,
    depths: Codes,
    most: int,
    least: int,
    contexts: Keys,
    totals: Ints,
    heads: Codes,
    nexts: Codes,
    counts: Ints,
    links: Codes,
) -> Codes:
    """(m, most): the likeliest followers at each of m places; −1 where there are no more."""
    out = np.full((len(chain_keys), most), NONE, np.int32)
    weights = np.empty(most, np.int64)
    for row in range(len(chain_keys)):
        ranked(
            chain_keys[row], depths[row], most, least,
            contexts, totals, heads, nexts, counts, links, out[row], weights,
        )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def chains(offsets: Ints, acts: Codes, tasks: Codes, order: int, first: int) -> tuple[Keys, Codes, Codes]:
    """Every place from the one before event `first` of a trace on, its end included.

    Returns (keys (m, order + 1), deepest order (m,), place (m,): index of the event that comes there, or −1 − trace at
    an end).
    """
    size = 0
    for trace in range(len(offsets) - 1):
        size += max(0, offsets[trace + 1] - offsets[trace] + 1 - first)
    keys = np.zeros((size, order + 1), np.uint64)
    depths = np.empty(size, np.int32)
    places = np.empty(size, np.int32)
    row = 0
    for trace in range(len(offsets) - 1):
        low, high = offsets[trace], offsets[trace + 1]
        for at in range(low + first, high + 1):
            depths[row] = chain(acts, low, at, tasks[trace], order, keys[row])
            places[row] = at if at < high else -1 - trace
            row += 1
    return keys, depths, places
