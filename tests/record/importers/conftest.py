"""What the importers' tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildbook.columns import RAW_SCHEMA
from guildbook.model.errors import InputError
from guildbook.plugins import Importer, ImportOptions, Rejected


@dataclass(frozen=True)
class Read:
    """Everything an importer gave, and the error it ended with."""

    table: pa.Table
    rejected: list[Rejected]
    error: InputError | None
    chunks: int

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The events without their null fields."""
        return [{k: v for k, v in row.items() if v is not None} for row in self.table.to_pylist()]


def read_all(importer: Importer, path: Path, **options: Any) -> Read:
    tables, rejected, error, last = [], list[Rejected](), None, 0.0
    chunks = 0
    try:
        settings: dict[str, Any] = {"namespace": "L", **options}
        for chunk in importer.read(path, ImportOptions(**settings)):
            assert chunk.events.schema == RAW_SCHEMA
            assert last <= chunk.progress <= 1
            last = chunk.progress
            chunk.events.validate(full=True)
            tables.append(chunk.events)
            rejected += chunk.rejected
            chunks += 1
    except InputError as raised:
        error = raised
    table = pa.concat_tables(tables).unify_dictionaries() if tables else RAW_SCHEMA.empty_table()
    return Read(table, rejected, error, chunks)


@pytest.fixture
def read() -> Callable[..., Read]:
    """`read(importer, path, **options)`; every chunk is checked against the contract."""
    return read_all
