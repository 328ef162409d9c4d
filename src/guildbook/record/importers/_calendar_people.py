"""Who is in a calendar entry."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from guildbook.record.importers._calendar_lines import Component, Line
from guildbook.record.importers._rows import plain

MOST_PEOPLE: Final = 200
_SCHEME: Final = "mailto:"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody, or a room, that is asked to a meeting."""

    address: str
    """In lower case."""
    name: str = ""
    answer: str = ""
    """`accepted`, `declined`, `tentative`, `needs-action`, …; empty where nothing is said."""
    optional: bool = False
    thing: str = ""
    """`room` or `resource`; empty for people."""


def attendees(entry: Component) -> list[Attendee]:
    """Who was asked, each once."""
    found: dict[str, Attendee] = {}
    for line in islice(entry.all("ATTENDEE"), MOST_PEOPLE):
        one = _read(line)
        if one is not None:
            found.setdefault(one.address, one)
    return list(found.values())


def organiser(entry: Component) -> Attendee | None:
    """Who asked."""
    line = entry.line("ORGANIZER")
    return _read(line) if line is not None else None


def _read(line: Line) -> Attendee | None:
    said = line.parameters
    address = line.value.strip().lower()
    address = plain((said.get("EMAIL", "") or address.removeprefix(_SCHEME)).strip().lower())[:320]
    name = " ".join(plain(said.get("CN", "")).split()).strip("\"' ")[:200]
    if not address:
        return None
    kind = said.get("CUTYPE", "").lower()
    return Attendee(
        address,
        "" if name.lower() == address else name,
        said.get("PARTSTAT", "").strip().lower()[:40],
        said.get("ROLE", "").upper() in {"OPT-PARTICIPANT", "NON-PARTICIPANT"},
        kind if kind in {"room", "resource"} else "",
    )
