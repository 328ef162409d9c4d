"""What of a worker's traces is to be erased: a period, a class, one event. Nothing of it is taken in again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, select

from guildbook.columns.classes import NEEDED, classes
from guildbook.store import tables
from guildbook.store.rows import SegmentRow, class_names

EVERY: Final = "*"
BEGUN: Final = "begun"
DONE: Final = "done"
WHOLE: Final = "*"
"""In place of an event: all of the worker was erased, which the worker's own state says."""
READ: Final = ("id", "time", *NEEDED)
"""Columns that tell whether an event is in a scope."""

Known = Callable[[bytes], str]
"""An event's id as the ledger keeps it: under a keyed hash, since an id is a hash of what happened."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Some of one worker's events: those that all of this holds for."""

    worker: str
    first: int | None = None
    """Not before this, µs UTC."""
    until: int | None = None
    """Before this, µs UTC."""
    trace_class: str = EVERY
    event: str = ""
    """The one event whose id has this keyed hash."""

    def may_hold(self, row: SegmentRow) -> bool:
        """Whether a segment may hold any of it; false is sure."""
        late = self.until is not None and row.first >= self.until
        early = self.first is not None and row.last < self.first
        named = self.trace_class == EVERY or not row.classes or self.trace_class in class_names(row.classes)
        return row.worker == self.worker and named and not late and not early

    def rows(self, events: pa.Table, known: Known) -> npt.NDArray[np.bool_]:
        """Which of this worker's events (with the columns of `READ`) are in it."""
        times = events["time"].cast(pa.int64()).to_numpy()
        here = np.ones(len(times), np.bool_)
        if self.first is not None:
            here &= times >= self.first
        if self.until is not None:
            here &= times < self.until
        if self.trace_class != EVERY and here.any():
            names, code = classes(events)
            here &= np.isin(code, [place for place, name in enumerate(names) if name == self.trace_class])
        if self.event:
            for place in np.flatnonzero(here).tolist():
                here[place] = known(events["id"][place].as_py()) == self.event
        return here


def scopes(connection: Connection, workers: Sequence[str]) -> list[Scope]:
    """What was erased of these workers, or is being."""
    table = tables.erasures.c
    query = select(table.worker, table.first, table.until, table["class"], table.event).order_by(table.time, table.id)
    wanted = set(workers)
    # Few are ever erased in part, and a list of many workers would make a long statement.
    return [Scope(*row) for row in connection.execute(query.where(table.event != WHOLE)) if row.worker in wanted]
