"""What there is to divide between those whose work it is and whoever wants to train on it, and how it may be divided.

Nash's bargaining solution (*Econometrica* 18, 1950), with bargaining power as an exponent (Roth, 1979): each side gets
what it would have without the other, and of the rest the workers get a share β. All in hours of work a year, and in
money where an hour's wage is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from guildbook.measure.estimate import Estimate

POWER: Final = (0.3, 0.5, 0.7)
"""β: the workers' bargaining power. Nobody knows it; the range is the assumption, and the middle is Nash's own."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """What the licensee has without the coalition, with this in its place."""

    name: str
    gain: Estimate
    """A of the model: what everybody's has over it is `worth`."""
    worth: Estimate
    """A of everybody's model less this one's, paired."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"name": self.name, "gain": self.gain.to_dict(), "worth": self.worth.to_dict()}


@dataclass(frozen=True, slots=True)
class Stakes:
    """What the figures are turned into money by. Everything here is given or an assumption, never measured."""

    hours: float
    """Hours of this work a year."""
    wage: float | None = None
    """Of an hour."""
    elsewhere: float = 0.0
    """What the workers would get a year for the same traces from somebody else."""
    harm: float = 0.0
    """What they expect to lose a year by agreeing."""
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Price:
    """A yearly price, or why there is none."""

    low: float
    middle: float
    high: float
    floor: float
    """What the workers need not go below: what they have elsewhere, and what agreeing costs them."""
    ceiling: Estimate
    """What the licensee loses at most without an agreement: its best fallback is in it."""
    unit: str
    why_not: str = ""
    """Why no price is better than none for both; empty where one is."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def price(fallbacks: Sequence[Fallback], stakes: Stakes) -> Price:
    """The range of prices: the licensee's surplus over its best fallback, divided at each bargaining power.

    The lower end takes the lower end of the surplus' interval, too, and the upper end the upper.
    """
    best = min(fallbacks, key=lambda one: (one.worth.value, one.name))
    unit_of = stakes.hours * (1.0 if stakes.wage is None else stakes.wage)
    worth = best.worth
    ceiling = Estimate(worth.value * unit_of, worth.low * unit_of, worth.high * unit_of, worth.error * unit_of, worth.n)
    floor = stakes.elsewhere + stakes.harm
    unit = "hours a year" if stakes.wage is None else f"{stakes.currency} a year"
    if ceiling.value <= floor:
        why = (
            "The licensee loses no more without an agreement than the workers need to agree: "
            "with these fallbacks there is nothing to divide."
        )
        return Price(floor, floor, floor, floor, ceiling, unit, why)

    def at(power: float, surplus: float) -> float:
        return floor + power * max(0.0, surplus - floor)

    low, middle, high = POWER
    return Price(at(low, ceiling.low), at(middle, ceiling.value), at(high, ceiling.high), floor, ceiling, unit)


def nash(value: float, theirs: float, ours: float, power: float = 0.5) -> float:
    """The price that maximises (value − p − theirs)^(1−β) · (p − ours)^β: what a grid search must find, too.

    `value`: what the licensee has with an agreement before it pays; `theirs`, `ours`: what each has without.
    """
    surplus = value - theirs - ours
    return ours + power * max(0.0, surplus)
