"""What is true of occupations and of the AI operator, and how it changes in a month: alike for agents and the twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from guildbook.simulate import kernel as k
from guildbook.simulate.formulas import complement, extracted
from guildbook.simulate.income import Incomes, incomes
from guildbook.simulate.levels import Jobs, Levels
from guildbook.simulate.occupations import Floats, Ints, Occupations
from guildbook.simulate.operators import Earned, Offers, Operator, Operators
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.tasks import Tasks

IDLE: Final = 0.0411
VACANT: Final = 0.0172
"""Unemployment and vacancies at the start, of the labour force and of jobs: the steady state of the rates' source."""
RETURNING: Final = 1 / 12
"""Of jobs that were taken over and would now be better done here, the share that comes back each month (assumption)."""


@dataclass(frozen=True, slots=True, eq=False)
class Fallbacks:
    """What firms have if talks fail, and what follows from it; (O,) each, thousand dollars a year."""

    ai_output: Floats
    domestic: Floats
    far: Floats
    ai: Floats
    best: Floats
    rival: Ints
    """`kernel.NOBODY`, `DOMESTIC`, `FAR` or `AI`."""
    kept: Floats
    """What a worker's output is multiplied by, where AI does some of the job's tasks; 1 where it does none."""
    mixed: Floats
    """What AI's tasks make in a job that somebody holds, after the fee."""
    offers: Offers


@dataclass(frozen=True, slots=True)
class Past:
    """A month's money."""

    income: Incomes
    price: float
    """Of what was bought at the start, on average, against then."""
    made: float
    """By people and AI, thousand dollars a year."""
    real: float
    """The same at the prices of the start."""


