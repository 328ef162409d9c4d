"""Growing trees on binned features, compiled. One thread, one order, no chance but hashes: always the same trees."""

from __future__ import annotations

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.distil.kernels import mix

Bins = NDArray[np.uint8]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@njit(cache=True)
def best_cut(
    bins: Bins, answers: Codes, rows: Ints, f: int, whole: Ints, least: int, seen: Codes, in_bin: Ints
) -> tuple[float, int]:
    """(Σ over both sides of Σ c² / size, the bin after which to cut) of one feature; the greater, the purer.

    `whole` counts each answer among `rows`; `seen` (bins, width) and `in_bin` are zeros, and left so. (0, 0): no cut.
    """
    size, width = len(rows), len(whole)
    top = 0
    for i in rows:
        value = bins[i, f]
        seen[value, answers[i]] += 1
        in_bin[value] += 1
        top = max(top, value)
    left = np.zeros(width, np.int64)
    count, left_squares, right_squares = 0, 0, (whole * whole).sum()
    best, best_value = 0.0, 0
    for value in range(top + 1):
        if not in_bin[value]:
            continue
        for w in range(width):
            c = seen[value, w]
            left_squares += c * (2 * left[w] + c)
            right_squares -= c * (2 * (whole[w] - left[w]) - c)
            left[w] += c
            seen[value, w] = 0
        count += in_bin[value]
        in_bin[value] = 0
        if count >= least and size - count >= least:
            score = left_squares / count + right_squares / (size - count)
            if score > best:
                best, best_value = score, value
    return best, best_value


@njit(cache=True)
def parted(bins: Bins, rows: Ints, f: int, value: int) -> int:
    """Put rows at or below the cut first, both sides in their order; how many they are."""
    other = np.empty(len(rows), np.int64)
    at, rest = 0, 0
    for i in rows:
        if bins[i, f] <= value:
            rows[at] = i
            at += 1
        else:
            other[rest] = i
            rest += 1
    rows[at:] = other[:rest]
    return at


@njit(cache=True)
def grow(
    bins: Bins,
    answers: Codes,
    rows: Ints,
    tried: int,
    least: int,
    deepest: int,
    seed: int,
    width: int,
    feature: Codes,
    cut: Codes,
    below: Codes,
    start: int,
) -> int:
    """One tree over `rows` of (n, F) bins, written from node `start` on; the number of nodes afterwards.

    Node i sends a place on to `below[i]` if its `feature[i]` is at most `cut[i]`, else to `below[i]` + 1; a leaf has
    feature −1. At each node the cut of `tried` features, drawn by a hash, is taken that makes the Gini impurity least.
    """
    rows = rows.copy()
    most = 2 * len(rows) // least + 3
    span = np.zeros((most, 3), np.int64)  # first row, row after the last, depth
    order = np.arange(bins.shape[1])
    seen, in_bin = np.zeros((256, width), np.int32), np.zeros(256, np.int64)
    span[0, 1] = len(rows)
    done, made = 0, 1
    while done < made:
        a, b, depth = span[done]
        node = start + done
        whole = np.bincount(answers[rows[a:b]], minlength=width)
        pure = (whole * whole).sum() / max(b - a, 1)
        best, best_feature, best_value = pure + 1e-9, -1, 0
        if b - a >= 2 * least and depth < deepest and pure < b - a and made + 2 <= most:
            state = mix(uint64(seed), uint64(done))
            for k in range(min(tried, len(order))):
                state = mix(state, uint64(k))
                pick = k + int(state % uint64(len(order) - k))
                order[k], order[pick] = order[pick], order[k]
                score, value = best_cut(bins, answers, rows[a:b], order[k], whole, least, seen, in_bin)
                if score > best:
                    best, best_feature, best_value = score, order[k], value
        feature[node], cut[node], below[node] = best_feature, best_value, start + made
        if best_feature >= 0:
            middle = a + parted(bins, rows[a:b], best_feature, best_value)
            span[made] = a, middle, depth + 1
            span[made + 1] = middle, b, depth + 1
            made += 2
        done += 1
    return start + made


@njit(cache=True)
def leaves(bins: Bins, roots: Codes, feature: Codes, cut: Codes, below: Codes) -> Codes:
    """(n,): the node each place ends in, from its root; −1 where it has none."""
    out = np.empty(len(roots), np.int32)
    for i in range(len(roots)):
        node = roots[i]
        while node >= 0 and feature[node] >= 0:
            node = below[node] + (1 if bins[i, feature[node]] > cut[node] else 0)
        out[i] = node
    return out


@njit(cache=True)
def filled(
    leaf: Codes, answers: Codes, weights: Doubles, nodes: int, width: int, least: float
) -> tuple[Ints, Codes, Floats]:
    """(offsets (nodes + 1,), columns, counts) of what came in each node.

    `leaf` (trees · n,): the node of each place, tree by tree; −1 for none. Place i counts `weights[i]`.
    """
    n = len(answers)
    where = np.zeros(nodes + 2, np.int64)
    for i in range(len(leaf)):
        if leaf[i] >= 0:
            where[leaf[i] + 2] += 1
    where = np.cumsum(where)
    rows = np.empty(len(leaf), np.int32)
    for i in range(len(leaf)):
        if leaf[i] >= 0:
            rows[where[leaf[i] + 1]] = i % n
            where[leaf[i] + 1] += 1
    offsets = np.zeros(nodes + 1, np.int64)
    columns, counts = np.empty(len(leaf), np.int32), np.empty(len(leaf), np.float32)
    total = np.zeros(width, np.float64)
    at = 0
    for node in range(nodes):
        for i in rows[where[node] : where[node + 1]]:
            total[answers[i]] += weights[i]
        for i in rows[where[node] : where[node + 1]]:
            w = answers[i]
            if total[w] > least:
                columns[at], counts[at] = w, total[w]
                at += 1
            total[w] = 0.0
        offsets[node + 1] = at
    return offsets, columns[:at].copy(), counts[:at].copy()
