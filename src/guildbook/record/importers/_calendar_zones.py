"""Times in calendars: UTC, in a zone by name, in a zone the file defines (`VTIMEZONE`), without any, and whole days."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from guildbook.model import time as clock
from guildbook.record.importers._calendar_lines import Component, Line, split
from guildbook.record.importers._calendar_rule import occurrences, rule

_FORM: Final = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$")
_OFFSET: Final = re.compile(r"^([+-])(\d\d)(\d\d)(\d\d)?$")
_LENGTH: Final = re.compile(
    r"^([+-])?P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?)$"
)
_LAST: Final = datetime(2199, 12, 31)  # noqa: DTZ001 - local time in whatever zone
_EARLIEST: Final = 1601
"""Outlook's time zones begin in it."""
_LATEST: Final = 2400
_MOST_ONSETS: Final = 1_000


class Zone(Protocol):
    """Turns local times into UTC."""

    def utc(self, local: datetime) -> int:
        """µs since 1970 of a naive local time; the first of two, and in a gap as if there were none."""
        ...


@dataclass(frozen=True, slots=True)
class When:
    """A point in a calendar."""

    local: datetime
    """Naive."""
    zone: Zone
    is_day: bool = False

    def utc(self, local: datetime | None = None) -> int:
        """µs UTC, of another local time in the same zone where one is given."""
        return self.zone.utc(self.local if local is None else local)


@dataclass(frozen=True, slots=True)
class _Named:
    info: ZoneInfo

    def utc(self, local: datetime) -> int:
        return clock.to_micros(local.replace(tzinfo=self.info))


@dataclass(frozen=True, slots=True)
class _Universal:
    def utc(self, local: datetime) -> int:
        return clock.to_micros(local.replace(tzinfo=UTC))


UNIVERSAL: Final = _Universal()


@dataclass(frozen=True, slots=True)
class _Defined:
    """A `VTIMEZONE`: from each onset on, local time is so many seconds ahead of UTC."""

    onsets: list[datetime]
    offsets: list[timedelta]

    def utc(self, local: datetime) -> int:
        place = bisect_right(self.onsets, local) - 1
        return clock.to_micros((local - self.offsets[max(place, 0)]).replace(tzinfo=UTC))


@dataclass(slots=True)
class Zones:
    """The zones a file may refer to."""

    defined: dict[str, Zone] = field(default_factory=dict[str, Zone])
    floating: Zone = UNIVERSAL
    """For times that name none, and for whole days."""
    _found: dict[str, Zone | None] = field(default_factory=dict[str, "Zone | None"])

    def define(self, component: Component) -> None:
        """Take up a `VTIMEZONE`; one that cannot be read is left aside, and what refers to it is rejected."""
        name = component.text("TZID")
        if name and (made := _defined(component)) is not None:
            self.defined[name] = made

    def named(self, name: str) -> Zone | None:
        """The zone of a name: that of the IANA database first, since files define theirs for some years only."""
        if name not in self._found:
            self._found[name] = _iana(name) or self.defined.get(name)
        return self._found[name]

    def when(self, line: Line | None) -> When | None:
        """What a line with one time says; None where it cannot be read or its zone is not known."""
        return None if line is None else self.moment(line.value.strip(), line.parameters)

    def each(self, line: Line) -> list[When | None]:
        """What a line with several times says; of a period its start."""
        return [self.moment(part.partition("/")[0], line.parameters) for part in split(line.value)]

    def moment(self, text: str, parameters: Mapping[str, str]) -> When | None:
        """One time."""
        found = _FORM.match(text)
        if found is None:
            return None
        local = _local(found)
        if local is None:
            return None
        if found[4] is None:
            return When(local, self.floating, is_day=True)
        name = parameters.get("TZID", "")
        zone = UNIVERSAL if found[7] else self.named(name) if name else self.floating
        return None if zone is None else When(local, zone)


def length(text: str) -> int | None:
    """`P1DT2H30M` in µs; None for what is none."""
    found = _LENGTH.match(text.strip())
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    size = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds) // timedelta(microseconds=1)
    return -size if found[1] == "-" else size


def _iana(name: str) -> Zone | None:
    """`Europe/Berlin`, also behind a prefix such as Mozilla's `/mozilla.org/20050126_1/`."""
    parts = name.strip().strip("/").split("/")
    for size in (3, 2, 1):
        key = "/".join(parts[-size:])
        if size <= len(parts) and re.fullmatch(r"[A-Za-z][\w+\-]*(?:/[A-Za-z][\w+\-]*){0,2}", key):
            try:
                return _Named(ZoneInfo(key))
            except (KeyError, ValueError, OSError):
                continue
    return None


def _defined(component: Component) -> Zone | None:
    found: list[tuple[datetime, timedelta]] = []
    for part in component.parts:
        start = _FORM.match(part.text("DTSTART"))
        ahead = _OFFSET.match(part.text("TZOFFSETTO"))
        if part.name not in {"STANDARD", "DAYLIGHT"} or not start or not ahead:
            continue
        try:
            found += [(onset, _ahead(ahead)) for onset in _onsets(part, start)]
        except ValueError:
            continue
    found.sort(key=lambda pair: pair[0])
    return _Defined([onset for onset, _ in found], [ahead for _, ahead in found]) if found else None


def _onsets(part: Component, start: re.Match[str]) -> list[datetime]:
    first = _local(start)
    if first is None:
        return []
    found = {first}
    for line in part.all("RRULE"):
        wanted = rule(line.value)
        last = _LAST
        if wanted.until and (end := _FORM.match(wanted.until)):
            last = _local(end) or last  # to a few hours
        found.update(occurrences(wanted, first, last)[:_MOST_ONSETS])
    return sorted(found)


def _local(found: re.Match[str]) -> datetime | None:
    """A naive time; None for one that no calendar has, or that is too far away for arithmetic."""
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if not _EARLIEST <= year <= _LATEST:
        return None
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local time, its zone stands beside it
    except ValueError:
        return None


def _ahead(found: re.Match[str]) -> timedelta:
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size
