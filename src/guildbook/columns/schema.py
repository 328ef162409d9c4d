"""The event table's Arrow schema: one row an event, columns as `model.Event` names them.

`RAW_SCHEMA` is what an importer yields: `worker` is the source's own name for the person (null: nobody named).
`EVENT_SCHEMA` is what a segment holds: `id` added, `worker` gone, since a segment has exactly one.
`ADMITTED_SCHEMA` is what a grant lets a stage read: `worker` back, as the label the grant allows.
Times are timestamp[us, UTC]; `duration` is whole microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

WORD: Final = pa.dictionary(pa.int32(), pa.string())
"""A string column whose values repeat."""
TIME: Final = pa.timestamp("us", tz="UTC")
OBJECTS: Final = pa.list_(pa.struct([("id", pa.string()), ("type", pa.string()), ("qualifier", pa.string())]))

_BODY: Final[list[tuple[str, pa.DataType]]] = [
    ("time", TIME),
    ("duration", pa.int64()),
    ("seq", pa.int64()),
    ("recorded_at", TIME),
    ("source", WORD),
    ("source_version", WORD),
    ("device", WORD),
    ("session", WORD),
    ("app", WORD),
    ("action", WORD),
    ("window", WORD),
    ("document", WORD),
    ("url", WORD),
    ("element_role", WORD),
    ("element_name", WORD),
    ("element_id", WORD),
    ("element_selector", WORD),
    ("element_bounds", pa.list_(pa.int32(), 4)),
    ("value_before", pa.string()),
    ("value_after", pa.string()),
    ("objects", OBJECTS),
    ("case", WORD),
    ("outcome", WORD),
    ("origin", WORD),
    ("media_sha256", pa.string()),
    ("media_offset", pa.int64()),
    ("attributes", WORD),  # a JSON object in canonical form (sorted keys, no spaces); null when empty
    ("redactions", WORD),  # field names, comma-separated
    ("derived_from", pa.string()),
]

SAME: Final = "same:"
"""How `derived_from` begins where it names the fact that the event is."""
ID: Final = pa.field("id", pa.binary(16), nullable=False)
RAW_SCHEMA: Final = pa.schema([("worker", WORD), *_BODY])
EVENT_SCHEMA: Final = pa.schema([ID, *[pa.field(n, t) for n, t in _BODY]])
ADMITTED_SCHEMA: Final = pa.schema([ID, ("worker", WORD), *[pa.field(n, t) for n, t in _BODY]])


def raw_table(columns: Mapping[str, Any], rows: int | None = None) -> pa.Table:
    """A `RAW_SCHEMA` table from a few columns (lists, NumPy or Arrow arrays); the others are null.

    Raises `KeyError` for a name the schema does not have and `ValueError` when lengths differ.
    """
    unknown = set(columns) - set(RAW_SCHEMA.names)
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    arrays: dict[str, pa.Array | pa.ChunkedArray] = {}
    for name, values in columns.items():
        arrays[name] = _as(values, RAW_SCHEMA.field(name).type)
    size = rows if rows is not None else (len(next(iter(arrays.values()))) if arrays else 0)
    if any(len(a) != size for a in arrays.values()):
        raise ValueError("columns differ in length")
    filled = [arrays.get(f.name) for f in RAW_SCHEMA]
    return pa.Table.from_arrays(
        [a if a is not None else pa.nulls(size, f.type) for a, f in zip(filled, RAW_SCHEMA, strict=True)],
        schema=RAW_SCHEMA,
    )


def _as(values: Any, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.ChunkedArray | pa.Array):
        if values.type == kind:
            return values
        if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(values.type):
            return values.cast(kind.value_type).dictionary_encode()
        return values.cast(kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode()
    return pa.array(values, kind)
