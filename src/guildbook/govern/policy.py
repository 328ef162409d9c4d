"""One decision: the order of evidence, over a world. There is no other: `admission` asks this one for whole groups.

Deny by default, and a forbid beats any permit: base policy → the worker's own refusal or pause → an active strike →
what the collective holds out for evaluation → its refusal of what the worker has delegated → an agreement in force →
the worker's own permission → the terms of the import. What is forbidden for a group of purposes is forbidden for all
in it; what is permitted is permitted for the purpose named and no other.
"""

from __future__ import annotations

from typing import Final

from guildbook.govern.agreement.base import forbidden
from guildbook.govern.agreement.rules import Rule
from guildbook.govern.law.profiles import PROFILES, Profile
from guildbook.govern.vault.rules import vaulted
from guildbook.govern.world.parts import Collective
from guildbook.govern.world.state import Standing, World
from guildbook.model.decision import ALLOWING, EVERY, IN_HOUSE, Decision, Reason, Request
from guildbook.model.purpose import OWN_PURPOSES, Purpose, chain
from guildbook.model.time import LATEST
from guildbook.model.use import METER

_KEPT: Final = 65_536


def decide(world: World, request: Request) -> Decision:
    """May it be done? Costs what is said about this worker, not how many agreements there are."""
    reason, clauses = _ruled(world, request, chain(request.purpose))
    return Decision(reason in ALLOWING, reason, clauses, world.policy_hash)


def _ruled(world: World, request: Request, purposes: tuple[str, ...]) -> tuple[Reason, tuple[str, ...]]:
    worker = request.worker
    if request.purpose == Purpose.UNLEARN:
        return Reason.NO_PERMISSION, ()  # given for what a model includes (`Gate.departed`), never asked for at large
    if worker in world.erasing:
        return Reason.ERASING, ()
    if worker and worker == request.recipient:
        return Reason.OWN_RIGHT, ()
    base = forbidden(request.purpose, request.use, request.trace_class)
    if base is not None:
        return Reason.BASE_POLICY, (base,)
    said = world.said.get(worker)
    if said and _said(said, request, purposes, permitted=False):
        return Reason.WORKER_REFUSAL, ()
    paused = world.paused.get(worker)
    if paused and (request.trace_class in paused or EVERY in paused):
        return Reason.PAUSED, ()
    for name in world.striking.get(worker, ()):
        strike = world.strikes[name]
        if strike.covers(request.trace_class, purposes, request.recipient, request.time) and (
            world.collectives[strike.collective].member(worker, request.time)  # who leaves strikes no longer
        ):
            return Reason.STRIKE, (name,)
    return vaulted(world, request) or _granted(world, request, purposes)


def _granted(world: World, request: Request, purposes: tuple[str, ...]) -> tuple[Reason, tuple[str, ...]]:
    """What the collective and then the worker say, where nothing forbids."""
    guarded: list[Profile] = []
    found: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    for name in world.collectives_of.get(request.worker, ()):
        collective = world.collectives[name]
        if not collective.member(request.worker, request.time):
            continue
        if collective.charter.law:
            guarded.append(PROFILES[collective.charter.law])
        if not collective.mandated(request.worker, request.trace_class, purposes):
            continue
        if _refuses(collective, request, purposes):
            return Reason.COLLECTIVE_REFUSAL, (name,)
        found = _agreed(world, name, request) if not found else (*found, *_agreed(world, name, request))
        over = over or (() if found else _metered(world, name, request)[:1])
    outside = request.recipient != IN_HOUSE
    if found:
        if guarded and outside:
            return _under_law(world, guarded, request, found)
        return Reason.AGREEMENT, found[:1]
    none = Reason.BOUND_CROSSED if over else Reason.NO_PERMISSION
    if guarded and outside:
        return none, over
    said = world.said.get(request.worker)
    if said and _said(said, request, (request.purpose,), permitted=True):
        return Reason.WORKER_PERMIT, ()
    return (none, over) if outside else (_imported(request), ())


