"""Which column is what: from names seen in the wild, checked against what the columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.model.errors import InputError, UsageError
from guildbook.record.importers._attributes import ARTEFACTS
from guildbook.record.importers._names import ENDS, NAMES, PLAIN_TIMES, SEVERAL, STARTS, bare
from guildbook.record.importers._plan import FIELDS, PSEUDO, Plan, Source, TimeForm
from guildbook.record.importers._time_form import is_clock, read_times, time_form
from guildbook.record.importers._times import Order, numbers_of

Sample = Mapping[str, pa.Array]
"""Column name → its first values: strings, or the type a Parquet file gives."""

_FEW: Final = 10
_MOSTLY: Final = 0.9
_WORDS: Final = 3
"""Words on average from which a column is text."""
_UNITS: Final = {"ms": 1_000, "millis": 1_000, "min": 60_000_000, "minutes": 60_000_000, "us": 1, "micros": 1}
_CELL: Final = ("column", "row")
_ORIGINS: Final = frozenset({"person", "agent", "unknown"})
_PREFIX: Final = "case:"
# Disco's names for the sequence a finished case took, known only when all is over.
_VARIANT: Final = frozenset({"variant", "variantindex"})
_PAGE: Final = frozenset({"tagname", "tag", "targettagname", "tagtype", "xpath"})


def guess(sample: Sample, mapping: Mapping[str, str], path: Path) -> Plan:
    """The plan for a table with these columns; what `mapping` says goes before any guess.

    Raises `UsageError` for a field or column that does not exist, `InputError` when no column holds times or none
    says what was done.
    """
    return _Guess(sample, path).plan(mapping)


class _Guess:
    def __init__(self, sample: Sample, path: Path) -> None:
        self._sample = sample
        self._path = path
        self._bare = {name: bare(name) for name in sample}
        self._sources: dict[str, Source] = {}
        self._off: set[str] = set()

    def plan(self, mapping: Mapping[str, str]) -> Plan:
        order = self._told(mapping)
        time, end = self._times(order)
        for field in NAMES:
            if field not in self._sources and field not in self._off:
                self._field(field)
        self._cell_address()
        if "action" not in self._sources:
            raise self._missing("what was done", "action")
        used = {c for s in self._sources.values() for c in (s.columns[:1] if s.first else s.columns)}
        ignored = tuple(n for n in self._sample if n not in used and self._is_row_number(n))
        left = tuple(sorted(n for n in self._sample if n not in used and n not in ignored))
        return Plan(
            sources=self._sources,
            time=time,
            end=end,
            duration_unit=self._duration_unit(),
            numbers=frozenset(n for n in left if self._is_number(n)),
            leftover=left,
            of_case=frozenset(n for n in left if self._asked(n)),
            ignored=ignored,
        )

    # What the user said

    def _told(self, mapping: Mapping[str, str]) -> Order | None:
        order: Order | None = None
        for field, text in mapping.items():
            if field not in (*FIELDS, *PSEUDO):
                raise UsageError(f"There is no event field {field!r}.", f"Fields: {', '.join((*FIELDS, *PSEUDO))}.")
            if field == "date_order":
                order = _order(text)
            elif text:
                self._sources[field] = self._source(text)
            else:
                self._off.add(field)
        return order

    def _source(self, text: str) -> Source:
        if text in self._sample:
            return Source((text,))
        mark = "|" if "|" in text else "+"
        names = tuple(part.strip() for part in text.split(mark))
        unknown = [name for name in names if name not in self._sample]
        if unknown:
            raise UsageError(f"{self._path} has no column {unknown[0]!r}.", f"Columns: {self._columns()}.")
        return Source(names, first=mark == "|" and len(names) > 1)

    # Times

    def _times(self, order: Order | None) -> tuple[TimeForm, TimeForm | None]:
        if "time" in self._sources:
            form = self._form(self._sources["time"], order)
            if form is None:
                what = f"Column {self._sources['time']} of {self._path} holds no times that can be read."
                raise InputError(what, f"Give another with --map time=COLUMN. Columns: {self._columns()}.")
        else:
            self._sources["time"], form = self._find_time(order)
        if "end" in self._sources:
            return form, self._form(self._sources["end"], order)
        return form, None

    def _find_time(self, order: Order | None) -> tuple[Source, TimeForm]:
        start = self._first_time(STARTS, order)
        plain = self._date_and_clock(order) or self._first_time(PLAIN_TIMES, order)
        end = self._first_time(ENDS, order)
        found = start or plain or end or self._by_content(order)
        if found is None:
            raise self._missing("when it was done", "time")
        last = end or (plain if start else None)
        wanted = "end" not in self._sources and "end" not in self._off
        if wanted and last and last[0] != found[0] and self._follows(found, last):
            self._sources["end"] = last[0]
        return found

    def _first_time(self, names: Sequence[str], order: Order | None) -> tuple[Source, TimeForm] | None:
        for wanted in names:
            for name in self._sample:
                if self._bare[name] == wanted and not is_clock(self._sample[name]):
                    form = self._form(Source((name,)), order)
                    if form is not None:
                        return Source((name,)), form
        return None

    def _date_and_clock(self, order: Order | None) -> tuple[Source, TimeForm] | None:
        dates = [
            n for n in self._sample if self._bare[n] in {"date", "day", "datum", "fecha", "eventdate", "startdate"}
        ]
        clocks = [n for n in self._sample if "time" in self._bare[n] and is_clock(self._sample[n])]
        if not dates or not clocks:
            return None
        both = Source((dates[0], clocks[0]))
        form = self._form(both, order)
        return (both, form) if form else None

    def _by_content(self, order: Order | None) -> tuple[Source, TimeForm] | None:
        likely = sorted(self._sample, key=lambda n: not any(w in self._bare[n] for w in ("timestamp", "time", "date")))
        for name in likely:
            form = self._form(Source((name,)), order)
            named = any(w in self._bare[name] for w in ("time", "date"))
            if form and (form.kind != "number" or named):
                return Source((name,)), form
        return None

    def _form(self, source: Source, order: Order | None) -> TimeForm | None:
        form = time_form(source.columns[0], joined(self._sample, source, " "))
        if form and order and form.kind == "text":
            said = "day first" if order == "dmy" else "month first"
            form = replace(form, order=order, said=f"{said}, as you said")
        return form

    def _follows(self, start: tuple[Source, TimeForm], end: tuple[Source, TimeForm]) -> bool:
        begins = read_times(start[1], joined(self._sample, start[0], " "))
        ends = read_times(end[1], joined(self._sample, end[0], " "))
        after = pc.greater_equal(ends, begins).drop_null()
        return bool(len(after)) and pc.mean(after).as_py() >= _MOSTLY

    # Other fields

    def _field(self, field: str) -> None:
        used = {c for s in self._sources.values() for c in s.columns}
        found: list[str] = []
        for wanted in NAMES[field]:
            found += [n for n in self._sample if self._bare[n] == wanted and n not in used and self._may_be(field, n)]
        if not found:
            return
        several = field in SEVERAL and len(found) > 1
        self._sources[field] = Source(tuple(found) if several else (found[0],), first=several)

    def _may_be(self, field: str, name: str) -> bool:
        """Whether what the column holds fits the field."""
        if name.startswith(_PREFIX) and field not in {"case", "outcome"}:
            return False
        said = self._sample[name].drop_null()
        rows = len(said)
        if not rows:
            return field not in {"case", "action", "worker"}
        if pa.types.is_nested(said.type) or field in {"objects", "element_bounds"}:
            return field in {"objects", "element_bounds"}
        if field == "case" and self._bare[name] == "id" and not _PAGE.isdisjoint(self._bare.values()):
            return False  # beside a tag name, the id is the element's
        kinds = pc.count_distinct(said).as_py()
        if field == "case" and rows > _FEW:
            return kinds < rows
        if field == "origin":
            return set(pc.unique(said).to_pylist()) <= _ORIGINS
        if field in {"seq", "duration"}:
            return len(numbers_of(said).drop_null()) > _MOSTLY * rows or is_clock(said)
        return field != "app" or kinds <= max(_FEW, rows // _FEW)

    def _cell_address(self) -> None:
        """A spreadsheet's cell in two columns (`B` and `12`) is one element."""
        found = [next((n for n in self._sample if self._bare[n] == w), None) for w in _CELL]
        names = tuple(n for n in found if n is not None)
        if len(names) == len(_CELL) and "element_id" not in self._sources and "element_id" not in self._off:
            self._sources["element_id"] = Source(names)

    def _duration_unit(self) -> int:
        source = self._sources.get("duration")
        if source is None:
            return 1_000_000
        if source.columns == ("duration",) and pa.types.is_integer(self._sample["duration"].type):
            return 1  # Guildbook's own Parquet, whose durations are whole microseconds
        name = self._bare[source.columns[0]]
        return next((unit for suffix, unit in _UNITS.items() if name.endswith(suffix)), 1_000_000)

    def _asked(self, name: str) -> bool:
        """Whether a column is text that stands on every row of a case and differs between cases: what was asked."""
        said = self._sample[name]
        if "case" not in self._sources or name.startswith(_PREFIX) or not pa.types.is_string(said.type):
            return False
        words = pc.add(pc.count_substring(pc.utf8_trim_whitespace(said.drop_null()), " "), 1)
        if not len(words) or pc.mean(words).as_py() < _WORDS:
            return False
        rows = pa.table({"case": joined(self._sample, self._sources["case"], " "), "said": said})
        held = rows.group_by("case").aggregate([("said", "count_distinct"), ("said", "count")])
        most = pc.max(held["said_count_distinct"]).as_py()
        kinds, repeated = pc.count_distinct(said).as_py(), pc.sum(pc.greater(held["said_count"], 1)).as_py() or 0
        return most == 1 and kinds > 1 and repeated > 1

    def _is_row_number(self, name: str) -> bool:
        return name in ARTEFACTS or (self._bare[name] in _VARIANT and set(self._bare.values()) >= _VARIANT)

    def _is_number(self, name: str) -> bool:
        said = self._sample[name].drop_null()
        if not len(said) or not pa.types.is_string(said.type):
            return False
        plain = pc.match_substring_regex(said, r"^\s*-?(?:0|[1-9]\d{0,17})(?:[.,]\d{1,17})?\s*$")
        return bool(pc.all(plain).as_py())

    def _columns(self) -> str:
        shown = list(self._sample)[:60]
        return ", ".join(shown) + (", …" if len(shown) < len(self._sample) else "")

    def _missing(self, what: str, field: str) -> InputError:
        return InputError(
            f"No column of {self._path} seems to say {what}.",
            f"Name it with --map {field}=COLUMN. Columns: {self._columns()}.",
            f"input-no-{field}",
        )


