"""The plain-language view: the clauses as one text that people read, and that is hashed with the machine view."""

from __future__ import annotations

from typing import Final

from guildbook.govern.agreement.clauses import clauses
from guildbook.model.agreement import Agreement

WORDING: Final = "guildbook-plain-1"
"""Which wording of the clauses this is. A change of any sentence needs another: it is hashed with the text."""


def plain(agreement: Agreement) -> str:
    """Every clause on a line of its own, with its number and with what holds the licensee to it.

    No value of the agreement can begin a line or leave its quotation marks (`guildbook.model.agreement_values`), so
    nobody can write a clause into a name.
    """
    lines = [f"{c.number}. {c.title}. {c.text} [Kept by {c.kept_by}.]" for c in clauses(agreement)]
    return "\n".join([f"Agreement in plain words ({WORDING})", "", *lines, ""])
