"""Rows of a table to event columns, by a plan: whole columns at once, one Python call a distinct word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import TIME, WORD, raw_table
from guildbook.columns.ids import IdAssigner
from guildbook.plugins import Rejected
from guildbook.record.importers._attributes import fragment, key_prefix, missing
from guildbook.record.importers._cases import case_id
from guildbook.record.importers._fields import field_column
from guildbook.record.importers._guess import Sample, join_said, joined
from guildbook.record.importers._plan import Plan
from guildbook.record.importers._time_form import read_times
from guildbook.record.importers._times import clock_micros, in_range, numbers_of
from guildbook.record.importers._xes_values import worker_of

_TEXT: Final = ("value_before", "value_after", "media_sha256", "derived_from")
_JSON: Final = ("objects", "element_bounds", "media_offset")
_SPECIAL: Final = frozenset({"time", "end", "duration", "seq", "recorded_at", "case", "worker", "action", "outcome"})
_NUMBER: Final = re.compile(r"-?\d+")
_LIFECYCLE: Final = "lifecycle:transition"
SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class TableRows:
    """Turns pieces of one table into events."""

    plan: Plan
    namespace: str
    source: str
    _ties: IdAssigner = field(default_factory=IdAssigner, init=False)
    """How many rows of the same case and time came before."""

    def events(self, columns: Sample, lines: list[int]) -> tuple[pa.Table, list[Rejected]]:
        """The events of some rows and the rows that are none.

        `lines`: where each stands in the file, from 1. Rows come in the order of the table, each once.
        """
        micros = read_times(self.plan.time, joined(columns, self.plan.sources["time"], " "))
        action = _words(joined(columns, self.plan.sources["action"]), _trimmed)
        fits = in_range(micros)
        good = pc.and_(fits, action.is_valid())
        table = raw_table(self._fields(columns, micros, action), len(lines))
        if pc.all(good, min_count=0).as_py():
            return table, []
        bad = np.flatnonzero(~good.to_numpy(zero_copy_only=False))
        said = joined(columns, self.plan.sources["time"], " ")
        rejected = [
            Rejected(lines[i], _reason(micros[i].is_valid, action[i].is_valid, said[i].as_py()), _row_text(columns, i))
            for i in map(int, bad)
        ]
        return table.filter(good), rejected

    def _fields(self, columns: Sample, micros: pa.Int64Array, action: pa.Array) -> dict[str, Any]:
        rows = len(micros)
        out: dict[str, Any] = {
            "time": micros.cast(TIME),
            "action": action,
            "source": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([self.source])),
            "attributes": self._attributes(columns, rows),
        }
        for name, source in self.plan.sources.items():
            values = joined(columns, source)
            if name not in _SPECIAL:
                out[name] = _plain_field(name, values)
            elif name == "worker":
                out[name] = _words(values, lambda text: worker_of(_no_point(text)))
            elif name == "case":
                out[name] = _words(values, self._case)
            elif name == "recorded_at":
                out[name] = field_column(name, values.cast(pa.string()).to_pylist())
        if "outcome" in self.plan.sources:
            out["outcome"] = _words(joined(columns, self.plan.sources["outcome"]), _no_point)
        out["duration"] = self._duration(columns, micros)
        out["seq"] = self._seq(columns, out)
        return out

    def _seq(self, columns: Sample, fields: dict[str, Any]) -> pa.Array:
        """The table's own number, else the row's place among those of the same case (or worker) and time.

        Not the place in the file: a file that has grown in the middle would give its old events new numbers, and
        so new ids.
        """
        case, worker = fields.get("case"), fields.get("worker")
        if case is not None and worker is not None:
            worker = pc.if_else(case.is_valid(), pa.scalar(None, pa.string()), worker.cast(pa.string()))
        known = {"time": fields["time"], "case": case, "worker": worker}
        ties = raw_table({name: values for name, values in known.items() if values is not None})
        place = pa.array(self._ties.before(ties).astype(np.int64))
        if "seq" not in self.plan.sources:
            return place
        own = pc.round(numbers_of(joined(columns, self.plan.sources["seq"]))).cast(pa.int64(), safe=False)
        return pc.coalesce(own, place)

    def _case(self, text: str) -> str | None:
        bare = _no_point(text)
        return case_id(self.namespace, bare) if bare else None

    def _duration(self, columns: Sample, micros: pa.Int64Array) -> pa.Array:
        sources = self.plan.sources
        if "duration" in sources:
            values = joined(columns, sources["duration"])
            if pa.types.is_string(values.type) and not _any_number(values):
                return clock_micros(values)
            return pc.round(pc.multiply(numbers_of(values), self.plan.duration_unit)).cast(pa.int64(), safe=False)
        if "end" not in sources or self.plan.end is None:
            return pa.nulls(len(micros), pa.int64())
        length = pc.subtract(read_times(self.plan.end, joined(columns, sources["end"], " ")), micros)
        return pc.if_else(pc.greater_equal(length, 0), length, pa.scalar(None, pa.int64()))

    def _attributes(self, columns: Sample, rows: int) -> pa.Array:
        """Each leftover column as `"key":value` text, joined: JSON without a Python object a row."""
        parts = [self._members(name, columns[name]) for name in sorted(self.plan.leftover, key=self.plan.key)]
        if not parts:
            return pa.nulls(rows, pa.string())
        inner = join_said(parts, ",")
        whole = pc.binary_join_element_wise("{", inner, "}", "")
        return pc.if_else(inner.is_valid(), whole, pa.scalar(None, pa.string()))

    def _members(self, name: str, values: pa.Array) -> pa.Array:
        prefix = key_prefix(self.plan.key(name))
        convert = _number if name in self.plan.numbers else None

        def member(value: Any) -> str | None:
            known = convert(value) if convert else value
            if missing(known) or (name == _LIFECYCLE and str(known).lower() == "complete"):
                return None
            return prefix + fragment(known)

        if pa.types.is_nested(values.type) or pa.types.is_temporal(values.type):
            return pa.array([None if v is None else member(_jsonable(v)) for v in values.to_pylist()], pa.string())
        encoded = values.dictionary_encode()
        made = pa.array([None if v is None else member(v) for v in encoded.dictionary.to_pylist()], pa.string())
        return made.take(encoded.indices)


def _plain_field(name: str, values: pa.Array) -> pa.Array:
    if name in _JSON:
        return field_column(name, values.to_pylist())
    if name in _TEXT:
        return values if pa.types.is_string(values.type) else values.cast(pa.string())
    return _words(values, _trimmed)


def _words(values: pa.Array, convert: Callable[[str], str | None]) -> pa.DictionaryArray:
    """A column of repeating words, each distinct one converted once."""
    texts = values if pa.types.is_string(values.type) else values.cast(pa.string())
    encoded = texts.dictionary_encode()
    made = pa.array([convert(word) for word in encoded.dictionary.to_pylist()], pa.string())
    clean = made.dictionary_encode()  # two words may have become one
    indices = clean.indices.take(encoded.indices)
    return pa.DictionaryArray.from_arrays(indices, clean.dictionary).cast(WORD)


def _trimmed(text: str) -> str | None:
    return text.strip() or None


def _no_point(text: str) -> str:
    """Ids that a tool turned into floats lose their `.0` again."""
    bare = text.strip()
    return bare[:-2] if bare.endswith(".0") and _NUMBER.fullmatch(bare[:-2]) else bare


def _number(text: str) -> Any:
    plain = text.strip().replace(",", ".")
    try:
        return int(plain) if _NUMBER.fullmatch(plain) else float(plain)
    except ValueError:
        return text  # beyond the sample on which the column was judged


def _any_number(values: pa.Array) -> bool:
    return len(numbers_of(values).drop_null()) > 0


def _jsonable(value: Any) -> Any:
    """Values of nested or temporal columns as JSON; what has no form there becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return {"$date": value.isoformat()} if hasattr(value, "isoformat") else str(value)


def _reason(time_read: object, action_said: object, time: Any) -> str:
    if not action_said and time_read:
        return "no activity"
    if time is None:
        return "no time"
    shown = str(time)[:80]
    return f"time before 1900 or after 2199: {shown!r}" if time_read else f"unreadable time: {shown!r}"


def _row_text(columns: Sample, row: int) -> str:
    said = (column[row].as_py() for column in columns.values())
    return ", ".join(str(value) for value in said if value is not None)[:SHOWN]
