"""The parts of the work: what models are made of, what they are chosen on, what is public, what they are tried on.

What is chosen (which steps to withhold, which weights) is chosen on a part of its own, so that what is reported of it
is no luck of the choice. The public cases stand in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.model import Shape, Table
from guildbook.measure.trial import VALID_ORDER, Trial
from guildbook.measure.work import Split, Work

Ints = NDArray[np.int64]

PUBLIC: Final = 0.1
TUNE: Final = 0.25
"""Shares of what is not held back."""
MOST_PUBLIC: Final = 500


class Tuning(Trial):
    """A trial of some of the traces of a part, in which all of the part says what is valid."""

    @cached_property
    def reference(self) -> Table:
        """What people did in the whole part."""
        return Table.of(self.whole.where(~self.whole.agent), Shape(VALID_ORDER))


@dataclass(frozen=True, eq=False)
class Parts:
    """One draw of the parts; the held-back traces are the same in every draw."""

    train: Work
    public: Work
    """In an order drawn by the seed: an attacker takes the first so many."""
    tune: Trial
    test: Trial
    shape: Shape
    seed: int

    @classmethod
    def drawn(cls, split: Split, test: Trial, seed: int, tried: int) -> Parts:
        """Draw from what is not held back; at most `tried` traces are run when something is chosen."""
        rest = split.train
        order = np.random.Generator(np.random.Philox([seed, 1])).permutation(len(rest))
        public = max(1, min(MOST_PUBLIC, round(PUBLIC * len(rest))))
        tune = max(1, round(TUNE * len(rest)))
        chosen = rest.pick(np.sort(order[public : public + tune]))
        run = rest.pick(np.sort(order[public : public + min(tune, tried)]))
        trial = Tuning(run, chosen, test.shape)
        train = rest.pick(np.sort(order[public + tune :]))
        return cls(train, rest.pick(order[:public]), trial, test, test.shape, seed)

    def warm(self) -> None:
        """Work out what threads would else work out twice."""
        for trial in (self.tune, self.test):
            _ = trial.places, trial.weight
