"""Work that was held back, made ready for models to be tried on: how much they help, and how much they do alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.endings import Endings
from guildbook.measure.estimate import Measured
from guildbook.measure.model import Places, Shape, Table
from guildbook.measure.running import runs
from guildbook.measure.work import Work

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

VALID_ORDER: Final = 2
"""A step is valid where somebody has taken it, in the held-back work, after the same so many steps."""
SAVED: Final = 0.6
SHOWN: Final = 3

Decoding = Literal["greedy", "likeliest", "sample"]
DECODINGS: Final[tuple[Decoding, ...]] = ("greedy", "likeliest", "sample")
"""The likeliest step each time; the likeliest whole run; steps drawn by their chances."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a model is used."""

    shown: int = SHOWN
    """Steps shown to the person (k)."""
    saved: float = SAVED
    """Share of a step's time that is saved when it is among those shown (s)."""
    opening: int = 1
    """Events of an episode that a model left alone is given."""
    runs: int = 5
    """Free runs of each episode where steps are drawn."""
    seed: int = 0
    decoding: Decoding | None = None
    """How a model left alone chooses; None: as it fares better."""
    gated: frozenset[int] = frozenset()
    """Acts that a person must approve: a run that takes one has not gone without a person."""


@dataclass(frozen=True, eq=False)
class Alone:
    """What came of free runs."""

    measured: Measured
    """Σ accepted runs / Σ runs, by trace."""
    decoding: Decoding
    valid: Floats
    """(L,): share of the runs' steps that are valid at each step after the opening, over the runs that got so far."""
    reached: Ints
    """(L,): how many runs got so far."""
    gates: float
    """Mean number of steps of a run that a person had to approve."""

    def longest(self, share: float = 0.95) -> int:
        """The longest stretch of steps without a person of which this share is valid, over all runs."""
        good = np.cumsum(self.valid * self.reached)
        done = np.cumsum(self.reached)
        held = np.flatnonzero((done > 0) & (good >= share * done) & (self.reached > 0))
        return int(held[-1]) + 1 if len(held) else 0


@dataclass(frozen=True, eq=False)
class Trial:
    """The held-back work and what is known of it, worked out once for all models."""

    work: Work
    whole: Work
    """All the work, of which `work` is the part held back."""
    shape: Shape

    @cached_property
    def reference(self) -> Table:
        """What people did in the held-back work, which no model has seen: what makes a step valid."""
        return Table.of(_by_people(self.work), Shape(VALID_ORDER))

    @cached_property
    def endings(self) -> Endings:
        """How people's work ends."""
        return Endings.of(_by_people(self.whole))

    @cached_property
    def places(self) -> Places:
        """Every event from the second on, and every end."""
        return Places.of(self.work, self.shape.order)

    @cached_property
    def weight(self) -> Ints:
        """(m,): µs that the step at each place took; 0 at an end.

        Where nobody knows, the median of the same act; where nobody ever knows, all steps weigh the same (1 s).
        """
        own, act = self.work.own.astype(np.float64), self.work.act
        known = own >= 0
        usual = np.full(len(self.work.acts), np.nan)
        for code in np.unique(act[known]).tolist():
            usual[code] = np.median(own[known & (act == code)])
        overall = float(np.median(own[known])) if known.any() else 1e6
        filled = np.where(known, own, np.where(np.isnan(usual[act]), overall, usual[act]))
        out = np.zeros(len(self.places), np.int64)
        inside = self.places.row >= 0
        out[inside] = np.round(filled[self.places.row[inside]]).astype(np.int64)
        return out

    def hits(self, model: Table, shown: int) -> Bools:
        """(m,): whether what came is among the `shown` likeliest at each place."""
        return (model.ranked(self.places, shown) == self.places.answers[:, None]).any(axis=1)

    def accuracy(self, model: Table, shown: int = 1) -> Measured:
        """Share of places, ends included, at which what came is among the `shown` likeliest."""
        return self._by_trace(self.hits(model, shown).astype(np.float64), np.ones(len(self.places)))

    def augmentation(self, model: Table, policy: Policy) -> Measured:
        """A: share of work time saved when the person's own next step is among those shown."""
        weight = self.weight.astype(np.float64)
        hits = self.hits(model, policy.shown)
        return self._by_trace(policy.saved * weight * hits, weight)

    def substitution(self, model: Table, policy: Policy) -> Alone:
        """S: share of episodes that the model takes from the opening to an acceptable end, every step valid."""
        found = [self._alone(model, policy, decoding) for decoding in _decodings(policy)]
        return max(found, key=lambda one: one.measured.value)

    def accepted(self, model: Table, policy: Policy) -> Floats:
        """(T,): the share of runs accepted, as `substitution` has it, and nothing else of them: sooner."""
        found = [self.accepted_by(model, policy, decoding) for decoding in _decodings(policy)]
        return max(found, key=lambda share: float(share.sum()))

    def accepted_by(self, model: Table, policy: Policy, decoding: Decoding, took: Bools | None = None) -> Floats:
        """(T,): the share of runs accepted under one decoding; `took`: see `running.runs`."""
        many = runs_of(policy, decoding)
        found = runs(model, self.reference, self.work, self.endings, policy, many, decoding, took, brief=True)
        return found[0] / many

    def _alone(self, model: Table, policy: Policy, decoding: Decoding) -> Alone:
        many = runs_of(policy, decoding)
        accepted, valid, reached, gates = runs(model, self.reference, self.work, self.endings, policy, many, decoding)
        share = np.divide(valid, reached, out=np.zeros(len(valid)), where=reached > 0)
        started = np.diff(self.work.offsets) > 0
        den = np.where(started, float(many), 0.0)
        mean = float(gates.sum()) / max(1, many * int(started.sum()))
        return Alone(Measured(accepted.astype(np.float64), den), decoding, share, reached, mean)

    def _by_trace(self, num: Floats, den: Floats) -> Measured:
        size, trace = len(self.work), self.places.trace
        sums = [np.bincount(trace, part, size).astype(np.float64) for part in (num, den)]
        return Measured(sums[0], sums[1])


def runs_of(policy: Policy, decoding: Decoding) -> int:
    """How many free runs of each episode there are."""
    return policy.runs if decoding == "sample" else 1


def _decodings(policy: Policy) -> tuple[Decoding, ...]:
    return DECODINGS if policy.decoding is None else (policy.decoding,)


def _by_people(work: Work) -> Work:
    return work.where(~work.agent) if work.agent.any() else work
