"""Training that weighs steps: the most help under a bound on S, by a game of two players.

After Agarwal et al., *A reductions approach to fair classification* (ICML 2018): one player sets the price λ of S by
exponentiated gradient, the other answers with the weights that are best at this price, and a mixture of the answers is
what is trained. Here the second player weighs kinds of step: each counts in full, or so little that it ranks last
among what is known to follow (a person who is shown several still finds it), or not at all. Its answer takes the
effect of each kind alone as measured, help adding up and S multiplying; each answer is then measured as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from guildbook.measure.frontier.kinds import Kinds
from guildbook.measure.frontier.looking import Against, Looker, Made
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.plain import Level
from guildbook.measure.frontier.weighing import WHOLE, weighed
from guildbook.measure.frontier.withhold import Judge
from guildbook.measure.model import Places, Table
from guildbook.measure.work import Work

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Treated = tuple[int, ...]
"""(K,): what is done with each kind."""

KEEP: Final = 0
LAST: Final = 1
NOT: Final = 2
NAMES: Final = ("in full", "last", "not at all")
MOST_KINDS: Final = 12
"""Kinds that are weighed: those that most accepted runs pass through."""
ROUNDS: Final = 8
DEAREST: Final = 0.2
"""Bound of λ: A given for S divided by e."""
RATE: Final = 1.0
_LITTLE: Final = 1e-3
_PREFERRED: Final = 5e-4
"""By how much of A another model must be better than that of everything to be preferred."""
_LEAST_SHARE: Final = 1e-6


class Weigher:
    """Models whose steps weigh, measured on the part for choosing."""

    def __init__(self, parts: Parts, looker: Looker, judge: Judge, against: Against) -> None:
        self._parts = parts
        self._looker = looker
        self._against: Against = against
        self.kinds = judge.kinds
        self._rows = self.kinds.rows(parts.train)
        self._low = _last(parts.train)
        through = sum((p.runs @ p.through for p in judge.paths(frozenset())), np.zeros(len(self.kinds)))
        order = np.argsort(-through, kind="stable")
        self.weighed: list[int] = [int(k) for k in order[:MOST_KINDS] if through[k] > 0]
        self.known: dict[Treated, tuple[float, float]] = {}
        self._floor = judge.floor

    def table(self, treated: Treated) -> Table:
        """The counts under these weights."""
        how = np.array([*treated, KEEP])[self._rows]
        weights = np.where(how == LAST, self._low, np.where(how == NOT, 0, WHOLE)).astype(np.int64)
        return weighed(self._parts.train, self._parts.shape, weights)

    def measure(self, treated: Treated) -> tuple[float, float]:
        """(A, S at the upper end of its interval)."""
        if treated not in self.known:
            made = Made(self.table(treated), WHOLE)
            high = self._looker.replaced(made, self._against).estimate().high
            self.known[treated] = (self._looker.saved(made).value, high)
        return self.known[treated]

    def answers(self, bounds: Sequence[float]) -> None:
        """Play the game for each bound; what was measured is in `known`."""
        plain: Treated = (KEEP,) * len(self.kinds)
        best, most = self.measure(plain)
        lost = np.zeros((len(self.weighed), 3))
        lower = np.zeros((len(self.weighed), 3))
        for row, kind in enumerate(self.weighed):
            for how in (LAST, NOT):
                saved, high = self.measure(_with(plain, {kind: how}))
                lost[row, how] = best - saved
                lower[row, how] = np.log(max(high, _LITTLE) / max(most, _LITTLE))
        for asked in bounds:
            bound = max(asked, self._floor)
            if bound >= most:
                continue
            weight = 0.0
            for _ in range(ROUNDS):
                price = DEAREST / (1 + np.exp(-weight))
                chosen = np.argmin(lost + price * lower, axis=1)
                answer = _with(plain, dict(zip(self.weighed, chosen.tolist(), strict=True)))
                weight += RATE * float(np.sign(self.measure(answer)[1] - bound))

    def mixture(self, bound: float) -> list[tuple[float, Treated | None]]:
        """The best shares of what was measured (None: no model); against weights a single one: their holder has all."""
        pool: list[tuple[Treated | None, float, float]] = [(None, 0.0, 0.0)]
        plain = (KEEP,) * len(self.kinds)
        pool += [
            (treated, saved + _PREFERRED * (treated == plain), high)
            for treated, (saved, high) in sorted(self.known.items())
        ]
        bound = max(bound, self._floor)  # below what public cases teach alone there is nothing to be had
        if self._against == "weights":
            fine = [one for one in pool if one[2] <= bound] or pool[:1]
            return [(1.0, max(fine, key=lambda one: one[1])[0])]
        saved, high = np.array([p[1] for p in pool]), np.array([p[2] for p in pool])
        found = linprog(-saved, A_ub=high[None, :], b_ub=[bound], A_eq=np.ones((1, len(pool))), b_eq=[1.0])
        shares = np.where(found.x > _LEAST_SHARE, found.x, 0.0)
        shares /= shares.sum()
        return [(float(share), pool[i][0]) for i, share in enumerate(shares) if share > 0]


def reweight(
    parts: Parts, looker: Looker, public: Work, bounds: Sequence[float], *, against: Against
) -> Iterator[Level]:
    """For each bound the mixture of weighted models that helps most."""
    kinds = Kinds(parts.train, "act", looker.policy.opening)
    judge = Judge(parts, looker, kinds, public, against)
    weigher = Weigher(parts, looker, judge, against)
    weigher.answers(bounds)
    for bound in bounds:
        mixture = weigher.mixture(bound)
        told = [
            {"share": share} | {kinds.named(k)["act"]: NAMES[how] for k, how in enumerate(treated or ()) if how != KEEP}
            for share, treated in mixture
        ]
        made = tuple(
            (share, Made(Table.empty(len(parts.train.acts), parts.shape) if treated is None else weigher.table(treated),
                         WHOLE))
            for share, treated in mixture
        )  # fmt: skip
        yield Level(bound, made, {"mixture": told, "tried": len(weigher.known)})


def _with(treated: Treated, changes: dict[int, int]) -> Treated:
    out = list(treated)
    for kind, how in changes.items():
        out[kind] = how
    return tuple(out)


def _last(work: Work) -> Ints:
    """(n,): what each step may count so that its act ranks last among what follows the same two steps."""
    places = Places.of(work, 2, 0)
    size = len(work.acts) + 1
    cell, which, count = np.unique(places.which * size + places.answers, return_inverse=True, return_counts=True)
    context = cell // size
    first = np.searchsorted(context, np.arange(int(context.max(initial=-1)) + 1))
    least = np.minimum.reduceat(count, first) if len(first) else np.empty(0, np.int64)
    at_least = count == least[context]
    others = np.where(at_least, np.iinfo(np.int64).max, count)
    second = np.minimum.reduceat(others, first) if len(first) else others
    alone = np.bincount(context)[context] == 1
    tied = np.bincount(context[at_least], minlength=len(first))[context] > 1
    low = np.where(at_least & ~tied, second[context], least[context]).astype(np.float64)
    share = np.where(alone, 1.0, np.minimum(1.0, 0.5 * low / count))
    out = np.full(work.events, WHOLE, np.int64)
    inside = places.row >= 0
    out[places.row[inside]] = np.maximum(1, np.floor(WHOLE * share[which.reshape(-1)[inside]])).astype(np.int64)
    return out
