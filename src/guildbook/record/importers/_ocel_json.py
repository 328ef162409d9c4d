"""The JSON form of OCEL 2.0, and of its predecessor (`ocel:events`)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from guildbook.model.errors import InputError
from guildbook.record.importers._ocel_log import MOST_TYPES, OcelEvent, OcelLog, OcelObject, typed
from guildbook.record.importers._pieces import Limits, Pieces

LARGEST: Final = 1 << 30
"""Bytes of (unpacked) JSON; it has to be held in memory."""
_ODD: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def read_json(path: Path, limits: Limits | None = None) -> OcelLog:
    """The log. Raises `InputError` when the file is no JSON, or no OCEL log, or too large."""
    data = bytearray()
    for piece in Pieces(path, limits):
        data += piece
        if len(data) > LARGEST:
            what = f"{path} holds more than {LARGEST >> 20} MiB of JSON, which has to fit in memory."
            raise InputError(what, "Convert it to OCEL's SQLite form, or split it.", "input-large")
    if not data.strip():
        raise InputError(f"{path} is empty.", "Give a file with something in it.", "input-empty")
    try:
        found = json.loads(data, parse_constant=_no_number, parse_float=_float)
        if _ODD.search(data):
            found = _clean(found)
    except (ValueError, RecursionError) as error:
        what = f"{path} is not JSON: {str(error)[:200]}."
        raise InputError(what, "Mend the file or fetch it again.", "input-json") from error
    return _log(found, path)


def _log(found: Any, path: Path) -> OcelLog:
    if isinstance(found, dict) and isinstance(found.get("ocel:events"), dict):
        return _first_version(found)
    events, objects = (found.get("events"), found.get("objects")) if isinstance(found, dict) else (None, None)
    if not isinstance(events, list) or not isinstance(objects, list):
        raise InputError(
            f"{path} is JSON, but no OCEL 2.0 log: it lacks a list of events or of objects.",
            "Give an OCEL 2.0 file (ocel-standard.org).",
            "input-no-ocel",
        )
    event_kinds, object_kinds = _kinds(found, "eventTypes", path), _kinds(found, "objectTypes", path)
    things = {str(item["id"]): _object(item, object_kinds) for item in _dicts(objects) if "id" in item}
    return OcelLog(things, [_event(item, event_kinds) for item in _dicts(events)])


def _kinds(found: Mapping[str, Any], key: str, path: Path) -> dict[str, dict[str, str]]:
    """Type → attribute → declared kind."""
    types = list(_dicts(found.get(key)))
    if len(types) > MOST_TYPES:
        raise InputError(f"{path} declares more than {MOST_TYPES:,} {key}.", "No log needs that.", "input-bomb")
    return {
        str(item.get("name")): {str(a.get("name")): str(a.get("type")) for a in _dicts(item.get("attributes"))}
        for item in types
    }


def _object(item: Mapping[str, Any], kinds: Mapping[str, Mapping[str, str]]) -> OcelObject:
    kind = _word(item.get("type")) or "object"
    declared = kinds.get(kind, {})
    made = OcelObject(kind)
    for said in _dicts(item.get("attributes")):
        name = str(said.get("name", ""))
        made.history.append((_word(said.get("time")), name, typed(said.get("value"), declared.get(name, ""))))
    return made


def _event(item: Mapping[str, Any], kinds: Mapping[str, Mapping[str, str]]) -> OcelEvent:
    kind = _word(item.get("type"))
    declared = kinds.get(kind or "", {})
    attributes = {
        (name := str(said.get("name", ""))): typed(said.get("value"), declared.get(name, ""))
        for said in _dicts(item.get("attributes"))
    }
    related = tuple(
        (str(r["objectId"]), _word(r.get("qualifier")) or "")
        for r in _dicts(item.get("relationships"))
        if "objectId" in r
    )
    return OcelEvent(kind, _word(item.get("time")), attributes, related)


def _first_version(found: Mapping[str, Any]) -> OcelLog:
    """OCEL 1.0: objects without history, relations without qualifiers."""
    objects: dict[str, OcelObject] = {}
    things = found.get("ocel:objects")
    for key, item in things.items() if isinstance(things, dict) else ():
        if isinstance(item, dict):
            values = item.get("ocel:ovmap")
            made = OcelObject(_word(item.get("ocel:type")) or "object")
            if isinstance(values, dict):
                made.history += [(None, str(name), value) for name, value in values.items()]
            objects[str(key)] = made
    events = [
        OcelEvent(
            _word(item.get("ocel:activity")),
            _word(item.get("ocel:timestamp")),
            item["ocel:vmap"] if isinstance(item.get("ocel:vmap"), dict) else {},
            tuple((str(key), "") for key in item.get("ocel:omap") or ()),
        )
        for item in _dicts(found["ocel:events"].values())
    ]
    return OcelLog(objects, events)


def _dicts(items: object) -> Iterable[dict[str, Any]]:
    """The objects among `items`; a hostile file may hold anything anywhere."""
    if not isinstance(items, Iterable) or isinstance(items, str | bytes | dict):
        return ()
    return (item for item in items if isinstance(item, dict))


def _word(value: Any) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _clean(value: Any) -> Any:
    """Text without zero characters and lone halves of surrogate pairs, which JSON can write and UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return value


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
