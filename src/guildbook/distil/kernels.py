"""The few loops that are hot enough to be compiled. All are exact integer work, so results never depend on threads.

Rows of keys are (n, K) uint64 arrays in C order. Constants are wrapped in `uint64` since mixing signs would
make numba fall back to floating point.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy import uint64
from numpy.typing import NDArray

from guildbook.columns.compiled import njit

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

_DIGIT: Final = 11
_MASK: Final = (1 << _DIGIT) - 1
# The multipliers of splitmix64's finaliser (Steele, Lea and Flood, OOPSLA 2014).
_GAMMA: Final = 0x9E3779B97F4A7C15
_MIX1: Final = 0xBF58476D1CE4E5B9
_MIX2: Final = 0x94D049BB133111EB


@njit(cache=True, inline="always")
def mix(value: Any, word: Any) -> Any:
    """One step of a rolling 64-bit hash: splitmix64's finaliser over (value, word)."""
    z = (value ^ word) + uint64(_GAMMA) + (value << uint64(7))
    z = (z ^ (z >> uint64(30))) * uint64(_MIX1)
    z = (z ^ (z >> uint64(27))) * uint64(_MIX2)
    return z ^ (z >> uint64(31))


@njit(cache=True)
def places(values: Ints, borders: Ints, first: Ints) -> Keys:
    """How many borders are at most each value. `first[e]`: how many are below 2^e; negative values give 0.

    The doubling is found by halving, so only a few borders are looked at.
    """
    out = np.zeros(len(values), np.uint64)
    for i in range(len(values)):
        value = values[i]
        if value <= 0:
            continue
        exponent = 0
        for step in (32, 16, 8, 4, 2, 1):
            if value >> (exponent + step) != 0:
                exponent += step
        place = first[exponent]
        while place < len(borders) and borders[place] <= value:
            place += 1
        out[i] = place
    return out


@njit(cache=True)
def row_order(keys: Keys) -> Ints:
    """The stable order that sorts rows lexicographically: radix sort, least significant digit first.

    Digits in which all rows agree cost nothing, so small numbers sort in one or two passes.
    """
    n, width = keys.shape
    order = np.arange(n)
    spare = np.empty(n, np.int64)
    values = np.empty(n, np.uint64)
    moved = np.empty(n, np.uint64)
    for column in range(width - 1, -1, -1):
        varying = uint64(0)
        for i in range(n):
            values[i] = keys[order[i], column]
            varying |= values[i] ^ values[0]
        for shift in range(0, 64, _DIGIT):
            if (varying >> uint64(shift)) & uint64(_MASK) == uint64(0):
                continue
            starts = np.zeros(_MASK + 2, np.int64)
            for i in range(n):
                starts[np.int64((values[i] >> uint64(shift)) & uint64(_MASK)) + 1] += 1
            for digit in range(1, _MASK + 1):
                starts[digit] += starts[digit - 1]
            for i in range(n):
                digit = np.int64((values[i] >> uint64(shift)) & uint64(_MASK))
                spare[starts[digit]] = order[i]
                moved[starts[digit]] = values[i]
                starts[digit] += 1
            order, spare = spare, order
            values, moved = moved, values
    return order


@njit(cache=True)
def group_rows(keys: Keys, weights: Ints) -> tuple[Ints, Ints]:
    """Equal rows brought together by open addressing: (index of one row of each kind, sum of its weights).

    Kinds come in order of first appearance. The table grows by four when half full.
    """
    n, width = keys.shape
    size = 1024
    table = np.full(size, -1, np.int64)
    first = np.empty(n, np.int64)
    total = np.empty(n, np.int64)
    hashes = np.empty(n, np.uint64)
    kinds = 0
    for i in range(n):
        code = uint64(width)
        for column in range(width):
            code = mix(code, keys[i, column])
        slot = np.int64(code & uint64(size - 1))
        while True:
            kind = table[slot]
            if kind < 0:
                table[slot] = kinds
                first[kinds], total[kinds], hashes[kinds] = i, weights[i], code
                kinds += 1
                break
            if hashes[kind] == code:
                other = first[kind]
                same = True
                for column in range(width):
                    if keys[i, column] != keys[other, column]:
                        same = False
                        break
                if same:
                    total[kind] += weights[i]
                    break
            slot = (slot + 1) & (size - 1)
        if kinds * 2 > size:
            size *= 4
            table = np.full(size, -1, np.int64)
            for kind in range(kinds):
                slot = np.int64(hashes[kind] & uint64(size - 1))
                while table[slot] >= 0:
                    slot = (slot + 1) & (size - 1)
                table[slot] = kind
    return first[:kinds].copy(), total[:kinds].copy()


