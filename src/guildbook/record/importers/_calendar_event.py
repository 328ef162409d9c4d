"""One calendar entry as the events it was: each time it took place is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._calendar_lines import Component
from guildbook.record.importers._calendar_people import Attendee, attendees, organiser
from guildbook.record.importers._calendar_rule import MOST, occurrences, rule
from guildbook.record.importers._calendar_zones import When, Zones, length
from guildbook.record.importers._rows import Rows, plain

FIELDS: Final = ("worker", "time", "duration", "app", "action", "window", "objects", "origin", "attributes")
_LONGEST: Final = 366 * clock.DAY
_PRIVATE: Final = frozenset({"PRIVATE", "CONFIDENTIAL"})
_NEAR: Final = timedelta(days=2)


@dataclass(slots=True)
class Calendar:
    """What is known of the whole calendar."""

    last: int
    """When it was exported, µs UTC: what lies later has not happened."""
    zones: Zones = field(default_factory=Zones)
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """What each address is called."""
    moved: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    """Entry → the times of which it says something else."""
    owner: str | None = None

    def label(self, person: Attendee) -> str:
        """What somebody is called, as in mail: by their name, else by their address."""
        return self.labels.get(person.address, person.address)


def add(rows: Rows, calendar: Calendar, entry: Component) -> None:
    """The events of an entry, or why there are none."""
    start = calendar.zones.when(entry.line("DTSTART"))
    size = None if start is None else _size(calendar, entry, start)
    if entry.text("CLASS").upper() in _PRIVATE:
        rows.reject(entry.number, "private", "")
    elif entry.text("STATUS").upper() == "CANCELLED":
        rows.reject(entry.number, "cancelled", "")
    elif start is None:
        rows.reject(entry.number, "no readable start, or in an unknown time zone", "")
    elif size is None or not 0 <= size <= _LONGEST:
        rows.reject(entry.number, "no readable end", "")
    elif not clock.EARLIEST <= start.utc() < clock.LATEST:
        rows.reject(entry.number, "time outside the years 1900 to 2199", "")
    else:
        try:
            times = _times(calendar, entry, start)
        except ValueError as error:
            rows.reject(entry.number, f"its repetition cannot be read: {error}", "")
            return
        if len(times) > MOST:
            rows.reject(entry.number, f"it repeats more than {MOST:,} times: the first are taken", "")
        if not times and start.utc() > calendar.last:
            rows.reject(entry.number, "it had not happened when the calendar was exported", "")
        said = _said(calendar, entry, start)
        for time in times[:MOST]:
            rows.add(**said, time=time, duration=size if said["action"] != "decline" else None)


def _size(calendar: Calendar, entry: Component, start: When) -> int | None:
    end = entry.line("DTEND")
    if end is not None:
        when = calendar.zones.when(end)
        return None if when is None else when.utc() - start.utc()
    if entry.line("DURATION") is not None:
        return length(entry.text("DURATION"))
    return clock.DAY if start.is_day else 0


def _times(calendar: Calendar, entry: Component, start: When) -> list[int]:
    """When it took place, µs UTC, in order, up to the export; `MOST` + 1 at most."""
    if entry.line("RECURRENCE-ID") is not None:
        return [start.utc()] if start.utc() <= calendar.last else []
    found = {start.utc()} if entry.line("RRULE") is None else set[int]()
    for line in entry.all("RRULE"):
        found.update(_repeated(calendar, line.value, start))
    for line in entry.all("RDATE"):
        found.update(when.utc() for when in calendar.zones.each(line) if when is not None)
    for line in entry.all("EXDATE"):
        found.difference_update(_without(calendar, line.value, line.parameters, start))
    found -= calendar.moved.get(entry.text("UID"), set())
    return sorted(time for time in found if time <= calendar.last)[: MOST + 1]


def _repeated(calendar: Calendar, text: str, start: When) -> list[int]:
    wanted = rule(text)
    until = calendar.zones.moment(wanted.until, {}) if wanted.until else None
    if wanted.until and until is None:
        raise ValueError("UNTIL cannot be read")
    last = clock.from_micros(calendar.last).replace(tzinfo=None) + _NEAR
    times = [start.utc(local) for local in occurrences(wanted, start.local, last)]
    if until is None:
        return times
    end = start.utc(until.local + timedelta(days=1)) - 1 if until.is_day else _end(wanted.until or "", until, start)
    return [time for time in times if time <= end]


def _end(text: str, until: When, start: When) -> int:
    """A time without a zone is one in that of the start."""
    return until.utc() if text.endswith("Z") else start.utc(until.local)


def _without(calendar: Calendar, text: str, parameters: Any, start: When) -> set[int]:
    out: set[int] = set()
    for part in text.split(","):
        when = calendar.zones.moment(part.strip(), parameters)
        if when is not None and when.is_day and not start.is_day:  # a day: the instance on it
            begun = start.local
            out.add(start.utc(datetime.combine(when.local.date(), begun.time())))
        elif when is not None:
            out.add(when.utc())
    return out


def _said(calendar: Calendar, entry: Component, start: When) -> dict[str, Any]:
    """All of an event but its time."""
    asked, host = attendees(entry), organiser(entry)
    own = next((a for a in asked if calendar.owner in {calendar.label(a), a.address}), None)
    people = [a for a in asked if a is not own and not a.thing]
    there = [a for a in people if a.answer != "declined"]
    met = there or (host is not None and calendar.label(host) != calendar.owner)
    answer = own.answer if own is not None else ""
    return {
        "worker": calendar.owner,
        "app": "calendar",
        "action": "decline" if answer == "declined" else "meet" if met else "attend",
        "window": plain(entry.text("SUMMARY"))[:1_024] or None,
        "objects": _objects(calendar, entry, host, there, [a for a in asked if a.thing]) or None,
        "origin": "person",
        "attributes": canonical(
            {
                "answer": answer if answer not in {"", "accepted", "declined"} else None,
                "declined": len(people) - len(there) or None,
                "whole-day": True if start.is_day else None,
                "repeats": True if entry.line("RRULE") or entry.line("RECURRENCE-ID") else None,
                "free": True if entry.text("TRANSP").upper() == "TRANSPARENT" else None,
            }
        ),
    }


def _objects(
    calendar: Calendar, entry: Component, host: Attendee | None, there: list[Attendee], things: list[Attendee]
) -> list[dict[str, str]]:
    """The others: who asked is `from`, who was asked `to`, or `cc` where they need not come; rooms; the entry."""
    found: dict[str, tuple[str, str]] = {}
    if host is not None and calendar.label(host) != calendar.owner:
        found[calendar.label(host)] = ("person", "from")
    for person in there:
        if calendar.label(person) != calendar.owner:
            found.setdefault(calendar.label(person), ("person", "cc" if person.optional else "to"))
    for thing in things:
        found.setdefault(calendar.label(thing), (thing.thing, "in"))
    if uid := plain(entry.text("UID"))[:500]:
        found.setdefault(f"meeting:{uid}", ("meeting", ""))
    return [{"id": name, "type": kind, "qualifier": part} for name, (kind, part) in found.items()]
