"""Agreements as ODRL 2.2 (W3C Recommendations of 15 February 2018: odrl-model, odrl-vocab), with a profile of ours.

Each permission has one purpose and one use, so that it is one rule with one action. Who, what for, which use, which
classes, tasks and months, and from when to when go both ways: `rules_from_odrl` gives back the rules the gate
enforces. Price, bound, gate, depth and the duties go out in ODRL's terms or the profile's.

What ODRL has no words for stays in the document itself, named by its hash: how payments are divided, the fund, what
follows from a breach, periods of notice, what crossing the bound does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote

from guildbook.govern.agreement.hashing import agreement_hash
from guildbook.govern.agreement.rules import Rule, day_ends, rules
from guildbook.govern.agreement.vocabulary import NAMESPACE, PROFILE, use_term
from guildbook.model.agreement import EVERYTHING, Agreement
from guildbook.model.agreement_values import money_words
from guildbook.model.errors import InputError
from guildbook.model.purpose import Purpose, PurposeGroup, leaves
from guildbook.model.time import DAY, iso, to_micros

_CONTEXT: Final = ("http://www.w3.org/ns/odrl.jsonld", {"gb": NAMESPACE, "dct": "http://purl.org/dc/terms/"})
_PARTY: Final = "urn:guildbook:party:"
_AGREEMENT: Final = "urn:guildbook:agreement:"
_CURRENCY: Final = "urn:iso:std:iso:4217:"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

_Json = dict[str, Any]


def to_odrl(agreement: Agreement) -> _Json:
    """The agreement as an ODRL Agreement in JSON-LD. Raises `InputError` where it has errors."""
    uid = f"{_AGREEMENT}{agreement_hash(agreement)}"
    policy: _Json = {
        "@context": list(_CONTEXT),
        "@type": "Agreement",
        "uid": uid,
        "profile": PROFILE,
        "conflict": "prohibit",
        "dct:title": agreement.title,
        "permission": [
            _permission(agreement, rule, use, uid) for rule in rules(agreement) for use in sorted(rule.uses)
        ],
    }
    duties = _obligations(agreement)
    if duties:
        policy["obligation"] = [{**duty, **_parties(agreement)} for duty in duties]
    if agreement.supersedes:
        policy["dct:replaces"] = {"@id": f"{_AGREEMENT}{agreement.supersedes}"}
    return policy


def rules_from_odrl(policy: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules of a policy that `to_odrl` wrote, sorted by clause. Raises `InputError` for any other."""
    try:
        grouped: dict[str, list[_Json]] = defaultdict(list)
        for permission in policy["permission"]:
            grouped[permission["uid"].partition("#")[2].partition("/")[0]].append(permission)
        return tuple(_rule(clause, found) for clause, found in sorted(grouped.items()))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"This is no ODRL agreement of Guildbook's profile: {error!r}.", f"Its profile is {PROFILE}.", "odrl"
        ) from error


def _permission(a: Agreement, rule: Rule, use: str, uid: str) -> _Json:
    found: _Json = {
        "uid": f"{uid}#{rule.clause}/{use}",
        **_parties(a),
        "target": _target(a, rule),
        "action": f"gb:{use_term(use)}",
        "constraint": [
            _constraint("purpose", "eq", {"@id": f"gb:{rule.purpose}"}),
            _constraint("dateTime", "gteq", _time(rule.begins)),
            _constraint("dateTime", "lt", _time(rule.ends)),
            *_limits(a, rule),
        ],
    }
    pay = _compensation(a)
    return {**found, "duty": [{**pay, **_parties(a)}]} if pay else found


def _limits(a: Agreement, rule: Rule) -> list[_Json]:
    found: list[_Json] = []
    if a.derivative_depth is not None:
        found.append(_constraint("gb:derivativeDepth", "lteq", _typed(str(a.derivative_depth), "integer")))
    if rule.purpose == Purpose.TRAIN_AUGMENT and a.substitution.bound is not None:
        found.append(_constraint("gb:substitution", "lteq", _typed(str(a.substitution.bound), "integer")))
    if rule.purpose in leaves(PurposeGroup.TRAIN_AI):
        found.append(_constraint("gb:humanGate", "eq", a.substitution.human_gate))
    return found


def _target(a: Agreement, rule: Rule) -> _Json:
    """The collective's traces, refined by class, task and month."""
    refined: list[_Json] = []
    for operand, inside, outside in (
        ("gb:traceClass", rule.classes, rule.without),
        ("gb:task", rule.tasks, rule.without_tasks),
    ):
        if EVERYTHING not in inside:
            refined.append(_constraint(operand, "isAnyOf", {"@list": sorted(inside)}))
        if outside:
            refined.append(_constraint(operand, "isNoneOf", {"@list": sorted(outside)}))
    if rule.first_month:
        refined.append(_constraint("gb:traceMonth", "gteq", _typed(rule.first_month, "gYearMonth")))
    if rule.last_month:
        refined.append(_constraint("gb:traceMonth", "lteq", _typed(rule.last_month, "gYearMonth")))
    target: _Json = {"@type": "AssetCollection", "source": f"{_PARTY}{_iri(a.collective.id)}:traces"}
    return {**target, "refinement": refined} if refined else target