@njit(cache=True)
def merge_rows(left: Keys, left_counts: Ints, right: Keys, right_counts: Ints, sign: int) -> tuple[Ints, Ints]:
    """Two sorted unique tables as one: left + sign · right, rows that come to zero left out.

    Returns (where each row comes from: i for left row i, −1 − j for right row j; counts).
    """
    n, m, width = len(left), len(right), left.shape[1]
    source = np.empty(n + m, np.int64)
    counts = np.empty(n + m, np.int64)
    i, j, size = 0, 0, 0
    while i < n or j < m:
        turn = 0
        if i >= n:
            turn = 1
        elif j >= m:
            turn = -1
        else:
            for column in range(width):
                if left[i, column] != right[j, column]:
                    turn = -1 if left[i, column] < right[j, column] else 1
                    break
        if turn < 0:
            source[size], counts[size] = i, left_counts[i]
            i += 1
        elif turn > 0:
            source[size], counts[size] = -1 - j, sign * right_counts[j]
            j += 1
        else:
            source[size], counts[size] = i, left_counts[i] + sign * right_counts[j]
            i += 1
            j += 1
        if counts[size] != 0:
            size += 1
    return source[:size].copy(), counts[:size].copy()


@njit(cache=True)
def runs_of(left_offsets: Ints, left: Keys, right_offsets: Ints, right: Keys, source: Ints) -> tuple[Ints, Keys]:
    """The runs of the rows that `merge_rows` names in `source`, one after another: (where each starts, tokens).

    `offsets` (n + 1,): where each row's tokens start. Nothing is made on the way that is as large as the tokens.
    """
    starts = np.zeros(len(source) + 1, np.int64)
    for i in range(len(source)):
        row = source[i]
        size = left_offsets[row + 1] - left_offsets[row] if row >= 0 else right_offsets[-row] - right_offsets[-1 - row]
        starts[i + 1] = starts[i] + size
    out = np.empty(starts[-1], np.uint64)
    for i in range(len(source)):
        row, place = source[i], starts[i]
        if row >= 0:
            for at in range(left_offsets[row], left_offsets[row + 1]):
                out[place] = left[at]
                place += 1
        else:
            for at in range(right_offsets[-1 - row], right_offsets[-row]):
                out[place] = right[at]
                place += 1
    return starts, out


@njit(cache=True)
def run_hashes(head: Keys, offsets: Ints, tokens: Keys) -> Keys:
    """A 128-bit hash (two columns) of each row of a head (n, H) and a run of tokens."""
    n, width = head.shape
    out = np.empty((n, 2), np.uint64)
    for i in range(n):
        one, two = uint64(1), uint64(2)
        for column in range(width):
            one, two = mix(one, head[i, column]), mix(two, head[i, column])
        for place in range(offsets[i], offsets[i + 1]):
            one, two = mix(one, tokens[place]), mix(two, tokens[place])
        out[i, 0], out[i, 1] = one, two
    return out


@njit(cache=True)
def context_hashes(sequence: Keys, positions: Ints, depths: Ints) -> Keys:
    """The hash of the `depths[i]` symbols that stand before `positions[i]`, nearest first."""
    out = np.empty(len(positions), np.uint64)
    for i in range(len(positions)):
        code = uint64(0)
        for back in range(1, depths[i] + 1):
            code = mix(code, sequence[positions[i] - back])
        out[i] = code
    return out


