"""The loops of the next-step model that are hot enough to be compiled. One thread, one order: always the same bits."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.distil.kernels import mix

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_FLOOR: Final = np.float32(1e-9)


@njit(cache=True)
def fold(value: Keys, word: Keys) -> Keys:
    """One step of a rolling hash for each pair."""
    out = np.empty(len(value), np.uint64)
    for i in range(len(value)):
        out[i] = mix(value[i], word[i])
    return out


@njit(cache=True)
def prefix_signs(offsets: Ints, step: Keys) -> tuple[Keys, Keys, Keys, Keys, Keys]:
    """After each event, of all activities of the trace so far: (bag, set, recent, runs, again).

    bag: which, and how often each; set: which; recent: the last four different ones, the latest first; runs: the
    last three runs of one activity, whatever their length; again: how often this one came before.
    """
    n = len(step)
    bag, kinds, recent = np.empty(n, np.uint64), np.empty(n, np.uint64), np.empty(n, np.uint64)
    runs, again = np.empty(n, np.uint64), np.empty(n, np.uint64)
    latest, run = np.zeros(4, np.uint64), np.zeros(3, np.uint64)
    for trace in range(len(offsets) - 1):
        seen: dict[Any, Any] = {uint64(0): 0}
        whole, different = uint64(0), uint64(0)
        latest[:] = 0
        run[:] = 0
        for i in range(offsets[trace], offsets[trace + 1]):
            code = mix(uint64(0), step[i])
            whole += code
            before = seen.get(step[i], 0)
            seen[step[i]] = before + 1
            if before == 0:
                different += code
            place = 3
            for k in range(4):
                if latest[k] == step[i]:
                    place = k
                    break
            for k in range(place, 0, -1):
                latest[k] = latest[k - 1]
            latest[0] = step[i]
            if run[0] != step[i]:
                run[2], run[1], run[0] = run[1], run[0], step[i]
            bag[i], kinds[i], again[i] = whole, different, uint64(min(before, 50))
            recent[i] = mix(mix(mix(latest[0], latest[1]), latest[2]), latest[3])
            runs[i] = mix(mix(run[0], run[1]), run[2])
    return bag, kinds, recent, runs, again


@njit(cache=True)
def numbered(keys: Keys) -> tuple[Codes, Ints]:
    """(number of each key, in order of first occurrence; row of each number's first occurrence)."""
    size = 16
    while size < 2 * len(keys) + 2:
        size *= 2
    mask = uint64(size - 1)
    table = np.full(size, -1, np.int32)
    out, first = np.empty(len(keys), np.int32), np.empty(len(keys), np.int64)
    count = 0
    for i in range(len(keys)):
        slot = mix(uint64(11), keys[i]) & mask
        while table[slot] >= 0 and keys[first[table[slot]]] != keys[i]:
            slot = (slot + uint64(1)) & mask
        if table[slot] < 0:
            table[slot] = count
            first[count] = i
            count += 1
        out[i] = table[slot]
    return out, first[:count].copy()


@njit(cache=True)
def interpolate(
    context: Codes, offsets: Ints, columns: Codes, counts: Floats, parent: Floats, out: Floats, weight: Floats
) -> None:
    """Witten–Bell: P = (c + t · P′) / (C + t), where c, C may be weighted counts; then t sums min(c, 1).

    `context` (n,): which context each row is in, −1 for one never seen, where P = P′; `offsets`, `columns` and
    `counts` list what followed each context; `parent` and `out` are (n, W); `weight` (n,) receives C.
    """
    n, width = out.shape
    for i in range(n):
        total, types = np.float32(0), np.float32(0)
        if context[i] >= 0:
            for j in range(offsets[context[i]], offsets[context[i] + 1]):
                total += counts[j]
                types += min(counts[j], np.float32(1))
        weight[i] = total
        if total <= 0:
            for w in range(width):
                out[i, w] = parent[i, w]
            continue
        scale = np.float32(1) / (total + types)
        for w in range(width):
            out[i, w] = parent[i, w] * types * scale
        for j in range(offsets[context[i]], offsets[context[i] + 1]):
            out[i, columns[j]] += counts[j] * scale


@njit(cache=True)
def likeliest(mean: Floats, most: int) -> Codes:
    """(n, most): the columns of the highest values, in ascending order of column; ties go to the lower column."""
    n, width = mean.shape
    out = np.empty((n, most), np.int32)
    for i in range(n):
        if most == width:
            for w in range(width):
                out[i, w] = w
            continue
        held = 0
        for w in range(width):
            if held == most and mean[i, w] <= mean[i, out[i, most - 1]]:
                continue
            place = held if held < most else most - 1
            while place > 0 and mean[i, out[i, place - 1]] < mean[i, w]:
                if place < most:
                    out[i, place] = out[i, place - 1]
                place -= 1
            out[i, place] = w
            held = min(held + 1, most)
        out[i].sort()
    return out


@njit(cache=True)
def gather(logp: Floats, chosen: Codes, out: Floats) -> None:
    """Log-probabilities of the chosen columns, and last that of all the others together where there are others.

    `logp` (n, W) of one view; `out` (n, M + 1), or (n, M) where all are chosen.
    """
    n, most = chosen.shape
    for i in range(n):
        rest = np.float32(1)
        for k in range(most):
            out[i, k] = logp[i, chosen[i, k]]
            rest -= np.exp(out[i, k])
        if out.shape[1] > most:
            out[i, most] = np.log(max(rest, _FLOOR))


@njit(cache=True, fastmath=True)
def scores(
    logp: Floats, bins: Codes, group: Codes, cells: Codes, weight: Floats, lean: Floats, bias: Floats, pull: Floats
) -> Floats:
    """(n, K): log-probabilities after mixing, one row a place; see `mixer`. `logp` is (n, views, K)."""
    n, views, width = logp.shape
    out = np.empty((n, width), np.float32)
    for i in range(n):
        for k in range(width):
            out[i, k] = bias[cells[i, k]] + pull[group[i], cells[i, k]]
        for v in range(views):
            a = weight[v, bins[i, v]] + lean[group[i], v]
            for k in range(width):
                out[i, k] += a * logp[i, v, k]
        top = out[i, 0]
        for k in range(width):
            top = max(top, out[i, k])
        total = np.float32(0)
        for k in range(width):
            total += np.exp(out[i, k] - top)
        total = np.log(total) + top
        for k in range(width):
            out[i, k] -= total
    return out


@njit(cache=True, fastmath=True)
def loss_and_slopes(
    logp: Floats,
    bins: Codes,
    group: Codes,
    cells: Codes,
    answer: Codes,
    share: Floats,
    weight: Floats,
    lean: Floats,
    bias: Floats,
    pull: Floats,
    d_weight: Doubles,
    d_lean: Doubles,
    d_bias: Doubles,
    d_pull: Doubles,
) -> float:
    """Σ share · −ln P of the answers, its gradients added to the d_ arrays."""
    n, views, width = logp.shape
    loss = 0.0
    z = np.empty(width, np.float32)
    for i in range(n):
        g = group[i]
        for k in range(width):
            z[k] = bias[cells[i, k]] + pull[g, cells[i, k]]
        for v in range(views):
            a = weight[v, bins[i, v]] + lean[g, v]
            for k in range(width):
                z[k] += a * logp[i, v, k]
        top = z[0]
        for k in range(width):
            top = max(top, z[k])
        total = np.float32(0)
        for k in range(width):
            z[k] = np.exp(z[k] - top)
            total += z[k]
        scale = share[i] / total
        loss -= share[i] * np.log(max(z[answer[i]] / total, _FLOOR))
        for k in range(width):
            z[k] *= scale
        z[answer[i]] -= share[i]
        for k in range(width):
            d_bias[cells[i, k]] += z[k]
            d_pull[g, cells[i, k]] += z[k]
        for v in range(views):
            slope = np.float32(0)
            for k in range(width):
                slope += z[k] * logp[i, v, k]
            d_weight[v, bins[i, v]] += slope
            d_lean[g, v] += slope
    return loss
