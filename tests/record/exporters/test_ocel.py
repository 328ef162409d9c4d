"""Import after export is the identity on what OCEL carries, as JSON and as SQLite."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model.errors import InputError
from guildbook.record.exporters.ocel import export_ocel_json, export_ocel_sqlite
from guildbook.record.importers.ocel import OcelImporter

Halves = Callable[[pa.Table], list[pa.Table]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ocel")


def through_json(kit: Any, tables: list[pa.Table], folder: Path) -> list[dict[str, Any]]:
    out = io.BytesIO()
    assert export_ocel_json(tables, out) == sum(t.num_rows for t in tables)
    path = folder / "log.json"
    path.write_bytes(out.getvalue())
    return kit.imported(OcelImporter(), path)


def through_sqlite(kit: Any, tables: list[pa.Table], folder: Path) -> list[dict[str, Any]]:
    path = folder / "log.sqlite"
    path.unlink(missing_ok=True)
    assert export_ocel_sqlite(tables, path) == sum(t.num_rows for t in tables)
    return kit.imported(OcelImporter(), path)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_identity_through_json(data: st.DataObject, kit: Any, halves: Halves, folder: Path) -> None:
    table = kit.admitted(data.draw(kit.rows(kit.scalars, {**kit.fields, "objects": kit.objects})))
    assert kit.compared(through_json(kit, halves(table), folder)) == kit.compared(table.to_pylist())


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_identity_through_sqlite(data: st.DataObject, kit: Any, halves: Halves, folder: Path) -> None:
    table = kit.admitted(data.draw(kit.rows(kit.words, {**kit.fields, "objects": kit.objects})))
    assert kit.compared(through_sqlite(kit, halves(table), folder)) == kit.compared(table.to_pylist())


def test_types_and_changes_through_sqlite(kit: Any, folder: Path) -> None:
    said = ['{"case:n":1,"case:s":"a","d":{"$date":"2020-01-01"},"x":1.5,"yes":true}', '{"case:n":2,"case:s":"a"}']
    rows = [{"time": n, "seq": n, "action": "x", "case": "k:1", "attributes": a} for n, a in enumerate(said)]
    assert kit.compared(through_sqlite(kit, [kit.admitted(rows)], folder)) == kit.compared(
        kit.admitted(rows).to_pylist()
    )


def test_every_object_has_a_row_from_the_beginning(kit: Any, folder: Path) -> None:
    through_sqlite(kit, [kit.admitted([{"time": 0, "seq": 0, "action": "x", "worker": "ann", "case": "k:1"}])], folder)
    with closing(sqlite3.connect(folder / "log.sqlite")) as db:
        rows = [row for table in ("object_k0", "object_worker1") for row in db.execute(f"SELECT * FROM {table}")]
    assert rows == [("k:1", "1970-01-01T00:00:00Z", None), ("worker:ann", "1970-01-01T00:00:00Z", None)]


def test_what_the_formats_cannot_hold(kit: Any, folder: Path) -> None:
    attributes = json.dumps({"A": 1, "a": "\0", "big": 2**70, "deep": {"b": [1]}, "ocel_id": "x"})
    rows = [{"time": 0, "seq": 0, "action": "x'y\"; DROP TABLE event", "case": "17", "attributes": attributes}]
    assert through_json(kit, [kit.admitted(rows)], folder)[0]["attributes"] == (
        '{"A":1,"a":"\ufffd","big":1180591620717411303424,"deep":"{\\"b\\":[1]}","ocel_id":"x"}'
    )
    row = through_sqlite(kit, [kit.admitted(rows)], folder)[0]
    assert (row["action"], row["case"]) == ("x'y\"; DROP TABLE event", "case:17")
    assert set(json.loads(row["attributes"])) == {"A", "a (2)", "big", "deep", "ocel_id (2)"}


def test_workers_and_equal_ids_of_two_types(kit: Any, folder: Path) -> None:
    things = [{"id": "1", "type": "a", "qualifier": "q"}, {"id": "1", "type": "b", "qualifier": ""}]
    rows = [{"time": 0, "seq": 0, "action": "x", "worker": "ann", "objects": things}]
    row = through_json(kit, [kit.admitted(rows)], folder)[0]
    assert row["worker"] == "ann"
    assert [(o["id"], o["type"]) for o in row["objects"]] == [("1", "a"), ("b:1", "b")]


def test_no_file_is_overwritten_and_too_wide_is_said(kit: Any, folder: Path) -> None:
    path = folder / "there.sqlite"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="exists"):
        export_ocel_sqlite([], path)
    with pytest.raises(InputError, match="cannot be written"):
        export_ocel_sqlite([], folder / "no such folder" / "log.sqlite")
    wide = json.dumps({f"k{n}": n for n in range(1_901)})
    rows = [{"time": 0, "seq": 0, "action": "x", "attributes": wide}]
    with pytest.raises(InputError, match="1,902 attributes"):
        export_ocel_sqlite([kit.admitted(rows)], folder / "wide.sqlite")


def test_the_database_has_the_tables_of_the_standard(kit: Any, folder: Path) -> None:
    through_sqlite(kit, [], folder)
    with closing(sqlite3.connect(folder / "log.sqlite")) as db:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {"event", "event_map_type", "object", "object_map_type", "event_object", "object_object"}
