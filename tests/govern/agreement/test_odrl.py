"""ODRL: what the specification asks of an Agreement, the profile's own terms, and the way back.

The rules are those of the ODRL Information Model 2.2 (https://www.w3.org/TR/odrl-model/, sections 2.1 to 2.6) and the
ODRL Vocabulary & Expression 2.2 (https://www.w3.org/TR/odrl-vocab/), W3C Recommendations of 15 February 2018.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import ODRL2, RDF, SKOS

from guildbook.govern.agreement.hashing import agreement_hash
from guildbook.govern.agreement.odrl import rules_from_odrl, to_odrl
from guildbook.govern.agreement.rules import rules
from guildbook.govern.agreement.vocabulary import NAMESPACE, ODRL, PROFILE, turtle
from guildbook.model.agreement import Agreement
from guildbook.model.errors import InputError

# rdflib 7.6 warns of what its own JSON-LD parser uses.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


def coined(kind: str) -> set[str]:
    """The local names of that kind in ODRL's own ontology, as rdflib has generated them from W3C's ODRL22.ttl."""
    return {name for name in ODRL2.__annotations__ if name not in BROAD and (name[:1].isupper() == (kind == "Class"))}


BROAD = {"All", "All2ndConnections", "AllConnections", "AllGroups", "Group", "Individual"}
"""Individuals of ODRL with a capital letter: people as a kind, in no policy of ours."""
CLASSES, TERMS_OF_ODRL = coined("Class"), coined("term")
OPERATORS = {
    "eq", "gt", "gteq", "hasPart", "isA", "isAllOf", "isAnyOf", "isNoneOf", "isPartOf", "lt", "lteq", "neq"
}  # fmt: skip
# What W3C's published context (http://www.w3.org/ns/odrl.jsonld, read 2026-11-22) makes of the terms in our exports:
# values that are IRIs, values that are terms of the vocabulary, and the rest, `unit` among them, as they stand. It is
# said once more here, as tests need no network and the file is W3C's.
CONTEXT: dict[str, Any] = {
    "odrl": ODRL, "rdf": str(RDF), "uid": "@id",
    **{name: f"{ODRL}{name}" for name in (CLASSES | TERMS_OF_ODRL) - {"uid"}},
    **{
        name: {"@id": f"{ODRL}{name}", "@type": "@vocab"} for name in ("conflict", "action", "operator", "leftOperand")
    },
    **{
        name: {"@id": f"{ODRL}{name}", "@type": "@id"}
        for name in (
            "profile", "assigner", "assignee", "source", "permission", "obligation", "duty", "constraint", "refinement",
            "target",
        )
    },
}  # fmt: skip


def profile() -> Graph:
    return Graph().parse(data=turtle(), format="turtle")


def graph(policy: dict[str, Any]) -> Graph:
    own = policy["@context"][1]
    return Graph().parse(data=json.dumps(policy | {"@context": [CONTEXT, own]}), format="json-ld")


def known(term: str, kind: str, terms: Graph) -> bool:
    """A term of ODRL's own vocabulary, or one that our profile declares as what it is used as (section 3.2)."""
    if term.startswith("gb:"):
        return (URIRef(NAMESPACE + term[3:]), RDF.type, URIRef(ODRL + kind)) in terms
    return term in TERMS_OF_ODRL


def constraints(rule: Any) -> Iterator[dict[str, Any]]:
    """Every constraint and refinement anywhere in a rule."""
    if isinstance(rule, dict):
        for key, inner in rule.items():
            if key in {"constraint", "refinement"}:
                yield from inner
            yield from constraints(inner)
    elif isinstance(rule, list):
        for inner in rule:
            yield from constraints(inner)


