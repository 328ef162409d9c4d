"""The neural model: a net for each group of workers, continued day by day, taken apart by group.

A joint trace trains the one net of `groups.shard_of`, so what a worker did is in few nets (SISA: Bourtoule et al.,
"Machine unlearning", IEEE S&P 2021). Training is a function of the admitted traces and of the rounds: round r looks
at traces as they stood at its time, new are those with an event since the round before, and older ones are replayed
along with them. Forgetting runs that function again, for those shards alone whose traces are no longer the same.
The result is, on one CPU thread, bit for bit what never having had the worker gives.

The state holds no events: they come from the gate each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from guildbook.distil.neural.groups import group_names, shard_of
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.shard import Part, Shard
from guildbook.distil.neural.steps import Ints, Steps
from guildbook.distil.neural.view import NeuralView
from guildbook.distil.sums import worker_symbol
from guildbook.distil.traces import Traces
from guildbook.model.errors import UsageError
from guildbook.model.ids import symbol
from guildbook.model.time import DAY

NEVER: Final = -(2**62)
"""Before any event."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class NeuralState:
    """All shards, and when they were trained."""

    settings: NeuralSettings
    groups: Mapping[str, str]
    """Worker → group; a worker who is not named is in the group of others."""
    rounds: tuple[int, ...]
    """µs: each round saw the events before this."""
    shards: tuple[Shard, ...]
    """By `group_names`."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the groups."""
        return group_names(self.groups)

    def continued(self, traces: Traces, until: int | None = None) -> NeuralState:
        """One more round over what is new in `traces`: those with an event since the last round.

        The others are there to be replayed, `settings.replay` for each new one. Give all that are admitted; with a
        sample of the old ones the round is as good, but can't be repeated when somebody is forgotten.
        """
        return self._round(traces, _until(traces) if until is None else until)

    def forget(self, worker: str, remaining: Traces) -> NeuralState:
        """The state of a book that never had this worker; `remaining` are the admitted traces without them."""
        if (remaining.who == worker_symbol(worker)).any():
            raise UsageError(f"The traces still hold events of {worker!r}.", "Give the traces without the worker.")
        groups = {name: group for name, group in self.groups.items() if name != worker}
        old = dict(zip(self.names, self.shards, strict=True))
        # Groups may have vanished with the worker.
        shards = tuple(old[name] for name in group_names(groups))
        state = replace(self, groups=groups, shards=shards)
        plans = [list(_plan(state, remaining, number)) for number in range(len(self.rounds))]
        again: list[Shard] = []
        for place, (name, shard) in enumerate(zip(state.names, state.shards, strict=True)):
            parts = [plan[place] for plan in plans]
            same = tuple(part.fingerprint if part else 0 for part in parts) == shard.fingerprints
            again.append(shard if same else _trained(Shard.empty(self.settings), name, parts))
        return replace(state, shards=tuple(again))

    def view(self) -> NeuralView:
        """A view for the mixer."""
        return NeuralView(self.groups, self.shards)

    def _round(self, traces: Traces, until: int) -> NeuralState:
        if self.rounds and until <= self.rounds[-1]:
            raise UsageError("Nothing can be new: that time was learnt already.", "Give a later time.")
        state = replace(self, rounds=(*self.rounds, until))
        plan = _plan(state, traces, len(self.rounds))
        trained = zip(self.names, self.shards, plan, strict=True)
        return replace(state, shards=tuple(_trained(shard, name, [part]) for name, shard, part in trained))


def train(
    traces: Traces,
    settings: NeuralSettings | None = None,
    groups: Mapping[str, str] | None = None,
    until: int | None = None,
) -> NeuralState:
    """The model of these traces in one round, up to `until` (µs; by default the end of the last event's day)."""
    settings, groups = settings or NeuralSettings(), dict(groups or {})
    empty = NeuralState(settings, groups, (), tuple(Shard.empty(settings) for _ in group_names(groups)))
    return empty.continued(traces, until)


def _plan(state: NeuralState, traces: Traces, number: int) -> Iterator[Part | None]:
    """What each shard trains on in that round; None: nothing is new for it."""
    since = state.rounds[number - 1] if number else NEVER
    known = _until_then(traces, state.rounds[number])
    steps = Steps.of(known)
    shard = shard_of(steps, state.groups)
    content = steps.fingerprints()
    order = np.lexsort((content, steps.start))
    fresh = np.add.reduceat((known.time >= since).astype(np.int64), known.offsets[:-1]) if len(known) else shard
    for place in range(len(state.names)):
        here = order[shard[order] == place]
        new, old = here[fresh[here] > 0], here[fresh[here] == 0]
        if not len(new):
            yield None
            continue
        wanted = max(round(state.settings.replay * len(new)), state.settings.least_replay)
        lot = (content[old] ^ np.uint64(symbol(f"replay {number}"))) * _ODD
        rows = np.concatenate([old[np.sort(np.argsort(lot, kind="stable")[:wanted])], new])
        total = int(content[rows].sum(dtype=np.uint64))
        yield Part(steps.pick(rows), int(fresh[new].sum()), total or 1)


def _trained(shard: Shard, name: str, parts: Sequence[Part | None]) -> Shard:
    for part in parts:
        shard = shard.rested() if part is None else shard.trained(part, name)
    return shard


def _until(traces: Traces) -> int:
    """The end of the UTC day of the last event."""
    return (int(traces.time.max(initial=0)) // DAY + 1) * DAY


def _until_then(traces: Traces, until: int) -> Traces:
    """The traces as they stood: without later events, and without those that had not begun."""
    before = traces.time < until
    if before.all():
        return traces
    sizes = np.bincount(traces.trace[before], minlength=len(traces)).astype(np.int64)
    begun = sizes > 0
    offsets: Ints = np.concatenate([[0], np.cumsum(sizes[begun])]).astype(np.int64)
    return Traces(traces.events, traces.order[before], offsets, traces.episode[begun])
