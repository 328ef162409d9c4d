"""Segmentation of a log held against its truth, which is taken out before anything else sees the log.

The formulas are told, with their sources, in `docs/segmentation.md`.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from guildbook.app.segment_trials import Trial, interleaved, noisy
from guildbook.columns import RAW_SCHEMA
from guildbook.distil import Settings
from guildbook.distil.alike import alike
from guildbook.distil.encode import encode
from guildbook.distil.segment import Segments, Stream, read, segment
from guildbook.distil.segment.routines import LEAST, routines
from guildbook.distil.segment.tasks import tasks
from guildbook.distil.summarise import trace_sums
from guildbook.distil.traces import join
from guildbook.model.errors import UsageError
from guildbook.plugins import ImportOptions
from guildbook.record import reader
from guildbook.record.importers.rows import columns

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Options:
    """How a log is changed before it is segmented."""

    noise: float = 0.0
    """Events injected, as a share of the log's."""
    interleave: bool = False
    """Whether segments of different tasks are interleaved by twos."""
    even_times: bool = False
    """Whether events are spaced evenly, so that no gap tells anything."""
    seed: int = 1


def measure(
    path: Path, truth: Sequence[str], options: Options | None = None, mapping: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Segment the log without its truth columns, and say how well that went.

    The log is read in one piece in the order of the file. What begins with `learnt` says what `learn` makes of the
    same events: each worker's week by itself, in the order of the clock.
    """
    wanted = options or Options()
    trial = load(path, truth, mapping)
    if wanted.interleave:
        trial = interleaved(trial, wanted.seed)
    if wanted.noise:
        trial = noisy(trial, wanted.noise, wanted.seed)
    if wanted.even_times or wanted.interleave:
        trial = trial.even()
    segment(read(trial.events.slice(0, 256)))  # loads what is compiled, before the clock starts
    started = time.perf_counter()
    stream = read(trial.events)
    found = segment(stream)
    task = tasks(stream.symbol, found.segment, found.loose)
    seconds = time.perf_counter() - started
    result = scores(trial.segment, found.segment)
    result |= {"jaccard": jaccard(stream, found, task, trial.segment)}
    if trial.task is not None:
        named = task[found.segment]
        result |= {f"task_{name}": value for name, value in task_scores(trial.task, named).items()}
    result |= {f"learnt_{name}": value for name, value in learnt(trial).items()}
    return result | {
        "segments_found": int(found.segment.max()) + 1,
        "segments_true": len(np.unique(trial.segment[trial.segment >= 0])),
        "tasks_found": int(task.max()) + 1,
        "events": len(stream),
        "symbols": len(stream.names),
        "routines": [
            {
                "title": r.title,
                "times": r.times,
                "fields": len(r.fields),
                "sources": sum(bool(f.sources) for f in r.fields),
            }
            for r in routines(stream, found, task, trial.events)
        ],
        "seconds": round(seconds, 4),
        "events_per_second": round(len(stream) / seconds),
    }


def learnt(trial: Trial) -> dict[str, float]:
    """How well the joint traces of learning tell performances apart, and its tasks the tasks."""
    traces = join(encode(trial.events, Settings()))
    trace = np.empty(len(trial.events), np.int64)
    trace[traces.order] = traces.trace
    said = scores(trial.segment, trace)
    out = {name: said[name] for name in ("f1", "exact")} | {"segments_found": len(traces)}
    task = np.unique(alike(trace_sums(traces)).of(traces.task), return_inverse=True)[1]
    out |= {"tasks_found": int(task.max(initial=-1)) + 1}
    if trial.task is None:
        return out
    return out | {"task_f1": task_scores(trial.task, task[trace])["f1"]}


def load(path: Path, truth: Sequence[str], mapping: Mapping[str, str] | None = None) -> Trial:
    """The events of a log as the importer sees them without the truth columns, and the truth.

    `mapping`: event field → column, where the importer's guess is wrong. Rows without truth stay in the log and are not
    scored. With several truth columns the first names the task.
    """
    whole = columns(path)
    missing = [name for name in truth if name not in whole.column_names]
    if missing or not truth:
        said = f"{path} has no column {missing[0]!r}." if missing else "No truth column is named."
        raise UsageError(said, f"Columns: {', '.join(map(repr, whole.column_names))}.")
    with tempfile.TemporaryDirectory(prefix="guildbook-bench-") as folder:
        bare = Path(folder) / "log.parquet"
        pq.write_table(whole.drop_columns(list(truth)), bare)
        planned = reader.plan((bare,), ImportOptions(mapping=dict(mapping or {})))
        chunks = [chunk for item in planned for chunk in reader.read(item)]
    events = pa.concat_tables([chunk.events for chunk in chunks]).cast(RAW_SCHEMA).unify_dictionaries()
    rejected = {rejected.line for chunk in chunks for rejected in chunk.rejected}
    kept = np.array([row for row in range(len(whole)) if row + 1 not in rejected], np.int64)
    said = [whole.column(name).cast(pa.string()).to_pylist() for name in truth]
    rows = list(zip(*said, strict=True))
    return Trial(
        events,
        _numbered([rows[row] for row in kept.tolist()]),
        _numbered([(said[0][row],) for row in kept.tolist()]) if len(truth) > 1 else None,
    )


def scores(truth: Ints, found: Ints) -> dict[str, float]:
    """Precision, recall and F1 of events, segment by segment, weighted by the true segments' lengths.

    Each true segment is held against at most one found, and each found against at most one true, most in common first.
    """
    known = truth >= 0
    true, ours = truth[known], found[known]
    width = int(ours.max(initial=0)) + 1
    cells, counts = np.unique(true * width + ours, return_counts=True)
    lengths, sizes = np.bincount(true), np.bincount(ours)
    best = np.lexsort((cells, -counts))
    paired: set[int] = set()
    taken: set[int] = set()
    total = dict.fromkeys(("precision", "recall", "f1"), 0.0)
    exact = 0
    for cell, shared in zip(cells[best].tolist(), counts[best].tolist(), strict=True):
        a, b = divmod(cell, width)
        if a in paired or b in taken:
            continue
        paired.add(a)
        taken.add(b)
        precision, recall = shared / sizes[b], shared / lengths[a]
        total["precision"] += lengths[a] * precision
        total["recall"] += lengths[a] * recall
        total["f1"] += lengths[a] * 2 * precision * recall / (precision + recall)
        exact += precision == recall == 1
    out = {name: round(value / max(len(true), 1), 4) for name, value in total.items()}
    return out | {"exact": round(exact / max(len(lengths), 1), 4)}


def task_scores(truth: Ints, found: Ints) -> dict[str, float]:
    """Precision, recall and F1 of events by task, weighted by the true tasks' sizes.

    Each found task is taken for the true one that most of its events are of.
    """
    known = truth >= 0
    true, ours = truth[known], found[known]
    together = np.zeros((int(ours.max(initial=0)) + 1, int(true.max(initial=0)) + 1), np.int64)
    np.add.at(together, (ours, true), 1)
    meant = together.argmax(axis=1)[ours]
    total = dict.fromkeys(("precision", "recall", "f1"), 0.0)
    for task in np.unique(true).tolist():
        right = int(((meant == task) & (true == task)).sum())
        size, named = int((true == task).sum()), int((meant == task).sum())
        total["precision"] += size * right / max(named, 1)
        total["recall"] += right
        total["f1"] += size * 2 * right / max(size + named, 1)
    return {name: round(value / max(len(true), 1), 4) for name, value in total.items()}


def jaccard(stream: Stream, found: Segments, task: Ints, truth: Ints) -> float:
    """How like each found routine is to the true segment it is most like: multisets of symbols, mean over routines.

    A routine is the commonest sequence of symbols of a task that was found at least `LEAST` times.
    """
    ours = _sequences(stream.symbol, np.where(found.loose, -1, found.segment), int(found.segment.max()) + 1)
    true = {tuple(sorted(steps)): None for steps in _sequences(stream.symbol, truth, int(truth.max(initial=-1)) + 1)}
    wholes = [Counter(steps) for steps in true if steps]
    likes: list[float] = []
    for kind in range(int(task.max(initial=-1)) + 1):
        if (task == kind).sum() < min(LEAST, len(task)):
            continue
        variants = Counter(ours[number] for number in np.flatnonzero(task == kind).tolist() if ours[number])
        if not variants or not wholes:
            continue
        routine = Counter(max(variants.items(), key=lambda item: (item[1], item[0]))[0])
        likes.append(max((routine & whole).total() / (routine | whole).total() for whole in wholes))
    return round(sum(likes) / max(len(likes), 1), 4)


def _sequences(symbol: Ints, segment_of: Ints, count: int) -> list[tuple[int, ...]]:
    out: list[list[int]] = [[] for _ in range(count)]
    for number, step in zip(segment_of.tolist(), symbol.tolist(), strict=True):
        if number >= 0:
            out[number].append(step)
    return [tuple(steps) for steps in out]


def _numbered(rows: Sequence[tuple[str | None, ...]]) -> Ints:
    """A number for each distinct row, in order; −1 where any part is missing."""
    numbers: dict[tuple[str | None, ...], int] = {}
    return np.array([-1 if None in row else numbers.setdefault(row, len(numbers)) for row in rows], np.int64)
