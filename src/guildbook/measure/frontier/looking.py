"""What one configuration comes to: how much it helps, and how much it does alone, as a system and as weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.estimate import Measured
from guildbook.measure.frontier.weighing import WHOLE, weighed, with_gaps
from guildbook.measure.model import Table
from guildbook.measure.trial import Policy, Trial
from guildbook.measure.work import Work

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

Against = Literal["system", "weights"]

BOOSTS: Final = (1, 100)
"""How many cases each public case counts as when an attacker trains on: what serves them best is taken."""


@dataclass(frozen=True, eq=False)
class Made:
    """A model, and how it is used."""

    table: Table
    scale: int = 1
    """What a step counts in the table."""
    hidden: Bools | None = None
    """(n,) events of the trial's work that the assistant is not told of; None: it is told of all."""
    gated: frozenset[int] = frozenset()
    """Acts that a person approves."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What each trace (T,) adds; mixtures add by their shares."""

    saved: tuple[Floats, Floats]
    """Time saved with one step shown, and with as many as the policy shows (k)."""
    hits: tuple[Floats, Floats]
    """Places at which what came was shown: one step, and k."""
    system: Floats
    """Share of runs accepted, with the gate."""
    weights: Floats
    """The same without the gate."""
    attacked: Floats
    """The same after the best re-training on the public cases."""

    def by_name(self) -> dict[str, Floats]:
        """Each of them by a name of its own."""
        return {
            "saved_one": self.saved[0], "saved_most": self.saved[1], "hits_one": self.hits[0],
            "hits_most": self.hits[1], "system": self.system, "weights": self.weights, "attacked": self.attacked,
        }  # fmt: skip


class Looker:
    """Tries configurations on one trial."""

    def __init__(self, trial: Trial, policy: Policy, public: Work) -> None:
        self.trial = trial
        self.policy = policy
        self._public = public

    @cached_property
    def time(self) -> Floats:
        """(T,): µs of work that could be helped with."""
        return self._by_trace(self.trial.weight.astype(np.float64))

    @cached_property
    def places(self) -> Floats:
        """(T,): places, ends included."""
        return self._by_trace(np.ones(len(self.trial.places)))

    @cached_property
    def runs(self) -> Floats:
        """(T,): 1 for each episode that is run."""
        return (np.diff(self.trial.work.offsets) > 0).astype(np.float64)

    @cached_property
    def public_alone(self) -> Floats:
        """(T,): share of runs accepted of a model of nothing but the public cases."""
        return self.alone(Table.of(self._public, self.trial.shape))

    def help(self, made: Made) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """(time saved, hits), each with one step shown and with k."""
        trial, policy = self.trial, self.policy
        places = trial.places
        if made.hidden is not None:
            places = with_gaps(trial.work, places, made.hidden, trial.shape.order)
        found = made.table.ranked(places, policy.shown) == places.answers[:, None]
        one, most = found[:, 0], found.any(axis=1)
        weight = policy.saved * trial.weight
        return (
            (self._by_trace(weight * one), self._by_trace(weight * most)),
            (self._by_trace(one.astype(np.float64)), self._by_trace(most.astype(np.float64))),
        )

    def saved(self, made: Made) -> Measured:
        """A with k steps shown."""
        return Measured(self.help(made)[0][1], self.time)

    def alone(self, table: Table, gated: frozenset[int] = frozenset()) -> Floats:
        """(T,): share of runs accepted, with the decoding under which there are most."""
        return self.trial.accepted(table, replace(self.policy, gated=gated))

    def attacked(self, made: Made, weights: Floats | None = None) -> Floats:
        """(T,): share of runs accepted after the best of several re-trainings; at least what there was before."""
        found = [self.alone(made.table) if weights is None else weights]
        if len(self._public):
            found.append(self.public_alone)
            for boost in BOOSTS:
                table = made.table.copy()
                counts = np.full(self._public.events, made.scale * boost, np.int64)
                ends = np.full(len(self._public), made.scale * boost, np.int64)
                found.append(self.alone(weighed(self._public, table.shape, counts, ends=ends, onto=table)))
        return max(found, key=lambda share: float(share.sum()))

    def replaced(self, made: Made, against: Against) -> Measured:
        """S as a system, or as weights after the attack."""
        share = self.alone(made.table, made.gated) if against == "system" else self.attacked(made)
        return Measured(share, self.runs)

    def look(self, mixture: Sequence[tuple[float, Made]]) -> Seen:
        """What a mixture comes to in which one model is drawn for each episode, by these shares.

        Whoever holds the weights holds those of all the models, and uses the one that serves them best.
        """
        size = len(self.trial.work)
        one, most, hit_one, hit_most, system = (np.zeros(size) for _ in range(5))
        alone: list[Floats] = [np.zeros(size)]
        attacked: list[Floats] = [self.public_alone if len(self._public) else np.zeros(size)]
        for share, made in mixture:
            saved, hits = self.help(made)
            one, most = one + share * saved[0], most + share * saved[1]
            hit_one, hit_most = hit_one + share * hits[0], hit_most + share * hits[1]
            free = self.alone(made.table)
            system = system + share * (self.alone(made.table, made.gated) if made.gated else free)
            alone.append(free)
            attacked.append(self.attacked(made, free))
        return Seen((one, most), (hit_one, hit_most), system, _most(alone), _most(attacked))

    def _by_trace(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self.trial.places.trace, values, len(self.trial.work)), np.float64)


def whole_weights(work: Work) -> NDArray[np.int64]:
    """(n,): every step counts in full."""
    return np.full(work.events, WHOLE, np.int64)


def _most(shares: Sequence[Floats]) -> Floats:
    return max(shares, key=lambda share: float(share.sum()))
