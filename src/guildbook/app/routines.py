"""The routines in what a book holds of raw interaction: events without a case, cut into performances when asked for.

Nothing of it is kept: each look is a use of its own, with a grant and receipts, of what is admitted now.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.distil.encode import event_ids
from guildbook.distil.segment import Segments, Stream, read, segment
from guildbook.distil.segment.routines import Routine, routines
from guildbook.distil.segment.stream import COLUMNS, words
from guildbook.distil.segment.tasks import tasks
from guildbook.govern import Gate
from guildbook.model.errors import UnknownNameError
from guildbook.model.purpose import Purpose

SHORTER: Final = 0.95
"""A worker's stream holds routines if borders shorten its description to this share at most."""
FEW: Final = 10


def found(gate: Gate, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> list[Routine]:
    """The routines of all workers whose events are admitted for this purpose, most performed first.

    The same routine by several people is one; each worker's own stream alone decides where it is cut.
    """
    admitted = gate.grant(purpose, stage="distil", artefact="routines")
    table = admitted.table(("id", "worker", "seq", "case", *COLUMNS))
    loose = table.filter(pc.and_(pc.is_null(table.column("case")), pc.is_valid(table.column("action"))))
    loose = loose.take(_in_order(loose))
    people, worker = words(loose, "worker")
    stream = read(loose)
    parts: list[tuple[np.ndarray, Segments]] = []
    for person in range(len(people)):
        rows = np.flatnonzero(worker == person)
        cut = segment(stream.take(rows))
        if len(rows) >= FEW and cut.bits <= SHORTER * cut.plain:
            parts.append((rows, cut))
    if not parts:
        return []
    rows = np.concatenate([part for part, _ in parts])
    begins = np.cumsum([0, *(int(cut.segment.max()) + 1 for _, cut in parts)])
    whole = Segments(
        np.concatenate([cut.segment + first for (_, cut), first in zip(parts, begins, strict=False)]),
        np.concatenate([cut.loose for _, cut in parts]),
        max(cut.strands for _, cut in parts),
        sum(cut.bits for _, cut in parts),
        sum(cut.plain for _, cut in parts),
    )
    return named(stream.take(rows), whole, loose.take(rows), [people[code] for code in worker[rows].tolist()])


def _in_order(table: pa.Table) -> np.ndarray:
    """Rows by worker, time, seq and id."""
    ids = event_ids(table)
    seq = pc.fill_null(table.column("seq"), -1).to_numpy()
    time = table.column("time").cast(pa.int64()).to_numpy()
    people, worker = words(table, "worker")
    rank = np.argsort(np.argsort(people)) if people else worker
    return np.lexsort((ids[:, 1], ids[:, 0], seq, time, rank[worker] if people else worker))


def named(stream: Stream, cut: Segments, table: pa.Table, workers: list[str]) -> list[Routine]:
    """Segments typed and told."""
    return routines(stream, cut, tasks(stream.symbol, cut.segment, cut.loose), table, workers)


def one(listed: list[Routine], name: str) -> Routine:
    """The routine of that id, or the only one whose id begins so. Raises `UnknownNameError`."""
    fits = [routine for routine in listed if routine.id.startswith(name)]
    if len(fits) != 1:
        raise UnknownNameError("routine", name)
    return fits[0]
