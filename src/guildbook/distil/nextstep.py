"""What comes next: interpolated back-off over the context counts of the sums.

Witten–Bell smoothing (Witten and Bell, *IEEE Trans. Inf. Theory* 37 (1991) 1085–1094), interpolated: with c the
count of a context, t the number of different symbols seen after it and P′ the distribution one order shorter,
P(w) = (c(w) + t · P′(w)) / (c + t). Below order 0 every known symbol and one for the unknown are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.encode import encode
from guildbook.distil.kernels import context_hashes
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import context_counts, sequences
from guildbook.distil.sums import END, MAX_ORDER, START, Sums
from guildbook.distil.tables import CountTable
from guildbook.distil.traces import Traces, join
from guildbook.model.ids import symbol

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

HELD_OUT: Final = 0.2
"""Share of the training traces, the latest, by which the highest order is chosen."""
RECENCIES: Final = (1, 2, 3)
QUARTERS: Final = 4
_CELLS: Final = 2_000_000
"""Probabilities held at a time."""


@dataclass(frozen=True)
class Score:
    """How well next steps were predicted."""

    accuracy: float
    top3: float
    log_loss: float
    """Mean of −ln P of what came, in nats."""
    n: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"accuracy": self.accuracy, "top3": self.top3, "log_loss": self.log_loss, "n": self.n}


@dataclass(frozen=True)
class NextStep:
    """The next-step model: a view of the sums, nothing of its own."""

    contexts: CountTable
    texts: dict[int, str]
    order: int = MAX_ORDER
    """Longest context used."""

    @classmethod
    def of(cls, sums: Sums, order: int = MAX_ORDER) -> NextStep:
        """The model that the sums hold."""
        return cls(sums.contexts, dict(sums.texts), order)

    @cached_property
    def symbols(self) -> Keys:
        """(V,): what may come next, commonest first, ties by text. END is one of them."""
        rows = self._orders[0]
        keys, counts = rows.keys[:, 2], rows.counts
        texts = np.array([self.texts.get(code, "") for code in keys.tolist()], dtype=np.str_)
        return keys[np.lexsort((keys, texts, -counts))]

    def predict(self, history: Sequence[str]) -> list[tuple[str, float]]:
        """Activities that may follow these (from the start of the trace), likeliest first; "" is the end."""
        sequence = np.array([START, *(symbol(label) for label in history), END], np.uint64)
        at = np.array([len(sequence) - 1])
        p = self._distributions(sequence, at, at)[0, :-1]
        ranked = np.argsort(-p, kind="stable")
        return [(self.texts.get(int(self.symbols[i]), ""), float(p[i])) for i in ranked.tolist()]

    def evaluate(self, traces: Traces) -> Score:
        """Predict every event from the second on and the end of every trace. NaN scores for no events."""
        sequence, positions, depth = sequences(traces)
        kept = depth > 1
        positions, depth = positions[kept], depth[kept]
        used = np.minimum(depth, self.order)
        codes = context_hashes(sequence, positions, used)
        _, first, group = np.unique(codes, return_index=True, return_inverse=True)
        column = {code: place for place, code in enumerate(self.symbols.tolist())}
        answers = np.array([column.get(code, len(column)) for code in sequence[positions].tolist()], np.int64)
        by_group = np.argsort(group, kind="stable")
        bounds = np.searchsorted(group[by_group], np.arange(len(first) + 1))
        step = max(1, _CELLS // (len(column) + 1))
        hits, top3, loss = 0, 0, 0.0
        for low in range(0, len(first), step):
            block = first[low : low + step]
            p = self._distributions(sequence, positions[block], depth[block])
            rows = by_group[bounds[low] : bounds[low + len(block)]]
            here, answer = group[rows] - low, answers[rows]
            best = np.argsort(-p[:, :-1], axis=1, kind="stable")[:, :3]
            same = best[here] == answer[:, None]
            hits += int(same[:, 0].sum())
            top3 += int(same.sum())
            loss -= float(np.log(p[here, answer]).sum())
        n = len(positions)
        return Score(hits / n, top3 / n, loss / n, n) if n else Score(np.nan, np.nan, np.nan, 0)

    def _distributions(self, sequence: Keys, positions: Ints, depth: Ints) -> Floats:
        """(n, V + 1): the distribution at each position; the last column is anything unknown."""
        width = len(self.symbols) + 1
        p = np.full((len(positions), width), 1.0 / width)
        by_symbol = np.argsort(self.symbols)
        for order in range(self.order + 1):
            deep = np.flatnonzero(depth >= order)
            table = self._orders[order]
            code = context_hashes(sequence, positions[deep], np.full(len(deep), order))
            low = np.searchsorted(table.keys[:, 1], code, side="left")
            high = np.searchsorted(table.keys[:, 1], code, side="right")
            seen = high > low
            deep, low, high = deep[seen], low[seen], high[seen]
            size = high - low
            row = np.repeat(np.arange(len(deep)), size)
            cell = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)
            column = by_symbol[np.searchsorted(self.symbols, table.keys[cell, 2], sorter=by_symbol)]
            count = table.counts[cell].astype(np.float64)
            total = np.bincount(row, count, len(deep))
            p[deep] *= (size / (total + size))[:, None]
            p[deep[row], column] += count / (total + size)[row]
        return p

    @cached_property
    def _orders(self) -> list[CountTable]:
        """The rows of each order, sorted by context."""
        bounds = np.searchsorted(self.contexts.keys[:, 0], np.arange(MAX_ORDER + 2).astype(np.uint64))
        return [
            CountTable(np.ascontiguousarray(self.contexts.keys[a:b]), self.contexts.counts[a:b])
            for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        ]


def fit(traces: Traces, order: int = MAX_ORDER, recency: int = 1) -> NextStep:
    """The model of these traces alone. Counts of each later quarter weigh `recency` times those of the one before."""
    start = traces.time[traces.offsets[:-1]]
    quarter = np.argsort(np.argsort(start, kind="stable"), kind="stable") * QUARTERS // max(len(start), 1)
    contexts = CountTable.zero(3)
    for number in range(QUARTERS if recency > 1 else 1):
        part = context_counts(traces.pick(quarter == number) if recency > 1 else traces)
        contexts += CountTable(part.keys, part.counts * recency**number)
    words = traces.events.acts
    return NextStep(contexts, dict(zip(words.symbols.tolist(), words.texts, strict=True)), order)


def chosen(traces: Traces) -> tuple[int, int]:
    """(order, recency) that predict the latest traces best, learnt from the earlier ones.

    Of equals the plainer weighting, then the longer context, is taken.
    """
    start = traces.time[traces.offsets[:-1]]
    late = np.argsort(start, kind="stable")[len(start) - round(HELD_OUT * len(start)) :]
    held = np.zeros(len(traces), dtype=bool)
    held[late] = True
    if not held.any() or held.all():
        return MAX_ORDER, 1
    best: tuple[float, int, int] = (-1.0, 0, 0)
    for recency in RECENCIES:
        model = fit(traces.pick(~held), recency=recency)
        for order in range(1, MAX_ORDER + 1):
            score = NextStep(model.contexts, model.texts, order).evaluate(traces.pick(held))
            best = max(best, (score.accuracy, -recency, order))
    return best[2], -best[1]


def bench(train: pa.Table, test: pa.Table, settings: Settings | None = None) -> dict[str, Any]:
    """Learn from `train` alone and predict `test`: accuracy, top3, log_loss (nats), n, and what was chosen."""
    settings = settings or Settings()
    known = join(encode(train, settings))
    order, recency = chosen(known)
    score = fit(known, order, recency).evaluate(join(encode(test, settings)))
    return score.to_dict() | {"order": order, "recency": recency}
