"""One hash over what machines enforce and what people read.

The plain text is rendered from the machine view, and both are hashed together: changing either changes the hash.
Whoever reads a document renders the text once more, in the wording it names, so that a text that says something
else than the machine view is found out before it is offered, signed, put in force or replayed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from guildbook.govern.agreement.plain import RENDERERS, plain, wording_of
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
    """The agreement of a document. Raises `InputError`, also when the text is not what the machine view says."""
    if set(offered) != {"format", "machine", "plain"} or offered["format"] != FORMAT:
        raise InputError(
            "This is no agreement document.", f"It needs format ({FORMAT}), machine and plain.", "agreement-document"
        )
    try:
        agreement = from_dict(offered["machine"])
    except ValueError as error:
        raise InputError(
            f"The agreement cannot be read: {error}.", "Ask for it again.", "agreement-document"
        ) from error
    _same(agreement, offered["plain"])
    return agreement


def check(offered: Mapping[str, Any], expected: str) -> Agreement:
    """The agreement of a document that has the hash it was offered under. Raises `InputError`, also as `read` does."""
    agreement = read(offered)
    if document_hash(offered) != expected:
        raise InputError(
            "The document does not have the hash it was offered under.",
            "Do not sign it; ask for it again.",
            "agreement-hash",
        )
    return agreement


def _same(agreement: Agreement, text: Any) -> None:
    render = RENDERERS.get(wording_of(text)) if isinstance(text, str) else None
    if render is None:
        raise InputError(
            "The plain text is in a wording this version of Guildbook does not know.",
            "Do not sign it; use the version it was written with, or a later one.",
            "agreement-text",
        )
    if text != render(agreement):
        raise InputError(
            "The plain text is not what the machine view says.", "Do not sign it; ask for it anew.", "agreement-text"
        )
