"""What makes the number of jobs answer: experts' attention, new work, prices, income, and what one has without a job.

Without these the number of jobs is what it was at the start, and only who does them changes. Each is off by default
(`parameters.py`), and each is an assumption; what it is after:

- `bottleneck`: a job needs an expert's attention, which heads have for as many jobs as there are at the start (fixed
  proportions: Leontief, The Structure of American Economy, 1941). The share `x = X/H̄` of it that is to be had outside
  heads serves any number of jobs, so `1/(1 − x)` times as many can be looked after. While jobs are scarce their goods
  cost the share `m` more, and buyers at the price without it would take `(1 − m)^−ε` as many: the most firms grow to.
- `new_jobs`: where expertise outside heads reaches a new height, jobs open that were not there, in proportion to jobs
  times what AI cannot do of them (form: Acemoglu and Restrepo, Am. Econ. Rev. 108, 2018: new tasks, for people).
- `goods`: prices follow costs, so that a job leaves the firm what it left at the start; what is bought follows prices
  by the elasticity `ε`, and jobs what is bought, by what a job makes. What workers, newcomers and AI make is worth
  less where it gets cheaper.
- `spending`: what is bought follows what is earned here, with what people without a job have, and adds up to it over
  all occupations.
- `follows`: what one has without a job, `r`, follows what people earn on average, idle ones counted (form: Layard,
  Nickell and Jackman, Unemployment, 1991).

Prices and jobs go to where they tend as fast as jobs follow demand (`adjusting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from guildbook.simulate.income import Incomes
from guildbook.simulate.occupations import Floats
from guildbook.simulate.parameters import Parameters

PEOPLE, FAR, AI = range(3)
"""Rows of what is told by who does a job."""
_MOST_KNOWN: Final = 0.99
"""Of the attention that a job needs, at most so much is to be had outside heads."""
_LEAST: Final = 1e-3
"""No price falls below this, against the start."""


@dataclass(frozen=True, slots=True, eq=False)
class Jobs:
    """Jobs by who does them; (3, O) each: people here, people elsewhere, AI."""

    count: Floats
    """Jobs that are wanted, filled or not."""
    filled: Floats
    made: Floats
    """What a job makes, thousand dollars a year at this month's prices."""
    cost: Floats
    """What it costs: wages, fees."""

    def mean(self, of: Floats) -> Floats:
        """(O,) over all jobs of an occupation."""
        return (self.count * of).sum(axis=0) / np.maximum(self.count.sum(axis=0), 1e-12)

    def planned(self) -> float:
        """What all jobs would make, against those that are filled: not to find somebody is not to plan less."""
        made = float((self.filled * self.made).sum())
        return float((self.count * self.made).sum()) / made if made > 0 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """The first month, which later ones are held against; (O,) each."""

    made: Floats
    """What a job makes."""
    kept: Floats
    """What of it is left to firms."""
    weights: Floats
    """Shares in all that is bought."""
    income: Incomes
    planned: float
    """`Jobs.planned`"""


