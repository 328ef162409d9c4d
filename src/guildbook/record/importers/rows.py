"""A table's columns as they stand in the file, before anything is guessed of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from guildbook.model.errors import InputError
from guildbook.record.importers._batches import parquet_batches, text_batches
from guildbook.record.importers._dialect import TextTable

_PARQUET = b"PAR1"


def columns(path: Path) -> pa.Table:
    """Every readable row of a delimited or Parquet file, in order. Raises `InputError` when there is none."""
    batches = parquet_batches(path) if _head(path) == _PARQUET else text_batches(TextTable(path))
    tables = [pa.table(dict(batch.columns)) for batch in batches if batch.lines]
    if not tables:
        raise InputError(f"{path} has no rows.", "Give a file with events in it.", "input-empty")
    return pa.concat_tables(tables, promote_options="default")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Give the path of a file.") from error
