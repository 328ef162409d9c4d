"""Times in the forms people and programs write them, to microseconds UTC, whole columns at once.

A time without a zone is taken as UTC; who calls says so to the user. Numeric dates whose order is open
(`03/04/2020`) are read in the order the caller decided from the data.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import TIME
from guildbook.model.time import DAY, EARLIEST, HOUR, LATEST, MINUTE, SECOND

Order = Literal["dmy", "mdy"]
Micros = npt.NDArray[np.int64]

_WEEKDAY: Final = r"^\s*(?:[A-Za-z]{2,9}\.?,?\s+)?"
_CLOCK: Final = (
    r"(?:[T ,_;]+\s?(?P<H>\d{1,2})[:.](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,:](?P<f>\d{1,9}))?)?"
    r"\s?(?P<p>[AaPp]\.?[Mm]\.?)?)?"
)
_ZONE: Final = r"\s?(?:UTC|GMT|Z|z)?\s?(?P<z>[+-]\d{2}(?::?\d{2})?)?(?:\s?\[[^\]]*\])?\s*$"
_LENGTH: Final = r"^\s*(?P<H>\d{1,4}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*$"
_GAP: Final = r"(?:\s?[-/.]\s?|\s)"
_PATTERNS: Final = (
    rf"{_WEEKDAY}(?P<a>\d{{1,4}}){_GAP}(?P<b>\d{{1,2}}|[A-Za-z]{{3,9}})\.?,?{_GAP}(?P<c>\d{{1,4}}){_CLOCK}{_ZONE}",
    rf"{_WEEKDAY}(?P<b>[A-Za-z]{{3,9}})\.?\s+(?P<a>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<c>\d{{4}}){_CLOCK}{_ZONE}",
    r"^\s*(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})"
    r"(?:[T _-]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})?(?:[.,](?P<f>\d{1,9}))?(?P<p>))?" + _ZONE,
)
# The first three letters tell the month in English; the others are those of German, Dutch, French, Spanish,
# Italian and Portuguese that differ.
_MONTHS: Final = (
    "jan ene gen", "feb fév fev", "mar mär mrt", "apr avr abr", "may mai mei maj mag",
    "jun juin giu", "jul juil lug", "aug aoû ago aou", "sep set", "oct okt ott out", "nov", "dec dez déc dic",
)  # fmt: skip
_MONTH_OF: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_PIVOT: Final = 69  # two-digit years from here on are 19xx, as POSIX has it
_LONGEST: Final = 64
_NOON: Final = 12
_HOURS: Final = 24
_SIXTY: Final = 60
_FEBRUARY: Final = 2
_MONTHS_A_YEAR: Final = 12
_SHORT_YEAR: Final = 2  # digits
_NANOS: Final = 1000  # in a microsecond


def parse_text(texts: pa.Array, order: Order = "dmy") -> pa.Int64Array:
    """Strings to µs UTC; null where a text is null or no time. Out-of-range years are left to `in_range`."""
    for kind in (TIME, pa.timestamp("us")):
        # Arrow's own parser takes ISO 8601 in one form for all rows, with a zone or without: the usual case.
        try:
            return texts.cast(kind).cast(pa.int64())
        except pa.ArrowInvalid:
            continue
    micros = np.zeros(len(texts), np.int64)
    known = np.zeros(len(texts), np.bool_)
    bounded = pc.if_else(pc.greater(pc.utf8_length(texts), _LONGEST), pa.scalar(None, pa.string()), texts)
    for pattern in _PATTERNS:
        if known.all():
            break
        found = pc.extract_regex(bounded, pattern=pattern)
        values, fits = _from_groups(found, order)
        take = fits & ~known
        micros[take] = values[take]
        known |= fits
    return pa.array(micros, pa.int64(), mask=~known)


def in_range(micros: pa.Int64Array) -> pa.BooleanArray:
    """True for times from 1900 to 2199; false outside and for null."""
    inside = pc.and_(pc.greater_equal(micros, EARLIEST), pc.less(micros, LATEST))
    return pc.fill_null(inside, fill_value=False)


def parse_epoch(texts: pa.Array, scale: int) -> pa.Int64Array:
    """Numbers (as text or numeric) counted from 1970 in units of `scale` nanoseconds, to µs; null where none."""
    try:
        whole = texts.cast(pa.int64())
    except pa.ArrowInvalid:
        near = _bounded(pc.multiply(numbers_of(texts), scale / _NANOS), LATEST)
        return pc.round(near).cast(pa.int64(), safe=False)
    if scale < _NANOS:
        return pc.divide(whole, _NANOS // scale)
    factor = scale // _NANOS
    return pc.multiply(_bounded(whole, LATEST // factor), factor)


def _bounded(numbers: pa.Array, most: int) -> pa.Array:
    """Null beyond ±`most`, where the arithmetic to come would overflow."""
    near = pc.and_(pc.less_equal(numbers, most), pc.greater_equal(numbers, -most))
    return pc.if_else(near, numbers, pa.scalar(None, numbers.type))


def numbers_of(texts: pa.Array) -> pa.DoubleArray:
    """Text as numbers, null where it is none; a comma may stand for the decimal point."""
    if not pa.types.is_string(texts.type):
        return texts.cast(pa.float64())
    dotted = pc.replace_substring(pc.utf8_trim_whitespace(texts), ",", ".")
    plain = pc.match_substring_regex(dotted, r"^[+-]?\d{1,300}(?:\.\d{0,300})?(?:[eE][+-]?\d{1,3})?$")
    return pc.if_else(plain, dotted, pa.scalar(None, pa.string())).cast(pa.float64())


def clock_micros(texts: pa.Array) -> pa.Int64Array:
    """`HH:MM[:SS[.f]]` as µs, for lengths of time; null where a text is none."""
    found = pc.extract_regex(texts, pattern=_LENGTH)
    micros = _integers(found, "H") * HOUR + _integers(found, "M") * MINUTE + _integers(found, "S") * SECOND
    return pa.array(micros + _fraction(found), pa.int64(), mask=~_matched(found))


def _from_groups(found: pa.StructArray, order: Order) -> tuple[Micros, npt.NDArray[np.bool_]]:
    fits = _matched(found)
    first, third = _integers(found, "a"), _integers(found, "c")
    second, named = _months(found)
    year_first = _lengths(found, "a") > _SHORT_YEAR
    day_first = named if order == "mdy" else np.ones(len(first), np.bool_)
    month = np.where(year_first | day_first, second, first)
    day = np.where(year_first, third, np.where(day_first, first, second))
    year = np.where(year_first, first, third)
    short = ~year_first & (_lengths(found, "c") <= _SHORT_YEAR)
    year = np.where(short, np.where(year < _PIVOT, year + 2000, year + 1900), year)
    hour, minute, second_of = _integers(found, "H"), _integers(found, "M"), _integers(found, "S")
    hour = _half_day(found, hour)
    fits &= _is_date(year, month, day) & (hour < _HOURS) & (minute < _SIXTY) & (second_of <= _SIXTY)
    micros = _days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second_of * SECOND + _fraction(found)
    return micros - _offset(found), fits


def _matched(found: pa.StructArray) -> npt.NDArray[np.bool_]:
    return np.asarray(found.is_valid().to_numpy(zero_copy_only=False))


def _text(found: pa.StructArray, group: str) -> pa.Array:
    return pc.fill_null(pc.struct_field(found, group), "")


def _integers(found: pa.StructArray, group: str) -> Micros:
    text = _text(found, group)
    digits = pc.match_substring_regex(text, r"^\d+$")
    return np.asarray(pc.if_else(digits, text, "0").cast(pa.int64()).to_numpy(zero_copy_only=False))


def _lengths(found: pa.StructArray, group: str) -> Micros:
    return np.asarray(pc.utf8_length(_text(found, group)).to_numpy(zero_copy_only=False))


def _months(found: pa.StructArray) -> tuple[Micros, npt.NDArray[np.bool_]]:
    """The second group as a month number, and where it was a name."""
    encoded = _text(found, "b").dictionary_encode()
    words = [str(word) for word in encoded.dictionary.to_pylist()]
    numbers = np.array([int(w) if w.isdigit() else _MONTH_OF.get(w[:3].lower(), 0) for w in words] or [0], np.int64)
    names = np.array([w.isalpha() for w in words] or [False], np.bool_)
    at = np.asarray(encoded.indices.to_numpy(zero_copy_only=False))
    return numbers[at], names[at]


def _half_day(found: pa.StructArray, hour: Micros) -> Micros:
    mark = pc.utf8_lower(pc.utf8_slice_codeunits(_text(found, "p"), 0, 1))
    is_am = np.asarray(pc.equal(mark, "a").to_numpy(zero_copy_only=False))
    is_pm = np.asarray(pc.equal(mark, "p").to_numpy(zero_copy_only=False))
    hour = np.where(is_am & (hour == _NOON), 0, hour)
    return np.where(is_pm & (hour < _NOON), hour + _NOON, hour)


def _fraction(found: pa.StructArray) -> Micros:
    padded = pc.utf8_slice_codeunits(pc.utf8_rpad(_text(found, "f"), 6, "0"), 0, 6)
    return np.asarray(padded.cast(pa.int64()).to_numpy(zero_copy_only=False))


def _offset(found: pa.StructArray) -> Micros:
    encoded = _text(found, "z").dictionary_encode()
    offsets = [_zone_micros(str(z)) for z in encoded.dictionary.to_pylist()] or [0]
    return np.array(offsets, np.int64)[np.asarray(encoded.indices.to_numpy(zero_copy_only=False))]


def _zone_micros(zone: str) -> int:
    if not zone:
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE
    return -size if zone[0] == "-" else size


def _is_date(year: Micros, month: Micros, day: Micros) -> npt.NDArray[np.bool_]:
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = lengths[np.clip(month, 0, 12)] + (leap & (month == _FEBRUARY))
    return (month >= 1) & (month <= _MONTHS_A_YEAR) & (day >= 1) & (day <= last)


def _days(year: Micros, month: Micros, day: Micros) -> Micros:
    """Days since 1970-01-01 in the Gregorian calendar (a year begins in March, so that February is last)."""
    shifted = year - (month <= _FEBRUARY)
    era = np.floor_divide(shifted, 400)
    year_of_era = shifted - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468
