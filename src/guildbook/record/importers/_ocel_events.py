"""From an object-centric log to event columns: which objects are the case and the person, what each event says."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from guildbook.columns import RAW_SCHEMA, TIME, raw_table
from guildbook.model.errors import UnknownNameError
from guildbook.plugins import Chunk, ImportOptions, Rejected
from guildbook.record.importers._attributes import ARTEFACTS, fragment, join, missing
from guildbook.record.importers._fields import field_column
from guildbook.record.importers._ocel_log import ROWS, OcelEvent, OcelLog, OcelObject
from guildbook.record.importers._times import in_range, parse_text
from guildbook.record.importers._xes_values import worker_of

PERSON_TYPES: Final = (
    "worker", "person", "people", "resource", "user", "employee", "staff", "clerk", "agent", "participant",
    "workers", "persons", "resources", "users", "employees", "agents",
)  # fmt: skip
PERSON_KEYS: Final = ("org:resource", "resource", "worker", "user", "employee", "performer")
OWN: Final = "guildbook:"
"""Prefix of the attributes under which the exporter writes event fields that OCEL has no name for."""
CASE: Final = "case"
"""Qualifier by which the exporter marks the case an event belongs to."""
TO: Final = "to"
"""Qualifier of whom an event addresses, who is not the one who acts."""
_LIFECYCLE: Final = "lifecycle:transition"
_FIELDS: Final = frozenset(RAW_SCHEMA.names) - {"action", "worker", "time", "case", "attributes", "source", "objects"}
_START: Final = -(2**62)
SHOWN: Final = 500
_SHOWN_TYPES: Final = 20


class OcelEvents:
    """The plan for one log, and its events."""

    def __init__(self, log: OcelLog, options: ImportOptions) -> None:
        self._log = log
        # What Guildbook exported says itself which events have a case.
        own = any(key.startswith(OWN) for event in log.events for key in event.attributes)
        self.case_type = options.case_type or (None if own else leading_type(log))
        types = {thing.type for thing in log.objects.values()}
        if options.case_type and options.case_type not in types:
            raise UnknownNameError("object type", options.case_type, sorted(types))
        self._told_type = bool(options.case_type)
        told = options.mapping.get("worker")
        present = [t for t in types if t.lower() in PERSON_TYPES and t != self.case_type]
        self.person_types: tuple[str, ...] = (told,) if told in types else tuple(sorted(present)) if not told else ()
        self._person_keys = (told,) if told else PERSON_KEYS
        self._fields = {f"{OWN}{name}": name for name in _FIELDS} | {"outcome": "outcome"}
        self._fields |= {key: name for name, key in options.mapping.items() if name in _FIELDS}
        self._histories: dict[str, _History] = {}

    def which(self) -> str:
        """For people: what tells the case."""
        types = sorted({thing.type for thing in self._log.objects.values()})
        if self.case_type:
            return f"case = {self.case_type} (of {', '.join(types[:_SHOWN_TYPES])})"
        qualified = any(qualifier == CASE for event in self._log.events for _, qualifier in event.related)
        return f"case = objects related as {CASE!r}" if qualified else "no cases"

    def who(self) -> str:
        """For people: what tells the person."""
        if self.person_types:
            return f"person = {', '.join(self.person_types)}"
        keys = [key for key in self._person_keys if any(key in event.attributes for event in self._log.events)]
        return f"person = {keys[0]}" if keys else "nobody named"

    def chunks(self, source: str) -> Iterator[Chunk]:
        """The events in their order in the log."""
        events = self._log.events
        micros = parse_text(pa.array([event.time for event in events], pa.string()))
        cases = [self._case_object(event) for event in events]
        seqs = _positions(micros.fill_null(0).to_numpy(zero_copy_only=False), cases)
        for first in range(0, max(len(events), 1), ROWS):
            part = slice(first, first + ROWS)
            progress = min(1.0, (first + ROWS) / max(len(events), 1))
            yield self._chunk(events[part], cases[part], micros[part], seqs[part], (first, progress, source))

    def _chunk(
        self,
        events: list[OcelEvent],
        cases: list[str | None],
        micros: pa.Int64Array,
        seqs: np.ndarray[Any, Any],
        place: tuple[int, float, str],
    ) -> Chunk:
        first, progress, source = place
        extra: dict[str, list[Any]] = {name: [None] * len(events) for name in sorted(set(self._fields.values()))}
        workers: list[str | None] = []
        attributes: list[str | None] = []
        objects: list[list[dict[str, str]] | None] = []
        for row, (event, case, time) in enumerate(zip(events, cases, micros.to_pylist(), strict=True)):
            worker, person, key = self._worker(event)
            workers.append(worker)
            objects.append(self._objects(event, case, person))
            attributes.append(self._attributes(event, case, time, key, {n: (extra[n], row) for n in extra}))
        columns: dict[str, Any] = {
            "time": micros.cast(TIME),
            "action": [(event.type or "").strip() or None for event in events],
            "worker": workers,
            "case": [None if case is None else self._case_name(case) for case in cases],
            "objects": pa.array(objects, RAW_SCHEMA.field("objects").type),
            "attributes": attributes,
            "source": [source] * len(events),
        }
        for name, values in extra.items():
            columns[name] = field_column(name, values)
        columns["seq"] = pa.array(
            [own if own is not None else int(seq) for own, seq in zip(columns["seq"].to_pylist(), seqs, strict=True)],
            pa.int64(),
        )
        table = raw_table(columns, len(events))
        good = np.asarray(in_range(micros).to_numpy(zero_copy_only=False)) & np.array(
            [action is not None for action in columns["action"]], np.bool_
        )
        rejected = tuple(
            _rejected(first + int(row) + 1, events[int(row)], micros[int(row)]) for row in np.flatnonzero(~good)
        )
        return Chunk(table.filter(pa.array(good)) if rejected else table, rejected, progress)

    def _case_object(self, event: OcelEvent) -> str | None:
        """The object so qualified, else the only one of the leading type; null when there are none or several."""
        found: list[str] = []
        for key, qualifier in event.related:
            thing = self._log.objects.get(key)
            if thing is None:
                continue
            if qualifier == CASE and not self._told_type:
                return key
            if thing.type == self.case_type and key not in found:
                found.append(key)
        return found[0] if len(found) == 1 else None

    def _case_name(self, key: str) -> str:
        """`TYPE:ID`, unless the id says its type already."""
        kind = self._log.objects[key].type
        return key if key.startswith(f"{kind}:") else f"{kind}:{key}"

    def _worker(self, event: OcelEvent) -> tuple[str | None, str | None, str | None]:
        """Who did it, and which related object or attribute said so."""
        for key in self._person_keys:
            if key in event.attributes:
                return worker_of(str(event.attributes[key])), None, key
        for key, qualifier in event.related:
            thing = self._log.objects.get(key)
            if thing is not None and thing.type in self.person_types and qualifier not in {TO, CASE}:
                return worker_of(key.removeprefix(f"{thing.type}:")), key, None
        return None, None, None

    def _objects(self, event: OcelEvent, case: str | None, person: str | None) -> list[dict[str, str]] | None:
        kept = [
            {"id": key, "type": self._log.objects[key].type, "qualifier": qualifier}
            for key, qualifier in event.related
            if key in self._log.objects and key != person and not (key == case and qualifier == CASE)
        ]
        return kept or None

    def _attributes(
        self, event: OcelEvent, case: str | None, time: int | None, used: str | None, put: Mapping[str, _Cell]
    ) -> str | None:
        parts: dict[str, str] = {}
        if case is not None:
            if case not in self._histories:
                self._histories[case] = _History(self._log.objects[case])
            parts |= self._histories[case].at(_START if time is None else time)
        for key, value in event.attributes.items():
            if key in self._fields:
                column, row = put[self._fields[key]]
                column[row] = value
            elif key != used and _is_said(key, value):
                parts[key] = fragment(value)
        return join(parts)


_Cell = tuple[list[Any], int]


class _History:
    """The attributes of one object as canonical JSON, at any time."""

    def __init__(self, thing: OcelObject) -> None:
        micros = parse_text(pa.array([time for time, _, _ in thing.history], pa.string())).to_pylist()
        changes: dict[int, dict[str, str]] = defaultdict(dict)
        for when, (_, name, value) in zip(micros, thing.history, strict=True):
            if _is_said(name, value):
                key = name if name.startswith("case:") else f"case:{name}"
                changes[_START if when is None else when][key] = fragment(value)
        self._times = sorted(changes)
        self._states: list[dict[str, str]] = []
        state: dict[str, str] = {}
        for when in self._times:
            state = {**state, **changes[when]}
            self._states.append(state)

    def at(self, time: int) -> Mapping[str, str]:
        """The latest values not after `time` (µs)."""
        place = bisect_right(self._times, time)
        return self._states[place - 1] if place else {}


def leading_type(log: OcelLog) -> str | None:
    """The object type that most events have exactly one of; persons are no cases.

    Of equals, the one with more objects. A type whose objects no two events share groups nothing and is passed over,
    as is one with a single object, unless there is nothing else.
    """
    single: Counter[str] = Counter()
    seen: dict[str, set[str]] = defaultdict(set)
    for event in log.events:
        own = {key: log.objects[key].type for key, _ in event.related if key in log.objects}
        for kind, times in Counter(own.values()).items():
            if times == 1:
                single[kind] += 1
        for key, kind in own.items():
            seen[kind].add(key)
    likely = [kind for kind in single if kind.lower() not in PERSON_TYPES]
    if not likely:
        return None

    def rank(kind: str) -> tuple[bool, int, int, str]:
        return (1 < len(seen[kind]) < single[kind], single[kind], len(seen[kind]), kind)

    return max(likely, key=rank)


def _is_said(key: str, value: Any) -> bool:
    """Whether an attribute says anything: not empty, no artefact, not the usual end of a step."""
    usual = key == _LIFECYCLE and str(value).lower() == "complete"
    return not (usual or key in ARTEFACTS or missing(value))


def _positions(micros: np.ndarray[Any, Any], cases: list[str | None]) -> np.ndarray[Any, Any]:
    """Each event's place among those of its case, in time order."""
    out = np.zeros(len(cases), np.int64)
    count: Counter[str | None] = Counter()
    for place in np.argsort(micros, kind="stable"):
        out[place] = count[cases[place]]
        count[cases[place]] += 1
    return out


def _rejected(number: int, event: OcelEvent, time: pa.Scalar) -> Rejected:
    if not (event.type or "").strip():
        reason = "no event type"
    elif event.time is None:
        reason = "no time"
    elif time.is_valid:
        reason = f"time before 1900 or after 2199: {event.time[:80]!r}"
    else:
        reason = f"unreadable time: {event.time[:80]!r}"
    return Rejected(number, reason, f"{event.type} {event.time} {dict(event.attributes)}"[:SHOWN])