def joined(columns: Sample, source: Source, separator: str = "") -> pa.Array:
    """The values of a source: one column as it is, several joined as text, or the first that says something."""
    arrays = [columns[name] for name in source.columns]
    if len(arrays) == 1:
        return arrays[0]
    texts = [a if pa.types.is_string(a.type) else a.cast(pa.string()) for a in arrays]
    if source.first:
        return pc.coalesce(*texts)
    return join_said(texts, separator)


def join_said(texts: Sequence[pa.Array], separator: str) -> pa.Array:
    """Strings side by side, those that are null left out; null where all are."""
    # Arrow's join leaves out whole rows when every input is null, so an empty first part keeps them.
    empty = pa.array([""]).take(pa.array(np.zeros(len(texts[0]), np.int64)))
    together = pc.binary_join_element_wise(empty, *texts, separator, null_handling="skip")
    if separator:
        together = pc.utf8_replace_slice(together, 0, len(separator), "")
    return pc.if_else(pc.equal(together, ""), pa.scalar(None, pa.string()), together)


def _order(text: str) -> Order:
    orders: tuple[Literal["dmy", "mdy"], ...] = get_args(Order)
    for order in orders:
        if text == order:
            return order
    raise UsageError(f"date_order is {text!r}.", f"Give one of: {', '.join(orders)}.")
