"""Parquet carries everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model.time import LATEST
from guildbook.plugins import ImportOptions
from guildbook.record.exporters.parquet import export_parquet
from guildbook.record.importers.tabular import ParquetImporter


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parquet") / "events.parquet"


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_identity(data: st.DataObject, kit: Any, halves: Any, path: Path) -> None:
    table = kit.admitted(data.draw(kit.rows(extra={**kit.fields, "objects": kit.objects})))
    assert export_parquet(halves(table), path) == table.num_rows
    assert kit.compared(kit.imported(ParquetImporter(), path)) == kit.compared(table.to_pylist())
    assert "Guildbook exported" in ParquetImporter().describe(path, ImportOptions())


def test_rows_that_are_no_events(kit: Any, path: Path) -> None:
    rows = [
        {"time": 1, "action": "ok", "attributes": '{"b": 1, "a": 2}'},
        {"time": 1, "action": "odd", "attributes": "[1]"},
        {"time": 1, "action": "odder", "attributes": "{"},
        {"time": LATEST, "action": "late"},
        {"time": 1},
    ]
    export_parquet([kit.admitted(rows)], path)
    (chunk,) = ParquetImporter().read(path, ImportOptions())
    assert chunk.events.column("attributes").to_pylist() == ['{"a":2,"b":1}']
    assert [(r.line, r.reason.split(",")[0]) for r in chunk.rejected] == [
        (2, "attributes that are no JSON object"),
        (3, "attributes that are no JSON object"),
        (4, "no time"),
        (5, "no activity"),
    ]


def test_only_admitted_events(path: Path) -> None:
    with pytest.raises(ValueError, match="admitted"):
        export_parquet([pa.table({"a": [1]})], path)


def test_bytes_of_other_tables_become_hex(path: Path) -> None:
    pq.write_table(pa.table({"time": ["2020-01-01"], "action": ["go"], "raw": pa.array([b"\xff\x00"])}), path)
    (chunk,) = ParquetImporter().read(path, ImportOptions())
    assert chunk.events.column("attributes").to_pylist() == ['{"raw":"ff00"}']
