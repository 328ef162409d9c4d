"""Events as an XES log (IEEE 1849): a trace for each case, and one for each person and day without a case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from guildbook.model.time import DAY, iso
from guildbook.record.exporters._markup import element, escaped
from guildbook.record.exporters._ordered import Row, case_order
from guildbook.record.exporters._sink import BytesSink

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xes.version="1849-2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">\n'
    '<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>\n'
    '<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>\n'
    '<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>\n'
    '<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>\n'
    '<string key="creator" value="Guildbook"/>\n'
)
_TAIL: Final = "</log>\n"
_OWN: Final = "guildbook:"
LOOSE: Final = "guildbook:loose"
"""Marks a trace that is no case but a person's day."""
_PREFIX: Final = "case:"
_LIFECYCLE: Final = "lifecycle:transition"
_NATIVE: Final = frozenset({"id", "time", "worker", "action", "case", "attributes", "outcome", "seq", "source"})
# Names a trace has already, or that importers leave out: such values stand on the events instead.
_NOT_OF_TRACES: Final = frozenset({"concept:name", "outcome", "variant", "variant-index", "", LOOSE})
_DATES: Final = frozenset({"recorded_at"})
_AS_TEXT: Final = frozenset({"objects", "element_bounds"})


def export_xes(tables: Iterable[pa.Table], out: BytesSink) -> int:
    """Write events of `ADMITTED_SCHEMA` as XES; the number of events.

    Rows of a case may be spread over the tables in any order. Fields XES has no name for stand under
    `guildbook:FIELD`; case attributes that are equal on all events of a case stand on its trace. Not carried: the
    event's id and source, JSON nulls, and attributes under the names XES itself uses (`concept:name`, …). Control
    characters that XML cannot write, and lone surrogates, become U+FFFD.
    """
    out.write(_HEAD.encode())
    count = 0
    for (case, worker, day), rows in groupby(case_order(tables), _trace_key):
        events = list(rows)
        count += len(events)
        name = case if case is not None else f"{worker or 'nobody'} {iso(day * DAY)[:10]}"
        out.write("".join(_trace(name, events, loose=case is None)).encode())
    out.write(_TAIL.encode())
    return count


def _trace_key(row: Row) -> tuple[str | None, str | None, int]:
    case = row.get("case")
    return (case, None, 0) if case is not None else (None, row.get("worker"), row["time"] // DAY)


def _trace(name: str, rows: list[Row], *, loose: bool) -> Iterator[str]:
    said = [_attributes(row.get("attributes")) for row in rows]
    shared = {} if loose else _shared(said)
    yield f"<trace>\n{element('concept:name', name)}"
    if loose:
        yield element(LOOSE, value=True)
    for key, value in shared.items():
        yield element(key.removeprefix(_PREFIX), value)
    yield "\n"
    for place, (row, attributes) in enumerate(zip(rows, said, strict=True)):
        yield _event(row, {k: v for k, v in attributes.items() if k not in shared}, place)
    yield "</trace>\n"


def _event(row: Row, attributes: dict[str, Any], place: int) -> str:
    parts = [
        "<event>",
        element("concept:name", row["action"]),
        f'<date key="time:timestamp" value="{iso(row["time"])}"/>',
        element("org:resource", row.get("worker")),
        element("outcome", row.get("outcome")),
    ]
    if _LIFECYCLE not in attributes:
        parts.append(element(_LIFECYCLE, "complete"))
    if row.get("seq", place) != place:
        parts.append(element(f"{_OWN}seq", row["seq"]))
    for name, value in row.items():
        if name not in _NATIVE:
            parts.append(_own(name, value))
    parts += [element(key, value) for key, value in attributes.items()]
    parts.append("</event>\n")
    return "".join(parts)


def _own(name: str, value: Any) -> str:
    key = f"{_OWN}{name}"
    if name in _DATES:
        return f'<date key="{escaped(key)}" value="{iso(value)}"/>'
    return element(key, json.dumps(value, ensure_ascii=False) if name in _AS_TEXT else value)


def _shared(said: list[dict[str, Any]]) -> dict[str, Any]:
    """The case attributes that every event of the case repeats."""
    first = said[0]
    return {
        key: value
        for key, value in first.items()
        if key.startswith(_PREFIX)
        and key.removeprefix(_PREFIX) not in _NOT_OF_TRACES
        and all(key in other and _same(other[key], value) for other in said)
    }


def _same(one: Any, other: Any) -> bool:
    # 1, 1.0 and true are equal in Python but not in a log.
    return type(one) is type(other) and one == other and json.dumps(one) == json.dumps(other)


@lru_cache(maxsize=4_096)
def _attributes(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}
