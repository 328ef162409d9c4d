"""Event columns in pieces, until they are a chunk; times are read here, a column at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import RAW_SCHEMA, TIME, raw_table
from guildbook.plugins import Rejected
from guildbook.record.importers._times import in_range, parse_text

SHOWN: Final = 500


class UnusualError(Exception):
    """A stretch of a file that only the general way can read."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some events."""

    times: pa.StringArray
    """As written."""
    lines: npt.NDArray[np.int64]
    columns: Mapping[str, pa.Array]
    """Field → values, strings not dictionary encoded yet; at least action and worker."""


def table_of(parts: list[Part], source: str) -> tuple[pa.Table, list[Rejected]]:
    """The events of all parts as one `RAW_SCHEMA` table, and those whose time is none."""
    rows = sum(len(part.times) for part in parts)
    texts = pa.chunked_array([part.times for part in parts], pa.string()).combine_chunks()
    micros = parse_text(texts)
    columns: dict[str, Any] = {
        "time": micros.cast(TIME),
        "source": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([source])),
    }
    for name in sorted({name for part in parts for name in part.columns}):
        columns[name] = _joined(name, parts)
    table = raw_table(columns, rows)
    fits = in_range(micros)
    if pc.all(fits, min_count=0).as_py():
        return table, []
    lines = np.concatenate([part.lines for part in parts])
    bad = [int(row) for row in np.flatnonzero(~fits.to_numpy(zero_copy_only=False))]
    rejected = [_rejected(table, row, int(lines[row]), texts[row].as_py(), read=micros[row].is_valid) for row in bad]
    return table.filter(fits), rejected


def _joined(name: str, parts: list[Part]) -> pa.Array:
    kind = RAW_SCHEMA.field(name).type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    pieces = [part.columns[name] if name in part.columns else pa.nulls(len(part.times), plain) for part in parts]
    whole = pa.chunked_array([p.cast(plain) for p in pieces], plain).combine_chunks()
    return whole.dictionary_encode() if pa.types.is_dictionary(kind) else whole


def _rejected(table: pa.Table, row: int, line: int, text: str, *, read: bool) -> Rejected:
    why = "time before 1900 or after 2199" if read else "unreadable time"
    said = f"{table.column('action')[row].as_py()} {table.column('worker')[row].as_py() or ''} {text}"
    return Rejected(line, f"{why}: {text[:80]!r}", said[:SHOWN])
