"""Names of one routine made one task, when what is known is derived from the sums.

Each worker's week is cut by itself and names its routines by what it saw (`segment.naming`), so one routine may have
several names: a step more often left out, a field never filled. Names that share most of their marks are of one task,
which is called as the commonest of them is. A routine done fewer than `LEAST` times by all workers together is work in
its app, like any other episode. All of this is a function of the sums, so it is the same whichever way they came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.encode import Events, Words
from guildbook.distil.kernels import run_hashes
from guildbook.distil.segment.naming import Name
from guildbook.distil.segment.routines import LEAST
from guildbook.distil.segment.tasks import LIKE, like
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable, Profiles
from guildbook.distil.view import TraceView
from guildbook.model.ids import symbol

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]

_ROUTINE: Final = "\x08"
"""Begins the text of a task that is a routine; no case type and no label has it."""
_NOT_BY_TASK: Final = ("vocab", "contexts", "endings", "days", "long", "totals")
"""Tables whose first column is no task."""


@dataclass(frozen=True)
class Alike:
    """Which tasks of the sums are one."""

    was: Keys = field(default_factory=lambda: np.empty(0, np.uint64))
    """Rising symbols of names of routines."""
    now: Keys = field(default_factory=lambda: np.empty(0, np.uint64))
    """The symbol of the task each is of."""
    texts: Mapping[int, str] = field(default_factory=dict[int, str])
    """The text of each symbol in `now`."""

    def __bool__(self) -> bool:
        return bool(len(self.was))

    def of(self, task: Keys) -> Keys:
        """The tasks these are."""
        if not self:
            return task
        place = np.minimum(np.searchsorted(self.was, task), len(self.was) - 1)
        return np.where(self.was[place] == task, self.now[place], task)

    def sums(self, sums: Sums) -> Sums:
        """The sums with one task where there were several names."""
        if not self:
            return sums
        out: dict[str, Any] = {}
        for name, table in sums.tables().items():
            if isinstance(table, Profiles):
                out[name] = self._profiles(table)
            elif name not in _NOT_BY_TASK or name == "vocab":
                out[name] = self._table(table)
        out["endings"] = self._endings(sums)
        used = out["vocab"].keys[:, 0].tolist()
        return replace(sums, **out, texts={code: self.texts.get(code) or sums.texts[code] for code in used})

    def view(self, view: TraceView) -> TraceView:
        """The view with those tasks."""
        return replace(view, task=self.of(view.task)) if self else view

    def events(self, events: Events) -> Events:
        """The events with those tasks."""
        if not self or not len(events.routines):
            return events
        symbols = self.of(events.routines.symbols)
        texts = zip(symbols.tolist(), events.routines.texts, strict=True)
        return replace(events, routines=Words(tuple(self.texts.get(code) or text for code, text in texts), symbols))

    def _table(self, table: CountTable) -> CountTable:
        moved = np.isin(table.keys[:, 0], self.was)
        if not moved.any():
            return table
        keys = table.keys[moved].copy()
        keys[:, 0] = self.of(keys[:, 0])
        return CountTable(table.keys[~moved], table.counts[~moved]) + CountTable.from_rows(keys, table.counts[moved])

    def _profiles(self, table: Profiles) -> Profiles:
        moved = np.isin(table.head[:, 0], self.was)
        if not moved.any():
            return table
        own = table.pick(moved)
        head = own.head.copy()
        head[:, 0] = self.of(head[:, 0])
        return table.pick(~moved) + Profiles.from_runs(head, own.offsets, own.tokens, own.counts)

    def _endings(self, sums: Sums) -> CountTable:
        """How variants ended, by the hashes of the variants as they are now."""
        own = sums.variants.pick(np.isin(sums.variants.head[:, 0], self.was))
        before = own.hashes[:, 0]
        after = run_hashes(np.ascontiguousarray(self.of(own.head[:, 0])[:, None]), own.offsets, own.tokens)[:, 0]
        order = np.argsort(before)
        keys = sums.endings.keys.copy()
        if len(before):
            place = order[np.minimum(np.searchsorted(before, keys[:, 0], sorter=order), len(before) - 1)]
            keys[:, 0] = np.where(before[place] == keys[:, 0], after[place], keys[:, 0])
        return CountTable.from_rows(keys, sums.endings.counts)


def alike(sums: Sums) -> Alike:
    """Which names of routines in the sums are of one task."""
    names = {code: name for code, text in sums.texts.items() if (name := Name.read(text)) is not None}
    heads = sums.profiles.head[:, 0]
    times = {names[code]: int(sums.profiles.counts[heads == np.uint64(code)].sum()) for code in names}
    first = one_task(times)
    total: dict[Name, int] = {}
    for name, of in first.items():
        total[of] = total.get(of, 0) + times[name]
    was = sorted(names)
    listed = [first[names[code]] for code in was]
    texts = [shown(name) if total[name] >= LEAST else name.otherwise for name in listed]
    now = [symbol(text) for text in texts]
    return Alike(np.array(was, np.uint64), np.array(now, np.uint64), dict(zip(now, texts, strict=True)))


def one_task(times: Mapping[Name, int]) -> dict[Name, Name]:
    """For each name the commonest name of its task; names are given with how many performances have them."""
    names = sorted(times, key=lambda name: (-times[name], symbol(str(name))))
    if not names:
        return {}
    codes = {mark: place for place, mark in enumerate(sorted({mark for name in names for mark in name.marks}))}
    said = np.array([codes[mark] for name in names for mark in name.marks], np.int64)
    offsets = np.cumsum([0, *(len(name.marks) for name in names)]).astype(np.int64)
    group = like(said, offsets, np.array([times[name] for name in names], np.float64), len(codes), LIKE)
    first: dict[int, Name] = {}
    return {name: first.setdefault(number, name) for name, number in zip(names, group.tolist(), strict=True)}


def shown(name: Name) -> str:
    """The text of a task that is a routine: its title, and what tells it from others of the same title."""
    return f"{_ROUTINE}{name.title}{_ROUTINE}{symbol(str(name)):016x}"


def routine_title(text: str) -> str | None:
    """The title in such a text; None where it is none."""
    return text.split(_ROUTINE)[1] if text.startswith(_ROUTINE) else None
