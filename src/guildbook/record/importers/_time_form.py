"""How the times of a column are written, decided from a sample."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import TIME
from guildbook.model.time import DAY
from guildbook.record.importers._names import bare
from guildbook.record.importers._plan import TimeForm
from guildbook.record.importers._times import Order, in_range, numbers_of, parse_epoch, parse_text

_COMPACT: Final = r"^\s*(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:\d{6})?\s*$"
_ISO: Final = r"^\s*\d{4}-\d{1,2}-\d{1,2}"
_OPEN: Final = r"^\D*(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})[-/.]\d{2,4}"
_ZONED: Final = r"(?:[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})\s*$"
_CLOCK_ONLY: Final = r"^\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp][Mm])?\s*$"
_ENOUGH: Final = 0.6
_UNITS: Final = ((10**17, 1, "ns"), (10**14, 1_000, "µs"), (10**11, 1_000_000, "ms"), (10**8, 10**9, "s"))
_RELATIVE: Final = re.compile(r"(?:^|[_\W])(ms|millis|us|micros)(?:$|[_\W])")
_SHEET_DAYS: Final = (20_000.0, 80_000.0)
_SHEET_ZERO: Final = -25_569 * DAY  # spreadsheets count days from 1899-12-30
_SHEET_SCALE: Final = 86_400 * 10**9
_MONTHS: Final = 12


def time_form(name: str, sample: pa.Array) -> TimeForm | None:
    """How `sample` writes its times; None when most of it is no time. `name`: the column's, which may tell a unit."""
    if pa.types.is_temporal(sample.type):
        return (
            TimeForm("typed") if not pa.types.is_time(sample.type) and not pa.types.is_duration(sample.type) else None
        )
    said = sample.drop_null()
    if not len(said):
        return None
    if pa.types.is_string(said.type) and pc.mean(pc.match_substring_regex(said, _COMPACT)).as_py() > _ENOUGH:
        return TimeForm("text", said="YYYYMMDD")
    numbers = numbers_of(said).drop_null()
    if len(numbers) > _ENOUGH * len(said):
        return _number_form(name, numbers)
    return _text_form(said)


def is_clock(sample: pa.Array) -> bool:
    """Whether a column holds times of day without dates."""
    said = sample.drop_null()
    return bool(
        len(said)
        and pa.types.is_string(said.type)
        and pc.mean(pc.match_substring_regex(said, _CLOCK_ONLY)).as_py() > _ENOUGH
    )


def read_times(form: TimeForm, column: pa.Array) -> pa.Int64Array:
    """A column as µs UTC; null where a value is no time of this form."""
    if form.kind == "typed":
        zoned = column.cast(TIME, safe=False) if pa.types.is_timestamp(column.type) else column.cast(pa.timestamp("us"))
        return zoned.cast(pa.int64())
    if form.kind == "number":
        micros = parse_epoch(column, form.scale)
        return pc.add(micros, form.base) if form.base else micros
    return parse_text(column, form.order)


def _number_form(name: str, numbers: pa.DoubleArray) -> TimeForm | None:
    size = float(np.median(np.abs(numbers.to_numpy())))
    for least, scale, unit in _UNITS:
        if size >= least:
            return TimeForm("number", scale=scale, said=f"{unit} since 1970")
    whole = bool(np.all(numbers.to_numpy() == np.floor(numbers.to_numpy())))
    if not whole and _SHEET_DAYS[0] < size < _SHEET_DAYS[1]:
        return TimeForm("number", scale=_SHEET_SCALE, base=_SHEET_ZERO, said="spreadsheet days")
    unit = _RELATIVE.search(name.lower())
    if not unit and "time" not in bare(name):
        return None
    scale, word = {"m": (1_000_000, "ms"), "u": (1_000, "µs")}[unit[1][0]] if unit else (10**9, "s")
    return TimeForm("number", scale=scale, said=f"{word} from a start the file does not give, so counted from 1970")


def _text_form(said: pa.Array) -> TimeForm | None:
    order, note = _order(said)
    micros = parse_text(said, order)
    read = pc.sum(in_range(micros)).as_py() or 0
    if read < _ENOUGH * len(said):
        return None
    if not note:
        note = "ISO 8601" if pc.mean(pc.match_substring_regex(said, _ISO)).as_py() > _ENOUGH else "dates"
    if pc.mean(pc.match_substring_regex(said, _ZONED)).as_py() < 1 - _ENOUGH:
        note += ", no zone: taken as UTC"
    return TimeForm("text", order=order, said=note)


def _order(said: pa.Array) -> tuple[Order, str]:
    """Day first or month first, from numbers above 12, else from which order runs forward."""
    found = pc.extract_regex(said, pattern=_OPEN).drop_null()
    if not len(found):
        return "dmy", ""
    first = pc.struct_field(found, "a").cast(pa.int64()).to_numpy()
    second = pc.struct_field(found, "b").cast(pa.int64()).to_numpy()
    late_first, late_second = int(np.sum(first > _MONTHS)), int(np.sum(second > _MONTHS))
    if late_first or late_second:
        return ("dmy", "day first") if late_first >= late_second else ("mdy", "month first")
    if pc.all(pc.equal(pc.struct_field(found, "s"), ".")).as_py():
        return "dmy", "day first"
    forward = {order: _forward(parse_text(said, order)) for order in ("dmy", "mdy")}
    if forward["mdy"] > forward["dmy"]:
        return "mdy", "month first, since then the rows run forward"
    if forward["dmy"] > forward["mdy"]:
        return "dmy", "day first, since then the rows run forward"
    return "dmy", "day first or month first is open: day first taken, else --map date_order=mdy"


def _forward(micros: pa.Int64Array) -> float:
    """The share of steps that go forward, less a little for long leaps."""
    steps = np.diff(micros.drop_null().to_numpy())
    if not len(steps):
        return 0.0
    return round(float(np.mean(steps >= 0)) - float(np.mean(np.abs(steps) > 20 * DAY)), 6)
