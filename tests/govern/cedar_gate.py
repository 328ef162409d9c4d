"""A world written as Cedar policies: what Cedar's engine answers is a second opinion on the order of evidence.

Everything that forbids becomes a `forbid`, everything that allows a `permit`; in Cedar, too, nothing is allowed by
default and a forbid beats any permit. Purposes are actions, the groups over them the actions they are in.
"""

from __future__ import annotations

import json
from typing import Any

from cedarpy import Entities, PolicySet, is_authorized
from model_gate import CHAINS, CLOSED, LAWS

from guildbook.govern.agreement.rules import Rule
from guildbook.govern.world import World
from guildbook.govern.world.parts import Collective
from guildbook.model.decision import Request

GROUPS = ("any", "teach-people", "train-ai", "study")


def policies(world: World) -> list[str]:
    """The world as policies. `context.time`: µs since 1970; a month is its number, years times twelve."""
    found = ['forbid(principal, action == Action::"unlearn", resource);']
    found.append("permit(principal, action, resource) when { principal == resource.worker && !context.erasing };")
    found.append("forbid(principal, action, resource) when { context.erasing };")
    found.append(_forbid("action", f"{_list(CLOSED)}.contains(resource.class) && !context.own"))
    for worker in sorted(set(world.said) | set(world.paused)):
        found += _own(world, worker)
    for name, strike in world.strikes.items():
        del name
        if strike.begins is None or strike.ends is not None:
            continue
        inside = f"{_among('resource.worker', strike.workers)} && context.time >= {strike.begins}"
        inside += f" && context.members.contains({json.dumps(strike.collective)})"
        inside += f" && {_scope(strike.classes, strike.purposes, strike.recipients)}"
        for c, p, r in strike.carve_outs:
            inside += f" && !({_scope({c}, {p}, {r})})"
        found.append(_forbid("action", f"{inside} && !context.own"))
    for collective in world.collectives.values():
        found += _bargained(world, collective)
    return [*found, *_imports()]


def _own(world: World, worker: str) -> list[str]:
    """What a worker has said, and paused."""
    me = f"resource.worker == {_person(worker)}"
    found: list[str] = []
    words = world.said.get(worker, {})
    for purpose, trace_class, to in words:
        nearer = {r for p, c, r in words if (p, c) == (purpose, trace_class) and r != "*"}
        who = _among("principal", nearer, no=True) if to == "*" else f"principal == {_person(to)}"
        when = f"{me} && {_class(trace_class)} && {who}"
        if words[purpose, trace_class, to]:
            found.append(
                f'permit(principal, action == Action::"{purpose}", resource) when {{ {when} && '
                "!(context.strict && context.outside) };"
            )
        else:
            found.append(_forbid(f'action in Action::"{purpose}"', f"{when} && !context.own"))
    paused = world.paused.get(worker, ())
    return found + [_forbid("action", f"{me} && {_class(name)} && !context.own") for name in sorted(paused)]


def _bargained(world: World, collective: Collective) -> list[str]:
    """A collective's refusals and agreements, for each member who delegated them."""
    found: list[str] = []
    for worker, given in collective.mandates.items():
        inside = f"resource.worker == {_person(worker)} && context.members.contains({json.dumps(collective.id)})"
        mandate = " || ".join(_scope({c}, {p}, {"*"}) for c, p in sorted(given)) or "false"
        inside += f" && ({mandate})"
        for c, p, r in collective.refusals:
            found.append(_forbid("action", f"{inside} && {_scope({c}, {p}, {r})} && !context.own"))
        for (side, _, _), rules in world.index.items():
            if side == collective.id:
                found += [_rule(world, inside, agreement, rule) for agreement, rule in rules]
    return found


def _rule(world: World, inside: str, agreement: str, rule: Rule) -> str:
    ends = world.agreements[agreement].ends
    last = rule.ends if ends is None else min(ends, rule.ends)
    when = f"{inside} && context.time >= {rule.begins} && context.time < {last}"
    uses = {"measure"} if rule.clause in world.agreements[agreement].metered else {*rule.uses, "measure"}
    when += f" && {_list(uses)}.contains(context.use) && !{_list(rule.without)}.contains(resource.class)"
    if "*" not in rule.classes:
        when += f" && {_list(rule.classes)}.contains(resource.class)"
    if rule.first_month:
        when += f" && resource.month >= {_month(rule.first_month)}"
    if rule.last_month:
        when += f" && resource.month > 0 && resource.month <= {_month(rule.last_month)}"
    name, force = json.dumps(agreement), json.dumps(world.agreements[agreement].force)
    told = f'context.told.contains({force}) || (context.told.contains("*") && !context.notified.contains({force}))'
    when += f" && (!context.strict || !context.outside || (context.ready.contains({name}) && ({told})))"
    head = f'principal == {_person(rule.recipient)}, action == Action::"{rule.purpose}", resource'
    return f"permit({head}) when {{ {when} }};"


