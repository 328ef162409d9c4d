"""Joint traces as a miner looks at them for evidence: one canonical order, ids and texts at hand.

Traces come in order of `symbol(key)`, so "the first k that show it" is the same choice for any order of
import, and a well-mixed one. `learner` keeps evidence up to date from the touched traces alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.traces import Traces
from guildbook.model.ids import symbol

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]


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
    outcome: Ints
    """(T,): 0 none, 1 good, 2 bad."""
    act: Keys
    """(n,): activity symbols."""
    worker: Keys
    """(n,): worker symbols."""
    time: Ints
    """(n,): start, µs UTC."""
    own: Ints
    """(n,): µs the event took, as `performers` counts it; −1 unknown."""
    ids: Keys
    """(n, 2): the event ids' bytes as two big-endian halves."""
    rule_offsets: Ints
    """(T + 1,)"""
    rules: Keys
    """Condition symbols of each trace, ascending."""
    ask_place: Ints
    """Place of each ask, ascending; an event that addresses two people is two asks."""
    ask_worker: Keys
    """Whom it asks."""

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def trace(self) -> Ints:
        """(n,): the trace of each place."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def event_id(self, place: int) -> str:
        """An event's id as hex."""
        return f"{int(self.ids[place, 0]):016x}{int(self.ids[place, 1]):016x}"


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
    sizes = np.diff(traces.offsets)[by_key]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.repeat(traces.offsets[:-1][by_key] - offsets[:-1], sizes) + np.arange(int(offsets[-1]))
    rows = traces.order[places]
    rule_offsets, rule_codes = traces.rules
    counts = np.diff(rule_offsets)[by_key]
    new_offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    cells = np.repeat(rule_offsets[:-1][by_key] - new_offsets[:-1], counts) + np.arange(int(new_offsets[-1]))
    place_of = np.full(len(events), -1, np.int64)
    place_of[rows] = np.arange(len(rows))
    ask_place = place_of[events.ask_event] if len(events.ask_event) else np.empty(0, np.int64)
    ask_worker = events.workers.symbols[events.ask_worker] if len(ask_place) else np.empty(0, np.uint64)
    ask_place, ask_worker = ask_place[ask_place >= 0], ask_worker[ask_place >= 0]
    ask_order = np.lexsort((ask_worker, ask_place))
    return TraceView(
        offsets=offsets,
        keys=tuple(keys[i] for i in by_key.tolist()),
        key_symbols=symbols[by_key],
        task=traces.task[by_key],
        outcome=traces.outcome[by_key],
        act=events.acts.symbols[events.act[rows]],
        worker=events.workers.symbols[events.worker[rows]],
        time=events.time[rows],
        own=traces.own[places],
        ids=events.ids[rows],
        rule_offsets=new_offsets,
        rules=events.conditions.symbols[rule_codes[cells]],
        ask_place=ask_place[ask_order],
        ask_worker=ask_worker[ask_order],
    )