@njit(cache=True)
def way_hashes(linked: NDArray[np.bool_], steps: Keys, apps: Ints, fixed: Keys, buckets: Keys) -> tuple[Ints, Keys]:
    """Every a → p1 … pk → b (k = 1 … 4) as (position of a, k) rows and their 128-bit hashes.

    `linked[i]`: event i + 1 follows i in the same trace, by the same worker, with no idle gap. `fixed` (n, 2) is
    task and worker; `buckets` (n, 4) the bucket of the time from event i to event i + k + 1, for k = 1 … 4.
    """
    n = len(steps)
    size = 0
    where, codes = np.empty((0, 2), np.int64), np.empty((0, 2), np.uint64)
    for write in range(2):
        if write == 1:
            where, codes = np.empty((size, 2), np.int64), np.empty((size, 2), np.uint64)
            size = 0
        for i in range(n - 2):
            one, two = uint64(3), uint64(5)
            if not (linked[i] and linked[i + 1]) or apps[i + 1] < 0:
                continue
            if write == 1:
                for column in range(2):
                    one, two = mix(one, fixed[i, column]), mix(two, fixed[i, column])
                one, two = mix(one, steps[i]), mix(two, steps[i])
            for k in range(1, 5):
                last = i + k
                if last + 1 >= n or not linked[last] or apps[last] != apps[i + 1]:
                    break
                if write == 1:
                    one, two = mix(one, steps[last]), mix(two, steps[last])
                    end1 = mix(mix(one, steps[last + 1]), buckets[i, k - 1] + uint64(256 * k))
                    end2 = mix(mix(two, steps[last + 1]), buckets[i, k - 1] + uint64(256 * k))
                    where[size, 0], where[size, 1] = i, k
                    codes[size, 0], codes[size, 1] = end1, end2
                size += 1
    return where, codes


@njit(cache=True)
def main_workers(offsets: Ints, workers: Ints, worker_rank: Ints) -> Ints:
    """(T,) the code of the worker who did most of each trace, of several the one of the lowest rank."""
    often = np.zeros(len(worker_rank), np.int64)
    out = np.full(len(offsets) - 1, -1, np.int64)
    for trace in range(len(out)):
        for i in range(offsets[trace], offsets[trace + 1]):
            often[workers[i]] += 1
        best = -1
        for i in range(offsets[trace], offsets[trace + 1]):
            ahead = best < 0 or often[workers[i]] > often[best]
            if ahead or (often[workers[i]] == often[best] and worker_rank[workers[i]] < worker_rank[best]):
                best = workers[i]
        out[trace] = best
        for i in range(offsets[trace], offsets[trace + 1]):
            often[workers[i]] = 0
    return out


@njit(cache=True)
def _in_bytes(spot: Ints, doers: Ints, out: Keys, size: int) -> int:
    """Append `spot` of each doer to `out`, eight to a token; the new size."""
    for i in range(0, len(doers), 8):
        packed = 0
        for k in range(min(8, len(doers) - i)):
            packed |= spot[doers[i + k]] << (8 * k)
        out[size] = packed
        size += 1
    return size