class Levels:
    """State at the start of a month; (O,) columns unless it says otherwise."""

    def __init__(self, jobs: Floats, exposure: Floats) -> None:
        """`jobs`: those that firms want done at the start."""
        self._jobs, self._human = np.array(jobs, float), 1 - exposure
        self.base = self._jobs.copy()
        """Jobs that there would be at the start's prices, income and output of a job."""
        self.costs = np.ones(len(jobs))
        """Prices as costs make them, against the start."""
        self.scarcity = np.ones(len(jobs))
        """Prices as experts' attention gets less scarce, against the start."""
        self.peak = np.zeros(len(jobs))
        """The most expertise that has been outside heads."""
        self.walk = 1.0
        """What one has without a job, against the start."""
        self._start: _Start | None = None

    @property
    def price(self) -> Floats:
        """Of an occupation's goods, against the start."""
        return self.costs * self.scarcity

    def index(self) -> float:
        """The mean price, weighted by what was bought at the start."""
        return 1.0 if self._start is None else float((self._start.weights * self.price).sum())

    @property
    def opened(self) -> float:
        """New jobs so far, of those at the start."""
        return float((self.base - self._jobs).sum()) / self.at_start

    @property
    def at_start(self) -> float:
        """Jobs wanted at the start, over all occupations."""
        return float(self._jobs.sum())

    def due(self, p: Parameters) -> bool:
        """Whether a month has to be told: the first one, and any while a mechanism is on."""
        on = p.goods or p.spending or p.bottleneck > 0 or p.new_jobs > 0 or p.follows > 0
        return self._start is None or bool(on)

    def rest(self, outside: Floats) -> None:
        """Let a month pass in which nothing is on."""
        self.peak = np.maximum(self.peak, outside)
        self.costs = self.scarcity = np.ones_like(self.base)
        self.walk = 1.0

    def turn(
        self, p: Parameters, jobs: Jobs, income: Incomes, known: tuple[Floats, Floats], better: tuple[Floats, Floats]
    ) -> Floats:
        """Let a month take effect; returns how many jobs (3, O) there are more, or fewer.

        `known`: expertise outside and in heads; `better`: by how much people elsewhere and AI do a new job better than
        a newcomer here, beyond what friction bears.
        """
        start = self._start = self._start or self._begun(jobs, income)
        more = np.zeros_like(jobs.count)
        more[PEOPLE] += self._new_work(p, known[0])
        made = jobs.mean(jobs.made) / self.price
        if p.goods or p.spending or p.bottleneck > 0:
            more += shared_out(
                p, jobs.count + more, self._wanted(p, start, made, self._earned(p, start, jobs, income), known), better
            )
        self._price(p, start, made, jobs.mean(jobs.cost))
        bill = income.labour / start.income.labour if start.income.labour > 0 else 1.0
        self.walk = 1.0 - p.follows + p.follows * bill if p.follows > 0 else 1.0
        return more

    def _begun(self, jobs: Jobs, income: Incomes) -> _Start:
        made = jobs.mean(jobs.made)
        bought = self._jobs * made
        return _Start(
            made, made - jobs.mean(jobs.cost), bought / max(float(bought.sum()), 1e-12), income, jobs.planned()
        )

    def _new_work(self, p: Parameters, outside: Floats) -> Floats:
        """Jobs that open since expertise outside heads is where it never was."""
        gained = np.maximum(outside - self.peak, 0)
        self.peak = np.maximum(self.peak, outside)
        if p.new_jobs == 0:
            return np.zeros_like(gained)
        where = self._jobs * self._human
        found = p.new_jobs * float((gained * self._jobs).sum()) * where / max(float(where.sum()), 1e-12)
        self.base = self.base + found
        return found

    def _earned(self, p: Parameters, start: _Start, jobs: Jobs, income: Incomes) -> float:
        """What there is to spend, were all jobs filled as far as at the start, against then."""
        now, then = income.spending(p.spent) * jobs.planned(), start.income.spending(p.spent) * start.planned
        return now / max(then, 1e-12)

    def _wanted(
        self, p: Parameters, start: _Start, made: Floats, earned: float, known: tuple[Floats, Floats]
    ) -> Floats:
        """Jobs that what is bought takes, at what a job makes (at the start's prices)."""
        grown = _looked_after(p, *known)
        self.scarcity = grown ** (-1 / p.elasticity) if p.goods and p.elasticity > 0 else np.ones_like(grown)
        bought = grown * (self.costs**-p.elasticity if p.goods else 1.0)
        if p.spending:
            paid = float((self.base * start.made * self.price * bought).sum())
            bought = bought * earned * float((self._jobs * start.made).sum()) / max(paid, 1e-12)
        if p.goods or p.spending:
            bought = bought * start.made / np.maximum(made, 1e-12)
        return self.base * bought

    def _price(self, p: Parameters, start: _Start, made: Floats, cost: Floats) -> None:
        """Prices go to where a job leaves the firm what it left at the start, less what scarcity made of it."""
        if not p.goods:
            self.costs = np.ones_like(made)
            self.scarcity = np.ones_like(made)
            return
        wanted = 1 + p.passed_on * ((cost + start.kept) / np.maximum(made, 1e-12) - 1)
        self.costs = np.maximum(self.costs + p.pace * p.adjusting * (wanted - self.costs), _LEAST)


def _looked_after(p: Parameters, outside: Floats, heads: Floats) -> Floats:
    """How many times the jobs at the start experts can look after and buyers want: 1 while nothing is outside heads."""
    if p.bottleneck == 0:
        return np.ones_like(outside)
    share = np.clip(outside / np.maximum(heads, 1e-12), 0, _MOST_KNOWN)
    return 1 - p.bottleneck + p.bottleneck * np.minimum(1 / (1 - share), (1 - p.rent) ** -p.elasticity)


def shared_out(p: Parameters, there: Floats, wanted: Floats, better: tuple[Floats, Floats]) -> Floats:
    """Jobs (3, O) more or fewer: new ones go to whoever does them best, fewer are shared out evenly."""
    total = there.sum(axis=0)
    change = p.pace * p.adjusting * (wanted - total)
    far, ai = better
    best = np.where(np.maximum(far, ai) <= 0, PEOPLE, np.where(far > ai, FAR, AI))
    takes = best[None, :] == np.arange(3)[:, None]
    return np.where(change >= 0, takes * change, there / np.maximum(total, 1e-12) * change)
