"""The published vocabulary: JSON-LD and Turtle say the same, and the tree is in it."""

from __future__ import annotations

import json

import pytest
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, SKOS

from guildbook.govern.agreement.vocabulary import DPV, NAMESPACE, jsonld, purpose_list, turtle, use_list
from guildbook.model.purpose import TERMS, Purpose, chain
from guildbook.model.use import UseKind

# rdflib 7.6 warns of what its own JSON-LD parser uses.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


def test_both_forms_say_the_same() -> None:
    one = Graph().parse(data=json.dumps(jsonld()), format="json-ld")
    other = Graph().parse(data=turtle(), format="turtle")
    assert len(one) > 100
    assert isomorphic(one, other)


def test_the_tree_can_be_climbed_by_broader_links() -> None:
    graph = Graph().parse(data=turtle(), format="turtle")
    for purpose in Purpose:
        up = list(graph.transitive_objects(URIRef(NAMESPACE + purpose), SKOS.broader))
        assert [str(node).removeprefix(NAMESPACE) for node in up] == list(chain(purpose))
        assert (URIRef(NAMESPACE + purpose), RDF.type, URIRef(f"{DPV}Purpose")) in graph
    matches = {str(m) for m in graph.objects(None, SKOS.broadMatch)}
    assert matches == {DPV + term.dpv for term in TERMS.values()}


def test_the_lists_name_everything() -> None:
    assert [p["name"] for p in purpose_list()] == list(TERMS)
    assert [p["name"] for p in purpose_list() if p["permit"]] == list(Purpose)
    assert [u["name"] for u in use_list()] == list(UseKind)
