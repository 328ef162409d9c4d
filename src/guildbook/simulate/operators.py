"""AI operators: who has which capital and which traces, whose offer is taken, at what price, and who earns.

One operator is a world's default. With several, each improves on its own stock, each task goes to whoever makes most of
it, and competition bounds the fee: the best can ask for no more than its lead over the second best, who would work for
nothing rather than not at all (Bertrand 1883, with costs of 0; an assumption). Alike for agents and the twin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from guildbook.model.errors import UsageError
from guildbook.simulate.formulas import ai_quality
from guildbook.simulate.occupations import Floats
from guildbook.simulate.parameters import Parameters

MOST: Final = 100
_ALIKE: Final = 1e-12
"""Offers that differ by less, of the best, are equally good and share the work."""


@dataclass(frozen=True, slots=True)
class Operator:
    """What one operator starts with."""

    name: str = "operator"
    capital: float = 1.0
    """Of all AI capital at the start."""
    data: float = 1.0
    """Of all traces that are given: those it may use. Over all operators more than 1: some traces go to several."""
    royalty: float | None = None
    """Of its revenue to contributors; None: the parameter."""
    joins: str | None = None
    """The operator that it merges into…"""
    month: int = 0
    """…in this month."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


ALONE: Final = (Operator(),)


def operators(said: Sequence[Mapping[str, Any]]) -> tuple[Operator, ...]:
    """Operators from what a scenario says, checked. Raises `UsageError` that names what is wrong."""
    known = Operator.__slots__
    for each in said:
        unknown = sorted(set(each) - set(known))
        if unknown:
            raise UsageError(f"An operator has no {unknown[0]!r}.", f"It has {', '.join(known)}.")
    found = tuple(_one(each, place) for place, each in enumerate(said))
    checked(found)
    return found


def _one(said: Mapping[str, Any], place: int) -> Operator:
    royalty, joins = said.get("royalty"), said.get("joins")
    return Operator(
        str(said.get("name", f"operator {place + 1}")), float(said.get("capital", 1.0)), float(said.get("data", 1.0)),
        None if royalty is None else float(royalty), None if joins is None else str(joins), int(said.get("month", 0)),
    )  # fmt: skip


def checked(found: Sequence[Operator]) -> None:
    """Raise `UsageError` where operators make no sense together."""
    names = [each.name for each in found]
    if len(found) > MOST or len(set(names)) != len(names):
        raise UsageError("Two operators have one name, or there are too many.", f"At most {MOST}, each with its name.")
    for each in found:
        for name in ("capital", "data", "royalty"):
            value = getattr(each, name)
            if value is not None and not 0 <= value <= 1:
                raise UsageError(f"{name} of {each.name} is {value!r}.", "It is a share, between 0 and 1.")
        if each.joins is not None and (each.joins not in names or each.joins == each.name or each.month < 0):
            raise UsageError(f"{each.name} cannot join {each.joins!r}.", f"Operators: {', '.join(names)}.")
    if sum(each.capital for each in found) > 1 + 1e-9:
        raise UsageError("The operators have more than all capital.", "Their shares add up to 1 at most.")


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """What AI would do this month."""

    output: Floats
    """(O, T) what the best offer makes, as if the task were the whole job."""
    fee: Floats
    """(O, T) the share of it that the best operator keeps."""
    share: Floats
    """(P, O, T) whose offer it is; equally good ones share."""

    @property
    def net(self) -> Floats:
        """(O, T) what is left for the firm."""
        return (1 - self.fee) * self.output


@dataclass(frozen=True, slots=True, eq=False)
class Earned:
    """The operators' month, thousand dollars a year."""

    made: float
    """What AI makes in the jobs and tasks it has."""
    revenue: float
    royalty: float
    revenues: Floats
    """(P,) each operator's."""
    royalties: Floats
    helped: float = 0.0
    """What helpers of people make for the operators, who keep all of it: no part of `made`."""


