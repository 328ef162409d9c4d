"""Events as an object-centric log (OCEL 2.0), JSON or SQLite.

The case becomes an object of the type before its colon, related with the qualifier `case`; the person becomes an
object of type `worker`; case attributes become the case object's, with the time from which each value holds. Fields
OCEL has no name for become attributes `guildbook:FIELD`. Not carried: the event's id and source, JSON nulls, the
absence of a case attribute on some events of a case, and the structure of nested values, which become JSON text.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from guildbook.model.errors import InputError
from guildbook.record.exporters._objects import EPOCH, ObjectLog, Step, Thing, object_log, scalar
from guildbook.record.exporters._sink import BytesSink

_SQL_KINDS: Final = {"boolean": "BOOLEAN", "integer": "INTEGER", "float": "REAL", "time": "TIMESTAMP", "string": "TEXT"}
_TABLES: Final = (
    "CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);"
    "CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);"
    "CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);"
    "CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);"
    "CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);"
    "CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);"
)
_MOST_COLUMNS: Final = 1_900  # SQLite's own limit is 2,000
_HALVES: Final = re.compile("[\ud800-\udfff]")
_LARGEST: Final = 2**63


def export_ocel_json(tables: Iterable[pa.Table], out: BytesSink) -> int:
    """Write events of `ADMITTED_SCHEMA` as OCEL 2.0 JSON; the number of events. Lone surrogates become U+FFFD."""
    log = object_log(tables)
    out.write(b'{"objectTypes":')
    out.write(_json(_types(log.thing_kinds)))
    out.write(b',"eventTypes":')
    out.write(_json(_types(log.step_kinds)))
    out.write(b',"objects":[')
    _write_list(out, (_object(thing) for thing in log.things.values()))
    out.write(b'],"events":[')
    _write_list(out, (_event(step) for step in log.steps))
    out.write(b"]}\n")
    return len(log.steps)


def export_ocel_sqlite(tables: Iterable[pa.Table], path: Path) -> int:
    """Write events of `ADMITTED_SCHEMA` as an OCEL 2.0 database at `path`, which must not exist; the number of events.

    Besides what the module says: zero characters become U+FFFD, and attributes of one type whose names differ in
    letter case only are told apart by a number, since SQLite does not tell them apart.
    Raises `InputError` when the file exists or cannot be written, or a type has more attributes than a table can have
    columns.
    """
    if path.exists():
        raise InputError(f"{path} exists.", "Give the name of a new file, or remove that one.", "output-exists")
    log = object_log(tables)
    try:
        with closing(sqlite3.connect(path)) as db, db:
            db.executescript(_TABLES)
            _write_objects(db, log)
            _write_events(db, log)
    except sqlite3.Error as error:
        raise InputError(f"{path} cannot be written: {error}.", "Check the folder and the space left.") from error
    return len(log.steps)


# JSON


def _types(kinds: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in sorted(attributes.items())]}
        for name, attributes in sorted(kinds.items())
    ]


def _object(thing: Thing) -> dict[str, Any]:
    changes = [{"name": name, "time": time, "value": scalar(value)} for time, name, value in thing.changes]
    return {"id": thing.key, "type": thing.type, "attributes": changes, "relationships": []}


def _event(step: Step) -> dict[str, Any]:
    return {
        "id": step.key,
        "type": step.type,
        "time": step.time,
        "attributes": [{"name": name, "value": scalar(value)} for name, value in step.attributes.items()],
        "relationships": [{"objectId": key, "qualifier": qualifier} for key, qualifier in step.related],
    }


def _write_list(out: BytesSink, items: Iterator[dict[str, Any]]) -> None:
    mark = b"\n"
    for item in items:
        out.write(mark + _json(item))
        mark = b",\n"


def _json(value: Any) -> bytes:
    return _HALVES.sub("\ufffd", json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()


# SQLite


def _write_objects(db: sqlite3.Connection, log: ObjectLog) -> None:
    _insert(db, "object", ((_cell(t.key), _cell(t.type)) for t in log.things.values()), 2)
    for place, (kind, kinds) in enumerate(sorted(log.thing_kinds.items())):
        short = _short(kind, place)
        db.execute("INSERT INTO object_map_type VALUES (?, ?)", (_cell(kind), short))
        columns = _create(db, f"object_{short}", ("ocel_changed_field TEXT",), kinds)
        rows = (row for thing in log.things.values() if thing.type == kind for row in _object_rows(thing, columns))
        _insert(db, f"object_{short}", rows, 3 + len(columns))


def _object_rows(thing: Thing, columns: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """A row for what the object was from the beginning, even if that is nothing, then one for each change."""
    first = {name: value for time, name, value in thing.changes if time == EPOCH}
    yield _object_row(thing, EPOCH, None, columns, first)
    for time, name, value in thing.changes:
        if time != EPOCH:
            yield _object_row(thing, time, columns[name], columns, {name: value})


def _object_row(
    thing: Thing, time: str, changed: str | None, columns: dict[str, str], said: dict[str, Any]
) -> tuple[Any, ...]:
    return (_cell(thing.key), time, changed, *(_cell(scalar(said.get(name))) for name in columns))


def _write_events(db: sqlite3.Connection, log: ObjectLog) -> None:
    _insert(db, "event", ((step.key, _cell(step.type)) for step in log.steps), 2)
    for place, (kind, kinds) in enumerate(sorted(log.step_kinds.items())):
        short = _short(kind, place)
        db.execute("INSERT INTO event_map_type VALUES (?, ?)", (_cell(kind), short))
        columns = _create(db, f"event_{short}", (), kinds)
        rows = (
            (step.key, step.time, *(_cell(scalar(step.attributes.get(name))) for name in columns))
            for step in log.steps
            if step.type == kind
        )
        _insert(db, f"event_{short}", rows, 2 + len(columns))
    related = ((step.key, _cell(key), _cell(qualifier)) for step in log.steps for key, qualifier in step.related)
    _insert(db, "event_object", related, 3)


def _create(db: sqlite3.Connection, table: str, more: tuple[str, ...], kinds: dict[str, str]) -> dict[str, str]:
    """Make a type's table; attribute → column."""
    if len(kinds) > _MOST_COLUMNS:
        what = f"A type has {len(kinds):,} attributes, more than a SQLite table can hold."
        raise InputError(what, "Export it as JSON.", "output-wide")
    columns: dict[str, str] = {}
    taken = {"ocel_id", "ocel_time", "ocel_changed_field"}
    for name in sorted(kinds):
        column, times = str(_cell(name)), 1
        while column.lower() in taken:
            times += 1
            column = f"{_cell(name)} ({times})"
        taken.add(column.lower())
        columns[name] = column
    declared = [f"{_quoted(columns[name])} {_SQL_KINDS[kinds[name]]}" for name in columns]
    db.execute(
        f"CREATE TABLE {_quoted(table)} ({', '.join(['ocel_id TEXT', 'ocel_time TIMESTAMP', *more, *declared])})"
    )
    return columns


def _insert(db: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]], width: int) -> None:
    marks = ", ".join("?" * width)
    db.executemany(f"INSERT INTO {_quoted(table)} VALUES ({marks})", rows)  # noqa: S608 (the name is quoted)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value).replace("\0", "\ufffd")
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return str(value)
    return value


def _short(name: str, place: int) -> str:
    """A type's name as the end of a table's name: letters and digits, and its place to keep it unique."""
    return f"{re.sub('[^A-Za-z0-9]+', '', name)[:40]}{place}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
