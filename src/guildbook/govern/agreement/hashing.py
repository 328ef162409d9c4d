"""One hash over what machines enforce and what people read.

The plain text is rendered from the machine view, and both are hashed together: changing either changes the hash, and
`check` renders the text once more before anybody signs, so that a text that says something else is found out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from guildbook.govern.agreement.plain import plain
from guildbook.model.agreement import Agreement, from_dict, to_dict
from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError

FORMAT: Final = "guildbook-agreement-1"


def document(agreement: Agreement) -> dict[str, Any]:
    """What is offered, signed and logged: both views, as canonical JSON can hold them."""
    return {"format": FORMAT, "machine": to_dict(agreement), "plain": plain(agreement)}


def document_hash(offered: Mapping[str, Any]) -> str:
    """SHA-256 of a document, hex. It covers the text as it stands there, whatever later versions would say."""
    return hashlib.sha256(FORMAT.encode() + b"\n" + canonical(dict(offered))).hexdigest()


def agreement_hash(agreement: Agreement) -> str:
    """The hash of an agreement's document."""
    return document_hash(document(agreement))


def read(offered: Mapping[str, Any]) -> Agreement:
    """The machine view of a document, without looking at its text. Raises `InputError`."""
    if set(offered) != {"format", "machine", "plain"} or offered["format"] != FORMAT:
        raise InputError(
            "This is no agreement document.", f"It needs format ({FORMAT}), machine and plain.", "agreement-document"
        )
    try:
        return from_dict(offered["machine"])
    except ValueError as error:
        raise InputError(
            f"The agreement cannot be read: {error}.", "Ask for it again.", "agreement-document"
        ) from error


def check(offered: Mapping[str, Any], expected: str) -> Agreement:
    """The agreement of a document that is what it claims to be: asked for before a signature is made or accepted.

    Raises `InputError` when the hash is another than `expected`, or when the text is not what the machine view says.
    """
    agreement = read(offered)
    if document_hash(offered) != expected:
        raise InputError(
            "The document does not have the hash it was offered under.",
            "Do not sign it; ask for it again.",
            "agreement-hash",
        )
    if offered["plain"] != plain(agreement):
        raise InputError(
            "The plain text is not what the machine view says, or was worded by another version of Guildbook.",
            "Do not sign it; ask for it anew.",
            "agreement-text",
        )
    return agreement
