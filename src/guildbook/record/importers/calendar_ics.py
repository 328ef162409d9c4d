"""Calendars: who met whom, when and for how long; never what a meeting was described as, nor private ones.

iCalendar files (RFC 5545), as Google, Outlook, Apple, Thunderbird, Nextcloud and others export. What repeats is taken
as often as it took place up to the day of the export.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._calendar_event import FIELDS, Calendar, add
from guildbook.record.importers._calendar_lines import Component, components
from guildbook.record.importers._calendar_people import attendees, organiser
from guildbook.record.importers._fingerprint import file_fingerprint, unreadable
from guildbook.record.importers._pieces import Pieces
from guildbook.record.importers._rows import Rows

_BEGIN: Final = re.compile(rb"^\s*BEGIN:VCALENDAR\s", re.IGNORECASE)
_STAMPS: Final = ("DTSTAMP", "LAST-MODIFIED", "CREATED")


class CalendarImporter:
    """One `.ics` file, or a folder of them."""

    name = "calendar"
    title = "calendar (iCalendar, .ics)"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the first line; folders by holding nothing but `.ics` files."""
        if path.is_dir():
            return 0.8 if _is_folder(path) else 0.0
        return 0.95 if _BEGIN.match(head.removeprefix(b"\xef\xbb\xbf")) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`calendar of Ada: 312 entries; descriptions are not kept`."""
        whose, entries = _survey(path, options).owner, 0
        for found, _ in _components(path):
            entries += found.name == "VEVENT"
        return f"calendar{f' of {whose}' if whose else ''}: {entries} entries, their descriptions are not kept"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes, and of the day of the export, up to which what repeats has taken place."""
        digest = hashlib.sha256(b"calendar 1\0")
        for file in _files(path):
            digest.update(bytes.fromhex(file_fingerprint(file, options, "calendar 1")))
        digest.update(str(_written(path) // clock.DAY).encode())
        return digest.hexdigest()

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Entries in the order of the file, each as often as it took place."""
        calendar = _survey(path, options)
        rows = Rows(self.name, FIELDS)
        seen = False
        for found, progress in _components(path):
            seen = True
            if found.name == "VEVENT":
                add(rows, calendar, found)
            elif found.name == "CUT":
                rows.reject(found.number, "the file ends in the middle of it", "")
            if rows.full:
                yield rows.take(progress)
        if not seen:
            raise InputError(f"{path} holds no calendar.", "Export it again as iCalendar.", "input-empty")
        yield rows.take(1.0)


def _is_folder(path: Path) -> bool:
    try:
        entries = [e for e in os.scandir(path) if not e.name.startswith(".")]
    except OSError:
        return False
    return bool(entries) and all(e.name.lower().endswith(".ics") and e.is_file() for e in entries)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        return sorted(p for p in path.iterdir() if p.name.lower().endswith(".ics") and p.is_file())
    except OSError as error:
        raise unreadable(path, error) from error


def _written(path: Path) -> int:
    """When the newest file was written, µs: nothing in it has happened later."""
    try:
        return max(file.stat().st_mtime_ns for file in _files(path)) // 1_000
    except (OSError, ValueError):
        return 0


def _components(path: Path) -> Iterator[tuple[Component, float]]:
    files = _files(path)
    for number, file in enumerate(files):
        pieces = Pieces(file)
        for found in components(pieces):
            yield found, (number + pieces.progress) / len(files)


@dataclass(slots=True)
class _Seen:
    """How often each address takes part, and who is called what."""

    entries: int = 0
    takes_part: Counter[str] = field(default_factory=Counter[str])
    name: str = ""


def _survey(path: Path, options: ImportOptions) -> Calendar:
    """What one has to know of the whole before the first entry: zones, names, moved instances, whose it is."""
    calendar = Calendar(last=_written(path))
    seen = _Seen()
    for found, _ in _components(path):
        if found.name == "VTIMEZONE":
            calendar.zones.define(found)
        elif found.name == "VCALENDAR":
            seen.name = seen.name or found.text("X-WR-CALNAME")
            zone = calendar.zones.named(found.text("X-WR-TIMEZONE")) if found.text("X-WR-TIMEZONE") else None
            calendar.zones.floating = zone or calendar.zones.floating
        elif found.name == "VEVENT":
            _meet(calendar, seen, found)
    _resolve(calendar, path)
    calendar.owner = options.worker or _owner(calendar, seen)
    return calendar


def _meet(calendar: Calendar, seen: _Seen, found: Component) -> None:
    people = [*attendees(found), *filter(None, [organiser(found)])]
    for person in people:
        if person.name and person.address not in calendar.labels:
            calendar.labels[person.address] = person.name
    if people:
        seen.entries += 1
        seen.takes_part.update({person.address for person in people})
    for name in _STAMPS:
        stamp = calendar.zones.when(found.line(name))
        if stamp is not None and clock.EARLIEST <= (at := stamp.utc()) < clock.LATEST:
            calendar.last = max(calendar.last, at)


def _resolve(calendar: Calendar, path: Path) -> None:
    """Instances that were moved or cancelled: of the rule they are no part. Zones are known only by now."""
    for found, _ in _components(path):
        if found.name == "VEVENT" and (line := found.line("RECURRENCE-ID")) is not None:
            moved = calendar.zones.when(line)
            if moved is not None:
                calendar.moved.setdefault(found.text("UID"), set()).add(moved.utc())


def _owner(calendar: Calendar, seen: _Seen) -> str | None:
    """Whose calendar it is: the address it is named by, else the only one who takes part in all that has people."""
    name = seen.name.strip().lower()
    if "@" in name:
        return calendar.labels.get(name, name)
    always = [address for address, times in seen.takes_part.items() if times == seen.entries]
    return calendar.labels.get(always[0], always[0]) if len(always) == 1 and seen.entries > 1 else None