class Economy:
    """State at the start of a month; (O,) columns unless it says otherwise."""

    def __init__(
        self, occupations: Occupations, parameters: Parameters, held: Floats, force: Floats,
        operators: Sequence[Operator] = (),
    ) -> None:  # fmt: skip
        """`held`: jobs held; `force`: people whose occupation it is; `operators`: none named, one that has all."""
        count = len(occupations)
        self.occupations, self.parameters = occupations, parameters
        self.plain = self._plain = parameters.plain * occupations.wage
        """What anybody makes, at this month's prices."""
        self.wanted = np.asarray(force, float)
        """Jobs that firms want done by people here."""
        self.held = np.asarray(held, float)
        self.held_at_start = np.maximum(self.held, 1e-12)
        self.outside = np.zeros(count)
        """X: expertise outside heads, in [0, 1]."""
        self.heads = np.full(count, parameters.start)
        """Mean expertise in heads at work."""
        self.tasks = Tasks(occupations, parameters)
        self.operators = Operators(operators, count, self.tasks.exposure.shape[1], parameters)
        self.by_ai = np.zeros(count)
        self.by_far = np.zeros(count)
        """Jobs that AI, or people elsewhere, do."""
        self.bill_at_start = float((self.wanted * occupations.wage).sum())
        """What all would earn in a year if none were idle, thousand dollars."""
        self.levels = Levels(self.wanted, occupations.exposure)
        self.past = Past(Incomes(0.0, 0.0, 0.0, 0.0), 1.0, 0.0, 0.0)

    @property
    def traces(self) -> Floats:
        """Q, against what it is at the start: a mean over the occupation's tasks."""
        return self.operators.whole.mean(axis=1)

    @property
    def capital(self) -> float:
        """The operators', against that at the start."""
        return float(self.operators.capital.sum())

    @property
    def reserve(self) -> Floats:
        """r: what workers have if talks fail, thousand dollars a year."""
        return self.parameters.outside * self.levels.walk * self.occupations.wage

    def fallbacks(self) -> Fallbacks:
        """What firms could do instead of agreeing, this month."""
        p, wage = self.parameters, self.occupations.wage
        best = self.plain * (1 + p.phi) * p.best_ai
        offers = self.operators.offers(p, best, self.tasks.exposure, self._data_exponent(), self.held_at_start)
        kept, mixed = self.tasks.kept(p), (self.tasks.by_ai * offers.net).mean(axis=1)
        usable = self.plain * (1 + p.phi * self.outside * (1 - p.licence))
        domestic = kept * usable + mixed - (p.outside * self.levels.walk + p.replacing) * wage
        far = p.reach * (kept * usable) + mixed - (p.wage_elsewhere + p.moving) * wage
        ai = offers.net.mean(axis=1)
        each = np.stack([np.zeros_like(ai), domestic, far, ai])
        return Fallbacks(
            offers.output.mean(axis=1), domestic, far, ai, each.max(axis=0), each.argmax(axis=0), kept, mixed, offers
        )

    def _data_exponent(self) -> Floats | float:
        """(O,) where it was measured anywhere, else one for all."""
        measured = self.occupations.data_exponent
        if measured is None:
            return self.parameters.data_exponent
        return np.where(np.isnan(measured), self.parameters.data_exponent, measured)

    def leaving(self, vacancies: Floats | Ints) -> Floats:
        """The share of workers whose job ends this month whatever they do."""
        p = self.parameters
        over = np.maximum(self.held + vacancies - self.wanted, 0)
        return p.pace * (p.separation + (1 - p.separation) * p.adjusting * over / np.maximum(self.held, 1e-12))

    def opening(self, vacancies: Floats | Ints) -> Floats:
        """Vacancies that open this month."""
        p = self.parameters
        short = np.maximum(self.wanted - self.held - vacancies, 0)
        return p.pace * (p.opening * self.held + (1 - p.opening) * p.adjusting * short)

    def turn(self, sums: Floats, hired: Floats | Ints, found: Fallbacks) -> Earned:
        """Let the month's sums (O, kernel.SUMS) and hires (O,) take effect."""
        self._take_over(sums, found)
        stayed = sums[:, k.EMPLOYED]
        self.heads = np.where(stayed > 0, sums[:, k.HEADS] / np.maximum(stayed, 1e-12), self.heads)
        self.held = stayed + hired
        jobs = self._jobs(sums, found) if self.levels.due(self.parameters) else None
        by_ai = (found.offers.output * self._work(sums)).sum(axis=1)
        earned = self._know(sums, found)
        self.past = self._past(sums, by_ai, found, earned)
        self._answer(jobs, found, self.past.income)
        return earned

    def _past(self, sums: Floats, by_ai: Floats, found: Fallbacks, earned: Earned) -> Past:
        income, level, whole = self._incomes(sums, found, earned), self.levels, sums.sum(axis=0)
        made = whole[k.MADE] + (earned.made + earned.helped)
        if not self.parameters.goods:
            return Past(income, 1.0, made, made)
        real = float(((sums[:, k.MADE] + by_ai) / level.price).sum()) + earned.helped / level.index()
        return Past(income, level.index(), made, real)

    def _work(self, sums: Floats) -> Floats:
        """(O, T) what AI does of each task, in jobs' worth."""
        by_ai = self.tasks.by_ai
        return (self.by_ai[:, None] + (sums[:, k.EMPLOYED] + self.by_far)[:, None] * by_ai) / by_ai.shape[1]

    def _incomes(self, sums: Floats, found: Fallbacks, earned: Earned) -> Incomes:
        """Who earned what this month."""
        kept = float((np.maximum(found.far - found.mixed, 0) * self.by_far).sum())
        paid = float((self.parameters.wage_elsewhere * self.occupations.wage * self.by_far).sum())
        other = np.array([kept, paid, float((self.reserve * sums[:, k.SEEKING]).sum())])
        whole = sums.sum(axis=0)
        wages, made = float(whole[k.WAGES]), float(whole[k.MADE])
        return incomes(wages, made, earned.made + earned.helped, earned.revenue, earned.royalty, other)

    def _jobs(self, sums: Floats, found: Fallbacks) -> Jobs:
        """What a job makes and costs, by who does it."""
        p, wage, at_work = self.parameters, self.occupations.wage, sums[:, k.EMPLOYED]
        by_ai = (self.tasks.by_ai * found.offers.output).mean(axis=1)
        fees = by_ai - found.mixed
        some, count = at_work > 0, np.maximum(at_work, 1e-12)
        made = np.where(some, sums[:, k.MADE] / count, found.kept * self._typical())
        paid = np.where(some, sums[:, k.WAGES] / count, wage)
        far = p.reach * found.kept * self.plain * (1 + p.phi * self.outside)
        return Jobs(
            np.stack([self.wanted, self.by_far, self.by_ai]),
            np.stack([at_work, self.by_far, self.by_ai]),
            np.stack([made + by_ai, far + by_ai, found.ai_output]),
            np.stack([paid + fees, (p.wage_elsewhere + p.moving) * wage + fees, found.ai_output - found.ai]),
        )

    def _typical(self) -> Floats:
        """What a worker of mean expertise makes alone."""
        p = self.parameters
        both = complement(p) * self.heads * self.outside
        return self.plain * (1 + p.phi * np.maximum(self.heads, self.outside) + both)

    def _answer(self, jobs: Jobs | None, found: Fallbacks, income: Incomes) -> None:
        """Jobs, prices and what one has without a job answer, where they may (`levels`)."""
        p = self.parameters
        if jobs is None:
            self.levels.rest(self.outside)
        else:
            beyond = found.domestic + p.friction * self.occupations.wage
            better = (found.far - beyond, found.ai - beyond)
            people, far, ai = self.levels.turn(p, jobs, income, (self.outside, self.heads), better)
            self.wanted, self.by_far, self.by_ai = self.wanted + people, self.by_far + far, self.by_ai + ai
        self.plain = self._plain * self.levels.price if p.goods else self._plain

    def _take_over(self, sums: Floats, found: Fallbacks) -> None:
        """Jobs go to others, and those come back that a newcomer here would now do better by more than the friction."""
        friction = self.parameters.friction * self.occupations.wage
        self.by_far = self.by_far + sums[:, k.TO_FAR]
        self.by_ai = self.by_ai + sums[:, k.TO_AI]
        from_ai = np.where(found.domestic - found.ai > friction, RETURNING * self.by_ai, 0.0)
        from_far = np.where(found.domestic - found.far > friction, RETURNING * self.by_far, 0.0)
        self.by_ai = self.by_ai - from_ai
        self.by_far = self.by_far - from_far
        self.wanted = self.wanted - sums[:, k.TO_FAR] - sums[:, k.TO_AI] + from_ai + from_far

    def _know(self, sums: Floats, found: Fallbacks) -> Earned:
        """Expertise and traces leave heads; operators earn, pay and invest; tasks change hands."""
        p = self.parameters
        pace = p.extraction * p.consent_augment * (1 - p.strike_augment) * self.occupations.extracted
        self.outside = extracted(self.outside, self.heads, pace, p.seed_expertise, p.rot)
        given = self.held / self.held_at_start * p.consent_substitute * (1 - p.strike_substitute) * (1 - p.augment_only)
        by_ai = self.tasks.by_ai
        work = self._work(sums)
        helped = p.augment_only * p.helper * float((self.plain * found.kept * self.outside * sums[:, k.HEADS]).sum())
        earned = self.operators.earn(p, found.offers, work, helped)
        price = p.worth_of_capital * self.bill_at_start
        self.operators.pass_month(p, earned, given[:, None] * (1 - by_ai), price)
        self.tasks.contest(p, found.offers.net, self._typical(), self.occupations.wage, RETURNING)
        return earned
