"""What comes next: interpolated back-off over the context counts of the sums.

Witten–Bell smoothing (Witten and Bell, *IEEE Trans. Inf. Theory* 37 (1991) 1085–1094), interpolated: with c the
count of a context, t the number of different symbols seen after it and P′ the distribution one order shorter,
P(w) = (c(w) + t · P′(w)) / (c + t). Below order 0 every known symbol and one for the unknown are alike. Where it
helps, one context more stands on top: the last few steps together with who did the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.encode import encode
from guildbook.distil.kernels import context_hashes, run_hashes
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import context_counts, sequences
from guildbook.distil.sums import END, MAX_ORDER, START, Sums, worker_symbol
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
MAX_WORKER_ORDER: Final = 6
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
class _Places:
    """Where something comes next."""

    sequence: Keys
    """Traces one after another, each START, activities, END."""
    positions: Ints
    depth: Ints
    """Symbols of the trace before each position."""
    last: Keys
    """Who did the step before each position; 0: nobody."""

    @classmethod
    def of(cls, traces: Traces) -> _Places:
        """All places of these traces."""
        sequence, positions, depth = sequences(traces)
        who = np.zeros(len(sequence), np.uint64)
        who[np.arange(len(traces.who)) + 2 * traces.trace + 1] = traces.who
        return cls(sequence, positions, depth, who[positions - 1])

    def pick(self, rows: NDArray[np.bool_] | Ints) -> _Places:
        """Some of the places."""
        return _Places(self.sequence, self.positions[rows], self.depth[rows], self.last[rows])

    def context(self, order: int) -> Keys:
        """The context of each place: at most `order` symbols, never beyond START."""
        return context_hashes(self.sequence, self.positions, np.minimum(self.depth, order))

    def context_with_worker(self, order: int) -> Keys:
        """The same, with who did the last step."""
        head = np.column_stack([self.context(order), self.last])
        return run_hashes(head, np.zeros(len(head) + 1, np.int64), np.empty(0, np.uint64))[:, 0]


@dataclass(frozen=True)
class NextStep:
    """The next-step model: a view of counts, nothing of its own."""

    contexts: CountTable
    texts: dict[int, str]
    order: int = MAX_ORDER
    """Longest context used."""
    workers: CountTable | None = None
    """order, context with the last worker, next activity or END; None: who did it is not looked at."""
    worker_order: int = 0
    """The order of `workers` that is used; 0: none."""

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

    def predict(self, history: Sequence[str], worker: str | None = None) -> list[tuple[str, float]]:
        """Activities that may follow these (from the start of the trace), likeliest first; "" is the end.

        `worker` did the last of them.
        """
        sequence = np.array([START, *(symbol(label) for label in history), END], np.uint64)
        at = np.array([len(sequence) - 1])
        last = np.array([worker_symbol(worker) if worker is not None else 0], np.uint64)
        p = self._distributions(_Places(sequence, at, at, last))[0, :-1]
        ranked = np.argsort(-p, kind="stable")
        return [(self.texts.get(int(self.symbols[i]), ""), float(p[i])) for i in ranked.tolist()]

    def evaluate(self, traces: Traces) -> Score:
        """Predict every event from the second on and the end of every trace. NaN scores for no events."""
        places = _Places.of(traces)
        places = places.pick(places.depth > 1)
        keys = np.column_stack([places.context(self.order), places.context_with_worker(self.worker_order)])
        if not self.worker_order:
            keys[:, 1] = 0
        _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        group = group.reshape(-1)
        column = {code: place for place, code in enumerate(self.symbols.tolist())}
        following = places.sequence[places.positions].tolist()
        answers = np.array([column.get(code, len(column)) for code in following], np.int64)
        by_group = np.argsort(group, kind="stable")
        bounds = np.searchsorted(group[by_group], np.arange(len(first) + 1))
        step = max(1, _CELLS // (len(column) + 1))
        hits, top3, loss = 0, 0, 0.0
        for low in range(0, len(first), step):
            block = first[low : low + step]
            p = self._distributions(places.pick(block))
            rows = by_group[bounds[low] : bounds[low + len(block)]]
            here, answer = group[rows] - low, answers[rows]
            best = np.argsort(-p[:, :-1], axis=1, kind="stable")[:, :3]
            same = best[here] == answer[:, None]
            hits += int(same[:, 0].sum())
            top3 += int(same.sum())
            loss -= float(np.log(p[here, answer]).sum())
        n = len(following)
        return Score(hits / n, top3 / n, loss / n, n) if n else Score(np.nan, np.nan, np.nan, 0)

    def _distributions(self, places: _Places) -> Floats:
        """(n, V + 1): the distribution at each place; the last column is anything unknown."""
        width = len(self.symbols) + 1
        p = np.full((len(places.positions), width), 1.0 / width)
        for order in range(self.order + 1):
            deep = np.flatnonzero(places.depth >= order)
            self._sharpen(p, deep, places.pick(deep).context(order), self._orders[order])
        if self.workers is not None and self.worker_order:
            code = places.context_with_worker(self.worker_order)
            self._sharpen(p, np.arange(len(code)), code, self.workers.where(c0=self.worker_order))
        return p

    def _sharpen(self, p: Floats, rows: Ints, code: Keys, table: CountTable) -> None:
        """One step of the interpolation, in place, for rows of `p` whose contexts have these hashes."""
        by_symbol = np.argsort(self.symbols)
        low = np.searchsorted(table.keys[:, 1], code, side="left")
        high = np.searchsorted(table.keys[:, 1], code, side="right")
        seen = high > low
        rows, low, high = rows[seen], low[seen], high[seen]
        size = high - low
        row = np.repeat(np.arange(len(rows)), size)
        cell = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)
        column = by_symbol[np.searchsorted(self.symbols, table.keys[cell, 2], sorter=by_symbol)]
        count = table.counts[cell].astype(np.float64)
        total = np.bincount(row, count, len(rows))
        p[rows] *= (size / (total + size))[:, None]
        p[rows[row], column] += count / (total + size)[row]

    @cached_property
    def _orders(self) -> list[CountTable]:
        """The rows of each order, sorted by context."""
        bounds = np.searchsorted(self.contexts.keys[:, 0], np.arange(MAX_ORDER + 2).astype(np.uint64))
        return [
            CountTable(np.ascontiguousarray(self.contexts.keys[a:b]), self.contexts.counts[a:b])
            for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen on the latest training traces."""

    order: int = MAX_ORDER
    recency: int = 1
    """Counts of each later quarter of the training time weigh this many times those of the one before."""
    worker_order: int = 0