class Operators:
    """State at the start of a month, for P operators, O occupations, T tasks each."""

    def __init__(self, wanted: Sequence[Operator], occupations: int, tasks: int, parameters: Parameters) -> None:
        self.wanted = tuple(wanted) or ALONE
        names = [each.name for each in self.wanted]
        self.mergers = [
            (each.month, place, names.index(each.joins)) for place, each in enumerate(self.wanted) if each.joins
        ]
        self.base = np.array([each.capital for each in self.wanted])
        """(P,) capital that each keeps up without investing; all together 1 at the start."""
        self.capital = self.base.copy()
        self.data = np.array([each.data for each in self.wanted])
        """(P,) the share of what is given that each may use."""
        self.whole = np.ones((occupations, tasks))
        """(O, T) traces that anybody has, against those at the start."""
        self.traces = self.reached(parameters)[:, None, None] * self.whole
        """(P, O, T) those that each operator has."""
        self.passed = 0
        self._join()

    def __len__(self) -> int:
        return len(self.wanted)

    def reached(self, p: Parameters) -> Floats:
        """(P,) the share of traces that each operator may use: its own, and by `access` those of the others."""
        everybody = min(1.0, float(self.data.sum()))
        return self.data + p.access * (everybody - self.data)

    def offers(self, p: Parameters, most: Floats, exposure: Floats, powers: Floats | float, weights: Floats) -> Offers:
        """The best offer for each task.

        `most` (O,): what AI of quality 1 makes at exposure 1; `exposure` (O, T); `powers` (O,) or one: the exponent of
        data; `weights` (O,): jobs at the start, by which traces of all occupations are averaged.
        """
        each = np.stack([
            most[:, None] * exposure * self._quality(p, place, powers, weights) for place in range(len(self))
        ])  # fmt: skip
        best = each.max(axis=0)
        share = (each >= best * (1 - _ALIKE)) & (best > 0)
        second = np.partition(each, -2, axis=0)[-2] if len(self) > 1 else np.zeros_like(best)
        with np.errstate(divide="ignore", invalid="ignore"):
            lead = np.where(best > 0, 1 - second / best, 1.0)
        fee = p.fee - p.competition * np.maximum(p.fee - lead, 0)
        return Offers(best, fee, share / np.maximum(share.sum(axis=0), 1))

    def _quality(self, p: Parameters, place: int, powers: Floats | float, weights: Floats) -> Floats:
        own = self.traces[place]
        everywhere = float((own.mean(axis=1) * weights).sum() / weights.sum())
        known = (1 - p.across) * own + p.across * everywhere
        power = powers[:, None] if isinstance(powers, np.ndarray) else powers
        return ai_quality(known, np.float64(self.capital[place]), power, p.capital_exponent)

    def earn(self, p: Parameters, offers: Offers, work: Floats, helped: float = 0.0) -> Earned:
        """What `work` (O, T), jobs' worth of each task that AI does, brings in, and helping people.

        `helped`: what people make more with helpers, before the fee; who has more of the traces sells more of them.
        """
        made = offers.output * work
        total = float(made.ravel().sum())
        # The rate first and what competition takes off it after: to the digit the one fee where there is one operator.
        revenue = p.fee * total - float(((p.fee - offers.fee) * made).sum())
        each = (offers.share * (offers.fee * made)).sum(axis=(1, 2))
        sold = p.fee * helped
        among = self.data / max(float(self.data.sum()), 1e-300)
        revenues = revenue * (each / max(float(each.sum()), 1e-300)) + sold * among
        rates = np.array([p.royalty if each.royalty is None else each.royalty for each in self.wanted])
        royalties = rates * revenues
        return Earned(total, float(revenues.sum()), float(royalties.sum()), revenues, royalties, sold)

    def pass_month(self, p: Parameters, earned: Earned, given: Floats, price: float) -> None:
        """Traces come and go stale, capital is bought and wears out; who was to merge does.

        `given` (O, T): traces that are given this month, against the start; `price`: of capital 1, thousand dollars.
        """
        self.whole = self.whole + p.trace_rot * (given - self.whole)
        self.traces = self.traces + p.trace_rot * (self.reached(p)[:, None, None] * given - self.traces)
        bought = (earned.revenues - earned.royalties) * p.reinvested / 12 / price
        self.capital = self.capital + (bought - p.wear * (self.capital - self.base))
        self.passed += 1
        self._join()

    def _join(self) -> None:
        """Mergers of the month that begins."""
        for month, gone, into in self.mergers:
            if month == self.passed:
                self._merge(gone, into)

    def _merge(self, gone: int, into: int) -> None:
        """All of one operator's is another's; of traces that both had there is one copy at least."""
        for held in (self.capital, self.base):
            held[into] += held[gone]
            held[gone] = 0.0
        self.data[into] = min(1.0, self.data[into] + self.data[gone])
        self.data[gone] = 0.0
        self.traces[into] = np.minimum(self.traces[into] + self.traces[gone], np.maximum(self.whole, self.traces[into]))
        self.traces[gone] = 0.0


def herfindahl(values: Floats) -> float:
    """The sum of squared shares: 1 where one has all, 1/n where n have as much each; 0 where nobody has anything."""
    total = float(values.sum())
    return float(((values / total) ** 2).sum()) if total > 0 else 0.0
