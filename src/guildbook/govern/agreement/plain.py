"""The plain-language view: the clauses as one text that people read, and that is hashed with the machine view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from guildbook.govern.agreement.clauses import clauses
from guildbook.model.agreement import Agreement

WORDING: Final = "guildbook-plain-1"
"""Which wording of the clauses this is: it stands in the text, and so in what was signed."""


def plain(agreement: Agreement) -> str:
    """Every clause on a line of its own, with its number and with what holds the licensee to it.

    No value of the agreement can begin a line or leave its quotation marks (`guildbook.model.agreement_values`), so
    nobody can write a clause into a name.
    """
    lines = [f"{c.number}. {c.title}. {c.text} [Kept by {c.kept_by}.]" for c in clauses(agreement)]
    return "\n".join([f"Agreement in plain words ({WORDING})", "", *lines, ""])


RENDERERS: Final[Mapping[str, Callable[[Agreement], str]]] = {WORDING: plain}
"""Every wording that ever was. Changing a sentence means adding another and keeping this one: what was signed in its
words must still be read in them when the log is replayed."""


def wording_of(text: str) -> str:
    """The wording a text says it is in; empty for a text that says none."""
    first = text.partition("\n")[0]
    return first.rpartition("(")[2].removesuffix(")") if first.endswith(")") else ""
