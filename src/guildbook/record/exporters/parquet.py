"""Events as Parquet: the event columns as they are, for whatever reads Parquet, and for import elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from guildbook.columns import ADMITTED_SCHEMA
from guildbook.record.exporters._ordered import admitted


def export_parquet(tables: Iterable[pa.Table], out: Path | BinaryIO) -> int:
    """Write tables of `ADMITTED_SCHEMA` one after another, compressed with zstd; the number of events.

    Everything is carried; importing the file again gives every field but the id. Raises `ValueError` for a table of
    another schema.
    """
    count = 0
    with pq.ParquetWriter(out, ADMITTED_SCHEMA, compression="zstd") as writer:
        for table in tables:
            writer.write_table(admitted(table))
            count += table.num_rows
    return count