def _compensation(a: Agreement) -> _Json | None:
    price = a.price
    if price.kind == "free":
        return None
    if price.kind == "royalty":
        return _duty("compensate", [_constraint("gb:royalty", "eq", _typed(str(price.royalty), "integer"))])
    unit = {"unit": {"@id": f"{_CURRENCY}{price.currency}"}}  # in W3C's context a unit is no IRI of itself
    owed = _constraint("payAmount", "eq", _typed(money_words(price.amount), "decimal"))
    duty = _duty("compensate", [{**owed, **unit}])
    if price.kind == "per-use":
        return {**duty, "constraint": [_constraint("count", "eq", _typed("1", "integer"))]}
    if price.every_days:
        return {**duty, "constraint": [_constraint("timeInterval", "eq", _length(price.every_days))]}
    return duty


def _obligations(a: Agreement) -> list[_Json]:
    found: list[_Json] = []
    if a.audit.log:
        found.append({"action": "gb:keepUseLog"})
    if a.audit.inspections:
        limits = [_constraint("count", "lteq", _typed(str(a.audit.inspections), "integer"))]
        found.append({"action": "gb:admitInspection", "constraint": limits})
    if a.audit.ablation_days:
        every = _constraint("timeInterval", "lteq", _length(a.audit.ablation_days))
        found.append({"action": "gb:measureAblation", "constraint": [every]})
    if a.retention_days is not None:
        by = day_ends(a.term.last_day) + a.retention_days * DAY
        found.append({"action": "delete", "constraint": [_constraint("dateTime", "lteq", _time(by))]})
    if a.notice.workers_days:
        found.append({"action": "inform", "constraint": [_constraint("event", "lt", {"@id": "odrl:policyUsage"})]})
    return found


def _duty(action: str, refinement: Sequence[_Json]) -> _Json:
    return {"action": [{"rdf:value": {"@id": f"odrl:{action}"}, "refinement": list(refinement)}]}


def _parties(a: Agreement) -> _Json:
    return {"assigner": f"{_PARTY}{_iri(a.collective.id)}", "assignee": f"{_PARTY}{_iri(a.licensee.id)}"}


def _constraint(left: str, operator: str, right: Any) -> _Json:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _typed(value: str, kind: str) -> _Json:
    return {"@value": value, "@type": f"{_XSD}{kind}"}


def _time(micros: int) -> _Json:
    return _typed(iso(micros), "dateTime")


def _length(days: int) -> _Json:
    return _typed(f"P{days}D", "duration")


def _iri(text: str) -> str:
    return quote(text, safe="")


def _text(iri: str) -> str:
    return unquote(iri.removeprefix(_PARTY))


def _micros(text: str) -> int:
    return to_micros(datetime.fromisoformat(text))


def _rule(clause: str, permissions: Sequence[_Json]) -> Rule:
    """One rule from its permissions, which differ in their action alone."""
    first = permissions[0]
    if any({**p, "uid": "", "action": ""} != {**first, "uid": "", "action": ""} for p in permissions):
        raise ValueError(f"the permissions of {clause} differ")
    said = {(c["leftOperand"], c["operator"]): c["rightOperand"] for c in first["constraint"]}
    scope = {(c["leftOperand"], c["operator"]): c["rightOperand"] for c in first["target"].get("refinement", [])}
    uses = frozenset(p["action"].removeprefix(f"gb:{use_term('')}") for p in permissions)
    return Rule(
        clause=clause,
        recipient=_text(first["assignee"]),
        purpose=said["purpose", "eq"]["@id"].removeprefix("gb:"),
        uses=uses,
        classes=_listed(scope, "gb:traceClass", "isAnyOf", EVERYTHING),
        without=_listed(scope, "gb:traceClass", "isNoneOf"),
        first_month=scope.get(("gb:traceMonth", "gteq"), {"@value": ""})["@value"],
        last_month=scope.get(("gb:traceMonth", "lteq"), {"@value": ""})["@value"],
        begins=_micros(said["dateTime", "gteq"]["@value"]),
        ends=_micros(said["dateTime", "lt"]["@value"]),
        tasks=_listed(scope, "gb:task", "isAnyOf", EVERYTHING),
        without_tasks=_listed(scope, "gb:task", "isNoneOf"),
    )


def _listed(scope: Mapping[tuple[str, str], _Json], operand: str, operator: str, *otherwise: str) -> frozenset[str]:
    found = scope.get((operand, operator))
    return frozenset(otherwise) if found is None else frozenset(found["@list"])
