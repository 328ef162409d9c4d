"""When something repeats: recurrence rules of RFC 5545, section 3.3.10, within bounds.

A rule is not walked step by step, which some rules never end (the 30th of February), but laid as a mask over the days
from its start to a last day, so that every rule costs the same few array operations a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

MOST: Final = 5_000
"""Times one rule is expanded to: every working day for nineteen years."""
_FREQUENCIES: Final = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY: Final = re.compile(r"^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$")
_MOST_TIMES: Final = 96
_THURSDAY: Final = 3  # 1970-01-01
_BOUNDS: Final = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
}

Days = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule that was read."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: str | None = None
    """As it stands in the rule: a date, or a time which is UTC or local."""
    week_start: int = 0
    """Monday is 0."""
    days: tuple[tuple[int, int], ...] = ()
    """(which one, weekday); 0 is every one."""
    by: Mapping[str, tuple[int, ...]] | None = None

    def numbers(self, name: str) -> tuple[int, ...]:
        """The numbers of a `BY…` part."""
        return (self.by or {}).get(name, ())


def rule(text: str) -> Rule:
    """Read a rule. Raises `ValueError` for what is none, or repeats more often than daily."""
    parts = dict(part.upper().split("=", 1) for part in text.strip().strip(";").split(";") if "=" in part)
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError(f"it repeats {frequency.lower()[:20] or 'never'}")
    days: list[tuple[int, int]] = []
    for part in parts.get("BYDAY", "").split(","):
        if part:
            found = _BYDAY.match(part.strip())
            if not found:
                raise ValueError("BYDAY cannot be read")
            days.append((int(found[1] or 0), _WEEKDAYS.index(found[2])))
    by = {name: _numbers(parts[name], name, *bounds) for name, bounds in _BOUNDS.items() if name in parts}
    return Rule(
        frequency,
        interval=_one(parts, "INTERVAL") or 1,
        count=_one(parts, "COUNT"),
        until=parts.get("UNTIL"),
        week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
        days=tuple(days),
        by=by,
    )


def occurrences(wanted: Rule, start: datetime, last: datetime) -> list[datetime]:
    """The times of a rule from `start` to `last`, all local, `MOST` + 1 at most; `UNTIL` is the caller's.

    `start` itself is one of them only where the rule says so.
    """
    if last < start:
        return []
    first_day, last_day = _day(start), _day(last)
    around = {"YEARLY": 366, "MONTHLY": 31, "WEEKLY": 7, "DAILY": 0}[wanted.frequency]
    days = np.arange(first_day - around, last_day + around + 1)
    period = _periods(wanted, days)
    begun = period[around]
    fits = _fitting(wanted, days, start)
    fits &= ((period - begun) % wanted.interval == 0) & (period >= begun)
    days, period = days[fits], period[fits]
    times = _times(wanted, start)
    moments = (days[:, np.newaxis] * 86_400 + times[np.newaxis, :]).ravel()
    if positions := wanted.numbers("BYSETPOS"):
        moments = moments[_placed(np.repeat(period, len(times)), positions)]
    moments = moments[(moments >= _seconds(start)) & (moments <= _seconds(last))]
    kept = moments[: min(MOST + 1, wanted.count or MOST + 1)]
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - local time, whose zone is the caller's
    return [epoch + np.timedelta64(int(moment), "s").item() for moment in kept]


def _one(parts: Mapping[str, str], name: str) -> int | None:
    if name not in parts:
        return None
    number = int(parts[name]) if parts[name].isdigit() and len(parts[name]) < 9 else 0  # noqa: PLR2004 - as COUNT may be
    if number < 1:
        raise ValueError(f"{name} cannot be read")
    return number


def _numbers(text: str, name: str, low: int, high: int) -> tuple[int, ...]:
    found = [int(part) for part in text.split(",") if re.fullmatch(r"\s*[+-]?\d{1,3}\s*", part)]
    if len(found) != text.count(",") + 1 or any(not low <= n <= high for n in found):
        raise ValueError(f"{name} cannot be read")
    return tuple(sorted(set(found)))


def _day(when: datetime) -> int:
    return when.toordinal() - 719_163


def _seconds(when: datetime) -> int:
    return _day(when) * 86_400 + when.hour * 3_600 + when.minute * 60 + when.second


def _periods(wanted: Rule, days: Days) -> Days:
    """The number of the year, month, week or day that each day lies in."""
    if wanted.frequency == "DAILY":
        return days
    if wanted.frequency == "WEEKLY":
        return (days + _THURSDAY - wanted.week_start) // 7
    return _dates(days).astype(f"M8[{wanted.frequency[0]}]").astype(np.int64)


def _dates(days: Days) -> npt.NDArray[np.datetime64]:
    return days.astype("M8[D]")


def _fitting(wanted: Rule, days: Days, start: datetime) -> Flags:
    """The days that the parts of the rule name, or those like the start's where none does."""
    dates = _dates(days)
    months, years = dates.astype("M8[M]"), dates.astype("M8[Y]")
    of_month = (dates - months.astype("M8[D]")).astype(np.int64) + 1
    month_size = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    of_year = (dates - years.astype("M8[D]")).astype(np.int64) + 1
    year_size = ((years + 1).astype("M8[D]") - years.astype("M8[D]")).astype(np.int64)
    month = months.astype(np.int64) % 12 + 1
    weekday = (days + _THURSDAY) % 7
    by_month, by_day = wanted.numbers("BYMONTH"), wanted.numbers("BYMONTHDAY")
    by_weekday = wanted.days
    if not (by_day or by_weekday or wanted.numbers("BYYEARDAY") or wanted.numbers("BYWEEKNO")):
        if wanted.frequency == "YEARLY":
            by_month = by_month or (start.month,)
        if wanted.frequency in {"YEARLY", "MONTHLY"}:
            by_day = (start.day,)
        elif wanted.frequency == "WEEKLY":
            by_weekday = ((0, start.weekday()),)
    fits: Flags = np.ones(len(days), np.bool_)
    if by_month:
        fits &= np.isin(month, by_month)
    fits &= _either_way(of_month, month_size, by_day)
    fits &= _either_way(of_year, year_size, wanted.numbers("BYYEARDAY"))
    if weeks := wanted.numbers("BYWEEKNO"):
        fits &= _either_way(*_weeks(days, weekday, wanted.week_start), weeks)
    if by_weekday:
        whole = wanted.frequency == "YEARLY" and not by_month
        place, size = (of_year, year_size) if whole else (of_month, month_size)
        counted = wanted.frequency in {"YEARLY", "MONTHLY"} and not wanted.numbers("BYWEEKNO")
        fits &= _weekdays(weekday, place, size, by_weekday, counted=counted)
    return fits


