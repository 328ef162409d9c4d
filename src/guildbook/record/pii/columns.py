"""Persons taken out of what is imported, where whoever imports asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, Rejected
from guildbook.record.pii.events import Names, attributes_without
from guildbook.record.pii.finder import Finder
from guildbook.record.redact import Change, rewritten

COLUMNS: Final = ("window", "element_name", "value_before", "value_after")
"""Columns of free text, beside the texts in `attributes`."""
_IDLE: Final = 30.0
_PATIENCE: Final = 600.0
"""Seconds that an import waits, since nobody sits before it."""


def finder() -> Finder:
    """What finds persons for an import; its process ends half a minute after the last question."""
    return Finder(idle=_IDLE, patience=_PATIENCE)


def without_persons(names: Names, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """An input's chunks without what tells of persons, which `redactions` notes.

    Raises `InputError` where nobody could look, before what was not looked at is passed on.
    """

    def said(text: str) -> str:
        before = names.withheld
        [found] = names.cleaned([text])
        if names.withheld != before:
            raise InputError(
                "Names of persons could not be looked for, so the import ended.",
                "What was imported so far is there; run it again to go on.",
                "pii",
            )
        return found

    changes: dict[str, Change] = {**dict.fromkeys(COLUMNS, said), "attributes": partial(attributes_without, said)}
    for chunk in chunks:
        rejected = tuple(Rejected(each.line, said(each.reason), said(each.text)) for each in chunk.rejected)
        yield replace(chunk, events=rewritten(chunk.events, changes), rejected=rejected)
