"""The routines in what a book holds of raw interaction: the performances `learn` finds, told in detail.

Nothing of it is kept: each look is a use of its own, with a grant and receipts, of what is admitted now. Steps, fields
and where their values come from are contents that the sums do not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.app.naming import SOMEBODY
from guildbook.distil import Settings
from guildbook.distil.alike import one_task
from guildbook.distil.encode import event_ids
from guildbook.distil.segment import Segments, read
from guildbook.distil.segment.naming import Name
from guildbook.distil.segment.performances import Unit, named, units
from guildbook.distil.segment.routines import Routine, routines
from guildbook.distil.segment.stream import COLUMNS, words
from guildbook.govern import Gate
from guildbook.govern.naming import may_be_named
from guildbook.model.errors import UnknownNameError
from guildbook.model.purpose import Purpose
from guildbook.model.time import now


def found(gate: Gate, settings: Settings, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> list[Routine]:
    """The routines of all workers whose events are admitted for this purpose, most performed first.

    They are cut, named and made one as learning does it; the settings say what an idle gap is.
    """
    admitted = gate.grant(purpose, stage="distil", artefact="routines")
    table = admitted.table(("id", "worker", "seq", "source", "case", *COLUMNS))
    loose = table.filter(pc.is_null(table.column("case")))
    people, worker = words(loose, "worker")
    every = np.ones(len(loose), dtype=bool)
    cut = list(units(loose, worker, every, _in_order(loose), settings.idle))
    made = _told(cut, loose, [people[code] for code in worker.tolist()]) if cut else []
    return [replace(routine, workers=_named(gate, routine.workers)) for routine in made]


def _named(gate: Gate, workers: Sequence[str]) -> tuple[str, ...]:
    """The names, without those who may not be named."""
    world, time = gate.register.world(), now()
    return tuple(name if may_be_named(world, gate.known(name), time) else SOMEBODY for name in workers)


def _told(cut: list[Unit], table: pa.Table, workers: list[str]) -> list[Routine]:
    """The routines of all units, each task as all of them together show it."""
    names = [named(unit, table) for unit in cut]
    task, titles = _tasks(cut, names)
    rows = np.concatenate([unit.rows for unit in cut])
    begins = np.cumsum([0, *(len(unit.task) for unit in cut)])
    whole = Segments(
        np.concatenate([unit.cut.segment + first for unit, first in zip(cut, begins.tolist(), strict=False)]),
        np.concatenate([unit.cut.loose for unit in cut]),
        max(unit.cut.strands for unit in cut),
        sum(unit.cut.bits for unit in cut),
        sum(unit.cut.plain for unit in cut),
    )
    own = table.take(pa.array(rows))
    return routines(read(own), whole, task, own, [workers[row] for row in rows.tolist()], titles)


def _tasks(cut: list[Unit], names: list[list[Name]]) -> tuple[np.ndarray, list[str]]:
    """The task of each performance of all units, and the tasks' titles."""
    times: dict[Name, int] = {}
    for unit, own in zip(cut, names, strict=True):
        for name, count in zip(own, np.bincount(unit.task, minlength=len(own)).tolist(), strict=True):
            times[name] = times.get(name, 0) + count
    first = one_task(times)
    place = {name: number for number, name in enumerate(dict.fromkeys(first.values()))}
    codes = [np.array([place[first[name]] for name in own]) for own in names]
    task = np.concatenate([code[unit.task] for unit, code in zip(cut, codes, strict=True)])
    return task, [name.title for name in place]


def _in_order(table: pa.Table) -> np.ndarray:
    """Rows by time, seq and id."""
    ids = event_ids(table)
    seq = pc.fill_null(table.column("seq"), -1).to_numpy()
    time = table.column("time").cast(pa.int64()).to_numpy()
    return np.lexsort((ids[:, 1], ids[:, 0], seq, time))


def one(listed: list[Routine], name: str) -> Routine:
    """The routine of that id, or the only one whose id begins so. Raises `UnknownNameError`."""
    fits = [routine for routine in listed if routine.id.startswith(name)]
    if len(fits) != 1:
        raise UnknownNameError("routine", name)
    return fits[0]
