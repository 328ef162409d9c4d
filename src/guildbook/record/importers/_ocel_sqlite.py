"""The SQLite form of OCEL 2.0, read without trusting the file: read-only, plain tables only, sizes bounded."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from guildbook.model.errors import InputError
from guildbook.record.importers._fingerprint import unreadable
from guildbook.record.importers._ocel_log import MOST_TYPES, OcelEvent, OcelLog, OcelObject, typed

LONGEST_VALUE: Final = 16 << 20
"""Bytes of one value."""
_TABLES: Final = ("event", "event_map_type", "event_object", "object", "object_map_type")
_OWN: Final = frozenset({"ocel_id", "ocel_time", "ocel_changed_field"})
_KINDS: Final = {"INTEGER": "integer", "INT": "integer", "REAL": "float", "FLOAT": "float", "BOOLEAN": "boolean"}
_TIMES: Final = ("TIMESTAMP", "DATETIME", "DATE")
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA})

Kinds = dict[str, str]


def read_sqlite(path: Path) -> OcelLog:
    """The log. Raises `InputError` when the file is damaged or no OCEL 2.0 database."""
    try:
        with path.open("rb") as handle:
            handle.read(1)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        with closing(_connected(path)) as db:
            return _Database(db, path).log()
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        what = f"{path} cannot be read as SQLite: {str(error)[:200]}."
        raise InputError(what, "Check it with sqlite3's .recover, or fetch it again.", "input-sqlite") from error


def _connected(path: Path) -> sqlite3.Connection:
    # immutable: no lock, no journal is looked for, nothing is ever written beside the file.
    db = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")
    db.text_factory = _text
    db.set_authorizer(_authorize)
    return db


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")


def _authorize(action: int, *_: str | None) -> int:
    """Reading only; not even the functions a stored expression could call."""
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


class _Database:
    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path
        # A view or a virtual table runs code of the file's maker, so only plain tables are looked at.
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        self._tables = {str(name) for name, sql in rows if str(sql).upper().startswith("CREATE TABLE")}

    def log(self) -> OcelLog:
        missing = [name for name in _TABLES if name not in self._tables]
        if missing:
            raise InputError(
                f"{self._path} is SQLite, but no OCEL 2.0 log: it has no table {missing[0]}.",
                "Give an OCEL 2.0 file (ocel-standard.org).",
                "input-no-ocel",
            )
        objects = {str(key): OcelObject(str(kind)) for key, kind in self._rows("object", "ocel_id", "ocel_type")}
        for _, table in self._maps("object"):
            self._histories(table, objects)
        related: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for event, thing, qualifier in self._rows(
            "event_object", "ocel_event_id", "ocel_object_id", "ocel_qualifier", optional="ocel_qualifier"
        ):
            related[str(event)].append((str(thing), str(qualifier or "")))
        return OcelLog(objects, list(self._events(related)))

    def _events(self, related: dict[str, list[tuple[str, str]]]) -> Iterator[OcelEvent]:
        for kind, table in self._maps("event"):
            kinds = self._columns(table)
            for row in self._all(table, kinds):
                said = {k: v for k, v in row.items() if k not in _OWN and v is not None}
                attributes = {k: typed(_plain(v), kinds[k]) for k, v in said.items()}
                time = row.get("ocel_time")
                key = str(row.get("ocel_id"))
                yield OcelEvent(kind, None if time is None else str(time), attributes, tuple(related.get(key, ())))

    def _histories(self, table: str, objects: dict[str, OcelObject]) -> None:
        kinds = self._columns(table)
        for row in self._all(table, kinds):
            thing = objects.get(str(row.get("ocel_id")))
            if thing is None:
                continue
            changed, time = row.get("ocel_changed_field"), row.get("ocel_time")
            for name, value in row.items():
                # A row about one changed field repeats nothing of the others.
                if name not in _OWN and value is not None and changed in {None, "", name}:
                    when = None if time is None else str(time)
                    thing.history.append((when, name, typed(_plain(value), kinds[name])))

    def _maps(self, what: str) -> list[tuple[str, str]]:
        """(type, its table), for the types whose table there is."""
        rows = list(self._rows(f"{what}_map_type", "ocel_type", "ocel_type_map"))
        if len(rows) > MOST_TYPES:
            raise InputError(
                f"{self._path} has more than {MOST_TYPES:,} {what} types.", "No log needs that.", "input-bomb"
            )
        found = [(str(kind), f"{what}_{short}") for kind, short in rows]
        return [(kind, table) for kind, table in found if table in self._tables]

    def _columns(self, table: str) -> Kinds:
        rows = self._db.execute(f"PRAGMA table_info({_quoted(table)})")
        return {str(row[1]): _kind(str(row[2])) for row in rows}

    def _all(self, table: str, kinds: Kinds) -> Iterator[dict[str, Any]]:
        names = list(kinds)
        for row in self._rows(table, *names):
            yield dict(zip(names, row, strict=True))

    def _rows(self, table: str, *columns: str, optional: str = "") -> Iterator[tuple[Any, ...]]:
        there = self._columns(table)
        missing = [c for c in columns if c not in there and c != optional]
        if missing:
            what = f"{self._path} is no OCEL 2.0 log: table {table} has no column {missing[0]}."
            raise InputError(what, "Give an OCEL 2.0 file (ocel-standard.org).", "input-no-ocel")
        chosen = ", ".join(_quoted(c) if c in there else "NULL" for c in columns)
        yield from self._db.execute(f"SELECT {chosen} FROM {_quoted(table)}")  # noqa: S608 (names quoted; nothing else fits there)


def _kind(declared: str) -> str:
    upper = declared.upper()
    return "time" if upper.startswith(_TIMES) else _KINDS.get(upper, "string")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _text(value) if isinstance(value, bytes) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
