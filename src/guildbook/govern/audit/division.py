"""Dividing an amount, exact to the cent: fund first, then by weight, between a floor and a cap.

With a floor and a cap, shares are λ times the weights, brought within both, where λ is what makes them add up: nobody
between the two gets another amount per weight than the others. All is rational arithmetic until the last step, in
which cents are given by largest remainder (Hamilton's method: Balinski and Young, *Fair Representation*, 1982, § 3);
of equal remainders the first by id. Nothing depends on the order in which people are listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from guildbook.model.errors import InputError

PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a member gets at least and at most a period, in cents."""

    floor: int = 0
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Division:
    """What became of an amount, in cents."""

    fund: int
    shares: Mapping[str, int]
    """Member → cents."""
    short: bool = False
    """There was not enough to give everybody the floor, so all got the same."""


def fund_first(amount: int, fund: int) -> int:
    """Cents of an amount that go into the fund, whose share is `fund` ppm; what is no whole cent is divided."""
    return amount * fund // PPM


def divided(amount: int, weights: Mapping[str, int], bounds: Bounds | None = None, fund: int = 0) -> Division:
    """Divide cents among people by whole weights, at least 0; where nobody has any, all weigh the same.

    Raises `InputError` where there is nobody to pay, or more than all caps together.
    """
    if not weights:
        raise InputError("There is nobody to pay.", "See: guildbook collective show.", "nobody-to-pay")
    if amount < 0 or any(weight < 0 for weight in weights.values()):
        raise InputError("An amount and weights are at least 0.", "Give another amount.", "negative")
    bounds = bounds or Bounds()
    kept = fund_first(amount, fund)
    rest = amount - kept
    if bounds.cap is not None and rest > bounds.cap * len(weights):
        raise InputError(
            f"{rest} cents cannot be divided among {len(weights)} members who each get at most {bounds.cap}.",
            "Divide it over several periods, or agree on a higher cap or a greater share for the fund.",
            "above-caps",
        )
    short = rest < bounds.floor * len(weights)
    shares = dict.fromkeys(weights, Fraction(rest, len(weights))) if short else _between(rest, weights, bounds)
    return Division(kept, _whole(rest, shares), short)


def _between(rest: int, weights: Mapping[str, int], bounds: Bounds) -> dict[str, Fraction]:
    """Shares λ · weight within the bounds that add up; there are enough for the floors and no more than the caps."""
    if not any(weights.values()):
        return {name: Fraction(rest, len(weights)) for name in weights}
    floor = Fraction(bounds.floor)
    weighty = {name: weight for name, weight in weights.items() if weight > 0}
    idle = len(weights) - len(weighty)
    if bounds.cap is not None and rest > bounds.cap * len(weighty) + floor * idle:
        over = Fraction(rest - bounds.cap * len(weighty), idle)  # even with all caps reached: those without weight too
        return {name: Fraction(bounds.cap) if name in weighty else over for name in weights}
    held = {name: floor for name in weights if name not in weighty}
    held |= _scaled(rest - floor * idle, weighty, bounds)
    return held


def _scaled(rest: Fraction, weights: Mapping[str, int], bounds: Bounds) -> dict[str, Fraction]:
    """As `_between`, where everybody has weight: whoever is bound is taken out until nobody else is.

    Where those below the floor lack more than those above the cap have too much, λ falls, so they stay at the floor
    whatever follows; and the other way round. So each round settles at least one for good.
    """
    held: dict[str, Fraction] = {}
    free = dict(weights)
    while free:
        scale = rest / sum(free.values())
        low = {n for n, w in free.items() if scale * w < bounds.floor}
        high = set[str]() if bounds.cap is None else {n for n, w in free.items() if scale * w > bounds.cap}
        if not low and not high:
            return held | {name: scale * weight for name, weight in free.items()}
        lacking = sum((bounds.floor - scale * free[n] for n in low), Fraction(0))
        excess = sum((scale * free[n] - (bounds.cap or 0) for n in high), Fraction(0))
        settled = (low if lacking >= excess else set[str]()) | (high if excess >= lacking else set[str]())
        for name in settled:
            held[name] = Fraction(bounds.floor if name in low else bounds.cap or 0)
            rest -= held[name]
            del free[name]
    return held


def _whole(total: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole cents that add up to the total, by largest remainder."""
    down = {name: share.numerator // share.denominator for name, share in shares.items()}
    left = total - sum(down.values())
    order = sorted(shares, key=lambda name: (down[name] - shares[name], name))
    return {name: down[name] + (place < left) for place, name in enumerate(order)}
