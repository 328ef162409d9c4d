"""Joint traces as a miner looks at them for evidence: one canonical order, ids and texts at hand.

Traces come in order of `symbol(key)`, so "the first k that show it" is the same choice for any order of
import, and a well-mixed one. `learner` keeps evidence up to date from the touched traces alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.begun import hour_number
from guildbook.distil.traces import Traces
from guildbook.model.ids import symbol

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

COPY: Final = symbol("\x06copy")
"""Turns the symbol of a worker who gets a copy into one that is nobody's."""


@dataclass(frozen=True)
class TraceView:
    """T joint traces with n events; `offsets[t]:offsets[t + 1]` are the places of trace t, in time order."""

    offsets: Ints
    """(T + 1,)"""
    keys: tuple[str, ...]
    """(T,): the case, or `WORKER DATE #EPISODE`."""
    key_symbols: Keys
    """(T,): ascending."""
    task: Keys
    """(T,)"""
    act: Keys
    """(n,): activity symbols."""
    worker: Keys
    """(n,): worker symbols."""
    ids: Keys
    """(n, 2): the event ids' bytes as two big-endian halves."""
    rule_offsets: Ints
    """(T + 1,)"""
    rules: Keys
    """Condition symbols of each trace, ascending."""
    begun: Keys
    """(T,): `begun.hour_number` of the first event."""
    ask_place: Ints
    """Place of each ask, ascending; an event that addresses two people is two asks."""
    ask_worker: Keys
    """Whom it asks; for a copy the worker's symbol with the bits of `COPY` turned over."""

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def trace(self) -> Ints:
        """(n,): the trace of each place."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def event_id(self, place: int) -> str:
        """An event's id as hex."""
        return f"{int(self.ids[place, 0]):016x}{int(self.ids[place, 1]):016x}"

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All but the keys' texts, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "keys"}

    def picked(self, index: Ints) -> TraceView:
        """Some of the traces, in the order given."""
        offsets, places = _runs(self.offsets, index)
        rule_offsets, cells = _runs(self.rule_offsets, index)
        moved = np.full(len(self.act), -1, np.int64)
        moved[places] = np.arange(len(places))
        return TraceView(
            offsets,
            tuple(self.keys[i] for i in index.tolist()),
            self.key_symbols[index],
            self.task[index],
            self.act[places],
            self.worker[places],
            self.ids[places],
            rule_offsets,
            self.rules[cells],
            self.begun[index],
            *_asks(moved[self.ask_place], self.ask_worker),
        )

    def first(self, below: int) -> TraceView:
        """The traces whose key's symbol is less."""
        return self.picked(np.arange(int(np.searchsorted(self.key_symbols, np.uint64(below)))))

    def replaced(self, keys: Iterable[str], now: TraceView) -> TraceView:
        """Without the traces of these keys, and with those of another view."""
        gone = set(keys)
        rest = self.picked(np.flatnonzero([key not in gone for key in self.keys]))
        return joined([rest, now]) if len(now) else rest


def view(traces: Traces, below: int | None = None) -> TraceView:
    """The view of joint traces, the same whatever order their events were read in.

    With `below` only of the traces whose key's symbol is less: the first part of the whole view.
    """
    events = traces.events
    keys = traces.keys
    symbols = np.fromiter((symbol(key) for key in keys), np.uint64, len(keys))
    by_key = np.argsort(symbols, kind="stable")
    if below is not None:
        by_key = by_key[: int(np.searchsorted(symbols[by_key], np.uint64(below)))]
    offsets, places = _runs(traces.offsets, by_key)
    rows = traces.order[places]
    rule_offsets, rule_codes = traces.rules
    new_offsets, cells = _runs(rule_offsets, by_key)
    place_of = np.full(len(events), -1, np.int64)
    place_of[rows] = np.arange(len(rows))
    ask_place = place_of[events.ask_event] if len(events.ask_event) else np.empty(0, np.int64)
    ask_worker = events.workers.symbols[events.ask_worker] if len(ask_place) else np.empty(0, np.uint64)
    copy_place = place_of[events.copy_event] if len(events.copy_event) else np.empty(0, np.int64)
    copies = events.workers.symbols[events.copy_worker] if len(copy_place) else np.empty(0, np.uint64)
    ask_place, ask_worker = _asks(
        np.concatenate([ask_place, copy_place]), np.concatenate([ask_worker, copies ^ np.uint64(COPY)])
    )
    return TraceView(
        offsets=offsets,
        keys=tuple(keys[i] for i in by_key.tolist()),
        key_symbols=symbols[by_key],
        task=traces.task[by_key],
        act=events.acts.symbols[events.act[rows]],
        worker=events.workers.symbols[events.worker[rows]],
        ids=events.ids[rows],
        rule_offsets=new_offsets,
        rules=events.conditions.symbols[rule_codes[cells]],
        begun=hour_number(traces.time[traces.offsets[:-1]][by_key]),
        ask_place=ask_place,
        ask_worker=ask_worker,
    )


def joined(views: Sequence[TraceView]) -> TraceView:
    """The traces of one or more views that have none in common."""
    if len(views) == 1:
        return views[0]
    events = np.cumsum([0, *(len(v.act) for v in views)])
    cells = np.cumsum([0, *(len(v.rules) for v in views)])
    both: dict[str, NDArray[Any]] = {}
    for name in views[0].arrays():
        arrays = [getattr(v, name) for v in views]
        if name == "ask_place":
            arrays = [array + before for array, before in zip(arrays, events.tolist(), strict=False)]
        elif name in ("offsets", "rule_offsets"):
            before = events if name == "offsets" else cells
            arrays = [array[1:] + start for array, start in zip(arrays, before.tolist(), strict=False)]
            arrays = [np.zeros(1, np.int64), *arrays]
        both[name] = np.concatenate(arrays)
    whole = TraceView(keys=tuple(key for v in views for key in v.keys), **both)
    return whole.picked(np.argsort(whole.key_symbols, kind="stable"))


def _runs(offsets: Ints, index: Ints) -> tuple[Ints, Ints]:
    """Where the runs of some rows start when put one after another, and the places they come from."""
    sizes = np.diff(offsets)[index]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return starts, np.repeat(offsets[:-1][index] - starts[:-1], sizes) + np.arange(int(starts[-1]))


def _asks(place: Ints, worker: Keys) -> tuple[Ints, Keys]:
    """Asks whose place is known, in order."""
    place, worker = place[place >= 0], worker[place >= 0]
    order = np.lexsort((worker, place))
    return place[order], worker[order]
