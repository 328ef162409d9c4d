"""Two logs as arrays for learners that are not Guildbook's: codes, time features, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.encode import encode
from guildbook.distil.settings import Settings
from guildbook.distil.traces import Traces, join
from guildbook.model.time import DAY, SECOND
from guildbook.record import reader

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

VALIDATION = 0.2
"""Share of the training cases, the latest by start, on which a peer decides when to stop."""
BINS = 15
UNKNOWN = -1
"""An answer that training never saw: nobody can give it."""


@dataclass(frozen=True)
class Cases:
    """Cases one after another, each in time order."""

    offsets: Ints
    """(T + 1,): where each case starts."""
    act: Ints
    """(n,): activity codes 0 … V − 1; V where training never saw it."""
    worker: Ints
    """(n,): worker codes 0 … W − 1; W where training never saw them."""
    seconds: Floats
    """(n, 4): since the event before, since the start, since midnight UTC, since Monday."""
    conditions: Floats
    """(T, C): which of the case's attributes hold."""
    answer: Ints
    """(n,): the next activity's code, V at the end of the case, `UNKNOWN`."""
    start: Ints
    """(T,): µs of each case's first event."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def pick(self, cases: Ints) -> Cases:
        """These cases, in this order."""
        sizes = np.diff(self.offsets)[cases]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        rows = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes) + np.repeat(self.offsets[cases], sizes)
        return Cases(
            offsets,
            self.act[rows],
            self.worker[rows],
            self.seconds[rows],
            self.conditions[cases],
            self.answer[rows],
            self.start[cases],
        )

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Ints]:
        """Rows of `size` cases at a time, padded with −1: (cases, longest). Shuffled by `rng`; without, as they are.

        Cases of like length are put together, so that little is padding.
        """
        lengths = np.diff(self.offsets)
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        pool = size * 16
        chunks: list[Ints] = []
        for low in range(0, len(order), pool):
            near = order[low : low + pool]
            near = near[np.argsort(lengths[near], kind="stable")]
            chunks += [near[i : i + size] for i in range(0, len(near), size)]
        if rng is not None:
            rng.shuffle(chunks)
        for chunk in chunks:
            place = np.arange(lengths[chunk].max())
            rows = self.offsets[chunk][:, None] + place
            yield np.where(place < lengths[chunk][:, None], rows, -1)


@dataclass(frozen=True)
class Split:
    """What a peer gets."""

    fit: Cases
    valid: Cases
    whole: Cases
    """`fit` and `valid` together."""
    test: Cases
    acts: int
    workers: int


def events(path: Path) -> pa.Table:
    """All events of a log."""
    chunks = [chunk.events for item in reader.plan((path,)) for chunk in reader.read(item)]
    return pa.concat_tables(chunks).unify_dictionaries()


def split(train: pa.Table, test: pa.Table) -> Split:
    """The same labels, workers and places that `guildbook bench next-step` sees; codes from `train` alone."""
    known, asked = (join(encode(table, Settings())) for table in (train, test))
    acts, workers, rules = (
        {text: code for code, text in enumerate(sorted(texts))}
        for texts in (known.events.acts.texts, known.events.workers.texts, known.events.conditions.texts)
    )
    whole, tested = (_cases(traces, acts, workers, rules) for traces in (known, asked))
    order = np.argsort(whole.start, kind="stable")
    whole = whole.pick(order)
    late = len(whole) - round(VALIDATION * len(whole))
    rows = np.arange(len(whole))
    return Split(whole.pick(rows[:late]), whole.pick(rows[late:]), whole, tested, len(acts), len(workers))


def _cases(traces: Traces, acts: dict[str, int], workers: dict[str, int], rules: dict[str, int]) -> Cases:
    events = traces.events
    act_of = np.array([acts.get(text, len(acts)) for text in events.acts.texts], np.int64)
    worker_of = np.array([workers.get(text, len(workers)) for text in events.workers.texts], np.int64)
    act = act_of[traces.act]
    answer = np.empty_like(act)
    answer[:-1] = act[1:]
    answer[answer == len(acts)] = UNKNOWN
    answer[traces.offsets[1:] - 1] = len(acts)
    first = np.repeat(traces.time[traces.offsets[:-1]], np.diff(traces.offsets))
    before = np.diff(traces.time, prepend=traces.time[:1])
    before[traces.offsets[:-1]] = 0
    monday = (traces.time // DAY + 3) % 7 * DAY + traces.time % DAY
    seconds = np.column_stack([before, traces.time - first, traces.time % DAY, monday]) / SECOND
    holds = np.zeros((len(traces), len(rules)), np.float32)
    offsets, codes = traces.rules
    column = np.array([rules.get(text, -1) for text in events.conditions.texts] or [-1], np.int64)
    place = column[codes] if len(codes) else np.empty(0, np.int64)
    trace = np.repeat(np.arange(len(traces)), np.diff(offsets))
    holds[trace[place >= 0], place[place >= 0]] = 1
    return Cases(
        traces.offsets,
        act,
        worker_of[traces.worker],
        seconds.astype(np.float32),
        holds,
        answer,
        traces.time[traces.offsets[:-1]],
    )


def score(p: NDArray[np.float64], answer: Ints) -> dict[str, float | int]:
    """Accuracy, top3, log-loss (nats) and calibration error (as `Score.ece`) of (n, V + 1) probabilities.

    An answer nobody can give counts as wrong, and as the probability 10⁻⁶ in the log-loss.
    """
    best = np.argsort(-p, axis=1, kind="stable")[:, :3]
    same = best == answer[:, None]
    given = np.where(answer >= 0, p[np.arange(len(p)), np.maximum(answer, 0)], 0.0)
    sure = p[np.arange(len(p)), best[:, 0]]
    place = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    apart = np.bincount(place, same[:, 0] - sure, BINS)
    return {
        "accuracy": round(float(same[:, 0].mean()), 4),
        "top3": round(float(same.any(axis=1).mean()), 4),
        "log_loss": round(float(-np.log(np.maximum(given, 1e-6)).mean()), 4),
        "ece": round(float(np.abs(apart).sum()) / len(answer), 4),
        "n": len(answer),
    }