def _under_law(
    world: World, laws: list[Profile], request: Request, found: tuple[str, ...]
) -> tuple[Reason, tuple[str, ...]]:
    """The first agreement for which everything that law profiles want first was done; else what is lacking last."""
    lacks: tuple[Reason, tuple[str, ...]] | None = None
    for clause in found:
        reason = _lacking(world, laws, request, clause)
        if reason is Reason.AGREEMENT:
            return reason, (clause,)
        if lacks is None or (reason, lacks[0]) == (Reason.STEP_NOT_RECORDED, Reason.NOTICE_NOT_SERVED):
            lacks = reason, (clause,)
    return lacks or (Reason.NO_PERMISSION, ())


def _lacking(world: World, laws: list[Profile], request: Request, clause: str) -> Reason:
    if not world.informed(request.worker, request.recipient, clause, request.time):
        return Reason.NOTICE_NOT_SERVED
    name = clause.partition("#")[0]
    side = world.collectives[world.agreements[name].collective]
    return Reason.STEP_NOT_RECORDED if any(side.lacking(law.steps, name) for law in laws) else Reason.AGREEMENT


def _said(
    said: dict[tuple[str, str, str], bool], request: Request, purposes: tuple[str, ...], *, permitted: bool
) -> bool:
    """Whether the worker has said so for this class and purpose, or for a wider one.

    What was said of this very recipient comes before what was said of all.
    """
    for purpose in purposes:
        for trace_class in (request.trace_class, EVERY):
            word = said.get((purpose, trace_class, request.recipient))
            if word is None:
                word = said.get((purpose, trace_class, EVERY))
            if word is permitted:
                return True
    return False


def _refuses(collective: Collective, request: Request, purposes: tuple[str, ...]) -> bool:
    return any(
        (c, p, r) in collective.refusals
        for c in (request.trace_class, EVERY)
        for p in (*purposes, EVERY)
        for r in (request.recipient, EVERY)
    )


def _agreed(world: World, collective: str, request: Request) -> tuple[str, ...]:
    """The clauses of the agreements in force that cover it, in the order in which these came into force.

    There may be thousands under one key. What is found stays true until the next of them begins or ends, so it is kept:
    as long as nobody signs anything and the clock passes no such moment, the answer costs one look.
    """
    rules = world.index.get((collective, request.recipient, request.purpose))
    if not rules:
        return ()
    key = collective, request.recipient, request.purpose, request.use, request.trace_class, request.month
    held = world.standing.get(key)
    if held is None or not held[0] <= request.time < held[1]:
        if len(world.standing) >= _KEPT:
            world.standing.clear()
        held = world.standing[key] = _standing(world, rules, request)
    return held[2]


def _metered(world: World, collective: str, request: Request) -> tuple[str, ...]:
    """The clause that would allow it if no model had been measured to do more alone than was agreed."""
    rules = world.index.get((collective, request.recipient, request.purpose)) if world.metered else None
    return _standing(world, rules, request, over=True)[2] if rules else ()


def _standing(world: World, rules: list[tuple[str, Rule]], request: Request, *, over: bool = False) -> Standing:
    since, until = -LATEST, LATEST + 1
    clauses: list[str] = []
    for agreement, rule in rules:
        if not rule.covers(request.use, request.trace_class, request.month):
            continue
        # What a measure has suspended allows its meter to be read, and else nothing.
        if request.use != METER and (rule.clause in world.agreements[agreement].metered) is not over:
            continue
        ends = world.agreements[agreement].ends
        last = rule.ends if ends is None else min(rule.ends, ends)
        for moment in (rule.begins, last):
            if moment <= request.time:
                since = max(since, moment)
            else:
                until = min(until, moment)
        if rule.begins <= request.time < last:
            clauses.append(f"{agreement}#{rule.clause}")
    return since, until, tuple(clauses)


def _imported(request: Request) -> Reason:
    if request.recipient != IN_HOUSE:
        return Reason.NO_PERMISSION
    stated = request.stated
    if stated is None:
        return Reason.OWN_PURPOSE if request.purpose in OWN_PURPOSES else Reason.NO_PERMISSION
    return Reason.IMPORT_TERMS if request.purpose in stated else Reason.NO_PERMISSION
