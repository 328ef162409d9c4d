"""The cases of one task in one branch: what is known about them, how hard they are, whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from guildbook.model.time import DAY, HOUR
from guildbook.record.office.plan import LATE_FROM, PRODUCT_SHARES, Condition, Plan
from guildbook.record.office.staff import Staff

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KINDS: Final = ("private", "business", "corporate")
"""Kinds of customer: the later, the harder the case."""
CHANNELS: Final = ("mail", "portal", "phone")
_KIND_SHARES: Final = (0.45, 0.33, 0.22)
_HARDER: Final = (0.90, 1.0, 1.35)
"""Factor on time by kind of customer."""
_WORSE: Final = (0.03, 0.0, -0.10)
"""Points of the good rate by kind of customer."""
_HARD_TO: Final = (0.4, 0.8, 1.3, 2.2)
"""Weight with which a corporate case goes to each level of experience."""
_HARD_FOLLOW: Final = (0.20, 0.45, 0.80)
"""How often a `hard` step is done, by kind of customer."""
_BUSY: Final = 2.2
"""Times as many cases come on a day of a busy week."""
_NOISE: Final = 0.22
"""Sigma of the case's own factor on time, known to nobody."""
_MOST: Final = 19.0
"""Amounts stay below this multiple of the floor, so that the floor is always among what can be said of them."""
WORKDAYS: Final = 5
"""Monday to Friday."""
FIRST_WEEKDAY: Final = 2
"""The first day is a Wednesday, so that the last of six weeks is a working day."""


@dataclass(frozen=True, slots=True)
class Cases:
    """One task's cases in one branch, as arrays over the cases."""

    task: str
    number: Ints
    """Unique in the office."""
    arrival: Ints
    """µs since the first day's midnight."""
    week: Floats
    product: Ints
    products: tuple[str, ...]
    """What `product` numbers."""
    kind: Ints
    channel: Ints
    amount: Ints
    owner: Ints
    time_factor: Floats
    good_shift: Floats

    def holds(self, condition: Condition | None) -> Bools:
        """Which cases meet the condition of a rule."""
        if condition is None:
            return np.ones(len(self.number), np.bool_)
        if condition.key == "product":
            return self.product == self.products.index(condition.value)
        if condition.key == "begun":
            return self.arrival % DAY >= LATE_FROM * HOUR
        return self.amount >= int(condition.value)


def workdays(days: int) -> Ints:
    """The day numbers that are no weekend."""
    every = np.arange(days)
    return every[(every + FIRST_WEEKDAY) % 7 < WORKDAYS]


def draw_cases(
    plan: Plan, staff: Staff, task: str, count: int, first: int, days: int, rng: np.random.Generator
) -> Cases:
    """Cases arriving in working hours over `days` days, numbered from `first`.

    They are `count`, less those whose owner has not come to the task yet.
    """
    arrival = rng.choice(workdays(days), count, p=_shares(plan, task, workdays(days))) * DAY + rng.integers(
        7 * HOUR, 17 * HOUR, count
    )
    arrival.sort()
    kind = rng.choice(len(KINDS), count, p=_KIND_SHARES)
    amount = plan.amount_floor * np.exp(rng.normal(-0.25, 0.9, count))
    owner = _assign(staff, task, kind, rng)
    product = rng.choice(len(PRODUCT_SHARES), count, p=PRODUCT_SHARES)
    channel = rng.integers(len(CHANNELS), size=count)
    noise = rng.normal(0, _NOISE, count)
    week = arrival / (7 * DAY)
    kept = week >= staff.joined[owner]
    return Cases(
        task=task,
        number=first + np.flatnonzero(kept),
        arrival=arrival[kept],
        week=week[kept],
        product=product[kept],
        products=plan.products,
        kind=kind[kept],
        channel=channel[kept],
        amount=np.clip(amount, 50, _MOST * plan.amount_floor).astype(np.int64)[kept],
        owner=owner[kept],
        time_factor=(np.array(_HARDER)[kind] * np.exp(noise))[kept],
        good_shift=(np.array(_WORSE)[kind] + staff.skill[owner])[kept],
    )


def calendar_week(day: Ints) -> Ints:
    """Weeks from Monday to Sunday, the first day's being 0."""
    return (day + FIRST_WEEKDAY) // 7


def _shares(plan: Plan, task: str, days: Ints) -> Floats | None:
    """How the cases of a task fall to its days; None: evenly."""
    if task not in plan.rush:
        return None
    weights = np.where(plan.is_busy(calendar_week(days)), _BUSY, 1.0)
    return weights / weights.sum()


def _assign(staff: Staff, task: str, kind: Ints, rng: np.random.Generator) -> Ints:
    """An owner for each case: corporate ones rather to veterans, the others so that all get about as many."""
    pool = staff.pools[task]
    hard = np.array(_HARD_TO)[staff.level[pool]]
    share = _KIND_SHARES[-1]
    easy = np.maximum((1.0 / len(pool) - share * hard / hard.sum()) / (1 - share), 0.2 / len(pool))
    is_hard = kind == len(KINDS) - 1
    owner = np.empty(len(kind), np.int64)
    owner[is_hard] = rng.choice(pool, int(is_hard.sum()), p=hard / hard.sum())
    owner[~is_hard] = rng.choice(pool, int((~is_hard).sum()), p=easy / easy.sum())
    return owner


def hard_follow(cases: Cases) -> Floats:
    """Probability of a step that people do when a case is hard."""
    return np.array(_HARD_FOLLOW)[cases.kind]
