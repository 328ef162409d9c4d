"""Events as an object-centric log: which objects there are, when their attributes changed, who relates to what."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from guildbook.model.time import iso
from guildbook.record.exporters._ordered import Row, time_order

EPOCH: Final = "1970-01-01T00:00:00Z"
"""OCEL's time for what an object was from the beginning."""
WORKER: Final = "worker"
CASE: Final = "case"
_OWN: Final = "guildbook:"
_PREFIX: Final = "case:"
_NATIVE: Final = frozenset({"id", "time", "worker", "action", "case", "attributes", "outcome", "objects"})
_KINDS: Final[dict[type, str]] = {bool: "boolean", int: "integer", float: "float", str: "string"}
Name = tuple[str, str]
"""(type, id as the events give it)."""


@dataclass(slots=True)
class Thing:
    """One object."""

    key: str
    """Its id in the log, which no object of another type shares."""
    type: str
    changes: list[tuple[str, str, Any]] = field(default_factory=list[tuple[str, str, Any]])
    """(time, attribute, value)."""
    now: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Step:
    """One event."""

    key: str
    type: str
    time: str
    attributes: dict[str, Any]
    related: list[tuple[str, str]]
    """(object id, qualifier)."""


@dataclass(frozen=True, slots=True)
class ObjectLog:
    """The whole log, and the attributes each type declares."""

    things: dict[Name, Thing]
    steps: list[Step]
    thing_kinds: dict[str, dict[str, str]]
    step_kinds: dict[str, dict[str, str]]


def object_log(tables: Iterable[pa.Table]) -> ObjectLog:
    """The log of events of `ADMITTED_SCHEMA`, in memory."""
    return _Builder().log(tables)


def scalar(value: Any) -> Any:
    """A JSON value as OCEL has it: dates as their text, nested values as JSON text."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("$date"), str):
        return value["$date"]
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return value


class _Builder:
    def __init__(self) -> None:
        self._things: dict[Name, Thing] = {}
        self._taken: set[str] = set()
        self._thing_kinds: dict[str, dict[str, str]] = defaultdict(dict)
        self._step_kinds: dict[str, dict[str, str]] = defaultdict(dict)

    def log(self, tables: Iterable[pa.Table]) -> ObjectLog:
        steps = [self._step(place, row) for place, row in enumerate(time_order(tables))]
        return ObjectLog(self._things, steps, dict(self._thing_kinds), dict(self._step_kinds))

    def _step(self, place: int, row: Row) -> Step:
        time = iso(row["time"])
        related: list[tuple[str, str]] = []
        said = _attributes(row.get("attributes"))
        case = row.get("case")
        if case is not None:
            kind = case.partition(":")[0] if ":" in case else CASE
            thing = self._thing((kind, case))
            related.append((thing.key, CASE))
            for key, value in said.items():
                if key.startswith(_PREFIX):
                    self._change(thing, key.removeprefix(_PREFIX), value, time)
        if row.get("worker") is not None:
            related.append((self._thing((WORKER, f"{WORKER}:{row['worker']}")).key, WORKER))
        for item in row.get("objects") or ():
            thing = self._thing((item["type"] or "object", item["id"] or ""))
            related.append((thing.key, item["qualifier"] or ""))
        attributes = {k: v for k, v in said.items() if v is not None and (case is None or not k.startswith(_PREFIX))}
        for name, value in row.items():
            if name not in _NATIVE:
                attributes[f"{_OWN}{name}"] = _field(name, value)
        if row.get("outcome") is not None:
            attributes["outcome"] = row["outcome"]
        kinds = self._step_kinds[row["action"]]
        for name, value in attributes.items():
            _declare(kinds, name, value)
        return Step(f"e{place}", row["action"], time, attributes, related)

    def _thing(self, name: Name) -> Thing:
        found = self._things.get(name)
        if found is None:
            kind, key = name
            # Ids are unique over all types in OCEL; two types may have given the same one.
            while key in self._taken:
                key = f"{kind}:{key}"
            self._taken.add(key)
            found = self._things[name] = Thing(key, kind)
            self._thing_kinds.setdefault(kind, {})
        return found

    def _change(self, thing: Thing, name: str, value: Any, time: str) -> None:
        if value is None or (name in thing.now and _same(thing.now[name], value)):
            return
        thing.changes.append((time if thing.now.get(name) is not None else EPOCH, name, value))
        thing.now[name] = value
        _declare(self._thing_kinds[thing.type], name, value)


def _field(name: str, value: Any) -> Any:
    if name == "recorded_at":
        return {"$date": iso(value)}
    return json.dumps(value) if isinstance(value, list) else value


def _declare(kinds: dict[str, str], name: str, value: Any) -> None:
    kind = "time" if isinstance(value, dict) and set(value) == {"$date"} else _KINDS.get(type(value), "string")
    kinds[name] = kind if kinds.get(name, kind) == kind else "string"


def _same(one: Any, other: Any) -> bool:
    # 1, 1.0 and true are equal in Python but not in a log.
    return type(one) is type(other) and one == other


@lru_cache(maxsize=4_096)
def _attributes(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}
