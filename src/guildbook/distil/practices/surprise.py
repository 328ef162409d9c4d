"""Where the search looks first: steps that the model of the layer below does not expect.

A step that is expected wherever it is done can teach nobody anything, and one that hardly anybody does is told by few
cases. So the steps in between are a family of their own for false-discovery control, and all others another: nothing is
left out, but what looks most like expertise is not held against dozens of comparisons that never could be.

Where it is seen who has done the task for long, surprise is theirs: what they do more often than those who are new to
it, like cases compared. Elsewhere it is that of a next-step model of counts over the shortened traces in which the task
ended well, with the practices accepted by then as symbols of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.practices.experience import Experience
from guildbook.distil.practices.features import uses
from guildbook.distil.practices.quality import GOOD
from guildbook.distil.practices.statistics import Floats, tally
from guildbook.distil.practices.traces import Flags, TaskTraces

ORDER: Final = 2
"""Steps that a context reaches back."""
SURPRISING: Final = (0.3, 1.6)
"""Bits: a step that the model gives a chance of 4 in 5 or more is expected; one of less than a third, rare."""
MORE: Final = 0.1
"""Largest p, one-sided, at which the experienced count as doing something more often."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """An accepted practice as a symbol: from its step on, a trace that followed it differs from one that did not."""

    step: int
    followed: Flags


def unsurprising(traces: TaskTraces, people: Experience, below: Sequence[Known] = ()) -> frozenset[int]:
    """The columns of the steps that are looked at later. `below`: what has been accepted."""
    if people.told_apart:
        found = uses(traces, people)
        if found:
            return frozenset(column for column, use in found.items() if use.p >= MORE)
    settled = traces.outcome > 0
    surprise = bits(traces, traces.outcome == GOOD if settled.any() else np.ones_like(settled), below)
    return frozenset(np.flatnonzero((surprise < SURPRISING[0]) | (surprise > SURPRISING[1])).tolist())


def bits(traces: TaskTraces, rows: Flags, below: Sequence[Known] = ()) -> Floats:
    """(A,) the mean −log2 p of each step where it is done in some of the traces; 0 where it is done in none.

    p backs off by Witten and Bell's method (*IEEE Trans. Inf. Theory* 37 (1991) 1085–1094): a context's own count and
    the p of the next shorter one, which weighs as much as there are kinds of steps after the context. The longest is
    what was followed by then and the last `ORDER` steps.
    """
    trace, step = np.nonzero(traces.first >= 0)
    order = np.lexsort((traces.first[trace, step], trace))
    trace, step = trace[order].astype(np.int64), step[order].astype(np.int64)
    count, weights = len(traces.activities), traces.weights[trace]
    p = np.full(len(step), 1.0 / max(count, 1))
    for context in _contexts(traces, trace, step, below):
        p = _backed_off(context, step, weights, p, count)
    here = rows[trace]
    own = tally(step[here], weights[here], count)
    return tally(step[here], weights[here] * -np.log2(p[here]), count) / np.maximum(own, 1e-9)


def _contexts(traces: TaskTraces, trace: Ints, step: Ints, below: Sequence[Known]) -> list[Ints]:
    """Numbers of the contexts of each step, the shortest first."""
    count = len(traces.activities) + 1
    context = np.zeros(len(step), np.int64)
    found = [context]
    for back in range(1, ORDER + 1):
        before = np.zeros(len(step), np.int64)
        before[back:] = np.where(trace[back:] == trace[:-back], step[:-back] + 1, 0)
        context = _numbered(context * count + before)
        found.append(context)
    place = traces.first[trace, step]
    for known in below:
        done = known.followed[trace] & (traces.first[trace, known.step] < place)
        context = _numbered(2 * context + done)
    return [*found, context] if below else found


def _numbered(codes: Ints) -> Ints:
    """The number of each code, in order of first standing (hashing: quicker than sorting)."""
    return pa.array(codes).dictionary_encode().indices.to_numpy().astype(np.int64)


def _backed_off(context: Ints, step: Ints, weights: Floats, shorter: Floats, count: int) -> Floats:
    """Chance of each step in its context, from that in the shorter one."""
    size = int(context.max(initial=-1)) + 1
    encoded = pa.array(context * count + step).dictionary_encode()
    cells, cell = encoded.dictionary.to_numpy(), encoded.indices.to_numpy()
    own, whole = tally(cell, weights, len(cells))[cell], tally(context, weights, size)[context]
    kinds = np.bincount(cells // max(count, 1), minlength=size).astype(np.float64)[context]
    return (own + kinds * shorter) / (whole + kinds)