def fit(traces: Traces, choice: Choice | None = None) -> NextStep:
    """The model of these traces alone."""
    choice = choice or Choice()
    start = traces.time[traces.offsets[:-1]]
    quarter = np.argsort(np.argsort(start, kind="stable"), kind="stable") * QUARTERS // max(len(start), 1)
    contexts, workers = CountTable.zero(3), CountTable.zero(3)
    for number in range(QUARTERS if choice.recency > 1 else 1):
        part = traces.pick(quarter == number) if choice.recency > 1 else traces
        weight = choice.recency**number
        contexts += _times(context_counts(part), weight)
        workers += _times(_worker_counts(part, choice.worker_order), weight)
    words = traces.events.acts
    texts = dict(zip(words.symbols.tolist(), words.texts, strict=True))
    return NextStep(contexts, texts, choice.order, workers, choice.worker_order)


def chosen(traces: Traces) -> Choice:
    """What predicts the latest traces best, learnt from the earlier ones.

    First the longest context together with the weight of recent counts, then how many steps to look at together
    with the last worker. Of equals the plainer weighting, then the longer context, then no worker is taken.
    """
    start = traces.time[traces.offsets[:-1]]
    late = np.argsort(start, kind="stable")[len(start) - round(HELD_OUT * len(start)) :]
    held = np.zeros(len(traces), dtype=bool)
    held[late] = True
    if not held.any() or held.all():
        return Choice()
    before, after = traces.pick(~held), traces.pick(held)
    best: tuple[float, int, int] = (-1.0, 0, 0)
    for recency in RECENCIES:
        model = fit(before, Choice(recency=recency))
        for order in range(1, MAX_ORDER + 1):
            score = NextStep(model.contexts, model.texts, order).evaluate(after)
            best = max(best, (score.accuracy, -recency, order))
    order, recency = best[2], -best[1]
    tried = [Choice(order, recency, n) for n in range(MAX_WORKER_ORDER + 1)]
    return tried[int(np.argmax([fit(before, choice).evaluate(after).accuracy for choice in tried]))]


def bench(train: pa.Table, test: pa.Table, settings: Settings | None = None) -> dict[str, Any]:
    """Learn from `train` alone and predict `test`: accuracy, top3, log_loss (nats), n, and what was chosen."""
    settings = settings or Settings()
    known = join(encode(train, settings))
    choice = chosen(known)
    return fit(known, choice).evaluate(join(encode(test, settings))).to_dict() | asdict(choice)


def _worker_counts(traces: Traces, order: int) -> CountTable:
    """Counts of contexts of one order with the last worker, by next activity; nothing for order 0."""
    if not order:
        return CountTable.zero(3)
    places = _Places.of(traces)
    return CountTable.from_columns(
        np.full(len(places.depth), order, np.uint64),
        places.context_with_worker(order),
        places.sequence[places.positions],
    )


def _times(table: CountTable, weight: int) -> CountTable:
    return CountTable(table.keys, table.counts * weight)
