"""A neural model as a view for the mixer: what its nets say, in the mixer's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.neural.groups import shards_along
from guildbook.distil.neural.shard import Shard
from guildbook.distil.neural.steps import Ints, Keys, Steps
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.views import Opinion
from guildbook.distil.sums import END

NAME = "neural"
OWN = 0.5
"""Share that the net of a trace's own group has; the rest is shared by how much each net has seen."""


@dataclass(frozen=True)
class NeuralView:
    """`nextstep.View` of trained shards."""

    groups: Mapping[str, str]
    shards: tuple[Shard, ...]
    name: str = NAME

    def opinion(self, places: Places, symbols: Keys) -> Opinion:
        """What the nets say, weighed and added; what a net does not know it shares out evenly."""
        traces, trace = np.unique(places.trace, return_inverse=True)
        picked = np.zeros(len(places.traces), dtype=bool)
        picked[traces] = True
        # Texts by name: then the same traces give the same bits in whatever book they stand.
        steps = Steps.of(places.traces.pick(picked)).pick(np.arange(len(traces)))
        shares = self._shares(steps, trace, places.depth)
        p = np.zeros((len(places), len(symbols) + 1))
        for number, shard in enumerate(self.shards):
            if shard.weights and shares[:, number].any():
                p += shares[:, number, None] * _said(shard, steps, trace, places.depth, symbols)
        if not any(shard.weights for shard in self.shards):
            p[:] = 1 / (len(symbols) + 1)
        p /= p.sum(axis=1, keepdims=True)
        return Opinion(np.log(p).astype(np.float32), np.ones(len(places), np.float32))

    def _shares(self, steps: Steps, trace: Ints, depth: Ints) -> NDArray[np.float64]:
        """(n, shards): how much each net counts at each place."""
        seen = np.array([shard.events for shard in self.shards], np.float64)
        out = np.tile(seen / max(seen.sum(), 1.0), (len(trace), 1))
        inside = np.flatnonzero(depth > 0)
        own = shards_along(steps, self.groups)[steps.offsets[trace[inside]] + depth[inside] - 1]
        trained = seen[own] > 0
        inside, own = inside[trained], own[trained]
        out[inside] *= 1 - OWN
        out[inside, own] += OWN
        return out


def _said(shard: Shard, steps: Steps, trace: Ints, depth: Ints, symbols: Keys) -> NDArray[np.float64]:
    """(n, V + 1): one net's probabilities in the columns of `symbols`."""
    own = np.append(shard.symbols, np.uint64(END))
    order = np.argsort(symbols)
    found = np.minimum(np.searchsorted(symbols, own, sorter=order), max(len(symbols) - 1, 0))
    column = np.where(symbols[order[found]] == own, order[found], len(symbols)) if len(symbols) else found
    into = np.zeros((len(own), len(symbols) + 1), np.float32)
    into[np.arange(len(own)), column] = 1
    out = np.zeros((len(trace), len(symbols) + 1))
    chunk = np.empty(len(steps), np.int64)
    for rows, logp in shard.logp(steps):
        chunk[:] = -1
        chunk[rows] = np.arange(len(rows))
        here = np.flatnonzero(chunk[trace] >= 0)
        at = np.minimum(depth[here], logp.shape[1] - 1)
        out[here] = np.exp(logp[chunk[trace[here]], at]) @ into
    strange = np.ones(len(symbols) + 1, dtype=bool)
    strange[column] = False
    strange[-1] = True
    unknown = len(own) / (shard.events + len(own))
    out *= 1 - unknown
    out[:, strange] += unknown / strange.sum()
    return out
