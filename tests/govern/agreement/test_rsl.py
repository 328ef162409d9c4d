"""RSL: what its specification asks, and that a document never says more than the agreement.

The rules are those of RSL-SPEC-1.0 (https://rslstandard.org/rsl) with its errata up to August 2026, by section.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.govern.agreement.rsl import RSL, USAGES, to_rsl
from guildbook.govern.agreement.vocabulary import NAMESPACE
from guildbook.model.agreement import Agreement
from guildbook.model.errors import InputError, UsageError

INSIDE = {
    "rsl": {"content"},
    "content": {"license", "schema", "alternate", "copyright", "terms"},
    "license": {"permits", "prohibits", "payment", "reporting", "legal"},
    "payment": {"standard", "custom", "amount", "accepts"},
}
ATTRIBUTES = {
    "rsl": {"max-age"}, "content": {"url", "server", "encrypted", "lastmod"}, "license": set[str](),
    "permits": {"type"}, "prohibits": {"type"}, "payment": {"type"}, "amount": {"currency"}, "custom": set[str](),
    "reporting": {"type", "profile", "endpoint"}, "copyright": {"type", "contactEmail", "contactUrl"},
}  # fmt: skip
PAYMENTS = {"purchase", "subscription", "training", "crawl", "use", "contribution", "attribution", "free"}


def local(element: Any) -> str:
    return element.tag.removeprefix(f"{{{RSL}}}")


def obeys(text: str) -> Any:
    root = ET.fromstring(text)
    assert root.tag == f"{{{RSL}}}rsl"
    assert f'<rsl xmlns="{RSL}"' in text  # § 2.2: the default namespace, without a prefix
    assert int(root.attrib["max-age"]) > 0  # § 3.2: a positive number of days
    for element in root.iter():
        if not element.tag.startswith(f"{{{RSL}}}"):
            continue  # § 1.2: other namespaces are extensions
        name = local(element)
        children = {local(c) for c in element if c.tag.startswith(f"{{{RSL}}}")}
        assert children <= INSIDE.get(name, set())
        assert set(element.attrib) <= ATTRIBUTES[name]
    content = root.find(f"{{{RSL}}}content")
    assert content is not None  # § 3.1
    assert content.attrib["url"].startswith("/")  # § 3.3: a path as in RFC 9309
    licenses = content.findall(f"{{{RSL}}}license")
    assert len(licenses) == 1  # § 3.3: at least one
    for name in ("permits", "prohibits"):
        for usage in licenses[0].findall(f"{{{RSL}}}{name}"):
            assert usage.attrib["type"] == "usage"
            assert set((usage.text or "").split()) <= {"all", "ai-all", *USAGES}  # § 3.4.1: tokens apart by spaces
        assert len(licenses[0].findall(f"{{{RSL}}}{name}")) <= 1  # § 3.5, 3.6: one of a type
    payment = licenses[0].find(f"{{{RSL}}}payment")
    assert payment is not None
    assert payment.attrib["type"] in PAYMENTS  # § 3.7
    for amount in payment.findall(f"{{{RSL}}}amount"):
        assert len(amount.attrib["currency"]) == 3  # § 3.10: ISO 4217
    for reporting in licenses[0].findall(f"{{{RSL}}}reporting"):
        assert reporting.attrib["type"] in {"telemetry", "provenance", "audit"}  # § 3.12
        assert urlsplit(reporting.attrib["profile"]).scheme
    return licenses[0]


def usages(licence: Any, name: str) -> set[str]:
    found = licence.find(f"{{{RSL}}}{name}")
    return set() if found is None else set(found.text.split())


@given(data=st.data())
@settings(max_examples=60)
def test_it_obeys_the_specification_and_says_no_more_than_was_agreed(
    agreements: st.SearchStrategy[Agreement], data: st.DataObject
) -> None:
    made = data.draw(agreements)
    alone = obeys(to_rsl(made))
    assert usages(alone, "permits") == set()
    assert usages(alone, "prohibits") == {"all"}
    served = obeys(to_rsl(made, server="https://licence.example/olp", contact="https://licence.example/ask"))
    permitted, prohibited = usages(served, "permits"), usages(served, "prohibits")
    wanted = {usage for use, usage in (("train", "ai-train"), ("retrieve", "ai-input")) if use in made.uses}
    assert permitted == wanted
    assert prohibited == (set(USAGES) - wanted if wanted else {"all"})


def test_the_document_names_its_agreement_and_who_asks(agreement: Agreement) -> None:
    text = to_rsl(agreement, contact="https://guild.example/ask")
    root = ET.fromstring(text)
    named = root.find(f"{{{RSL}}}content/{{{NAMESPACE}}}agreement")
    assert named is not None
    assert (named.text or "").startswith("urn:guildbook:agreement:")
    assert "<custom>https://guild.example/ask</custom>" in text
    assert '<payment type="subscription">' in text


@pytest.mark.parametrize("url", ["http://guild.example", "javascript:alert(1)", "guild.example"])
def test_addresses_are_https(agreement: Agreement, url: str) -> None:
    with pytest.raises(UsageError):
        to_rsl(agreement, server=url)


def test_what_has_errors_is_not_exported(agreement: Agreement) -> None:
    from dataclasses import replace

    with pytest.raises(InputError):
        to_rsl(replace(agreement, purposes=()))
