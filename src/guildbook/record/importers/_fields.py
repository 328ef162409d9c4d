"""Event fields from JSON values: what an exporter wrote under a field's own name, or a user mapped to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa

from guildbook.columns import RAW_SCHEMA, TIME
from guildbook.record.importers._attributes import fragment
from guildbook.record.importers._times import parse_text

_BOUNDS: Final = 4
_INT64: Final = 2**63
_INT32: Final = 2**31


def field_column(name: str, values: Sequence[Any]) -> pa.Array:
    """A column of `RAW_SCHEMA` from JSON values; what does not fit the field's type is null.

    Times may be text, or `{"$date": text}`.
    """
    kind = RAW_SCHEMA.field(name).type
    if kind == TIME:
        return parse_text(pa.array([_date(v) for v in values], pa.string())).cast(TIME)
    convert = _CONVERT.get(name, _whole if kind == pa.int64() else _word)
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    made = pa.array([None if v is None else convert(v) for v in values], plain)
    return made.dictionary_encode() if pa.types.is_dictionary(kind) else made


def _word(value: Any) -> str:
    return value if isinstance(value, str) else fragment(value)


def _whole(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -_INT64 <= number < _INT64 else None


def _date(value: Any) -> str | None:
    found = value.get("$date") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def _objects(value: Any) -> list[dict[str, str]] | None:
    """`[{"id": …, "type": …, "qualifier": …}]`, as JSON text or already read."""
    found = _read(value)
    if not isinstance(found, list):
        return None
    return [
        {name: _word(item.get(name, "")) for name in ("id", "type", "qualifier")}
        for item in found
        if isinstance(item, dict)
    ]


def _bounds(value: Any) -> list[int] | None:
    found = _read(value)
    if not isinstance(found, list) or len(found) != _BOUNDS:
        return None
    numbers = [_whole(n) for n in found]
    kept = [n for n in numbers if n is not None and -_INT32 <= n < _INT32]
    return kept if len(kept) == _BOUNDS else None


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


_CONVERT: Final[dict[str, Callable[[Any], Any]]] = {"objects": _objects, "element_bounds": _bounds}
