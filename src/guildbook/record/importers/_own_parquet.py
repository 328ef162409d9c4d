"""Parquet that Guildbook exported: the event columns come back as they were, after the checks any input gets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from guildbook.columns import RAW_SCHEMA
from guildbook.columns.words import as_words
from guildbook.plugins import Chunk, Rejected
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._batches import ROWS, SHOWN, opened
from guildbook.record.importers._times import in_range

_STRING: Final = r'"[^"\\\x00-\x1f]*"'
# A name that began with a colon could be mistaken for the end of one.
_NAME: Final = r'"[^"\\\x00-\x1f:][^"\\\x00-\x1f]*"'
# Numbers this short come back from Python's `repr` as they were written.
_NUMBER: Final = r"(?:0|-?[1-9][0-9]{0,11})(?:\.[0-9]{0,2}[1-9])?"
_MEMBER: Final = f"{_NAME}:(?:{_STRING}|{_NUMBER}|true|false)"
_PLAIN: Final = f"^\\{{{_MEMBER}(?:,{_MEMBER})*\\}}$"
"""A flat object as `canonical` would write it, but for the order of its names."""
_VALUE: Final = f'":(?:{_STRING}|[^",}}]+)'
_NAMES: Final = re.compile('"([^"]+)":')


def is_own(path: Path) -> bool:
    """Whether a file has every event column, in the types of `RAW_SCHEMA`."""
    with opened(path) as file:
        found: pa.Schema = file.schema_arrow
        return all(f.name in found.names and found.field(f.name).type == f.type for f in RAW_SCHEMA)


def own_chunks(path: Path) -> Iterator[Chunk]:
    """The events. Rows without a time or an action, or whose attributes are no JSON object, are rejected."""
    with opened(path) as file:
        yield from _chunks(file)


def _chunks(file: pq.ParquetFile) -> Iterator[Chunk]:
    total, first = max(file.metadata.num_rows, 1), 0
    for batch in file.iter_batches(batch_size=ROWS, columns=RAW_SCHEMA.names):
        table = pa.Table.from_batches([batch]).select(RAW_SCHEMA.names)
        attributes, sound = _attributes(batch.column("attributes"))
        table = table.set_column(RAW_SCHEMA.get_field_index("attributes"), RAW_SCHEMA.field("attributes"), attributes)
        timely = in_range(batch.column("time").cast(pa.int64()))
        good = pc.and_(pc.and_(timely, batch.column("action").is_valid()), sound)
        rejected: list[Rejected] = []
        if not pc.all(good, min_count=0).as_py():
            for row in map(int, np.flatnonzero(~good.to_numpy(zero_copy_only=False))):
                reason = _reason(timely[row].as_py(), sound[row].as_py())
                rejected.append(Rejected(first + row + 1, reason, str(table.slice(row, 1).to_pylist()[0])[:SHOWN]))
            table = table.filter(good)
        first += batch.num_rows
        yield Chunk(table, tuple(rejected), min(1.0, first / total))


def _attributes(column: pa.DictionaryArray) -> tuple[pa.DictionaryArray, pa.BooleanArray]:
    """The attributes in canonical form, and where they are none or a JSON object. Only words that rows use are read."""
    column = as_words(column)
    words = column.dictionary
    done = already_canonical(words)
    if done.all():
        return column, pa.array(np.ones(len(column), np.bool_))
    read = [_canonical(word) for word in words.filter(pa.array(~done)).to_pylist()]
    texts = pc.replace_with_mask(words, pa.array(~done), pa.array([text for _, text in read], pa.string()))
    clean = texts.dictionary_encode()
    fine = done
    fine[~done] = [good for good, _ in read]
    sound = pa.array(fine).take(column.indices)
    indices = clean.indices.take(column.indices)
    return pa.DictionaryArray.from_arrays(indices, clean.dictionary), pc.fill_null(sound, fill_value=True)


def already_canonical(words: pa.StringArray) -> NDArray[np.bool_]:
    """Which texts are surely canonical: those of flat objects of plain texts and short numbers, names in order.

    Found by two expressions over the column and a look at each combination of names that occurs, which is many times
    faster than reading every text. Others may be canonical too.
    """
    plain = pc.fill_null(pc.match_substring_regex(words, _PLAIN), fill_value=False)
    shapes = pc.replace_substring_regex(words.filter(plain), _VALUE, '":').dictionary_encode()
    ordered = [_ascending(_NAMES.findall(shape)) for shape in shapes.dictionary.to_pylist()]
    out = plain.to_numpy(zero_copy_only=False).copy()
    out[out] = np.array(ordered, np.bool_)[shapes.indices.to_numpy()]
    return out


def _ascending(names: list[str]) -> bool:
    return all(a < b for a, b in pairwise(names))


def _canonical(text: str | None) -> tuple[bool, str | None]:
    if text is None:
        return True, None
    try:
        found = json.loads(text)
        return isinstance(found, dict), canonical(found) if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        return False, None


def _reason(timely: object, sound: object) -> str:
    if not timely:
        return "no time, or one before 1900 or after 2199"
    return "no activity" if sound else "attributes that are no JSON object"
