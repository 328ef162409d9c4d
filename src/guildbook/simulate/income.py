"""Who earns what in a month, and how far power is in few hands: alike for agents and the twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guildbook.simulate.occupations import Floats


@dataclass(frozen=True, slots=True)
class Incomes:
    """A month's income, thousand dollars a year, at the prices of the month."""

    labour: float
    """Wages and royalties here."""
    firms: float
    """What firms keep."""
    operator: float
    """What AI operators keep."""
    elsewhere: float
    """Wages of people elsewhere."""
    idle: float = 0.0
    """What people without a job have, which others do not earn."""

    @property
    def here(self) -> float:
        """All but what is earned elsewhere."""
        return self.labour + self.operator + self.firms

    def shares(self) -> Floats:
        """(3,) labour, firms, operators, of all income here."""
        return np.array([self.labour, self.firms, self.operator]) / max(self.here, 1e-12)

    def spending(self, spent: float) -> float:
        """What buys goods here: what labour earns and the idle have, and of what capital earns the share `spent`."""
        return self.labour + self.idle + spent * (self.firms + self.operator)

    def abroad(self) -> float:
        """The share of people elsewhere in all income, theirs included."""
        return self.elsewhere / max(self.here + self.elsewhere, 1e-12)

    def concentration(self, operators: Floats) -> float:
        """Herfindahl index over labour, firms, each operator and people elsewhere; 1 where one has all.

        `operators` (P,): what each keeps. The workers of a country count as one, as do the owners of its firms.
        """
        held = np.concatenate([[self.labour, self.firms, self.elsewhere], operators])
        return float(((held / max(self.here + self.elsewhere, 1e-12)) ** 2).sum())


def incomes(wages: float, made: float, by_ai: float, revenue: float, royalty: float, other: Floats) -> Incomes:
    """Incomes of a month.

    `made`, `by_ai`: what people and AI make; `other` (3,): what firms keep of work done elsewhere, its wages, and what
    the idle have.
    """
    kept, elsewhere, idle = (float(each) for each in other)
    return Incomes(wages + royalty, made - wages + by_ai - revenue + kept, revenue - royalty, elsewhere, idle)
