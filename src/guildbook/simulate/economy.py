"""What is true of occupations and of the AI operator, and how it changes in a month: alike for agents and the twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from guildbook.simulate import kernel as k
from guildbook.simulate.formulas import ai_quality, extracted
from guildbook.simulate.occupations import Floats, Ints, Occupations
from guildbook.simulate.parameters import Parameters

IDLE: Final = 0.0411
VACANT: Final = 0.0172
"""Unemployment and vacancies at the start, of the labour force and of jobs: the steady state of the rates' source."""
RETURNING: Final = 1 / 12
"""Of jobs that were taken over and would now be better done here, the share that comes back each month (assumption)."""
_MONTHS: Final = 12


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


@dataclass(frozen=True, slots=True)
class Earned:
    """The operator's month, thousand dollars a year."""

    made: float
    """What AI makes in the jobs it has."""
    revenue: float
    royalty: float


class Economy:
    """State at the start of a month; (O,) columns unless it says otherwise."""

    def __init__(self, occupations: Occupations, parameters: Parameters, held: Floats, force: Floats) -> None:
        """`held`: jobs held, `force`: people whose occupation it is."""
        count = len(occupations)
        self.occupations, self.parameters = occupations, parameters
        self.plain = parameters.plain * occupations.wage
        self.wanted = np.asarray(force, float)
        """Jobs that firms want done by people here."""
        self.held = np.asarray(held, float)
        self.held_at_start = np.maximum(self.held, 1e-12)
        self.outside = np.zeros(count)
        """X: expertise outside heads, in [0, 1]."""
        self.heads = np.full(count, parameters.start)
        """Mean expertise in heads at work."""
        self.traces = np.ones(count)
        """Q, against what it is at the start."""
        self.by_ai = np.zeros(count)
        self.by_far = np.zeros(count)
        """Jobs that AI, or people elsewhere, do."""
        self.capital = 1.0
        """The operator's, against that at the start."""
        self.bill_at_start = float((self.wanted * occupations.wage).sum())
        """What all would earn in a year if none were idle, thousand dollars."""

    def fallbacks(self) -> Fallbacks:
        """What firms could do instead of agreeing, this month."""
        p, wage = self.parameters, self.occupations.wage
        everywhere = float((self.traces * self.held_at_start).sum() / self.held_at_start.sum())
        traces = (1 - p.across) * self.traces + p.across * everywhere
        quality = ai_quality(traces, np.float64(self.capital), self._data_exponent(), p.capital_exponent)
        ai_output = self.plain * (1 + p.phi) * p.best_ai * self.occupations.exposure * quality
        usable = self.plain * (1 + p.phi * self.outside * (1 - p.licence))
        domestic = usable - (p.outside + p.replacing) * wage
        far = p.reach * usable - (p.wage_elsewhere + p.moving) * wage
        ai = (1 - p.fee) * ai_output
        each = np.stack([np.zeros_like(ai), domestic, far, ai])
        return Fallbacks(ai_output, domestic, far, ai, each.max(axis=0), each.argmax(axis=0))

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
        return self._know(found)

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

    def _know(self, found: Fallbacks) -> Earned:
        """Expertise and traces leave heads; the operator earns, pays and invests."""
        p = self.parameters
        pace = p.extraction * p.consent_augment * (1 - p.strike_augment) * self.occupations.extracted
        self.outside = extracted(self.outside, self.heads, pace, p.seed_expertise, p.rot)
        given = self.held / self.held_at_start * p.consent_substitute * (1 - p.strike_substitute)
        self.traces = self.traces + p.trace_rot * (given - self.traces)
        made = float((found.ai_output * self.by_ai).sum())
        revenue = p.fee * made
        royalty = p.royalty * revenue
        price = p.worth_of_capital * self.bill_at_start
        self.capital += (revenue - royalty) * p.reinvested / _MONTHS / price - p.wear * (self.capital - 1)
        return Earned(made, revenue, royalty)
