"""The published vocabulary: purposes, use kinds and the terms of our ODRL profile, as JSON-LD and Turtle.

Purposes are SKOS concepts with a broader link up the tree and a broad match into the Data Privacy Vocabulary (DPV
2.3, https://w3id.org/dpv#; the terms matched are in its purposes module since 2.2 at the latest). They are an
extension: DPV's purposes do not tell assisting a person from replacing one. The IRIs are names in our own namespace;
nothing is looked up under them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from guildbook.model.purpose import TERMS, Purpose
from guildbook.model.use import USE_WORDS, UseKind

NAMESPACE: Final = "https://w3id.org/guildbook/terms#"
PROFILE: Final = "https://w3id.org/guildbook/odrl"
DPV: Final = "https://w3id.org/dpv#"
ODRL: Final = "http://www.w3.org/ns/odrl/2/"
_SCHEME: Final = f"{NAMESPACE}purposes"

OPERANDS: Final = {
    "traceClass": "Class of a trace: the app its events were made in.",
    "traceMonth": "Month (UTC) in which the events of a trace were made.",
    "task": "Kind of work that a trace shows.",
    "substitution": "Share of held-back episodes a model completes with no human step, upper end of its interval; ppm.",
    "humanGate": "What a person approves before it takes effect: none, result or step.",
    "derivativeDepth": "How many times something may be made from what was made from the asset.",
    "royalty": "Share of the revenue made with what was derived from the asset; ppm.",
}
"""Left operands of our profile: what ODRL's own cannot say."""

ACTIONS: Final = {
    "keepUseLog": "To keep a log of every use and hand it out on request.",
    "measureAblation": "To measure models with and without the asset, and hand over what was found.",
    "admitInspection": "To let the assigner, or an auditor it names, inspect the use.",
}
"""Duties of our profile."""

_PREFIXES: Final = {
    "gb": NAMESPACE,
    "dpv": DPV,
    "odrl": ODRL,
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}

_Triple = tuple[str, str, str, bool]
"""Subject, predicate, object; and whether the object is text."""


def purpose_list() -> list[dict[str, Any]]:
    """The tree for JSON: name, parent, whether it can be permitted, label, definition, IRIs."""
    return [
        {
            "name": term.name, "parent": None if term.parent is None else str(term.parent),
            "permit": term.name in set(Purpose), "label": term.label, "definition": term.definition,
            "iri": f"{NAMESPACE}{term.name}", "broad_match": f"{DPV}{term.dpv}",
        }
        for term in TERMS.values()
    ]  # fmt: skip


def use_list() -> list[dict[str, Any]]:
    """The use kinds for JSON."""
    return [{"name": str(use), "definition": USE_WORDS[use], "iri": f"{NAMESPACE}{use_term(use)}"} for use in UseKind]


def jsonld() -> dict[str, Any]:
    """The vocabulary as JSON-LD with its context inline, so that reading it needs no network."""
    nodes: dict[str, dict[str, Any]] = {}
    for subject, predicate, value, literal in _triples():
        node = nodes.setdefault(subject, {"@id": subject})
        if predicate == "a":
            node.setdefault("@type", []).append(value)
        else:
            said = {"@value": value, "@language": "en"} if literal else {"@id": value}
            node.setdefault(predicate, []).append(said)
    return {"@context": dict(_PREFIXES), "@graph": list(nodes.values())}


def turtle() -> str:
    """The same as Turtle."""
    lines = [f"@prefix {name}: <{iri}> ." for name, iri in _PREFIXES.items()]
    last = ""
    for subject, predicate, value, literal in _triples():
        if subject != last:
            lines.append("")
        last = subject
        lines.append(f"{_name(subject)} {_name(predicate)} {_text(value) if literal else _name(value)} .")
    return "\n".join(lines) + "\n"


def _triples() -> Iterator[_Triple]:
    yield _SCHEME, "a", "skos:ConceptScheme", False
    yield _SCHEME, "skos:prefLabel", "Purposes of the use of work-traces", True
    for term in TERMS.values():
        iri = f"{NAMESPACE}{term.name}"
        yield iri, "a", "skos:Concept", False
        if term.name in set(Purpose):
            yield iri, "a", "dpv:Purpose", False
        yield iri, "skos:inScheme", _SCHEME, False
        yield iri, "skos:prefLabel", term.label, True
        yield iri, "skos:definition", term.definition, True
        if term.parent is None:
            yield iri, "skos:topConceptOf", _SCHEME, False
        else:
            yield iri, "skos:broader", f"{NAMESPACE}{term.parent}", False
        yield iri, "skos:broadMatch", f"{DPV}{term.dpv}", False
    for name, words, included in (*_uses(), *((n, w, True) for n, w in ACTIONS.items())):
        yield from _odrl_term(name, words, "odrl:Action")
        if included:
            yield f"{NAMESPACE}{name}", "odrl:includedIn", f"{ODRL}use", False
    for name, words in OPERANDS.items():
        yield from _odrl_term(name, words, "odrl:LeftOperand")


def _uses() -> Iterator[tuple[str, str, bool]]:
    for use in UseKind:
        words = USE_WORDS[use]
        yield use_term(use), f"To {words}.", True


def use_term(use: str) -> str:
    """The local name of a use kind as an ODRL action: `evaluate` is a purpose as well, so actions say `use-…`."""
    return f"use-{use}"


def _odrl_term(name: str, words: str, kind: str) -> Iterator[_Triple]:
    iri = f"{NAMESPACE}{name}"
    yield iri, "a", kind, False
    yield iri, "a", "skos:Concept", False
    yield iri, "rdfs:isDefinedBy", PROFILE, False
    yield iri, "skos:definition", words, True


def _name(term: str) -> str:
    return f"<{term}>" if term.startswith("http") else term


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"@en'
