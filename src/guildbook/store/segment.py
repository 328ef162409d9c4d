"""The segment file: the events of one worker in one month, encrypted.

Layout, little-endian: magic `GBSEG` and a zero byte (6), version (2), segment id (16), length of the case index (8),
length of the rows (8), then the two encrypted pieces (each 12 bytes nonce, ciphertext, 16 bytes tag). The case index is
the sorted uint64 `model.ids.symbol`s of the cases. The rows are a Parquet file (zstd, in small ones LZ4 for some or all
columns) sorted by time, `seq` (null first) and id; columns of `EVENT_SCHEMA` that are null throughout are left out.
Both pieces are bound to worker, month and segment id, so a file moved or renamed does not open. Why whole pieces and
not Parquet's own encryption: docs/decisions/0002.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import U64
from guildbook.model.errors import StoreError
from guildbook.store.cipher import decrypt, encrypt
from guildbook.store.cutting import Cut

SUFFIX: Final = ".gbseg"
_MAGIC: Final = b"GBSEG\0"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<6sH16sQQ")

_WORDS: Final = frozenset(f.name for f in EVENT_SCHEMA if pa.types.is_dictionary(f.type))

_FEW: Final = 1_000
"""Rows below which the setting up of zstd, once a column, costs more than all else: LZ4 halves writing and reading."""
_MIDDLING: Final = 16_384
"""Rows below which that is so for columns of few bytes: a fifth off writing, a quarter off reading, 4 % more bytes."""
_LONG: Final = frozenset(
    {"duration", "seq", "recorded_at", "window", "value_before", "value_after", "objects", "attributes"}
)
"""Columns of many bytes that zstd makes much shorter than LZ4 does."""
_PARQUET: Final[dict[str, Any]] = {
    # Statistics serve whoever skips row groups; a segment is small, and only its time range is ever asked for.
    "write_statistics": ["time"],
    "column_encoding": {"time": "DELTA_BINARY_PACKED"},
}


def _leaves(field: pa.Field, path: str = "") -> Iterator[str]:
    """What Parquet calls the columns that a field becomes."""
    path += field.name
    if pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _leaves(inner, f"{path}.")
    elif pa.types.is_list(field.type) or pa.types.is_fixed_size_list(field.type):
        yield from _leaves(pa.field("element", field.type.value_type), f"{path}.list.")
    else:
        yield path


_CODECS: Final = {leaf: "zstd" if field.name in _LONG else "lz4" for field in EVENT_SCHEMA for leaf in _leaves(field)}


class BadSegmentError(StoreError):
    """A segment file that is not what the ledger says it is."""

    def __init__(self, path: Path, fault: str, code: str) -> None:
        super().__init__(
            f"The segment file {path} {fault}.",
            "Restore it from a backup, or import its source again; `guildbook doctor` lists all damage.",
            code,
        )


@dataclass(frozen=True, slots=True)
class Address:
    """What a segment's bytes are bound to."""

    id: str
    worker: str
    month: str

    @property
    def path(self) -> str:
        """Where it stands, relative to the book's folder."""
        return f"segments/{self.month}/{self.id}{SUFFIX}"

    @property
    def bound(self) -> tuple[str, str, str, str]:
        """The words both pieces are bound to."""
        return ("segment", self.worker, self.month, self.id)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A segment ready to be written."""

    parts: tuple[bytes, ...]
    bytes: int


def encode(address: Address, key: bytes, cut: Cut) -> Encoded:
    """Encrypt what a segment is to hold as a segment file."""
    index = encrypt(key, cut.cases.astype("<u8").tobytes(), *address.bound, "cases")
    rows = encrypt(key, _parquet(cut.events), *address.bound, "rows")
    header = _HEADER.pack(_MAGIC, _VERSION, bytes.fromhex(address.id), len(index), len(rows))
    return Encoded((header, index, rows), len(header) + len(index) + len(rows))


def read_rows(home: Path, address: Address, key: bytes, columns: Sequence[str]) -> pa.Table:
    """Some columns of a segment, typed as in `EVENT_SCHEMA`."""
    path = home / address.path
    sealed = _piece(path, address, second=True)
    plain = decrypt(key, sealed, *address.bound, "rows", what=f"The segment file {path}")
    return _from_parquet(plain, columns)


def read_cases(home: Path, address: Address, key: bytes) -> U64:
    """Sorted uint64 symbols of the cases in a segment; reads only the index."""
    path = home / address.path
    sealed = _piece(path, address, second=False)
    plain = decrypt(key, sealed, *address.bound, "cases", what=f"The case index of {path}")
    return np.frombuffer(plain, "<u8")


def looks_like_one(path: Path) -> bool:
    """Whether a file begins as a segment file does."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _parquet(events: pa.Table) -> memoryview:
    out = pa.BufferOutputStream()
    words: Any = [name for name in events.column_names if name in _WORDS]
    pq.write_table(events, out, use_dictionary=words, compression=_codec(events.num_rows), **_PARQUET)
    return memoryview(out.getvalue()).cast("B")


def _codec(rows: int) -> Any:
    """How columns are compressed: all alike, or each leaf of the schema as it is named."""
    if rows < _FEW:
        return "lz4"
    return "zstd" if rows >= _MIDDLING else _CODECS


def _from_parquet(plain: bytes, columns: Sequence[str]) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(plain))
    table = file.read(columns=list(columns), use_threads=False)  # those that are not there are passed over
    return _shaped(table, columns, file.metadata.num_rows)


def shaped(events: pa.Table, columns: Sequence[str]) -> pa.Table:
    """What `read_rows` gives of the segment that these events make."""
    return _shaped(events, columns, events.num_rows)


def _shaped(table: pa.Table, columns: Sequence[str], rows: int) -> pa.Table:
    schema = _schema(tuple(columns))
    held = set(table.column_names)
    arrays: list[pa.ChunkedArray | pa.Array] = []
    for field in schema:
        column = table[field.name] if field.name in held else pa.nulls(rows, field.type)
        arrays.append(column if column.type == field.type else column.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


@lru_cache(maxsize=64)
def _schema(columns: tuple[str, ...]) -> pa.Schema:
    return pa.schema([EVENT_SCHEMA.field(name) for name in columns])


def _piece(path: Path, address: Address, *, second: bool) -> bytes:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise BadSegmentError(path, "is missing", "segment-missing") from None
    with file:
        head = file.read(_HEADER.size)
        if head[: len(_MAGIC)] != _MAGIC[: len(head)]:
            raise BadSegmentError(path, "is not a segment file", "segment-foreign")
        if len(head) < _HEADER.size:
            raise BadSegmentError(path, "is cut short", "segment-truncated")
        _, version, found, index, rows = _HEADER.unpack(head)
        if version != _VERSION:
            raise StoreError(
                f"The segment file {path} has format {version}; this Guildbook reads {_VERSION}.",
                "Upgrade Guildbook: pip install --upgrade guildbook.",
                "segment-newer",
            )
        if found.hex() != address.id:
            raise BadSegmentError(path, f"is segment {found.hex()}", "segment-foreign")
        size = os.fstat(file.fileno()).st_size
        if size != _HEADER.size + index + rows:
            raise BadSegmentError(path, "is cut short or has grown", "segment-truncated")
        if second:
            file.seek(_HEADER.size + index)
        return file.read(rows if second else index)
