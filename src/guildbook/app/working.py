"""Admitted events as the work that `measure` weighs: the same joint traces that were learnt from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.app.distilling import Distilling
from guildbook.govern import Admitted
from guildbook.measure.work import Work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from guildbook.distil.encode import Words

AGENT = "agent"


def work_of(admitted: Admitted, distil: Distilling) -> Work:
    """The joint traces of everything a grant admits, with tasks by their titles."""
    from guildbook.distil.encode import COLUMNS  # noqa: PLC0415 - compiled parts take time to load

    return worked(admitted.table((*COLUMNS, "origin")), distil)


def worked(table: pa.Table, distil: Distilling) -> Work:
    """The joint traces of a table of events, cut and named as those of the book are."""
    from guildbook.distil.encode import encode  # noqa: PLC0415
    from guildbook.distil.maps import titles  # noqa: PLC0415
    from guildbook.distil.traces import join  # noqa: PLC0415

    by_agent = pc.equal(table["origin"], AGENT).to_numpy().astype(bool)
    traces = join(distil.alike().events(encode(table, distil.settings())))
    sums = distil.sums()
    named = {} if sums is None else titles(sums)
    keys = traces.keys
    begun = traces.time[traces.offsets[:-1]]
    order = np.array(sorted(range(len(traces)), key=lambda t: (int(begun[t]), keys[t])), np.int64)
    sizes = np.diff(traces.offsets)[order]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.repeat(traces.offsets[order] - offsets[:-1], sizes) + np.arange(int(offsets[-1]))
    acts, act = _listed(traces.events.acts, traces.act[rows])
    workers, worker = _listed(traces.events.workers, traces.worker[rows])
    called = {code: named.get(code) or text for code, text in traces.task_texts.items()}
    tasks = tuple(sorted(set(called.values())))
    place = {code: tasks.index(title) for code, title in called.items()}
    return Work(
        offsets=offsets,
        act=act,
        worker=worker,
        time=traces.time[rows],
        own=traces.own[rows],
        agent=by_agent[traces.order[rows]],
        task=np.array([place[code] for code in traces.task[order].tolist()], np.int32),
        outcome=traces.outcome[order].astype(np.int8),
        acts=acts,
        workers=workers,
        tasks=tasks,
        keys=tuple(keys[t] for t in order.tolist()),
    )


def _listed(words: Words, codes: NDArray[np.int64]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The texts in use, sorted, and the codes in that order."""
    used = np.unique(codes)
    texts = sorted(words.texts[c] for c in used.tolist())
    rank: Callable[[str], int] = {text: number for number, text in enumerate(texts)}.__getitem__
    moved = np.full(len(words), -1, np.int32)
    moved[used] = [rank(words.texts[c]) for c in used.tolist()]
    return tuple(texts), moved[codes]