@njit(cache=True)
def trace_tokens(
    offsets: Ints,
    steps: Ints,
    step_symbols: Keys,
    workers: Ints,
    main: Ints,
    worker_rank: Ints,
    worker_symbols: Keys,
    rule_offsets: Ints,
    rules: Keys,
    repeat: Any,
    told_offsets: Ints,
    told: Ints,
    late: NDArray[np.bool_],
) -> tuple[Ints, Keys]:
    """The profile tokens of each joint trace.

    They are: conditions, 0, distinct activities with repeat marks, 0, workers, 0, who was told at once, 0, who was told
    later only, 0, who did each of the activities first: the place among the workers, from 1 on, a byte each (255 also
    stands for all beyond), eight to a token from the lowest bits up; nothing where there is but one worker.

    `steps` and `workers` are dense codes; `main` (T,) is the worker who stands first, the others follow by rank;
    `worker_rank` orders worker codes by their symbol, and `worker_symbols` is in that order. `told` are the people
    told in each trace, by that rank; `late` says whether it was not at once. Returns (offsets, tokens).
    """
    n = len(offsets) - 1
    seen = np.full(len(step_symbols), -1, np.int64)
    often = np.zeros(len(step_symbols), np.int64)
    met = np.full(len(worker_rank), -1, np.int64)
    team = np.empty(len(worker_rank), np.int64)
    spot = np.empty(len(worker_rank), np.int64)
    doers = np.empty(len(step_symbols), np.int64)
    out_offsets = np.zeros(n + 1, np.int64)
    out = np.empty(len(rules) + 3 * len(steps) + len(steps) // 8 + 6 * n + len(told), np.uint64)
    size = 0
    for trace in range(n):
        for place in range(rule_offsets[trace], rule_offsets[trace + 1]):
            out[size] = rules[place]
            size += 1
        out[size] = 0
        size += 1
        for i in range(offsets[trace], offsets[trace + 1]):
            if seen[steps[i]] != trace:
                seen[steps[i]], often[steps[i]] = trace, 0
            often[steps[i]] += 1
        people = 0
        kinds = 0
        for i in range(offsets[trace], offsets[trace + 1]):
            count = often[steps[i]]
            if count > 0:
                doers[kinds] = worker_rank[workers[i]]
                kinds += 1
                out[size] = step_symbols[steps[i]]
                size += 1
                if count > 1:
                    out[size] = repeat
                    size += 1
                often[steps[i]] = 0
            if met[workers[i]] != trace:
                met[workers[i]] = trace
                team[people] = worker_rank[workers[i]] if workers[i] != main[trace] else -1
                people += 1
        out[size] = 0
        size += 1
        team[:people].sort()
        for i in range(people):
            rank = team[i] if team[i] >= 0 else worker_rank[main[trace]]
            out[size] = worker_symbols[rank]
            spot[rank] = min(i + 1, 255)
            size += 1
        for later in range(2):
            out[size] = 0
            size += 1
            for i in range(told_offsets[trace], told_offsets[trace + 1]):
                if late[i] == (later == 1):
                    out[size] = worker_symbols[told[i]]
                    size += 1
        out[size] = 0
        size += 1
        if people > 1:
            size = _in_bytes(spot, doers[:kinds], out, size)
        out_offsets[trace + 1] = size
    return out_offsets, out[:size].copy()


@njit(cache=True)
def reply_times(offsets: Ints, trace: Ints, times: Ints, workers: Ints, asks: Ints, asked: Ints, people: int) -> Ints:
    """For each ask (event `asks[i]` to worker code `asked[i]`, asks in order): µs to that worker's next event, or −1.

    Walks backwards, keeping where each worker is met next in the trace, so it costs events + asks.
    """
    out = np.full(len(asks), -1, np.int64)
    at = np.zeros(people, np.int64)
    stamp = np.full(people, -1, np.int64)
    ask = len(asks) - 1
    while ask >= 0:
        here = trace[asks[ask]]
        for i in range(offsets[here + 1] - 1, offsets[here] - 1, -1):
            while ask >= 0 and asks[ask] == i:
                if asked[ask] >= 0 and stamp[asked[ask]] == here:
                    out[ask] = times[at[asked[ask]]] - times[i]
                ask -= 1
            at[workers[i]], stamp[workers[i]] = i, here
    return out


@njit(cache=True)
def pair_counts(
    case: Codes, worker: Codes, time: Ints, seq: Ints, cases: int, people: int, trusted: int
) -> tuple[bool, Ints]:
    """How often `worker` follows `worker` within a case, for events whose cases stand together in time order.

    Returns (whether they do, counts (people, people)); gives up at the first event that does not, unless the
    order is `trusted`.
    """
    counts = np.zeros((people, people), np.int64)
    met = np.zeros(cases, np.bool_)
    if len(case):
        met[case[0]] = True
    for i in range(1, len(case)):
        if case[i] == case[i - 1]:
            late = time[i] > time[i - 1] or (time[i] == time[i - 1] and seq[i] > seq[i - 1])
            if not (late or trusted):
                return False, counts
            counts[worker[i - 1], worker[i]] += 1
        else:
            if met[case[i]] and not trusted:
                return False, counts
            met[case[i]] = True
    return True, counts
