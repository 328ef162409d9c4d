"""The game that coalitions of workers play: what a coalition is worth is what the model shows that it trains.

v(C) is what `Engine.accuracy` or `Engine.augmentation` measures of `Engine.model(C)`, to the last hit, for the plain
back-off model. It is worked out by letting workers in and out one at a time (`kernels`), so that a coalition costs
what its last worker's traces touch instead of a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.contribution.kernels import Board, Hall, added, placed, toggle
from guildbook.measure.engine import Engine
from guildbook.measure.kernels import NONE
from guildbook.measure.work import Work
from guildbook.model.errors import InputError

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

Worth = Literal["accuracy", "top", "augmentation"]
WORTHS: Final[tuple[Worth, ...]] = ("accuracy", "top", "augmentation")
"""Share of places at which what came is the likeliest, or among those shown; share of work time saved."""
MOST_CELLS: Final = 1 << 29
"""Contexts times followers that are held at a time: 2 GiB."""


@dataclass(frozen=True, eq=False)
class Game:
    """A game over the workers of an engine's training work."""

    workers: tuple[str, ...]
    players: Codes
    """(m,): codes of those who did anything in it; what the others add is nothing."""
    board: Board
    named: int
    """Followers named at a place (k)."""
    scale: float
    """A worth of so many units is a value of one."""
    metric: Worth

    @classmethod
    def of(cls, engine: Engine, metric: Worth = "augmentation") -> Game:
        """The game of an engine. Raises `InputError` where it is too large to be held."""
        trial, train = engine.trial, engine.train
        spots = trial.places
        weight = trial.weight if metric == "augmentation" else np.ones(len(spots), np.int64)
        named = 1 if metric == "accuracy" else engine.policy.shown
        saved = engine.policy.saved if metric == "augmentation" else 1.0
        together = _together(train)
        keys, parent, depth, at = _contexts(spots.keys, spots.depths, engine, shared=bool(together.any()))
        width = len(train.acts) + 1
        if len(keys) * width > MOST_CELLS:
            raise InputError(
                f"{len(keys):,} contexts of {width - 1:,} kinds of step are too many for this measure.",
                "Measure one task at a time with --task, or hold back less.",
                "too-many-contexts",
            )
        gains = _gains(at[spots.which], spots.answers, weight, len(keys), width)
        board = _board(train, engine, keys, parent, depth, gains, together)
        scale = float(weight.sum()) / saved
        return cls(train.workers, np.flatnonzero(train.present).astype(np.int32), board, named, scale, metric)

    def hall(self) -> Hall:
        """An empty hall: nobody is inside."""
        board, named = self.board, self.named
        size, longest = len(board.parent), int(np.diff(board.offsets).max(initial=0))
        return Hall(
            np.zeros(len(self.workers), dtype=bool), np.zeros(size * board.width, np.int32), np.zeros(size, np.int32),
            np.full((size, named), NONE, np.int32), np.full((size, named), NONE, np.int32), np.zeros(size, np.int64),
            np.zeros(size, np.int64), np.zeros(size, np.int32), np.zeros(len(board.levels) - 1, np.int32),
            np.zeros(1, np.int64), np.full(named, NONE, np.int32),
            np.empty(longest + 1, np.int32), np.empty(longest + 1, np.int32),
        )  # fmt: skip

    def units(self, coalition: Bools) -> int:
        """What a coalition (W,) is worth, in whole units: v is this over `scale`."""
        hall = self.hall()
        return sum(int(toggle(self.board, hall, worker)) for worker in np.flatnonzero(coalition).tolist())

    def value(self, coalition: Bools) -> float:
        """What a coalition (W,) is worth: v."""
        return self.units(coalition) / self.scale if self.scale else 0.0

    @cached_property
    def whole(self) -> int:
        """What everybody is worth together, in whole units."""
        return self.units(np.ones(len(self.workers), dtype=bool))


def _together(train: Work) -> Bools:
    """(T,): traces several workers took part in."""
    first = train.worker[train.offsets[:-1]]
    other = train.worker != np.repeat(first, np.diff(train.offsets))
    return np.bincount(train.trace[other], minlength=len(train)) > 0


