"""Payouts computed again: one function a rule, over what the log says and nothing else.

A `payout` act says which rule divided what, and what everybody got: `{"payout", "agreement", "rule", "amount",
"shares", "inputs"}`, amounts in cents. Whoever adds a rule registers what recomputes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from guildbook.govern.world import World

Divides = Callable[[World, Mapping[str, Any], int], Mapping[str, int]]
"""From the world at a payout, its body and its time: cents for each worker. Raises KeyError or ValueError."""


def equal(world: World, body: Mapping[str, Any], time: int) -> dict[str, int]:
    """The same for every member of the agreement's collective, to the cent.

    By largest remainder; all remainders being equal, the cents that are left go to the first by id.
    """
    members = sorted(world.collectives[world.agreements[body["agreement"]].collective].members(time))
    if not members:
        raise ValueError("nobody to pay")
    each, left = divmod(int(body["amount"]), len(members))
    return {member: each + (place < left) for place, member in enumerate(members)}


RULES: Final[dict[str, Divides]] = {"equal": equal}
"""Rule → what recomputes it."""


def fault(world: World, body: Mapping[str, Any], time: int) -> str:
    """What is wrong with a payout; empty where it is what its rule says."""
    rule = RULES.get(str(body.get("rule")))
    if rule is None:
        return f"there is no rule {body.get('rule')!r} to compute this payout by"
    try:
        wanted, paid = dict(rule(world, body, time)), {str(k): int(v) for k, v in body["shares"].items()}
        whole = sum(paid.values()) == int(body["amount"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return f"the payout cannot be computed again: {error}"
    if paid != wanted:
        worker = next(w for w in sorted({*paid, *wanted}) if paid.get(w) != wanted.get(w))
        return f"{worker} was paid {paid.get(worker, 0)} cents, by the rule it is {wanted.get(worker, 0)}"
    return "" if whole else "the shares do not add up to the amount"
