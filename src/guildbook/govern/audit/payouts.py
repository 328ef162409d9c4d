"""Payouts computed again: one function a rule, over what the log says and nothing else.

A `payout` act says what was divided, by which rule of its agreement, on which figures, and what everybody got:

    {"payout", "agreement", "rule", "amount", "fund", "shares": {worker: cents},
     "inputs": {"terms", "from", "until", "used": [worker], "hours": {worker: seconds}, "contribution": {worker: ppm},
                "interval": {worker: [ppm, ppm]}, "measure": {…}}}

Amounts are in cents, times in µs UTC. Rule, fund, floor and cap are those of the agreement's version in force, which
the log has; hours and contribution are what was measured, and stay what the log says was measured. Who is paid is not
for the one who divides to say: with a period it is the members, one each, of whom the log has receipts under the
agreement in it. Whoever adds a rule registers what recomputes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from guildbook.govern.audit.division import PPM, Bounds, Division, divided
from guildbook.govern.world import World
from guildbook.model.agreement import Agreement
from guildbook.model.errors import InputError

Weights = Callable[[Agreement, Mapping[str, Any], Collection[str]], Mapping[str, int]]
"""From the terms in force, a payout's inputs and who is paid: a whole weight for each. Raises KeyError, ValueError."""


def equal(_: Agreement, __: Mapping[str, Any], players: Collection[str]) -> dict[str, int]:
    """The same for everybody."""
    return dict.fromkeys(players, 1)


def hours(_: Agreement, inputs: Mapping[str, Any], players: Collection[str]) -> dict[str, int]:
    """By the seconds of work in the traces that were used."""
    return {player: int(inputs["hours"].get(player, 0)) for player in players}


def contribution(_: Agreement, inputs: Mapping[str, Any], players: Collection[str]) -> dict[str, int]:
    """By what the traces added, as measured, in ppm; what they took away is none."""
    return {player: max(0, int(inputs["contribution"].get(player, 0))) for player in players}


def blend(terms: Agreement, inputs: Mapping[str, Any], players: Collection[str]) -> dict[str, int]:
    """The agreed share by contribution, the rest in equal shares."""
    added = contribution(terms, inputs, players)
    total, share = sum(added.values()), terms.payout.contribution
    if not total:
        return equal(terms, inputs, players)
    return {player: share * added[player] * len(added) + (PPM - share) * total for player in players}


RULES: Final[dict[str, Weights]] = {"equal": equal, "hours": hours, "contribution": contribution, "blend": blend}
"""Rule → what each member weighs by it."""


def terms_of(world: World, agreement: str) -> Agreement:
    """The terms of an agreement's version in force, or last in force. Raises ValueError where it never was."""
    found = world.agreements[agreement]
    for version in found.versions:
        if version.hash == found.force:
            return version.terms
    raise ValueError("the agreement was never in force")


def players_of(world: World, body: Mapping[str, Any], time: int) -> list[str]:
    """Who is paid: members whose traces were used in the period, whether or not they have left since.

    Without a period, all who are members when the payout is made. Somebody is a member once, under the key they are
    enrolled with, however many names their traces go by.
    """
    side = world.collectives[world.agreements[body["agreement"]].collective]
    inputs: Mapping[str, Any] = body.get("inputs", {})
    if "until" not in inputs:
        return sorted(side.members(time))
    first, until = int(inputs["from"]), int(inputs["until"])
    there = (w for w, since in side.roll.items() if since < until and side.leaving.get(w, until) > first)
    return sorted(set(there) & {str(worker) for worker in inputs["used"]})


def division(world: World, body: Mapping[str, Any], time: int) -> Division:
    """What a payout is by its rule. Raises `InputError`, KeyError or ValueError where it cannot be worked out."""
    terms = terms_of(world, body["agreement"])
    if body["rule"] != terms.payout.rule:
        raise ValueError(f"the agreement divides by {terms.payout.rule}")
    players = players_of(world, body, time)
    if not players:
        raise ValueError("nobody to pay")
    weights = RULES[terms.payout.rule](terms, body.get("inputs", {}), players)
    pay = terms.payout
    return divided(int(body["amount"]), weights, Bounds(pay.floor, pay.cap), pay.fund)


def fault(world: World, body: Mapping[str, Any], time: int) -> str:
    """What is wrong with a payout; empty where it is what its rule says."""
    if str(body.get("rule")) not in RULES:
        return f"there is no rule {body.get('rule')!r} to compute this payout by"
    try:
        wanted = division(world, body, time)
        paid = {str(k): int(v) for k, v in body["shares"].items()}
        kept = int(body.get("fund", 0))
        later = int(body.get("inputs", {}).get("until", 0)) > time
    except (AttributeError, KeyError, TypeError, ValueError, InputError) as error:
        return f"the payout cannot be computed again: {error}"
    if later:
        return "its period is not over"
    if paid != wanted.shares:
        worker = next(w for w in sorted({*paid, *wanted.shares}) if paid.get(w) != wanted.shares.get(w))
        return f"{worker} was paid {paid.get(worker, 0)} cents, by the rule it is {wanted.shares.get(worker, 0)}"
    return "" if kept == wanted.fund else f"{kept} cents went into the fund, by the rule it is {wanted.fund}"


def left_out(body: Mapping[str, Any], receipts: Collection[tuple[str, str, int]]) -> str:
    """What is wrong with who was paid, the log's receipts being (agreement, worker, time); empty where nothing is."""
    inputs = body.get("inputs", {})
    if "until" not in inputs:
        return ""
    first, until = int(inputs["from"]), int(inputs["until"])
    used = {w for name, w, time in receipts if name == body["agreement"] and first <= time < until}
    said = {str(worker) for worker in inputs["used"]}
    if used == said:
        return ""
    worker = min(used ^ said)
    what = "were used in the period and are" if worker in used else "were not used in the period and are"
    return f"{worker}'s traces {what} {'not ' if worker in used else ''}counted"
