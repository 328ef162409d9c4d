"""Which texts of an event may tell of persons, and the event with these texts changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from guildbook.record.importers._attributes import canonical
from guildbook.record.live.entry import Entry

_NAMED: Final = frozenset({
    "app", "action", "url", "document", "file", "project", "branch", "language", "element_role", "element_id",
    "element_selector", "element_bounds", "objects", "case", "session", "outcome", "origin", "status",
    "source_version", "media_sha256",
})  # fmt: skip
"""What programs name and other events refer to: looked at by your rules and for secrets, not for persons."""
_ATTRIBUTES: Final = "attributes"


class Names(Protocol):
    """Takes what tells of persons out of texts."""

    withheld: int
    """Texts that nobody could look at."""

    def cleaned(self, texts: Sequence[str]) -> list[str]:
        """The texts without it, in their order."""
        ...


def without_persons(names: Names, entries: Sequence[Entry]) -> list[Entry]:
    """The entries without what tells of persons in titles, labels, values and whatever else is free text."""
    texts = list(dict.fromkeys(text for entry in entries for text in _texts(dict(entry.data))))
    if not texts:
        return list(entries)
    said = dict(zip(texts, names.cleaned(texts), strict=True))
    return [replace(entry, data=_changed(dict(entry.data), said.__getitem__)) for entry in entries]


def attributes_without(change: Callable[[str], str], text: str) -> str:
    """What attributes say, as JSON in a text, with their free texts changed."""
    return str(_kept(_ATTRIBUTES, text, change))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in _NAMED:
                yield from _texts(_opened(name, item))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    if isinstance(value, dict):
        return {name: item if name in _NAMED else _kept(name, item, change) for name, item in value.items()}
    return value


def _kept(name: str, item: Any, change: Callable[[str], str]) -> Any:
    opened = _opened(name, item)
    changed = _changed(opened, change)
    return item if changed == opened else (canonical(changed) if opened is not item else changed)


def _opened(name: str, item: Any) -> Any:
    """What attributes say, which are JSON in a text."""
    if name != _ATTRIBUTES or not isinstance(item, str):
        return item
    try:
        found = json.loads(item)
    except (ValueError, RecursionError):
        return item
    return found if isinstance(found, dict) else item