def _imports() -> list[str]:
    inside = 'principal == Person::""'
    own = "|| ".join(f'action == Action::"{p}" ' for p in ("coach", "train-people"))
    stated = " || ".join(f'(action == Action::"{p}" && resource.terms.contains("{p}"))' for p in CHAINS)
    return [
        f"permit(principal, action, resource) when {{ {inside} && !resource.stated && ({own}) }};",
        f"permit(principal, action, resource) when {{ {inside} && resource.stated && ({stated}) }};",
    ]


def _forbid(action: str, when: str) -> str:
    return f"forbid(principal, {action}, resource) when {{ {when} }};"


def _scope(classes: Any, purposes: Any, recipients: Any) -> str:
    parts: list[str] = []
    if "*" not in classes:
        parts.append(f"{_list(classes)}.contains(resource.class)")
    if "*" not in purposes:
        parts.append("(" + " || ".join(f'action in Action::"{p}"' for p in sorted(purposes)) + ")")
    if "*" not in recipients:
        parts.append(_among("principal", recipients))
    return "(" + (" && ".join(parts) or "true") + ")"


def _class(name: str) -> str:
    return "true" if name == "*" else f"resource.class == {json.dumps(name)}"


def _among(what: str, people: Any, *, no: bool = False) -> str:
    held = f"[{', '.join(map(_person, sorted(people)))}].contains({what})"
    return f"!{held}" if no else held


def _list(words: Any) -> str:
    return json.dumps(sorted(words))


def _person(name: str) -> str:
    return f"Person::{json.dumps(name)}"


def _month(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) if month else 0


class Cedar:
    """Cedar's engine over one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.source = "\n".join(policies(world))
        self.policies = PolicySet.from_str(self.source)
        actions = [
            _entity("Action", name, parents=[("Action", g) for g in chain[1:]]) for name, chain in CHAINS.items()
        ]
        actions += [_entity("Action", name) for name in (*GROUPS, "unlearn")]
        self.actions = json.dumps(actions)
        self.base = Entities.from_json_str(self.actions)

    def allows(self, r: Request) -> bool:
        """Cedar's answer. What an agreement's notice and a law profile want is worked out here, as facts."""
        trace = _entity("Trace", "t", {
            "worker": {"__entity": {"type": "Person", "id": r.worker}}, "class": r.trace_class,
            "month": _month(r.month), "stated": r.terms is not None, "terms": list(r.terms or ()),
        })  # fmt: skip
        told = self.world.acknowledged.get((r.worker, r.recipient), {})
        members = [c.id for c in self.world.collectives.values() if c.member(r.worker, r.time)]
        context = {
            "time": r.time, "use": r.use, "members": members, "outside": r.recipient != "",
            "strict": any(self.world.collectives[c].charter.law for c in members), "ready": self._ready(members),
            "told": [terms for terms, since in told.items() if since <= r.time], "notified": list(told),
            "own": r.worker == r.recipient,
            "erasing": r.worker in self.world.erasing,
        }  # fmt: skip
        entities = self.base.with_added_json_str(json.dumps([trace]))
        asked = {
            "principal": _person(r.recipient), "action": f'Action::"{r.purpose}"', "resource": 'Trace::"t"',
            "context": context,
        }  # fmt: skip
        found = is_authorized(asked, self.policies, entities)
        assert not found.diagnostics.errors, found.diagnostics.errors
        return found.allowed

    def _ready(self, members: list[str]) -> list[str]:
        """The agreements for which everything the law profiles of these collectives ask was recorded."""
        needed: set[str] = set()
        for name in members:
            needed |= LAWS.get(self.world.collectives[name].charter.law, set())
        found: list[str] = []
        for one in self.world.agreements.values():
            recorded = self.world.collectives[one.collective].recorded
            if needed <= recorded.get("", {}).keys() | recorded.get(one.id, {}).keys():
                found.append(one.id)
        return found


def _entity(kind: str, name: str, attrs: dict[str, Any] | None = None, parents: Any = ()) -> dict[str, Any]:
    return {
        "uid": {"type": kind, "id": name}, "attrs": attrs or {},
        "parents": [{"type": t, "id": n} for t, n in parents],
    }  # fmt: skip
