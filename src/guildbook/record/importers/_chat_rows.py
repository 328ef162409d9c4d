"""What chats have in common: a message is an event of its author, its thread the case, its text not kept."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from guildbook.model.errors import UsageError
from guildbook.plugins import ImportOptions
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._rows import Rows, plain

FIELDS: Final = (
    "worker", "time", "app", "action", "window", "value_after", "objects", "case", "origin", "attributes",
)  # fmt: skip
MOST_PEOPLE: Final = 200
"""People one message is taken to address: beyond that it addresses everybody."""
LONGEST_TEXT: Final = 1 << 20
"""Characters of one message that are looked at."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes in a chat."""

    label: str
    """What they are called: as in mail, their name."""
    program: bool = False
    """A bot."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as every chat has it."""

    author: Person
    time: int
    """µs UTC."""
    action: str = "post"
    channel: str | None = None
    text: str = ""
    to: list[str] = field(default_factory=list[str])
    """Labels of the people it addresses."""
    everybody: bool = False
    case: str | None = None
    attachments: Counter[str] = field(default_factory=Counter[str])
    """Content type → how many."""


class Writer:
    """Makes rows of messages and of what is done to them."""

    def __init__(self, rows: Rows, app: str, *, texts: bool) -> None:
        self._rows = rows
        self._app = app
        self._texts = texts

    def message(self, found: Message) -> None:
        """The message itself."""
        self._row(
            found,
            found.author,
            found.time,
            found.action,
            found.to,
            {
                "length": len(found.text.encode("utf-8", "replace")) or None,
                "attachments": dict(found.attachments) or None,
                "everybody": True if found.everybody else None,
            },
            found.text if self._texts and found.text else None,
        )

    def edit(self, found: Message, by: Person, time: int) -> None:
        """Somebody changed the message, mostly its author."""
        self._row(found, by, time, "edit", [found.author.label], {})

    def react(self, found: Message, by: Person, emoji: str, time: int | None) -> None:
        """Somebody reacted to the message; where it is not known when, the time is that of the message."""
        said = {"reaction": plain(emoji)[:100], "time": "estimated" if time is None else None}
        self._row(found, by, found.time if time is None else time, "react", [found.author.label], said)

    def _row(
        self,
        found: Message,
        by: Person,
        time: int,
        action: str,
        to: Iterable[str],
        said: Mapping[str, Any],
        text: str | None = None,
    ) -> None:
        people = [label for label in dict.fromkeys(to) if label != by.label]
        self._rows.add(
            worker=by.label,
            time=time,
            app=self._app,
            action=action,
            window=found.channel,
            value_after=None if text is None else plain(text),
            objects=[{"id": label, "type": "person", "qualifier": "to"} for label in people[:MOST_PEOPLE]] or None,
            case=found.case,
            origin="agent" if by.program else "unknown",
            attributes=canonical(said),
        )


def thread(*parts: str) -> str:
    """The case of a thread, named by what it is in and what it began with."""
    said = "\0".join(parts)
    return f"thread:{hashlib.blake2b(said.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"


def texts_asked(options: ImportOptions, column: str) -> bool:
    """Whether the texts are asked for, by `--map value_after=COLUMN`; `UsageError` for any other mapping."""
    for name, given in options.mapping.items():
        if (name, given) != ("value_after", column):
            raise UsageError(
                f"A chat has no {given!r} for {name!r}.",
                f"The only mapping is value_after={column}: it keeps what the messages say, which is left out else.",
            )
    return bool(options.mapping)


def named(labels: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Key → label, from (key, name, account): of two with one name the second is `Name (account)`."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for key, name, account in labels:
        label = " ".join(plain(name).split())[:200] or account or key
        if label in taken:
            label = f"{label} ({account or key})"
        taken.add(label)
        found[key] = label
    return found


def text_in(value: Any, *keys: str) -> str:
    """The first of some members of an object that is text and not blank; empty where none is."""
    if isinstance(value, dict):
        for key in keys:
            text = value.get(key)
            if isinstance(text, str) and text.strip():
                return plain(text.strip()[:LONGEST_TEXT])
    return ""


def listed(value: Any, key: str) -> list[Any]:
    """A member of an object that is a list; empty where it is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
