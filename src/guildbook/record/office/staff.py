"""The people of one branch of the sample office: roles, experience, pace, habits, working hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from guildbook.model.time import HOUR, MINUTE
from guildbook.record.office.plan import Plan

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ROLES: Final = (
    "team lead",
    "mail room",
    "claims handler",
    "fraud specialist",
    "accountant",
    "complaints officer",
)
LEVELS: Final = ("newcomer", "junior", "experienced", "veteran")
_FOLLOW: Final = ((0.10, 0.30), (0.30, 0.48), (0.50, 0.70), (0.75, 0.90))
"""How often a person of each level does what is a matter of skill (lowest, highest)."""
_PACE: Final = (1.16, 1.06, 1.0, 0.92)
"""Factor on the time a step takes."""
_SKILL: Final = (-0.03, -0.01, 0.01, 0.03)
"""Points of the good rate."""
_SLIPS: Final = (0.20, 0.12, 0.07, 0.04)
_LEARNS: Final = 0.02
"""What a newcomer's following grows by in a week."""
_LATE: Final = (1.5, 3.5)
"""Weeks after which the less experienced come to their tasks, where they come late."""


@dataclass(frozen=True, slots=True)
class Staff:
    """One branch's people as arrays over its persons."""

    names: list[str]
    role: Ints
    level: Ints
    pace: Floats
    skill: Floats
    slips: Floats
    agent: Floats
    """Share of steps left to an AI assistant."""
    starts: Ints
    ends: Ints
    lunch: Ints
    """µs of the day."""
    habit: dict[str, Floats]
    """Slot → how often each person follows it."""
    experts: dict[str, int]
    """People rule's slot → the person to turn to."""
    pools: dict[str, Ints]
    """Slot or duty → the persons it may fall to."""
    joined: Floats
    """Week from which cases are theirs."""

    def follows(self, slot: str, who: Ints, week: Floats) -> Floats:
        """Probability of following `slot` for each case's person and week."""
        grown = np.where(self.level[who] == 0, _LEARNS * week, 0.0)
        return np.clip(self.habit[slot][who] + grown, 0.05, 0.92)


def _headcount(people: int) -> tuple[int, ...]:
    leads = max(2, round(people / 9))
    mail_room = max(1, round(people / 14))
    specialists = max(2, round(people / 10))
    accountants = max(3, round(people / 4))
    complaints = max(2, round(people / 7))
    return (
        leads,
        mail_room,
        people - leads - mail_room - specialists - accountants - complaints,
        specialists,
        accountants,
        complaints,
    )


def hire(plan: Plan, branch: int, names: list[str]) -> Staff:
    """The people of a branch, the same for the same seed, branch and names."""
    rng = np.random.default_rng([plan.seed, branch, 1])
    count = len(names)
    role = np.repeat(np.arange(len(ROLES)), _headcount(count))
    rank = np.concatenate([np.arange(n) for n in _headcount(count)])
    level = np.array([3, 0, 2, 1])[(rank + role) % 4]
    level[role == 0] = np.where(level[role == 0] == 0, 3, level[role == 0])
    low, high = np.array(_FOLLOW)[level].T
    pools = _pools(rng, role, level)
    late = np.random.default_rng([plan.seed, branch, 6]).uniform(*_LATE, count)
    return Staff(
        names=names,
        role=role,
        level=level,
        pace=np.array(_PACE)[level] * np.exp(rng.normal(0, 0.05, count)),
        skill=np.array(_SKILL)[level],
        slips=np.array(_SLIPS)[level],
        agent=rng.uniform(0.05, 0.15, count),
        starts=8 * HOUR + rng.integers(-20, 40, count) * MINUTE,
        ends=16 * HOUR + rng.integers(20, 80, count) * MINUTE,
        lunch=12 * HOUR + rng.integers(-10, 50, count) * MINUTE,
        habit={slot: rng.uniform(low, high) for slot in sorted(plan.slots)},
        experts={r.slot: int(rng.choice(pools[r.slot])) for r in plan.rules if r.slot in pools},
        pools=pools,
        joined=np.where((level <= 1) & plan.late, late, 0.0),
    )


def _pools(rng: np.random.Generator, role: Ints, level: Ints) -> dict[str, Ints]:
    def of(*roles: str) -> Ints:
        return np.flatnonzero(np.isin(role, [ROLES.index(r) for r in roles]))

    seasoned = np.flatnonzero((level >= 1) & (role != ROLES.index("mail room")))
    pools = {
        "claim": of("claims handler", "fraud specialist"),
        "invoice": of("accountant"),
        # Named twice: gets twice as many, so that everybody has about as much to do.
        "report": np.concatenate([of("accountant", "team lead"), of("team lead")]),
        "complaint": np.concatenate([of("complaints officer", "claims handler"), of("complaints officer")]),
        "mail room": of("mail room"),
        "accounts": of("accountant"),
        "claim.handover": of("fraud specialist", "claims handler"),
        "claim.approval": of("team lead"),
        "invoice.approved": of("team lead"),
        "invoice.approver": of("team lead"),
    }
    for task in ("claim", "invoice", "report", "complaint"):
        pools[f"{task}.second"] = np.roll(seasoned, len(task))[:: max(1, len(seasoned) // 5)][:5]
    pools["claim.handover"] = pools["claim.handover"][level[pools["claim.handover"]] >= 1][:5]
    for task in ("claim", "invoice", "report", "complaint"):
        pools[f"{task}.ask"] = np.sort(rng.permutation(seasoned)[:5])
    return pools
