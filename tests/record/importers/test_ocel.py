"""OCEL 2.0: the case and the person among the objects, values over time, hostile files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from guildbook.model.errors import UnknownNameError
from guildbook.plugins import Importer, ImportOptions
from guildbook.record.importers.ocel import OcelImporter

Read = Callable[..., Any]
Write = Callable[[Any], Path]


def related(*pairs: str) -> list[dict[str, str]]:
    return [dict(zip(("objectId", "qualifier"), pair.split("/"), strict=True)) for pair in pairs]


def event(kind: str, time: str, *pairs: str, **values: Any) -> dict[str, Any]:
    said = [{"name": name, "value": value} for name, value in values.items()]
    return {"id": f"{kind}{time}", "type": kind, "time": time, "attributes": said, "relationships": related(*pairs)}


LOG: dict[str, Any] = {
    "objectTypes": [
        {"name": "order", "attributes": [{"name": "price", "type": "integer"}, {"name": "due", "type": "time"}]},
        {"name": "item", "attributes": []},
        {"name": "employee", "attributes": []},
    ],
    "eventTypes": [{"name": "place", "attributes": [{"name": "n", "type": "integer"}]}],
    "objects": [
        {
            "id": "o1",
            "type": "order",
            "attributes": [
                {"name": "price", "time": "1970-01-01T00:00:00Z", "value": "5"},
                {"name": "price", "time": "2020-01-02T00:00:00Z", "value": 7},
                {"name": "due", "time": "1970-01-01T00:00:00Z", "value": "2020-03-01"},
            ],
        },
        {"id": "o2", "type": "order", "attributes": []},
        *[{"id": f"i{n}", "type": "item"} for n in range(3)],
        {"id": "employee:ann", "type": "employee"},
        {"id": "bob", "type": "employee"},
    ],
    "events": [
        event("place", "2020-01-01T10:00:00Z", "o1/", "i0/contains", "i1/contains", "employee:ann/by", n="2"),
        event("pay", "2020-01-03T10:00:00+02:00", "o1/", "bob/to", "employee:ann/by"),
        event("place", "2020-01-01T09:00:00Z", "o2/", "i2/contains", "bob/by"),
        event("merge", "2020-01-04T00:00:00Z", "o1/", "o2/", "gone/"),
        event("late", "2020-01-02T00:00:00Z", "o1/"),
    ],
}


@pytest.fixture
def ocel(tmp_path: Path) -> Write:
    def write(found: Any) -> Path:
        path = tmp_path / "log.json"
        path.write_text(found if isinstance(found, str) else json.dumps(found))
        return path

    return write


def sqlite_log(path: Path) -> Path:
    script = """
    CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
    CREATE TABLE event_Place (ocel_id TEXT, ocel_time TIMESTAMP, n INTEGER, fast BOOLEAN);
    CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
    CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
    CREATE TABLE object_Order
        (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, price INTEGER, due TIMESTAMP);
    CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
    CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
    INSERT INTO event VALUES ('e1', 'place order'), ('e2', 'place order');
    INSERT INTO event_map_type VALUES ('place order', 'Place'), ('never', 'Never');
    INSERT INTO event_Place VALUES ('e1', '2020-01-01 10:00:00', 2, 1), ('e2', '2020-01-03 10:00:00', NULL, NULL);
    INSERT INTO object VALUES ('o1', 'order'), ('ann', 'user');
    INSERT INTO object_map_type VALUES ('order', 'Order'), ('user', 'User');
    INSERT INTO object_Order VALUES ('o1', '1970-01-01 00:00:00', NULL, 5, '2020-03-01');
    INSERT INTO object_Order VALUES ('o1', '2020-01-02 00:00:00', 'price', 7, '2099-01-01');
    INSERT INTO event_object VALUES ('e1', 'o1', 'of'), ('e1', 'ann', 'by'), ('e2', 'o1', 'of');
    """
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
        db.commit()
    return path


def test_json(ocel: Write, read: Read) -> None:
    found = read(OcelImporter(), ocel(LOG))
    assert found.error is None
    assert [(r["action"], r.get("case"), r.get("worker"), r["seq"]) for r in found.rows] == [
        ("place", "order:o1", "ann", 0),
        ("pay", "order:o1", "ann", 2),
        ("place", "order:o2", "bob", 0),
        ("merge", None, None, 0),
        ("late", "order:o1", None, 1),
    ]
    first, paid = found.rows[0], found.rows[1]
    assert first["attributes"] == '{"case:due":{"$date":"2020-03-01"},"case:price":5,"n":2}'
    assert paid["attributes"] == '{"case:due":{"$date":"2020-03-01"},"case:price":7}'
    assert first["objects"][1] == {"id": "i0", "type": "item", "qualifier": "contains"}
    assert {"id": "bob", "type": "employee", "qualifier": "to"} in paid["objects"]
    assert all(o["id"] != "employee:ann" for o in first["objects"])
    assert paid["time"] == datetime(2020, 1, 3, 8, tzinfo=UTC)


def test_the_user_chooses_the_case_and_the_person(ocel: Write, read: Read) -> None:
    path = ocel(LOG)
    rows = read(OcelImporter(), path, case_type="item", mapping={"worker": "order"}).rows
    assert [(r.get("case"), r.get("worker")) for r in rows[:3]] == [(None, "o1"), (None, "o1"), ("item:i2", "o2")]
    with pytest.raises(UnknownNameError, match="employee, item, order"):
        next(OcelImporter().read(path, ImportOptions(case_type="truck")))
    assert OcelImporter().describe(path, ImportOptions()) == (
        "OCEL object-centric event log: 5 events, 7 objects; case = order (of employee, item, order); person = employee"
    )


def test_person_as_an_attribute_and_no_objects_at_all(ocel: Write, read: Read) -> None:
    log = {"objects": [], "events": [event("go", "2020-01-01T00:00:00Z", resource="ann", outcome="good", k=[1])]}
    path = ocel(log)
    row = read(OcelImporter(), path).rows[0]
    assert (row["worker"], row["outcome"], row["attributes"]) == ("ann", "good", '{"k":[1]}')
    assert "no cases; person = resource" in OcelImporter().describe(path, ImportOptions())


def test_first_version(ocel: Write, read: Read) -> None:
    log = {
        "ocel:events": {
            "1": {
                "ocel:activity": "go",
                "ocel:timestamp": "2020-01-01",
                "ocel:omap": ["o"],
                "ocel:vmap": {"resource": "ann"},
            }
        },
        "ocel:objects": {"o": {"ocel:type": "order", "ocel:ovmap": {"price": 3}}},
    }
    row = read(OcelImporter(), ocel(log)).rows[0]
    assert (row["action"], row["case"], row["worker"], row["attributes"]) == (
        "go",
        "order:o",
        "ann",
        '{"case:price":3}',
    )


def test_sqlite(tmp_path: Path, read: Read) -> None:
    path = sqlite_log(tmp_path / "log.sqlite")
    before = path.read_bytes()
    rows = read(OcelImporter(), path).rows
    assert [(r["action"], r["case"], r.get("worker"), r["attributes"]) for r in rows] == [
        ("place order", "order:o1", "ann", '{"case:due":{"$date":"2020-03-01"},"case:price":5,"fast":true,"n":2}'),
        ("place order", "order:o1", None, '{"case:due":{"$date":"2020-03-01"},"case:price":7}'),
    ]
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["log.sqlite"]
    assert OcelImporter().sniff(path, before[:65_536]) == 1


def test_rejected_events(ocel: Write, read: Read) -> None:
    log = {"objects": [], "events": [event("go", "never"), event("", "2020-01-01"), event("go", "0000-01-01"), {}, 7]}
    assert [(r.line, r.reason) for r in read(OcelImporter(), ocel(log)).rejected] == [
        (1, "unreadable time: 'never'"),
        (2, "no event type"),
        (3, "time before 1900 or after 2199: '0000-01-01'"),
        (4, "no event type"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "input-empty"),
        ("{", "input-json"),
        ("[" * 100_000, "input-json"),
        ("[1]", "input-no-ocel"),
        ('{"events": {}, "objects": []}', "input-no-ocel"),
        ('{"events": [], "objects": [NaN]}', "input-json"),
    ],
)
def test_what_is_no_log(ocel: Write, read: Read, text: str, code: str) -> None:
    assert read(OcelImporter(), ocel(text)).error.code == code


def test_hostile_values(ocel: Write, read: Read) -> None:
    odd = {"a": "x\0y", "b": "\ud800", "c": "</script>"}
    log = {"objects": [{"id": {"a": 1}, "type": [2], "attributes": 3}], "events": [event("g\0o", "2020-01-01", **odd)]}
    text = json.dumps(log).replace('"c":', '"c":').replace('"value": "</script>"', '"value": 1e999')
    row = read(OcelImporter(), ocel(text)).rows[0]
    assert row["action"] == "g\ufffdo"
    assert row["attributes"] == '{"a":"x\ufffdy","b":"?","c":"1e999"}'


def test_hostile_databases(tmp_path: Path, read: Read) -> None:
    path = sqlite_log(tmp_path / "log.sqlite")
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP TABLE event_object;"
            "CREATE VIEW event_object AS WITH RECURSIVE t(ocel_event_id, ocel_object_id, ocel_qualifier) AS "
            "(SELECT 'a', 'b', 'c' UNION ALL SELECT * FROM t) SELECT * FROM t;"
        )
        db.commit()
    found = read(OcelImporter(), path)
    assert found.error.code == "input-no-ocel"
    generated = sqlite_log(tmp_path / "generated.sqlite")
    with closing(sqlite3.connect(generated)) as db:
        db.executescript(
            "DROP TABLE event_Place; CREATE TABLE event_Place (ocel_id, ocel_time, n AS (hex(zeroblob(9))))"
        )
        db.commit()
    assert read(OcelImporter(), generated).table.num_rows == 0
    cut = tmp_path / "cut.sqlite"
    cut.write_bytes(sqlite_log(tmp_path / "whole.sqlite").read_bytes()[:9_000])
    assert read(OcelImporter(), cut).error.code == "input-sqlite"
    assert read(OcelImporter(), tmp_path).error.code == "input-folder"
    assert "cannot be read" in read(OcelImporter(), tmp_path / "none").error.what


def test_sniff_and_fingerprint(ocel: Write, tmp_path: Path) -> None:
    importer = OcelImporter()
    assert isinstance(importer, Importer)
    path = ocel(LOG)
    assert importer.sniff(path, path.read_bytes()) == 1
    assert importer.sniff(tmp_path / "a.json", b'{"buckets": {}}') == 0
    assert importer.sniff(tmp_path / "a.jsonocel", b"{}") == 0.9
    one, two = ImportOptions(), ImportOptions(case_type="item")
    assert importer.fingerprint(path, one) != importer.fingerprint(path, two)
