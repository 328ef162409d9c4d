"""What stored episodes are worth to whoever looks similar ones up: exact Shapley values of a nearest-neighbour game.

A query is a held-back episode after its opening; the episodes nearest to it are looked up, and one that went on as the
query did has helped. With v(S) = 1/K Σ u over the K nearest of S, the values are exact in O(n log n) a query: from the
farthest to the nearest, s(i) = s(i + 1) + (u(i) − u(i + 1)) / K · min(K, i) / i, first u(n) · min(K, n) / (K n)
(Jia et al., *Efficient Task-Specific Data Valuation for Nearest Neighbor Algorithms*, VLDB 2019, arXiv 1908.08619,
theorem 1; the last term for n < K as in Wang and Jia, arXiv 2304.04258).

Distance: another task is farther than anything of the same; then 1 minus the share of acts that both openings have in
common (Jaccard), then the difference of their last acts, then age, the newest first. Episodes are the players; a
worker's value is the sum of theirs, and of an episode of several, their shares by events.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.contribution.values import Contribution, Value
from guildbook.measure.work import Work

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

NEAREST: Final = 5
OPENING: Final = 3
"""Events of a query that are known when it is asked."""
QUERIES: Final = 500
"""Queries drawn where there are more."""
_FAR: Final = 4.0


def retrieved(
    train: Work, test: Work, *, nearest: int = NEAREST, opening: int = OPENING, queries: int = QUERIES, seed: int = 0
) -> Contribution:
    """What each worker's stored episodes add to a lookup, on average over queries; exact for the queries asked.

    With more than `queries` held-back episodes so many are drawn, and the error is that of the drawing.
    """
    asked = np.flatnonzero(np.diff(test.offsets) > opening)
    if len(asked) > queries:
        asked = np.sort(np.random.Generator(np.random.Philox(seed)).permutation(asked)[:queries])
    each = np.zeros((len(asked), len(train.workers)))
    whole = 0.0
    prefixes, sizes = _openings(train, opening), np.diff(train.offsets)
    follower = _followers(train, opening)
    words = _sets(train, opening)
    theirs = _sets(test, opening)
    last = _openings(test, opening)[:, -1]
    follow = _followers(test, opening)
    for row, query in enumerate(asked.tolist()):
        far = _far(train.task == test.task[query], words, theirs[query], prefixes[:, -1] != last[query])
        helps = ((follower == follow[query]) & (sizes > opening) & (train.task == test.task[query])).astype(np.float64)
        values = shapley(far, helps, nearest)
        each[row] = _by_worker(train, values)
        whole += float(values.sum())
    many = len(asked)
    mean = each.mean(axis=0) if many else np.zeros(len(train.workers))
    drawn = many < int(np.count_nonzero(np.diff(test.offsets) > opening))
    error = each.std(axis=0, ddof=1) / np.sqrt(many) if drawn and many > 1 else np.zeros(len(mean))
    values = tuple(
        Value(*one) for one in zip(train.workers, mean.tolist(), error.tolist(), strict=True)
    )  # fmt: skip
    return Contribution("shapley", "retrieved", whole / max(many, 1), values, exact=not drawn)


def shapley(far: Floats, helps: Floats, nearest: int) -> Floats:
    """(n,): Shapley values of v(S) = 1/K Σ helps over the K nearest of S, for n episodes of which the last are newest.

    Of two that are as far the newer is nearer.
    """
    order = np.lexsort((-np.arange(len(far)), far))
    out = np.empty(len(far))
    out[order] = _recursion(helps[order], nearest)
    return out


@njit(cache=True)
def _recursion(helps: Floats, nearest: int) -> Floats:
    size = len(helps)
    out = np.empty(size)
    for place in range(size - 1, -1, -1):
        rank = place + 1
        share = min(nearest, rank) / (nearest * rank)
        if rank == size:
            out[place] = helps[place] * share
        else:
            out[place] = out[place + 1] + (helps[place] - helps[place + 1]) * share
    return out


def _far(same_task: NDArray[np.bool_], words: Keys, theirs: Keys, other_last: NDArray[np.bool_]) -> Floats:
    """(n,): how far each stored opening is from one query's."""
    both = np.bitwise_count(words & theirs).sum(axis=1)
    either = np.bitwise_count(words | theirs).sum(axis=1)
    apart = 1.0 - both / np.maximum(either, 1)
    return apart + other_last * 1e-6 + ~same_task * _FAR


def _openings(work: Work, opening: int) -> Codes:
    """(T, opening): the first acts of each trace; −1 where it is shorter."""
    at = work.offsets[:-1, None] + np.arange(opening)
    inside = at < work.offsets[1:, None]
    return np.where(inside, work.act[np.minimum(at, max(work.events - 1, 0))], -1).astype(np.int32)


def _followers(work: Work, opening: int) -> Codes:
    """(T,): what came after the opening; −1 where nothing did."""
    return _openings(work, opening + 1)[:, -1]


def _sets(work: Work, opening: int) -> Keys:
    """(T, words): the acts of each opening as bits."""
    acts = _openings(work, opening)
    out = np.zeros((len(work), len(work.acts) // 64 + 1), np.uint64)
    rows = np.arange(len(work))
    for place in range(opening):
        act = acts[:, place]
        known = act >= 0
        bit = np.uint64(1) << (np.maximum(act, 0) % 64).astype(np.uint64)
        out[rows[known], act[known] // 64] |= bit[known]
    return out


def _by_worker(work: Work, values: Floats) -> Floats:
    """(W,): the episodes' values added up; those of an episode of several by their shares of its events."""
    part = values / np.diff(work.offsets)
    return np.bincount(work.worker, part[work.trace], len(work.workers)).astype(np.float64)
