"""What may not be recorded, and what is taken out of the rest, before anything is written.

In order: the pause; private windows; the worker's rules; then secrets, by the same rules as in imports; then, where
the worker wants it, names, numbers and addresses of persons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from guildbook.model.errors import InputError, UsageError
from guildbook.record.live.entry import Entry
from guildbook.record.live.suspect import cleaned, may_hide
from guildbook.record.pii.events import Names, without_persons
from guildbook.record.redact import clean_event

Field = Literal["app", "title", "url", "source", "time"]
FIELDS: Final[tuple[Field, ...]] = ("app", "title", "url", "source", "time")
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "app": ("app",),
    "title": ("title", "window", "document", "file"),
    "url": ("url",),
}
_PRIVATE: Final = re.compile(
    r"(?i)\b(?:inprivate|incognito|private browsing|privates? (?:fenster|surfen|navigation)|navigation privée"
    r"|navegación privada|navigazione anonima)\b"
)
_SPAN: Final = re.compile(
    r"^(?:(mon|tue|wed|thu|fri|sat|sun)(?:-(mon|tue|wed|thu|fri|sat|sun))? )?(\d\d):(\d\d)-(\d\d):(\d\d)$"
)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is never recorded."""

    field: Field
    pattern: str
    """A regular expression found anywhere, in any letter case; for `time` a span such as `sat-sun 00:00-24:00`, local
    time; for `source` the name of one."""

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise UsageError(f"A rule cannot be about {self.field!r}.", f"Fields: {', '.join(FIELDS)}.")
        if self.field == "time":
            if not _SPAN.match(self.pattern):
                raise UsageError(
                    f"{self.pattern!r} is no span of time.", "Write it like 12:00-13:00 or sat-sun 00:00-24:00."
                )
            return
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise UsageError(f"{self.pattern!r} is no regular expression: {error}.", "See docs/record.md.") from None

    def forbids(self, source: str, entry: Entry) -> bool:
        """Whether this entry of a source is not to be recorded."""
        if self.field == "time":
            return _within(self.pattern, entry.time)
        if self.field == "source":
            return re.fullmatch(self.pattern, source, re.IGNORECASE) is not None
        texts = (entry.data.get(key) for key in _KEYS[self.field])
        return any(isinstance(text, str) and re.search(self.pattern, text, re.IGNORECASE) for text in texts)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules in force."""

    rules: tuple[Rule, ...] = ()
    names: Names | None = field(default=None, compare=False)
    """Takes out what tells of persons; asking it may wait."""

    def admitted(self, source: str, entry: Entry) -> Entry | None:
        """The entry as it may be written, or None."""
        found = self.admit(source, (entry,))
        return found[0] if found else None

    def allows(self, source: str, entry: Entry) -> bool:
        """Whether anything of the entry may be written; nobody is asked."""
        return not _private(entry.data) and not any(rule.forbids(source, entry) for rule in self.rules)

    def admit(self, source: str, entries: Sequence[Entry]) -> list[Entry]:
        """Those that may be written, as they may be."""
        kept = [entry for entry in entries if self.allows(source, entry)]
        kept = [
            Entry(entry.time, entry.duration, clean_event(entry.data, cleaned), entry.id)
            if may_hide(json.dumps(entry.data, ensure_ascii=False))
            else entry
            for entry in kept
        ]
        return kept if self.names is None else without_persons(self.names, kept)


def _private(data: Mapping[str, Any]) -> bool:
    if data.get("incognito") is True or data.get("private") is True:
        return True
    return any(isinstance(text := data.get(key), str) and _PRIVATE.search(text) for key in ("title", "window"))


def _within(span: str, time: int) -> bool:
    found = _SPAN.match(span)
    if found is None:
        return False
    local = datetime.fromtimestamp(time / 1e6, UTC).astimezone()
    first, last = found[1], found[2] or found[1]
    if first is not None:
        low, high = _DAYS.index(first), _DAYS.index(last)
        day = local.weekday()
        if not (low <= day <= high if low <= high else day >= low or day <= high):
            return False
    minute = 60 * local.hour + local.minute
    since, until = 60 * int(found[3]) + int(found[4]), 60 * int(found[5]) + int(found[6])
    return since <= minute < until if since <= until else minute >= since or minute < until


def load(path: Path) -> Guard:
    """The rules of a file; none where there is no file. Raises `InputError` for one that is damaged."""
    if not path.exists():
        return Guard()
    try:
        listed = json.loads(path.read_text("utf-8"))
        return Guard(tuple(Rule(each["field"], each["pattern"]) for each in listed))
    except (ValueError, KeyError, TypeError, UsageError) as error:
        raise InputError(
            f"The rules in {path} cannot be read: {error}.", "Mend the file; nothing is recorded meanwhile.", "rules"
        ) from None


def save(path: Path, rules: Sequence[Rule]) -> None:
    """Write the rules, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps([asdict(rule) for rule in rules], indent=2), "utf-8")
    unfinished.replace(path)
