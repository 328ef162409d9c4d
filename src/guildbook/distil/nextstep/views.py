"""What the mixer mixes: views, each an opinion on what comes next. Counts are views, and so is a neural net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.places import Places
from guildbook.distil.traces import Traces

Floats = NDArray[np.float32]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Opinion:
    """What a view says at n places of V symbols that may come next."""

    logp: Floats
    """(n, V + 1): natural logarithms of probabilities, finite, each row summing to one; the last column is
    everything that is not among the symbols."""
    weight: Floats
    """(n,): how much stands behind it, ≥ 0: events counted in the context, for a view of counts. 0: the view knows
    nothing here and repeats a shorter one. A view that has no such number gives ones."""


class View(Protocol):
    """Something that was fitted and now says what comes next."""

    @property
    def name(self) -> str:
        """Short and stable; the mixer's weights and the reasons name it."""
        ...

    def opinion(self, places: Places, symbols: Keys) -> Opinion:
        """What comes next at these places, in the columns of `symbols` (END is one of them).

        Called with blocks of places (at most a few million cells), in the order of their traces. It may look at the
        first `depth` events of each place's trace and at what is known of the case, at nothing later.
        """
        ...


class ViewLearner(Protocol):
    """Makes a view of traces.

    It is asked twice: for the older part of the training data, on whose newest part the mixer is then fitted, and
    for all of it.
    """

    @property
    def name(self) -> str:
        """The name its views have."""
        ...

    def fit(self, traces: Traces) -> View:
        """The view of these traces alone; the same traces give the same view."""
        ...