def _either_way(place: Days, size: Days, numbers: tuple[int, ...]) -> Flags:
    """Places counted from 1, or from −1 at the end; all where no numbers are given."""
    if not numbers:
        return np.ones(len(place), np.bool_)
    return np.isin(place, numbers) | np.isin(place - size - 1, numbers)


def _weekdays(weekday: Days, place: Days, size: Days, wanted: Iterable[tuple[int, int]], *, counted: bool) -> Flags:
    fits: Flags = np.zeros(len(weekday), np.bool_)
    for nth, day in wanted:
        of_day = weekday == day
        if nth > 0 and counted:
            of_day &= (place - 1) // 7 + 1 == nth
        elif nth < 0 and counted:
            of_day &= (size - place) // 7 + 1 == -nth
        fits |= of_day
    return fits


def _weeks(days: Days, weekday: Days, week_start: int) -> tuple[Days, Days]:
    """The number of each day's week, the first being the first with four days in the year; and how many there are."""
    begin = days - (weekday - week_start) % 7
    year = _dates(begin + 3).astype("M8[Y]")

    def first(years: npt.NDArray[np.datetime64]) -> Days:
        fourth = years.astype("M8[D]").astype(np.int64) + 3
        return fourth - (fourth + _THURSDAY - week_start) % 7

    return (begin - first(year)) // 7 + 1, (first(year + 1) - first(year)) // 7


def _times(wanted: Rule, start: datetime) -> Days:
    """Seconds of the day, in order."""
    hours = wanted.numbers("BYHOUR") or (start.hour,)
    minutes = wanted.numbers("BYMINUTE") or (start.minute,)
    seconds = wanted.numbers("BYSECOND") or (start.second,)
    if len(hours) * len(minutes) * len(seconds) > _MOST_TIMES:
        raise ValueError("it repeats more often than every quarter of an hour")
    return np.array([h * 3_600 + m * 60 + s for h, m, s in product(hours, minutes, seconds)], np.int64)


def _placed(period: Days, positions: tuple[int, ...]) -> Flags:
    """Those at the wanted places of their period."""
    _, first, size = np.unique(period, return_index=True, return_counts=True)
    rank = np.arange(len(period)) - np.repeat(first, size)
    return _either_way(rank + 1, np.repeat(size, size), positions)
