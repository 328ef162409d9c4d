"""Where something comes next: one place after every event of every joint trace, and one before its first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.sums import END
from guildbook.distil.traces import Traces

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Places:
    """n places of joint traces: what may be looked at is the first `depth` events of `trace`, nothing later."""

    traces: Traces
    trace: Ints
    """(n,): the trace of each place."""
    depth: Ints
    """(n,): events of the trace before the place; the trace's length where its end comes next."""

    @classmethod
    def of(cls, traces: Traces, first: int = 0) -> Places:
        """All places with at least `first` events before them, trace by trace."""
        sizes = np.diff(traces.offsets) + 1 - first
        sizes = np.maximum(sizes, 0)
        trace = np.repeat(np.arange(len(traces)), sizes)
        depth = np.arange(len(trace)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + first
        return cls(traces, trace, depth)

    def __len__(self) -> int:
        return len(self.trace)

    def pick(self, rows: NDArray[np.bool_] | Ints | slice) -> Places:
        """Some of the places."""
        return Places(self.traces, self.trace[rows], self.depth[rows])

    @cached_property
    def after(self) -> Ints:
        """(n,): where in `traces` (its `time`, `step`, `who` …) the next event stands; the trace's end at its end."""
        return self.traces.offsets[self.trace] + self.depth

    @cached_property
    def answer(self) -> Keys:
        """(n,): the symbol of what came next; END at the end."""
        ends = self.after == self.traces.offsets[self.trace + 1]
        out = np.full(len(self), END, np.uint64)
        out[~ends] = self.traces.step[self.after[~ends]]
        return out

    def columns(self, symbols: Keys) -> Ints:
        """(n,): the column of each answer among `symbols`; `len(symbols)` for one that is not among them."""
        order = np.argsort(symbols)
        found = np.minimum(np.searchsorted(symbols, self.answer, sorter=order), max(len(symbols) - 1, 0))
        if not len(symbols):
            return np.zeros(len(self), np.int64)
        column = order[found]
        return np.where(symbols[column] == self.answer, column, len(symbols))
