"""Agreements as RSL 1.0 (RSL-SPEC-1.0, https://rslstandard.org/rsl, with its errata up to August 2026).

RSL speaks to everybody who comes by; an agreement to one licensee. It has no recipient, purpose, month, bound or
gate. So a document of ours never says more than the agreement: without a license server it permits nothing and says
where to ask; with one (`server`), for which the specification has every client obtain a license first, it names the
usages the server can license, and the server keeps the rest. Whatever is not named is prohibited.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from guildbook.govern.agreement.hashing import agreement_hash
from guildbook.govern.agreement.validate import must_be_valid
from guildbook.govern.agreement.vocabulary import NAMESPACE, PROFILE
from guildbook.model.agreement import Agreement
from guildbook.model.agreement_values import money_words
from guildbook.model.errors import UsageError
from guildbook.model.use import UseKind

RSL: Final = "https://rslstandard.org/rsl"
USAGES: Final = ("ai-train", "ai-input", "ai-index", "search")
"""The usages of RSL that are no sums of others (`all`, `ai-all`)."""

_USAGE_OF: Final = {UseKind.TRAIN: "ai-train", UseKind.RETRIEVE: "ai-input"}
"""Teaching people, testing and counting are no usages of RSL."""


def to_rsl(agreement: Agreement, *, server: str = "", contact: str = "") -> str:
    """The agreement as an RSL document. `server`: URL of a license server; `contact`: URL where terms are asked for.

    Raises `InputError` for an agreement with errors, `UsageError` for a URL that is not https.
    """
    must_be_valid(agreement)
    for url in (server, contact):
        if url and not url.startswith("https://"):
            raise UsageError(f"{url} is no https address.", "RSL asks for https.")
    root = Element("rsl", {"xmlns": RSL, "xmlns:gb": NAMESPACE, "max-age": "1"})
    attributes = {"url": f"/guildbook/{quote(agreement.collective.id, safe='')}/"}
    content = SubElement(root, "content", attributes | ({"server": server} if server else {}))
    _license(SubElement(content, "license"), agreement, server, contact)
    SubElement(content, "copyright", {"type": "organization"}).text = agreement.collective.name
    SubElement(content, "gb:agreement").text = f"urn:guildbook:agreement:{agreement_hash(agreement)}"
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _license(element: Element, agreement: Agreement, server: str, contact: str) -> None:
    named = {_USAGE_OF[UseKind(use)] for use in agreement.uses if use in _USAGE_OF} if server else set[str]()
    permitted = [usage for usage in USAGES if usage in named]
    if permitted:
        SubElement(element, "permits", {"type": "usage"}).text = " ".join(permitted)
        prohibited = " ".join(usage for usage in USAGES if usage not in named)
    else:
        prohibited = "all"
    SubElement(element, "prohibits", {"type": "usage"}).text = prohibited
    _payment(SubElement(element, "payment", {"type": _payment_type(agreement)}), agreement, contact)
    if agreement.audit.log:
        SubElement(element, "reporting", {"type": "audit", "profile": f"{PROFILE}/use-log"})


def _payment_type(agreement: Agreement) -> str:
    price = agreement.price
    if price.kind == "flat":
        return "subscription" if price.every_days else "purchase"
    if price.kind == "per-use":
        return "training" if UseKind.TRAIN in agreement.uses else "use"
    return "use" if price.kind == "royalty" else "free"


def _payment(element: Element, agreement: Agreement, contact: str) -> None:
    if agreement.price.kind in {"flat", "per-use"}:
        amount = SubElement(element, "amount", {"currency": agreement.price.currency})
        amount.text = money_words(agreement.price.amount)
    if contact:
        SubElement(element, "custom").text = contact
