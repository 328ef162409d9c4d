"""The neural model: a net for each group of workers, continued day by day, taken apart by group.

A joint trace trains the one net of `groups.shard_of`, so what a worker did is in few nets (SISA: Bourtoule et al.,
"Machine unlearning", IEEE S&P 2021). Training is a function of the admitted events, each with the number of the round
that brought it: round r looks at traces as they stood after it, new are those with an event of that round, and older
ones are replayed along with them. Whatever changes (a round more, a worker less), that function is worked out again,
and a net that would be trained on the very same is taken over as it is or gone on from. So forgetting trains anew
just the nets whose traces changed, and the result is, on one CPU thread, bit for bit what never having had the worker
gives.

The state holds no events: they come from the gate each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.neural.groups import group_names, shard_of
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.shard import Part, Shard
from guildbook.distil.neural.steps import Ints, Steps
from guildbook.distil.neural.view import NAME, NeuralView
from guildbook.distil.sums import worker_symbol
from guildbook.distil.traces import Traces
from guildbook.model.ids import symbol

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class NeuralState:
    """All shards after so many rounds."""

    settings: NeuralSettings
    groups: Mapping[str, str]
    """Worker → group, of those whose traces are there; a worker who is not named is in the group of others."""
    rounds: int
    shards: tuple[Shard, ...]
    """By `group_names`."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the groups."""
        return group_names(self.groups)

    def view(self) -> NeuralView:
        """A view for the mixer."""
        return NeuralView(self.groups, self.shards)

    def usable(self, settings: NeuralSettings) -> dict[str, Shard]:
        """The shards by group, to be gone on from under these settings; none if they were trained under others."""
        if self.settings.shape() != settings.shape():
            return {}
        named = zip(self.names, self.shards, strict=True)
        return {n: s if s.settings == settings else replace(s, settings=settings) for n, s in named}


def train(
    traces: Traces,
    settings: NeuralSettings | None = None,
    groups: Mapping[str, str] | None = None,
    born: Ints | None = None,
    kept: NeuralState | None = None,
) -> NeuralState:
    """The model of these traces, as if nothing else had ever been there.

    `born`: for each of `traces.events` the round, from 0, that brought it; by default there is one round. `kept`: a
    state whose nets are taken over or gone on from, where their training so far would be the very same.
    """
    settings = settings or NeuralSettings()
    present = set(np.unique(traces.who).tolist())
    groups = {name: group for name, group in (groups or {}).items() if worker_symbol(name) in present}
    names = group_names(groups)
    born = np.zeros(len(traces.events), np.int64) if born is None else born
    rounds = int(born[traces.order].max(initial=0)) + 1
    plans = [_parts(traces, born, number, groups, settings) for number in range(rounds)]
    old = {} if kept is None else kept.usable(settings)
    shards = [
        _brought(old.get(name, Shard.empty(settings)), name, parts)
        for name, parts in zip(names, zip(*plans, strict=True), strict=True)
    ]
    return NeuralState(settings, groups, rounds, tuple(shards))


def _brought(shard: Shard, name: str, parts: Sequence[Part | None]) -> Shard:
    """The shard trained on these parts, from as far as it was trained on just them."""
    prints = tuple(part.fingerprint if part else 0 for part in parts)
    done = len(shard.fingerprints)
    if shard.fingerprints != prints[:done]:
        shard, done = Shard.empty(shard.settings), 0
    for part in parts[done:]:
        shard = shard.rested() if part is None else shard.trained(part, name)
    return shard


def _parts(
    traces: Traces, born: Ints, number: int, groups: Mapping[str, str], settings: NeuralSettings
) -> Iterator[Part | None]:
    """What each shard trains on in that round; None: nothing is new for it."""
    round_ = born[traces.order]
    known = with_events(traces, round_ <= number)
    steps = Steps.of(known)
    shard = shard_of(steps, groups)
    content = steps.fingerprints()
    order = np.lexsort((content, steps.start))
    now = (round_[round_ <= number] == number).astype(np.int64)
    fresh = np.add.reduceat(now, known.offsets[:-1]) if len(known) else shard
    for place in range(len(group_names(groups))):
        here = order[shard[order] == place]
        new, old = here[fresh[here] > 0], here[fresh[here] == 0]
        if not len(new):
            yield None
            continue
        wanted = max(round(settings.replay * len(new)), settings.least_replay)
        lot = (content[old] ^ np.uint64(symbol(f"replay {number}"))) * _ODD
        rows = np.concatenate([old[np.sort(np.argsort(lot, kind="stable")[:wanted])], new])
        seen = int(fresh[new].sum())
        total = int(content[rows].sum(dtype=np.uint64)) ^ seen
        yield Part(steps.pick(rows), seen, total or 1)


def with_events(traces: Traces, kept: NDArray[np.bool_]) -> Traces:
    """The traces with only some of their events, and without those that have none."""
    if kept.all():
        return traces
    sizes = np.bincount(traces.trace[kept], minlength=len(traces)).astype(np.int64)
    begun = sizes > 0
    offsets: Ints = np.concatenate([[0], np.cumsum(sizes[begun])]).astype(np.int64)
    return Traces(traces.events, traces.order[kept], offsets, traces.episode[begun])


@dataclass
class NeuralLearner:
    """Trains nets of the traces it is given, each going on from the last where that gives the same."""

    settings: NeuralSettings = field(default_factory=NeuralSettings)
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    state: NeuralState | None = None
    """The last that was continued."""
    first: NeuralState | None = None
    """What was learnt in the first round, the longest."""
    name: str = NAME

    def fit(self, traces: Traces) -> NeuralView:
        """The view of these traces alone, learnt in one round."""
        return train(traces, self.settings, self.groups).view()

    def __call__(self, traces: Traces, born: Ints) -> NeuralView:
        """The view of these traces alone, learnt in rounds."""
        self.state = train(traces, self.settings, self.groups, born, self.state)
        self.first = self.first or self.state
        return self.state.view()
