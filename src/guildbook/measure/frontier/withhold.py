"""Which steps to withhold so that S stays at or under a bound, and a person loses as little as can be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.estimate import Estimate, Measured
from guildbook.measure.frontier.cover import Cover, Paths, cheapest, cover, greedy, leaner
from guildbook.measure.frontier.kinds import Kinds
from guildbook.measure.frontier.looking import BOOSTS, Against, Looker, Made
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.plain import Level
from guildbook.measure.frontier.weighing import weighed
from guildbook.measure.model import Table
from guildbook.measure.trial import DECODINGS, Decoding, runs_of
from guildbook.measure.work import Work

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

Cost = Literal["steps", "help"]
ROUNDS: Final = 6
"""Times that the programme is told of runs that found another way."""
FIRST: Final = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
"""How many of the most pivotal kinds are withheld by score."""


class Judge:
    """Models without some kinds of step, judged on the part for choosing."""

    def __init__(self, parts: Parts, looker: Looker, kinds: Kinds, public: Work, against: Against) -> None:
        self.parts = parts
        self.kinds = kinds
        self._looker = looker
        self._public = public
        self._against: Against = against
        self._known: dict[frozenset[int], Estimate] = {}
        self._saved: dict[frozenset[int], float] = {}

    def table(self, withheld: Collection[int]) -> Table:
        """The model of the training work as if these kinds had never been recorded."""
        train = self.parts.train
        return Table.of(train.where(~self.kinds.among(train, withheld)) if withheld else train, self.parts.shape)

    def replaced(self, withheld: frozenset[int]) -> Estimate:
        """S without these kinds."""
        if withheld not in self._known:
            self._known[withheld] = self._looker.replaced(Made(self.table(withheld)), self._against).estimate()
        return self._known[withheld]

    def holds(self, withheld: frozenset[int], bound: float) -> bool:
        """Whether S, at the upper end of its interval, is within the bound."""
        return self.replaced(withheld).high <= bound

    def costs(self, cost: Cost) -> Floats:
        """(K,): the share of the steps that each kind is, or the share of A that is lost without it alone."""
        if cost == "steps":
            return self.kinds.sizes / max(int(self.kinds.sizes.sum()), 1)
        whole = self.saved(frozenset())
        lost = [whole - self.saved(frozenset({kind})) for kind in range(len(self.kinds))]
        return np.maximum(np.array(lost), 0.0) / max(whole, 1e-9)

    def saved(self, withheld: frozenset[int]) -> float:
        """A without these kinds."""
        if withheld not in self._saved:
            work = self._looker.trial.work
            hidden = self.kinds.among(work, withheld) if withheld else None
            self._saved[withheld] = self._looker.saved(Made(self.table(withheld), hidden=hidden)).value
        return self._saved[withheld]

    def paths(self, withheld: frozenset[int]) -> list[Paths]:
        """The accepted runs without these kinds, under each decoding and each re-training there is to fear."""
        base = self.table(withheld)
        tables = [base]
        if self._against == "weights" and len(self._public):
            for boost in BOOSTS:
                counts = np.full(self._public.events, boost, np.int64)
                ends = np.full(len(self._public), boost, np.int64)
                tables.append(weighed(self._public, base.shape, counts, ends=ends, onto=base.copy()))
        return [self._taken(table, decoding) for table in tables for decoding in DECODINGS]

    @cached_property
    def floor(self) -> float:
        """S of the public cases alone (upper end), below which no choice brings an attacker; 0 for a system."""
        if self._against == "system" or not len(self._public):
            return 0.0
        return Measured(self._looker.public_alone, self._looker.runs).estimate().high

    def _taken(self, table: Table, decoding: Decoding) -> Paths:
        trial, policy = self._looker.trial, replace(self._looker.policy, gated=frozenset())
        many = runs_of(policy, decoding)
        took = np.zeros((len(trial.work) * many, table.end + 1), dtype=bool)
        share = trial.accepted_by(table, policy, decoding, took)
        rows = np.flatnonzero(took.any(axis=1))
        task = trial.work.task[rows // many]
        size = len(trial.work.acts)
        where = self.kinds.codes // size // (size if self.kinds.grain == "context" else 1)
        through = took[np.ix_(rows, self.kinds.acts)] & (task[:, None] == where[None, :])
        bare = round(float(share.sum()) * many) - len(rows)
        if bare > 0:  # ended at once: nothing can be withheld of them
            through = np.concatenate([through, np.zeros((bare, len(self.kinds)), dtype=bool)])
        return Paths.told(through, float(many * self._looker.runs.sum()))


def allowed(bound: float, runs: float) -> float:
    """The largest share of so many runs whose interval ends at or below the bound."""
    low, high = 0.0, bound
    for _ in range(40):
        middle = (low + high) / 2
        if middle + 1.96 * np.sqrt(middle * (1 - middle) / max(runs, 1.0)) <= bound:
            low = middle
        else:
            high = middle
    return low


def choose(
    judge: Judge, bound: float, cost: Cost, way: Sequence[tuple[frozenset[int], float]], tries: int
) -> tuple[frozenset[int], dict[str, Any]]:
    """The kinds to withhold for one bound, and what is known of the choice: cost, its lower bound, gap, held.

    The programme is told the runs of the model of everything; where what it chooses leaves runs that found another
    way, it is told these too. Its bound holds if withholding one kind does not spoil a run that never passes through
    it. `tried_bound` assumes nothing: every cheaper set was tried. Where public cases alone are above the bound, it is
    not held, and what is chosen gives an attacker no more than they do.
    """
    if judge.holds(frozenset(), bound):
        return frozenset(), {"cost": 0.0, "cost_at_least": 0.0, "gap": 0.0, "tried_bound": 0.0, "held": True}
    costs = judge.costs(cost)
    within = judge.floor <= bound
    bound = max(bound, judge.floor)
    if judge.holds(frozenset(), bound):
        return frozenset(), {"cost": 0.0, "cost_at_least": 0.0, "gap": 0.0, "tried_bound": 0.0, "held": within}
    candidates = [leaner(kinds, lambda k: judge.holds(k, bound), costs) for kinds, high in way if high <= bound][:1]
    groups = judge.paths(frozenset())
    known = cover(costs, groups, allowed(bound, groups[0].of))
    least = 0.0 if known is None else known.bound
    for _ in range(ROUNDS):
        if known is None:
            break
        chosen = frozenset(known.kinds)
        if judge.holds(chosen, bound):
            candidates.append(leaner(chosen, lambda k: judge.holds(k, bound), costs))
            break
        groups += judge.paths(chosen)
        before, known = known, cover(costs, groups, allowed(bound, groups[0].of))
        if known is not None and known.kinds == before.kinds:
            break
    found, tried = cheapest(costs, lambda k: judge.holds(k, bound), tries)
    if found is not None:
        candidates.append(found)
    if not candidates:
        return way[-1][0], {"held": False, "why": "no choice of kinds was found"}
    if cost == "help":  # what is lost together is not quite the sum
        best = min(candidates, key=lambda kinds: (-judge.saved(kinds), sorted(kinds)))
    else:
        best = min(candidates, key=lambda kinds: (float(costs[list(kinds)].sum()), sorted(kinds)))
    total = float(costs[list(best)].sum())
    least = max(min(least, total), min(tried, total))
    return best, {
        "cost": total, "cost_at_least": least, "gap": Cover((), total, least).gap, "tried_bound": min(tried, total),
        "held": within,
    }  # fmt: skip


def withhold(
    parts: Parts,
    looker: Looker,
    public: Work,
    bounds: Sequence[float],
    *,
    against: Against,
    cost: Cost,
    grain: Literal["act", "context"] = "act",
    tries: int = 100,
) -> Iterator[Level]:
    """For each bound, the model without the kinds that it takes least to withhold."""
    kinds = Kinds(parts.train, grain, looker.policy.opening)
    judge = Judge(parts, looker, kinds, public, against)
    way = greedy(len(kinds), lambda k: judge.replaced(k).high, judge.costs(cost), min(bounds))
    for bound in bounds:
        chosen, told = choose(judge, bound, cost, way, tries)
        told |= {"withheld": [kinds.named(kind) for kind in sorted(chosen)], "cost_of": cost,
                 "help_lost": 1 - judge.saved(chosen) / max(judge.saved(frozenset()), 1e-9),
                 "chosen_at": judge.replaced(chosen).to_dict()}  # fmt: skip
        yield without(parts, judge, chosen, bound, told)


def pivotal(parts: Parts, looker: Looker, public: Work, marked: Collection[str]) -> Iterator[Level]:
    """Without the kinds that score highest as pivotal, one more at a time: nothing is tried out."""
    kinds = Kinds(parts.train, "act", looker.policy.opening)
    judge = Judge(parts, looker, kinds, public, "system")
    scores = kinds.scores(marked)
    order = np.argsort(-scores, kind="stable")
    for many in FIRST:
        chosen = frozenset(order[:many].tolist())
        told = {"withheld": [kinds.named(kind) | {"score": float(scores[kind])} for kind in order[:many].tolist()]}
        yield without(parts, judge, chosen, float(many), told)


def without(parts: Parts, judge: Judge, chosen: frozenset[int], level: float, told: dict[str, Any]) -> Level:
    """The level of a model that never saw some kinds, nor is told of them when it helps."""
    hidden = judge.kinds.among(parts.test.work, chosen) if chosen else None
    return Level(level, ((1.0, Made(judge.table(chosen), hidden=hidden)),), told)
