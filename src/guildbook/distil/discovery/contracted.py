"""A graph brought down to few boxes: dense counts of moves between them, and which pairs go in either order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import run_medians
from guildbook.distil.discovery.clusters import clusters
from guildbook.distil.discovery.graph import Graph, Sequences
from guildbook.distil.discovery.replay import there_and_back
from guildbook.distil.tables import CountTable

Ints = NDArray[np.int64]
Pair = tuple[int, int]

MOST_BOXES: Final = 40
"""Beyond these nobody reads a drawing; what is rarer stands in clusters."""
MOST_OWN: Final = 30
"""Activities with a box of their own where there must be clusters."""
_BALANCE: Final = 0.4
_LOOPING: Final = 0.2


def turned(pair: Pair) -> Pair:
    """The move the other way."""
    return pair[1], pair[0]


@dataclass(frozen=True)
class Contracted:
    """B boxes; B is the start and B + 1 the end."""

    members: Sequence[Sequence[int]]
    """Activity numbers of each box."""
    events: Ints
    """(B,)"""
    weight: Ints
    """(B + 2, B + 2): moves."""
    either: frozenset[Pair]
    """Pairs that go in either order, the commoner order first."""
    medians: dict[Pair, float | None]
    """Median seconds of each kind of move, by `canonical` pair."""
    steps: Ints
    """The places of `Sequences.steps` as boxes; −1 where a variant was cut."""

    def __len__(self) -> int:
        return len(self.members)

    def canonical(self, pair: Pair) -> Pair:
        """The pair under which a move is drawn."""
        return turned(pair) if turned(pair) in self.either else pair

    @cached_property
    def counts(self) -> dict[Pair, int]:
        """Moves that can be drawn: each kind with its count, both orders together where either will do.

        Moves inside a cluster are not drawn.
        """
        found: dict[Pair, int] = {}
        for a, b in np.argwhere(self.weight > 0).tolist():
            if a == b and len(self.members[a]) > 1:
                continue
            pair = self.canonical((a, b))
            found[pair] = found.get(pair, 0) + int(self.weight[a, b])
        return found


def contracted(found: Graph, runs: Sequences, wanted: Sequence[int]) -> Contracted:
    """The graph as at most `MOST_BOXES` boxes. `wanted` activities get boxes of their own as far as there is room."""
    own, rare = _own(found, wanted), list[list[int]]()
    if len(own) < len(found):
        rare = clusters(found, runs, own, MOST_BOXES - len(own))
    members = [*([number] for number in own.tolist()), *rare]
    size = len(members)
    box = np.empty(len(found) + 2, np.int64)
    for place, numbers in enumerate(members):
        box[numbers] = place
    box[len(found) :] = size, size + 1
    table = CountTable.from_columns(
        box[found.source].astype(np.uint64), box[found.target].astype(np.uint64), found.bucket, weights=found.count
    )
    weight = np.zeros((size + 2, size + 2), np.int64)
    ends = table.keys[:, :2].astype(np.int64)
    np.add.at(weight, (ends[:, 0], ends[:, 1]), table.counts)
    steps = np.where(runs.steps < 0, -1, box[runs.steps])
    either = _either(weight[:size, :size], there_and_back(runs.offsets, steps, runs.counts, size))
    events = np.array([int(found.events[numbers].sum()) for numbers in members], np.int64)
    return Contracted(members, events, weight, either, _medians(table, either, size + 2), steps)


def _own(found: Graph, wanted: Sequence[int]) -> Ints:
    """Activities that get a box of their own, commonest first."""
    if len(found) <= MOST_BOXES:
        return np.arange(len(found))
    first = sorted(set(wanted))[: MOST_BOXES - 1]
    rest = [number for number in range(len(found)) if number not in set(first)]
    return np.sort(np.array([*first, *rest[: max(0, MOST_OWN - len(first))]], np.int64))


def _either(weight: Ints, back: Ints) -> frozenset[Pair]:
    """Pairs that follow one another in either order about as often, and are no short loop.

    Split Miner's two conditions (Augusto et al., Knowl. Inf. Syst. 59 (2019) 251–284), with a share of loops
    tolerated instead of none: one case that goes back and forth must not hide what a thousand show.
    """
    found: set[Pair] = set()
    for a, b in np.argwhere(np.triu(np.minimum(weight, weight.T), 1) > 0).tolist():
        forth, reverse = int(weight[a, b]), int(weight[b, a])
        low, high = min(forth, reverse), max(forth, reverse)
        if low >= _BALANCE * high and int(back[a, b] + back[b, a]) <= _LOOPING * low:
            found.add((a, b) if forth >= reverse else (b, a))
    return frozenset(found)


def _medians(table: CountTable, either: frozenset[Pair], width: int) -> dict[Pair, float | None]:
    source, target = table.keys[:, 0].astype(np.int64), table.keys[:, 1].astype(np.int64)
    turned = np.zeros((width, width), np.bool_)
    for a, b in either:
        turned[b, a] = True
    flip = turned[source, target]
    cell = np.where(flip, target, source) * width + np.where(flip, source, target)
    merged = CountTable.from_columns(cell.astype(np.uint64), table.keys[:, 2], weights=table.counts)
    if not len(merged):
        return {}
    starts = np.flatnonzero(np.concatenate([[True], np.diff(merged.keys[:, 0]) != 0]))
    cells = merged.keys[starts, 0].astype(np.int64).tolist()
    found = run_medians(starts, merged.keys[:, 1], merged.counts)
    return {(at // width, at % width): seconds for at, seconds in zip(cells, found, strict=True)}
