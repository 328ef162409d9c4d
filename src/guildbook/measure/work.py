"""Work as columns: the admitted joint traces that a model may learn from, or be tried on.

Codes are shared by whatever is cut from one `Work`, so a model of one part can be tried on another. Acts, workers and
tasks are listed by their text and traces by (first event, key), so nothing depends on the order of imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]

UNKNOWN: Final = 0
GOOD: Final = 1
BAD: Final = 2
"""Codes of `Work.outcome`."""


@dataclass(frozen=True, eq=False)
class Work:
    """T joint traces with n events, each trace in time order."""

    offsets: Ints
    """(T + 1,): where each trace starts."""
    act: Codes
    """(n,): index into `acts`."""
    worker: Codes
    """(n,): index into `workers`: who did it."""
    time: Ints
    """(n,): when it began, µs UTC."""
    own: Ints
    """(n,): µs it took; −1 where nobody knows."""
    agent: Bools
    """(n,): whether an AI did it."""
    task: Codes
    """(T,): index into `tasks`."""
    outcome: Bytes
    """(T,): how it ended: `GOOD`, `BAD` or `UNKNOWN`."""
    acts: tuple[str, ...]
    workers: tuple[str, ...]
    tasks: tuple[str, ...]
    keys: tuple[str, ...]
    """(T,): the case, or the name of the episode."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def events(self) -> int:
        """How many events."""
        return len(self.act)

    @cached_property
    def trace(self) -> Ints:
        """(n,): which trace each event is in."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @cached_property
    def begun(self) -> Ints:
        """(T,): time of the first event."""
        return self.time[self.offsets[:-1]]

    def pick(self, traces: Bools | Ints) -> Work:
        """Some of the traces, in the order of this work for a mask, else in the order given."""
        index = np.flatnonzero(traces) if traces.dtype == np.bool_ else np.asarray(traces, np.int64)
        sizes = np.diff(self.offsets)[index]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        rows = np.repeat(self.offsets[index] - offsets[:-1], sizes) + np.arange(int(offsets[-1]))
        return self._cut(rows, offsets, index)

    def where(self, rows: Bools) -> Work:
        """As if the other events had never been recorded; a trace of which nothing is left is gone."""
        left = np.bincount(self.trace[rows], minlength=len(self))
        index = np.flatnonzero(left)
        offsets = np.concatenate([[0], np.cumsum(left[index])]).astype(np.int64)
        return self._cut(np.flatnonzero(rows), offsets, index)

    def of(self, workers: Bools) -> Work:
        """The events of a coalition, `workers` being a mask (W,)."""
        return self.where(workers[self.worker])

    def mask(self, names: Iterable[str]) -> Bools:
        """(W,): the workers of these names. Raises `KeyError` for one that is not here."""
        place = {name: code for code, name in enumerate(self.workers)}
        out = np.zeros(len(self.workers), dtype=bool)
        out[[place[name] for name in names]] = True
        return out

    @cached_property
    def present(self) -> Bools:
        """(W,): who did anything here."""
        return np.bincount(self.worker, minlength=len(self.workers)) > 0

    def _cut(self, rows: Ints, offsets: Ints, traces: Ints) -> Work:
        return replace(
            self,
            offsets=offsets,
            act=self.act[rows],
            worker=self.worker[rows],
            time=self.time[rows],
            own=self.own[rows],
            agent=self.agent[rows],
            task=self.task[traces],
            outcome=self.outcome[traces],
            keys=tuple(self.keys[t] for t in traces.tolist()),
        )


def work(
    traces: Sequence[tuple[str, Sequence[tuple[str, str, int]]]],
    *,
    outcomes: Sequence[int] | None = None,
    own: int = -1,
    agents: Iterable[str] = (),
) -> Work:
    """Work from (task, [(act, worker, time in µs)]) for small things; `own` µs each event, steps by `agents` are AI."""
    acts = sorted({a for _, events in traces for a, _, _ in events})
    workers = sorted({w for _, events in traces for _, w, _ in events})
    tasks = sorted({t for t, _ in traces})
    machines = set(agents)
    rows = [(acts.index(a), workers.index(w), time, w in machines) for _, events in traces for a, w, time in events]
    sizes = np.array([len(events) for _, events in traces], np.int64)
    return Work(
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        act=np.array([r[0] for r in rows], np.int32),
        worker=np.array([r[1] for r in rows], np.int32),
        time=np.array([r[2] for r in rows], np.int64),
        own=np.full(len(rows), own, np.int64),
        agent=np.array([r[3] for r in rows], dtype=bool),
        task=np.array([tasks.index(t) for t, _ in traces], np.int32),
        outcome=np.array(outcomes if outcomes is not None else [UNKNOWN] * len(traces), np.int8),
        acts=tuple(acts),
        workers=tuple(workers),
        tasks=tuple(tasks),
        keys=tuple(f"trace {number}" for number in range(len(traces))),
    )


@dataclass(frozen=True, eq=False)
class Split:
    """Work to learn from, and work held back to be tried on."""

    train: Work
    test: Work

    @classmethod
    def newest(cls, work: Work, share: float = 0.2) -> Split:
        """The newest share of the traces, by when they began, is held back."""
        order = np.lexsort((np.arange(len(work)), work.begun))
        held = np.zeros(len(work), dtype=bool)
        held[order[len(work) - round(share * len(work)) :]] = True
        return cls(work.pick(~held), work.pick(held))

    @classmethod
    def drawn(cls, work: Work, share: float, seed: int) -> Split:
        """A share of the traces, drawn by the seed, is held back."""
        order = np.random.Generator(np.random.Philox(seed)).permutation(len(work))
        held = np.zeros(len(work), dtype=bool)
        held[order[: round(share * len(work))]] = True
        return cls(work.pick(~held), work.pick(held))


def united(first: Work, second: Work) -> tuple[Work, Work]:
    """Two bodies of work with codes of one and the same acts, workers and tasks, known by their texts."""
    acts = tuple(sorted({*first.acts, *second.acts}))
    workers = tuple(sorted({*first.workers, *second.workers}))
    tasks = tuple(sorted({*first.tasks, *second.tasks}))
    return _coded(first, acts, workers, tasks), _coded(second, acts, workers, tasks)


def joined(first: Work, second: Work) -> Work:
    """Two bodies of work of the same codes, one after the other."""
    return replace(
        first,
        offsets=np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        act=np.concatenate([first.act, second.act]),
        worker=np.concatenate([first.worker, second.worker]),
        time=np.concatenate([first.time, second.time]),
        own=np.concatenate([first.own, second.own]),
        agent=np.concatenate([first.agent, second.agent]),
        task=np.concatenate([first.task, second.task]),
        outcome=np.concatenate([first.outcome, second.outcome]),
        keys=first.keys + second.keys,
    )


def _coded(work: Work, acts: tuple[str, ...], workers: tuple[str, ...], tasks: tuple[str, ...]) -> Work:
    def moved(codes: Codes, have: tuple[str, ...], wanted: tuple[str, ...]) -> Codes:
        place = {text: code for code, text in enumerate(wanted)}
        return np.array([place[text] for text in have], np.int32)[codes] if len(codes) else codes

    return replace(
        work,
        act=moved(work.act, work.acts, acts),
        worker=moved(work.worker, work.workers, workers),
        task=moved(work.task, work.tasks, tasks),
        acts=acts,
        workers=workers,
        tasks=tasks,
    )


def retasked(other: Work, like: Work, least: float = 0.5) -> Work:
    """The other work with its tasks called as those of `like` that are done by the same acts.

    A task that `like` does not know by name is taken for the one in which the greatest share of its events is known
    by act, if that is at least `least`; else it keeps its name. Logs from elsewhere name tasks by their files.
    """
    known: dict[str, set[str]] = {}
    for code, task in enumerate(like.tasks):
        rows = like.task[like.trace] == code
        known[task] = {like.acts[act] for act in np.unique(like.act[rows]).tolist()}
    tasks: list[str] = []
    for code, task in enumerate(other.tasks):
        acts = [other.acts[act] for act in other.act[other.task[other.trace] == code].tolist()]
        shares = {name: sum(act in found for act in acts) / max(len(acts), 1) for name, found in known.items()}
        best = max(sorted(shares), key=lambda name: shares[name], default=task)
        tasks.append(task if task in known or shares.get(best, 0.0) < least else best)
    listed = tuple(sorted(set(tasks)))
    place = np.array([listed.index(task) for task in tasks], np.int32)
    return replace(other, tasks=listed, task=place[other.task] if len(other) else other.task)