def obeys(policy: dict[str, Any], terms: Graph) -> None:
    """The statements of the information model with MUST, for the kind of policy that an agreement is."""
    assert policy["@type"] == "Agreement"
    assert URIRef(policy["uid"])  # 2.1: one uid, an IRI
    assert policy["profile"] == PROFILE  # 2.1: terms from outside the core need the profile's IRI
    assert policy["conflict"] in {"perm", "prohibit", "invalid"}  # 2.9
    rules_of = [*policy["permission"], *policy.get("obligation", [])]
    assert policy["permission"]  # 2.1: at least one rule
    assert len({p["uid"] for p in policy["permission"]}) == len(policy["permission"])
    for permission in policy["permission"]:
        assert isinstance(permission["target"], dict)  # 2.6.2: a permission has one target
        assert permission["target"]["@type"] == "AssetCollection"  # 2.2: refined assets are collections, with a source
        assert URIRef(permission["target"]["source"])
        rules_of += permission.get("duty", [])
    for rule in rules_of:
        assert isinstance(rule["assigner"], str)  # 2.1.3: one assigner and one assignee in each rule of an agreement
        assert isinstance(rule["assignee"], str)
        action = rule["action"]  # 2.6: one action
        if isinstance(action, list):
            (refined,) = action
            assert refined["refinement"]
            action = refined["rdf:value"]["@id"].removeprefix("odrl:")
        assert known(action, "Action", terms), action
    for constraint in constraints(rules_of):
        assert set(constraint) <= {"leftOperand", "operator", "rightOperand", "unit"}  # 2.5.1: one of each
        assert known(constraint["leftOperand"], "LeftOperand", terms), constraint
        assert constraint["operator"] in OPERATORS
        set_based = constraint["operator"] in {"isAllOf", "isAnyOf", "isNoneOf"}
        assert isinstance(constraint["rightOperand"], dict | str)
        assert ("@list" in constraint["rightOperand"]) == set_based


@given(data=st.data())
@settings(max_examples=60)
def test_it_obeys_the_information_model_and_leads_back(
    agreements: st.SearchStrategy[Agreement], data: st.DataObject
) -> None:
    made = data.draw(agreements)
    policy = json.loads(json.dumps(to_odrl(made)))
    obeys(policy, TERMS)
    assert rules_from_odrl(policy) == rules(made)


TERMS = profile()


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_as_rdf_each_permission_is_whole(agreements: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    made = data.draw(agreements)
    found = graph(to_odrl(made))
    uid = URIRef(f"urn:guildbook:agreement:{agreement_hash(made)}")
    assert (uid, RDF.type, URIRef(f"{ODRL}Agreement")) in found
    permissions = list(found.objects(uid, URIRef(f"{ODRL}permission")))
    assert len(permissions) == sum(len(rule.uses) for rule in rules(made))
    for one in permissions:
        for name in ("action", "assigner", "assignee", "target"):
            assert len(list(found.objects(one, URIRef(ODRL + name)))) == 1
        action = next(iter(found.objects(one, URIRef(f"{ODRL}action"))))
        assert (action, URIRef(f"{ODRL}includedIn"), URIRef(f"{ODRL}use")) in TERMS
    for constraint in set(found.subjects(URIRef(f"{ODRL}leftOperand"))):
        for name in ("leftOperand", "operator", "rightOperand"):
            assert len(list(found.objects(constraint, URIRef(ODRL + name)))) == 1
        assert not isinstance(next(iter(found.objects(constraint, URIRef(f"{ODRL}leftOperand")))), Literal)
    for predicate, value in found.predicate_objects():
        if str(predicate).startswith(ODRL):  # nothing is said in words ODRL does not have
            assert str(predicate).removeprefix(ODRL) in TERMS_OF_ODRL, predicate
        if isinstance(value, URIRef) and value.startswith(ODRL):
            assert value.removeprefix(ODRL) in TERMS_OF_ODRL | CLASSES, value
        if predicate == URIRef(f"{ODRL}unit"):
            assert isinstance(value, URIRef)
    purposes = {
        right
        for c in found.subjects(URIRef(f"{ODRL}leftOperand"), URIRef(f"{ODRL}purpose"))
        for right in found.objects(c, URIRef(f"{ODRL}rightOperand"))
    }
    assert purposes == {URIRef(NAMESPACE + p) for p in made.purposes}
    assert all((p, RDF.type, SKOS.Concept) in TERMS for p in purposes)


@pytest.mark.parametrize("policy", [{}, {"permission": [{}]}, {"permission": 5}, {"permission": ["x"]}])
def test_another_policy_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        rules_from_odrl(policy)


def test_permissions_of_one_clause_must_agree(agreement: Agreement) -> None:
    policy = to_odrl(agreement)
    policy["permission"][1]["assignee"] = "urn:guildbook:party:other"
    with pytest.raises(InputError, match="differ"):
        rules_from_odrl(policy)
