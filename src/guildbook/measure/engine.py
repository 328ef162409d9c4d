"""One counterfactual engine: choose which workers and which events train a model, and what it is tried on.

The model of any world is the total, minus the traces it touches, plus these as they are in it; where it is more than
half of all, it is counted from nothing. Both give the same counts to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.estimate import Measured
from guildbook.measure.model import Places, Shape, Table
from guildbook.measure.trial import Policy, Trial
from guildbook.measure.work import Split, Work, joined

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
T = TypeVar("T")

ORDERS: Final = (1, 2, 3, 4, 5, 6)
LEASTS: Final = (1, 2, 3, 5, 10)


@dataclass(eq=False)
class Engine:
    """Models of worlds over one body of work to train on, tried on another."""

    train: Work
    test: Work
    shape: Shape
    policy: Policy = field(default_factory=Policy)

    @classmethod
    def of(cls, split: Split, policy: Policy | None = None, shape: Shape | None = None) -> Engine:
        """The shape is chosen on the newest fifth of the training traces unless it is given."""
        return cls(split.train, split.test, shape or chosen(split.train), policy or Policy())

    @cached_property
    def trial(self) -> Trial:
        """The held-back work, ready."""
        return Trial(self.test, self.whole, self.shape)

    @cached_property
    def whole(self) -> Work:
        """Both parts."""
        return joined(self.train, self.test)

    @cached_property
    def total(self) -> Table:
        """The model of everybody."""
        return Table.of(self.train, self.shape)

    @cached_property
    def _touched(self) -> tuple[Ints, Ints]:
        """(offsets (W + 1,), traces): the training traces each worker took part in."""
        width = max(len(self.train), 1)
        cells = np.unique(self.train.worker.astype(np.int64) * width + self.train.trace)
        offsets = np.searchsorted(cells, np.arange(len(self.train.workers) + 1) * width)
        return offsets.astype(np.int64), cells % width

    def touched(self, workers: Bools) -> Ints:
        """Training traces in which any of these workers took part."""
        offsets, traces = self._touched
        parts = [traces[offsets[w] : offsets[w + 1]] for w in np.flatnonzero(workers).tolist()]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)

    def model(self, coalition: Bools, withheld: Bools | None = None) -> Table:
        """The model that a coalition (W,) trains, without the withheld events (n,) of `train`."""
        keep = coalition[self.train.worker]
        if withheld is not None:
            keep = keep & ~withheld
        if 2 * int(keep.sum()) < len(keep):
            return Table.of(self.train.where(keep), self.shape)
        lost = np.unique(self.train.trace[~keep])
        table = self.total.copy()
        if len(lost):
            part, rows = self.train.pick(lost), np.isin(self.train.trace, lost)
            table.subtract(part)
            table.add(part.where(keep[rows]))
        return table

    def everybody(self) -> Bools:
        """(W,): all workers."""
        return np.ones(len(self.train.workers), dtype=bool)

    def accuracy(self, model: Table) -> Measured:
        """Share of places at which the likeliest step is what came."""
        return self.trial.accuracy(model)

    def augmentation(self, model: Table) -> Measured:
        """A under this engine's policy."""
        return self.trial.augmentation(model, self.policy)

    def substitution(self, model: Table) -> Measured:
        """S under this engine's policy."""
        return self.trial.substitution(model, self.policy).measured

    def sweep(
        self, worlds: Sequence[Bools], look: Callable[[Table], T], progress: Callable[[float], None] | None = None
    ) -> Iterator[T]:
        """What each coalition's model shows, in order; two at a time, since counting lets go of the interpreter."""
        _ = self.total, self.trial.places, self._touched  # made once, before the threads ask for them

        def seen(coalition: Bools) -> T:
            return look(self.model(coalition))

        with ThreadPoolExecutor(2) as pool:
            found = pool.map(seen, worlds)
            for number, one in enumerate(found):
                if progress is not None:
                    progress((number + 1) / len(worlds))
                yield one


def chosen(work: Work) -> Shape:
    """The order and least count that predict the newest fifth of this work best from the rest; ties to the plainer."""
    split = Split.newest(work)
    best, found = -1.0, Shape(1)
    for order in ORDERS:
        places = Places.of(split.test, order)
        table = Table.of(split.train, Shape(order))
        for least in LEASTS:
            table.shape = Shape(order, least)
            right = float((table.ranked(places, 1)[:, 0] == places.answers).mean()) if len(places) else 0.0
            if right > best + 1e-9:
                best, found = right, Shape(order, least)
    return found