def _contexts(keys: Keys, depths: Codes, engine: Engine, *, shared: bool) -> tuple[Keys, Codes, Codes, Ints]:
    """(keys (n,), parents, depths, which context each kind of place (u,) asks), by depth, then by parent.

    Where no trace is shared a coalition knows only contexts that all know together, so places ask the longest of
    these; a shared trace has contexts of its own for every part of those who worked on it.
    """
    reach = np.asarray(depths, np.int64)
    if not shared:
        reach = np.minimum(reach, _known(keys, depths, engine))
    found, parents, levels = list[Keys](), list[Codes](), list[Codes]()
    place = np.zeros(len(keys), np.int64)
    base = 0
    for depth in range(keys.shape[1]):
        rows = np.flatnonzero(reach >= depth)
        above = place[rows] if depth else np.full(len(rows), NONE, np.int64)
        here, first, which = np.unique(keys[rows, depth], return_index=True, return_inverse=True)
        order = np.lexsort((here, above[first]))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        place[rows] = base + rank[which.reshape(-1)]
        found.append(here[order])
        parents.append(above[first][order].astype(np.int32))
        levels.append(np.full(len(order), depth, np.int32))
        base += len(order)
    return np.concatenate(found), np.concatenate(parents), np.concatenate(levels), place


def _known(keys: Keys, depths: Codes, engine: Engine) -> Ints:
    """(u,): depth of the longest context at each kind of place that the model of everybody knows; 0 if none."""
    contexts, totals = engine.total.contexts, engine.total.totals
    held = np.sort(contexts[(contexts != 0) & (totals >= max(1, engine.shape.least))])
    out = np.zeros(len(keys), np.int64)
    for depth in range(1, keys.shape[1]):
        rows = np.flatnonzero(depths >= depth)
        at = np.minimum(np.searchsorted(held, keys[rows, depth]), max(len(held) - 1, 0))
        known = held[at] == keys[rows, depth] if len(held) else np.zeros(len(rows), dtype=bool)
        out[rows[known]] = depth
    return out


def _gains(at: Ints, answers: Codes, weight: Ints, size: int, width: int) -> tuple[Ints, Codes, Ints]:
    """(offsets, answers, weights): what it is worth to name each answer at each context."""
    cells, which = np.unique(at * width + answers, return_inverse=True)
    worth = np.zeros(len(cells), np.int64)
    np.add.at(worth, which.reshape(-1), weight)
    offsets = np.searchsorted(cells, np.arange(size + 1) * width).astype(np.int64)
    return offsets, (cells % width).astype(np.int32), worth


def _board(
    train: Work,
    engine: Engine,
    keys: Keys,
    parent: Codes,
    depth: Codes,
    gains: tuple[Ints, Codes, Ints],
    together: Bools,
) -> Board:
    size, order, people = len(keys), engine.shape.order, len(train.workers)
    slots = np.zeros(1 << max(6, (2 * size).bit_length()), np.uint64)
    places = np.full(len(slots), NONE, np.int32)
    placed(keys, slots, places)
    roots = int(np.count_nonzero(depth == 0))
    children = roots + np.searchsorted(parent[roots:], np.arange(size + 1))
    nothing = np.empty(0, np.int32)
    width = len(train.acts) + 1
    board = Board(
        width, engine.shape.least, slots, places, parent, depth, children.astype(np.int32),
        np.searchsorted(depth, np.arange(order + 2)).astype(np.int32), *gains,
        np.zeros(people + 1, np.int64), nothing, nothing, nothing, *_shares(train, together), train.offsets, train.act,
        train.worker, train.task,
    )  # fmt: skip
    return _with_alone(board, train, together, order)


def _shares(train: Work, together: Bools) -> tuple[Ints, Codes]:
    """(offsets (W + 1,), traces): the shared traces of each worker."""
    rows = together[train.trace]
    width = max(len(train), 1)
    cells = np.unique(train.worker[rows].astype(np.int64) * width + train.trace[rows])
    offsets = np.searchsorted(cells, np.arange(len(train.workers) + 1) * width)
    return offsets.astype(np.int64), (cells % width).astype(np.int32)


def _with_alone(board: Board, train: Work, together: Bools, order: int) -> Board:
    """With what each worker's own traces add, counted once."""
    owner = np.where(together, -1, train.worker[train.offsets[:-1]]) if len(train) else np.empty(0, np.int64)
    sizes = np.diff(train.offsets) + 1
    scratch = np.zeros(len(board.parent) * board.width, np.int32)
    parts: list[tuple[Codes, Codes, Codes]] = []
    offsets = np.zeros(len(train.workers) + 1, np.int64)
    by_owner = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[by_owner], np.arange(len(train.workers) + 1))
    for worker in range(len(train.workers)):
        traces = by_owner[starts[worker] : starts[worker + 1]]
        room = int(sizes[traces].sum()) * (order + 1)
        context, follower, often = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
        found = added(traces, board, order, context, follower, often, scratch, np.empty(room, np.int64))
        parts.append((context[:found].copy(), follower[:found].copy(), often[:found].copy()))
        offsets[worker + 1] = offsets[worker] + found
    contexts, followers, counts = (np.concatenate([np.empty(0, np.int32), *(p[i] for p in parts)]) for i in range(3))
    return board._replace(alone=offsets, contexts=contexts, followers=followers, counts=counts)
