"""The inbox's batch: one worker's events of one chunk as a compressed, encrypted Arrow stream of plain columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import one_array

_CODEC: Final = "zstd"
_LEVEL: Final = 1
_LENGTH: Final = 8


def plain(events: pa.Table, ids: pa.Array) -> pa.Table:
    """The columns of `EVENT_SCHEMA` that hold anything, strings spelt out.

    Spelt out, some rows hold their own strings and no others; a dictionary would carry every worker's.
    """
    columns: dict[str, pa.Array] = {"id": ids}
    for field in EVENT_SCHEMA:
        if field.name == "id" or events[field.name].null_count == events.num_rows:
            continue
        column = one_array(events[field.name])
        columns[field.name] = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    return pa.table(columns)


def by_worker(codes: npt.NDArray[np.int64], events: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Each worker's code with their rows, in the order the rows had. Rows with a negative code are left out."""
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :]
    if len(order) == 0:
        return
    kept = codes[order]
    starts = np.flatnonzero(np.diff(kept, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(kept)], strict=True):
        # Taken, not sliced: Arrow pads the buffers of a slice with its neighbours' bytes when it writes them.
        yield int(kept[start]), events.take(pa.array(order[start:end]))


def pack(events: pa.Table) -> bytes:
    """A table as bytes: the plain length (8, little-endian), then a zstd-compressed Arrow stream."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, events.schema) as stream:
        stream.write_table(events)
    raw = out.getvalue()
    return len(raw).to_bytes(_LENGTH, "little") + pa.Codec(_CODEC, _LEVEL).compress(raw, asbytes=True)


def unpack(packed: bytes) -> pa.Table:
    """The reverse of `pack`."""
    size = int.from_bytes(packed[:_LENGTH], "little")
    raw = pa.Codec(_CODEC).decompress(memoryview(packed)[_LENGTH:], size)
    with pa.ipc.open_stream(raw) as stream:
        return stream.read_all()


def join(tables: Sequence[pa.Table]) -> pa.Table:
    """Batches as one table; columns that some lack are null there."""
    return pa.concat_tables(tables, promote_options="default")
