"""Calendars: sample exports are written by the library `icalendar`, what repeats is checked against dateutil."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.model import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _rows
from guildbook.record.importers._calendar_lines import components, parsed
from guildbook.record.importers._calendar_rule import MOST, occurrences, rule
from guildbook.record.importers.calendar_ics import CalendarImporter
from guildbook.record.reader import find, plan

CALENDAR = CalendarImporter()
NOBODY = ImportOptions()
Reader = Callable[..., Any]
EXPORTED = datetime(2024, 6, 1, 12, tzinfo=UTC)


def person(address: str, name: str = "", **said: str) -> icalendar.vCalAddress:
    made = icalendar.vCalAddress(f"mailto:{address}")
    made.params["CN"] = name or address
    for key, value in said.items():
        made.params[key] = value
    return made


def entry(uid: str, start: Any, end: Any = None, *people: icalendar.vCalAddress, **said: Any) -> icalendar.Event:
    made = icalendar.Event()
    made.add("uid", uid)
    made.add("dtstamp", EXPORTED)
    made.add("dtstart", start)
    if end is not None:
        made.add("dtend", end)
    for one in people:
        made.add("attendee", one, encode=False)
    for name, value in said.items():
        made.add(name.replace("_", "-"), value)
    return made


def export(path: Path, *entries: Any, **said: str) -> Path:
    made = icalendar.Calendar()
    made.add("prodid", "-//Test//EN")
    made.add("version", "2.0")
    for name, value in said.items():
        made.add(name.replace("_", "-"), value)
    for one in entries:
        made.add_component(one)
    path.write_bytes(made.to_ical())
    at = EXPORTED.timestamp()
    os.utime(path, (at, at))
    return path


def text(path: Path, *lines: str) -> Path:
    path.write_bytes("\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]).encode())
    at = EXPORTED.timestamp()
    os.utime(path, (at, at))
    return path


ADA, BO, CLEO = person("Ada@x.org", "Ada Lovelace", PARTSTAT="ACCEPTED"), person("bo@x.org", "Bo"), person("cleo@x.org")


def test_a_meeting_is_an_event_of_whose_calendar_it_is(tmp_path: Path, read: Reader) -> None:
    start = datetime(2024, 5, 2, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    room = person("r1@x.org", "Room 1", CUTYPE="ROOM")
    gone = person("dee@x.org", "Dee", PARTSTAT="DECLINED")
    perhaps = person("eve@x.org", "Eve", ROLE="OPT-PARTICIPANT")
    path = export(
        tmp_path / "c.ics",
        entry("1@x", start, start + timedelta(hours=1), ADA, BO, CLEO, room, gone, perhaps, summary="Budget; März",
              description="never kept", organizer=person("bo@x.org", "Bo"), location="12 Some Street"),
        entry("2@x", start + timedelta(days=1), None, ADA),
        X_WR_CALNAME="ada@x.org",
    )  # fmt: skip
    result = read(CALENDAR, path)
    first, second = result.rows
    assert first == {
        "worker": "Ada Lovelace", "time": datetime(2024, 5, 2, 7, tzinfo=UTC), "duration": 3_600_000_000,
        "source": "calendar", "app": "calendar", "action": "meet", "window": "Budget; März", "origin": "person",
        "objects": [
            {"id": "Bo", "type": "person", "qualifier": "from"},
            {"id": "cleo@x.org", "type": "person", "qualifier": "to"},
            {"id": "Eve", "type": "person", "qualifier": "cc"},
            {"id": "Room 1", "type": "room", "qualifier": "in"},
            {"id": "meeting:1@x", "type": "meeting", "qualifier": ""},
        ],
        "attributes": '{"declined":1}',
    }  # fmt: skip
    assert (second["action"], second["duration"]) == ("attend", 0)
    assert "never kept" not in str(result.table.to_pylist())
    assert "Some Street" not in str(result.table.to_pylist())
    assert CALENDAR.describe(path, NOBODY) == "calendar of Ada Lovelace: 2 entries, their descriptions are not kept"


def test_whose_calendar_it_is_follows_from_who_is_always_there_or_is_told(tmp_path: Path, read: Reader) -> None:
    start = datetime(2024, 5, 2, 9, tzinfo=UTC)
    path = export(
        tmp_path / "c.ics", entry("1", start, None, ADA, BO), entry("2", start, None, ADA, CLEO), entry("3", start)
    )
    assert {r["worker"] for r in read(CALENDAR, path).rows} == {"Ada Lovelace"}
    assert {r["worker"] for r in read(CALENDAR, path, worker="Bo").rows} == {"Bo"}
    alone = export(tmp_path / "d.ics", entry("1", start, None, ADA, BO))
    assert "worker" not in read(CALENDAR, alone).rows[0]


def test_answers_cancelled_private_and_future_entries(tmp_path: Path, read: Reader) -> None:
    start = datetime(2024, 5, 2, 9, tzinfo=UTC)
    no, perhaps = person("ada@x.org", "Ada", PARTSTAT="DECLINED"), person("ada@x.org", "Ada", PARTSTAT="TENTATIVE")
    path = export(
        tmp_path / "c.ics",
        entry("1", start, start + timedelta(hours=1), no, BO),
        entry("2", start, None, perhaps, BO, transp="TRANSPARENT"),
        entry("3", start, None, ADA, BO, status="CANCELLED", summary="secret"),
        entry("4", start, None, ADA, **{"class": "PRIVATE"}, summary="secret"),
        entry("5", EXPORTED + timedelta(days=9), None, ADA, BO, summary="secret"),
        X_WR_CALNAME="ada@x.org",
    )
    result = read(CALENDAR, path)
    assert [(r["action"], r.get("attributes"), r.get("duration")) for r in result.rows] == [
        ("decline", None, None), ("meet", '{"answer":"tentative","free":true}', 0),
    ]  # fmt: skip
    assert [r.reason for r in result.rejected] == [
        "cancelled", "private", "it had not happened when the calendar was exported",
    ]  # fmt: skip
    assert "secret" not in str(result.rejected)


def test_what_repeats_is_taken_up_to_the_export_without_what_was_cancelled_or_moved(
    tmp_path: Path, read: Reader
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2024, 3, 18, 9, tzinfo=zone)
    weekly = entry("w", start, start + timedelta(minutes=30), ADA, BO, summary="Weekly")
    weekly.add("rrule", {"freq": "weekly"})
    weekly.add("exdate", datetime(2024, 4, 8, 9, tzinfo=zone))
    moved = entry("w", datetime(2024, 4, 16, 14, tzinfo=zone), datetime(2024, 4, 16, 15, tzinfo=zone), ADA, BO)
    moved.add("recurrence-id", datetime(2024, 4, 15, 9, tzinfo=zone))
    off = entry("w", datetime(2024, 4, 22, 9, tzinfo=zone), None, ADA, status="CANCELLED")
    off.add("recurrence-id", datetime(2024, 4, 22, 9, tzinfo=zone))
    rows = read(CALENDAR, export(tmp_path / "c.ics", weekly, moved, off)).rows
    assert [r["time"].strftime("%m-%d %H:%M") for r in rows] == [
        "03-18 08:00", "03-25 08:00", "04-01 07:00", "04-29 07:00", "05-06 07:00", "05-13 07:00", "05-20 07:00",
        "05-27 07:00", "04-16 12:00",
    ]  # fmt: skip
    assert rows[0]["attributes"] == '{"repeats":true}'


def test_whole_days_floating_times_and_lengths(tmp_path: Path, read: Reader) -> None:
    path = text(
        tmp_path / "c.ics",
        "X-WR-TIMEZONE:America/New_York",
        "BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20240501", "SUMMARY:Fair", "END:VEVENT",
        "BEGIN:VEVENT", "UID:2", "DTSTART:20240501T090000", "DURATION:PT1H30M", "END:VEVENT",
        "BEGIN:VEVENT", "UID:3", "DTSTART:20240501T090000", "DURATION:P2W", "END:VEVENT",
        "BEGIN:VEVENT", "UID:4", "DTSTART:20240501T090000", "DTEND:20240501T080000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:5", "DTSTART;TZID=Nowhere/Land:20240501T090000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:6", "DTSTART:20241301T090000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:7", "DTSTART:18000101T090000Z", "END:VEVENT",
    )  # fmt: skip
    result = read(CALENDAR, path)
    found = [(r["time"].strftime("%d %H"), r["duration"] // 60_000_000) for r in result.rows]
    assert found == [("01 04", 1_440), ("01 13", 90), ("01 13", 14 * 1_440)]
    assert result.rows[0]["attributes"] == '{"whole-day":true}'
    assert [r.reason for r in result.rejected] == [
        "no readable end", "no readable start, or in an unknown time zone",
        "no readable start, or in an unknown time zone", "time outside the years 1900 to 2199",
    ]  # fmt: skip


def test_zones_that_the_file_defines_and_prefixed_names(tmp_path: Path, read: Reader) -> None:
    path = text(
        tmp_path / "c.ics",
        "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Office:20240110T090000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:2", "DTSTART;TZID=Office:20240501T090000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:3", "DTSTART;TZID=/mozilla.org/20050126_1/Asia/Tokyo:20240501T090000", "END:VEVENT",
        "BEGIN:VTIMEZONE", "TZID:Office",
        "BEGIN:STANDARD", "DTSTART:16011028T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:16010325T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT",
        "END:VTIMEZONE",
    )  # fmt: skip
    assert [r["time"].hour for r in read(CALENDAR, path).rows] == [8, 7, 0]


def test_a_folder_of_entries_is_one_calendar(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rows, "CHUNK_ROWS", 2)
    folder = tmp_path / "work"
    folder.mkdir()
    start = datetime(2024, 5, 2, 9, tzinfo=UTC)
    for number in range(5):
        export(folder / f"{number}.ics", entry(str(number), start + timedelta(days=number), None, ADA, BO))
    assert find(folder).name == "calendar"
    assert find(folder / "1.ics").name == "calendar"
    assert [p.path for p in plan([folder])] == [folder]
    result = read(CALENDAR, folder)
    assert len(result.rows) == 5
    assert result.chunks > 1
    (folder / "note.txt").write_text("x")
    assert CALENDAR.sniff(folder, b"") == 0


def test_the_fingerprint_follows_bytes_options_and_the_day_of_the_export(tmp_path: Path) -> None:
    path = export(tmp_path / "c.ics", entry("1", EXPORTED))
    before = CALENDAR.fingerprint(path, NOBODY)
    assert CALENDAR.fingerprint(path, NOBODY) == before
    assert CALENDAR.fingerprint(path, ImportOptions(worker="Bo")) != before
    later = (EXPORTED + timedelta(days=2)).timestamp()
    os.utime(path, (later, later))
    assert CALENDAR.fingerprint(path, NOBODY) != before


def test_folded_quoted_and_escaped_lines_are_read() -> None:
    people = b'ATTENDEE;CN="Lovelace; Ada: x";ROLE=CHAIR:mailto:a@x'
    raw = b"BEGIN:VEVENT\r\n" + people + b"\r\nSUMMARY:a\\, b\\nc \r\n d\r\n\te\r\nEND:VEVENT"
    (found,) = components([raw[:20], raw[20:95], raw[95:]])
    line = found.line("ATTENDEE")
    assert line is not None
    assert (line.parameters, line.value) == ({"CN": "Lovelace; Ada: x", "ROLE": "CHAIR"}, "mailto:a@x")
    assert found.text("SUMMARY") == "a, b c de"
    assert parsed("nothing") is None


def test_what_is_cut_or_no_calendar_is_told(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20240501T090000Z\nSUM")
    assert [r.reason for r in read(CALENDAR, path).rejected] == ["the file ends in the middle of it"]
    path.write_bytes(b"nothing")
    assert "no calendar" in str(read(CALENDAR, path).error)
    assert "cannot be read" in str(read(CALENDAR, tmp_path / "nothing").error)


LAST = datetime(2026, 12, 31)  # noqa: DTZ001 - rules know local times only
EARLY, LATE = LAST.replace(year=2019), LAST.replace(year=2025)
numbers = st.integers(1, 4)
weekdays = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
nth = st.lists(st.sampled_from(["1MO", "2TU", "-1FR", "5WE", "-2SU"]), min_size=1, max_size=2, unique=True)


def csv(values: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[str]:
    return values.map(lambda found: ",".join(map(str, found)))


def some(low: int, high: int, *, negative: bool = False) -> st.SearchStrategy[str]:
    values = st.integers(low, high)
    both = values | values.map(lambda n: -n) if negative else values
    return csv(st.lists(both, min_size=1, max_size=3, unique=True))


# From the end dateutil leaves out a first week that begins in the year before, which it does not from the start.
weeks = some(1, 53) | some(1, 51, negative=True)
rules = st.one_of(
    st.fixed_dictionaries({"FREQ": st.just("DAILY")}, optional={
        "INTERVAL": numbers, "COUNT": numbers, "BYDAY": csv(weekdays), "BYMONTH": some(1, 12), "BYHOUR": some(0, 23),
        "BYMONTHDAY": some(1, 31, negative=True)}),
    st.fixed_dictionaries({"FREQ": st.just("WEEKLY")}, optional={
        "INTERVAL": numbers, "COUNT": numbers, "BYDAY": csv(weekdays), "WKST": st.sampled_from(["SU", "MO"]),
        "BYSETPOS": some(1, 2, negative=True)}),
    st.fixed_dictionaries({"FREQ": st.just("MONTHLY")}, optional={
        "INTERVAL": numbers, "COUNT": numbers, "BYDAY": csv(nth) | csv(weekdays), "BYMONTH": some(1, 12),
        "BYMONTHDAY": some(1, 31, negative=True), "BYSETPOS": some(1, 3, negative=True)}),
    st.fixed_dictionaries({"FREQ": st.just("YEARLY")}, optional={
        "INTERVAL": numbers, "COUNT": numbers, "BYDAY": csv(nth) | csv(weekdays), "BYMONTH": some(1, 12),
        "BYMONTHDAY": some(1, 31, negative=True), "BYSETPOS": some(1, 3, negative=True)}),
    st.fixed_dictionaries({"FREQ": st.just("YEARLY"), "BYYEARDAY": some(1, 366, negative=True)},
                          optional={"BYDAY": csv(weekdays), "INTERVAL": numbers}),
    st.fixed_dictionaries({"FREQ": st.just("YEARLY"), "BYWEEKNO": weeks, "BYDAY": csv(weekdays)},
                          optional={"WKST": st.sampled_from(["SU", "MO", "TH"])}),
)  # fmt: skip


@settings(max_examples=150)
@given(rules, st.datetimes(EARLY, LATE))
def test_rules_mean_what_dateutil_says(parts: dict[str, Any], start: datetime) -> None:
    start = start.replace(microsecond=0)
    said = ";".join(f"{key}={value}" for key, value in parts.items())
    if "BYSETPOS" in parts and not any(key.startswith("BY") and key != "BYSETPOS" for key in parts):
        parts = {key: value for key, value in parts.items() if key != "BYSETPOS"}
        said = ";".join(f"{key}={value}" for key, value in parts.items())
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        # In the first week dateutil counts from the start on, RFC 5545 from the week's first day: here they are one.
        start -= timedelta(days=(start.weekday() - (6 if parts.get("WKST") == "SU" else 0)) % 7)
    # dateutil walks rules that fit nothing up to the year 9999; an UNTIL does not stop it, a day that fits does
    expected = rrulestr(f"{said};UNTIL={LAST:%Y%m%dT%H%M%S}" if "COUNT" not in parts else said, dtstart=start)
    wanted: list[datetime] = []
    for each in expected:
        if each > LAST or len(wanted) > MOST:
            break
        wanted.append(each)
    assert occurrences(rule(said), start, LAST) == wanted


def test_the_first_week_counts_from_its_first_day() -> None:
    friday = datetime(2025, 2, 14, 17, 35)  # noqa: DTZ001 - as above
    found = occurrences(rule("FREQ=WEEKLY;WKST=SU;COUNT=2;BYDAY=SA,TH,FR;BYSETPOS=2"), friday, LAST)
    assert found == [friday, friday + timedelta(days=7)]


@pytest.mark.parametrize(
    "text",
    ["FREQ=SECONDLY", "FREQ=HOURLY", "", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=x",
     "FREQ=MONTHLY;BYMONTHDAY=99", "FREQ=DAILY;WKST=XX", "FREQ=DAILY;BYMONTH=1,,2"],
)  # fmt: skip
def test_rules_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        rule(text)


def test_rules_that_never_fit_or_never_end_cost_little(tmp_path: Path, read: Reader) -> None:
    path = text(
        tmp_path / "c.ics",
        "BEGIN:VEVENT", "UID:1", "DTSTART:19000101T090000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "END:VEVENT",
        "BEGIN:VEVENT", "UID:2", "DTSTART:19000101T090000Z", "RRULE:FREQ=DAILY", "END:VEVENT",
        "BEGIN:VEVENT", "UID:3", "DTSTART:20240101T090000Z", "RRULE:FREQ=SECONDLY", "END:VEVENT",
        "BEGIN:VEVENT", "UID:4", "DTSTART:20240101T090000Z", "RRULE:FREQ=DAILY;UNTIL=20240103", "END:VEVENT",
        "BEGIN:VEVENT", "UID:5", "DTSTART:20240101T090000Z", "RRULE:FREQ=DAILY;UNTIL=soon", "END:VEVENT",
        "BEGIN:VEVENT", "UID:6", "DTSTART:20240101T090000Z", "RDATE:20240105T090000Z,20240107T090000Z", "END:VEVENT",
    )  # fmt: skip
    result = read(CALENDAR, path)
    assert len(result.rows) == MOST + 3 + 3
    assert [r.reason for r in result.rejected] == [
        "it repeats more than 5,000 times: the first are taken", "its repetition cannot be read: it repeats secondly",
        "its repetition cannot be read: UNTIL cannot be read",
    ]  # fmt: skip


piece = st.sampled_from(
    ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "TZID:Z",
     "DTSTART:20240101T090000Z", "DTSTART;TZID=Z:20240101T090000", "RRULE:FREQ=MONTHLY;BYDAY=6MO", "RRULE:FREQ=DAILY",
     "EXDATE;VALUE=DATE:20240101,x", "RECURRENCE-ID:20240101T090000Z", "TZOFFSETTO:+0100", "TZOFFSETTO:+9999", "UID:1",
     "DTEND:20240101T100000Z", "DURATION:-P1D", 'ATTENDEE;CN="a:mailto:b', "ORGANIZER:mailto:x@y", " folded", "\t",
     "X-WR-TIMEZONE:../../etc/passwd", "DTSTART;TZID=/:20240101T000000", "DTSTART:00010101T000000", "DTSTAMP:x"]
) | st.text(max_size=30)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(piece, max_size=25))
def test_no_calendar_breaks_it(tmp_path: Path, lines: list[str]) -> None:
    path = text(tmp_path / "c.ics", *[line.encode("utf-8", "replace").decode() for line in lines])
    CALENDAR.sniff(path, path.read_bytes())
    with suppress(InputError):
        for chunk in CALENDAR.read(path, NOBODY):
            chunk.events.validate(full=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_break_it(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(data)
    CALENDAR.sniff(path, data)
    with suppress(InputError):
        list(CALENDAR.read(path, NOBODY))
