"""One trace out of many sources: things under one name, and what two sources saw of one act told once.

Two events are the same act when different sources on one machine tell it at nearly the same time of the same thing.
The one that says more stays, takes what only the other says, and names the other's source in `also_by`. Whether an
event stays depends on the events around it and on nothing else, so that it does not matter how they are dealt into
batches: it goes only where one that says more stands near.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.importers._attributes import canonical
from guildbook.record.joining_names import page

Row = Mapping[str, Any]
"""An event as `RAW_SCHEMA` fields, `time` in µs UTC, things under their shared names (`joining_names.named`)."""

NEAR: Final = clock.SECOND
"""So far apart two sources may tell one act."""
SPANS: Final = 3 * clock.SECOND
"""So far apart they may tell the beginning of what goes on for a while: some look only once a second."""
REACH: Final = SPANS
"""What lies further from an event has no say in what becomes of it."""
_GAP: Final = clock.MINUTE
_KINDS: Final = {
    "click": "press", "press": "press", "activate": "press", "submit": "submit",
    "change": "change", "type": "change", "input": "change", "select": "select",
    "copy": "copy", "cut": "copy", "paste": "paste", "save": "save", "open": "open",
    "focus": "front", "view": "front",
}  # fmt: skip
_WATCHERS: Final = "aw-"
"""Clients of ActivityWatch; what we see ourselves says more."""
_BROWSER: Final = "browser"
"""What a source calls the application that knows no better."""
_FILLED: Final = (
    "window", "document", "url", "element_role", "element_name", "element_id", "element_selector", "element_bounds",
    "value_before", "value_after", "case", "outcome",
)  # fmt: skip
_TELLING: Final = ("objects", *_FILLED)


@dataclass(frozen=True, slots=True)
class Told:
    """An event and the number of its entry, which no other has."""

    number: int
    begun: int
    """µs UTC. What goes on for a while may be told in pieces; then it is when the first began."""
    row: Row


def joined(told: Sequence[Told], around: Iterable[Told] = ()) -> list[dict[str, Any]]:
    """The events of a batch as they go to the book, in order of time, source and number.

    `around` are all the events at most `REACH` from any of them, delivered or not; the batch may be among them.
    """
    own = {each.number for each in told}
    everyone = {each.number: each for each in (*around, *told)}
    places = _Places(everyone.values())
    out: list[tuple[tuple[int, str, int], dict[str, Any]]] = []
    for number in own:
        event = everyone[number]
        same = places.same(event)
        if any(_rank(other) > _rank(event) for other in same):
            continue
        order = (int(event.row["time"]), str(event.row.get("source") or ""), number)
        out.append((order, _filled(event.row, [other.row for other in sorted(same, key=_rank, reverse=True)])))
    return [row for _, row in sorted(out, key=lambda each: each[0])]


def spans(told: Iterable[Told]) -> list[tuple[int, int]]:
    """Stretches of time, µs UTC, that hold all that has a say in what becomes of a batch."""
    out: list[tuple[int, int]] = []
    for begun in sorted(each.begun for each in told if _KINDS.get(str(each.row.get("action") or ""))):
        if out and begun - REACH <= out[-1][1] + _GAP:
            out[-1] = out[-1][0], begun + REACH
        else:
            out.append((begun - REACH, begun + REACH))
    return out


class _Places:
    """Events by what they are about, in order of time."""

    def __init__(self, events: Iterable[Told]) -> None:
        self._at: defaultdict[Hashable, list[Told]] = defaultdict(list)
        for event in events:
            for key in _about(event.row):
                self._at[key].append(event)
        for listed in self._at.values():
            listed.sort(key=_begun)

    def same(self, event: Told) -> list[Told]:
        """What other sources tell of the same act."""
        found: dict[int, Told] = {}
        for key in _about(event.row):
            listed = self._at[key]
            reach = SPANS if key[0] == "front" else NEAR
            first = bisect_left(listed, event.begun - reach, key=_begun)
            last = bisect_right(listed, event.begun + reach, key=_begun)
            for other in listed[first:last]:
                if other.row.get("source") != event.row.get("source") and not _apart(event.row, other.row):
                    found[other.number] = other
        return list(found.values())


def _begun(event: Told) -> int:
    return event.begun


def _apart(one: Row, other: Row) -> bool:
    """Whether two events are of different applications, as far as they say."""
    apps = {str(row.get("app") or "") for row in (one, other)} - {"", _BROWSER}
    return len(apps) > 1


def _about(row: Row) -> list[tuple[str, str, str]]:
    """What an event is about, as keys that another telling of it would share; none where that cannot be known."""
    kind = _KINDS.get(str(row.get("action") or ""))
    device = str(row.get("device") or "")
    if kind is None or not device:
        return []
    found: list[str] = []
    if kind == "front":
        found += [f"page {at}" for at in [page(str(row.get("url") or ""))] if at]
        if not found and row.get("window"):
            found.append(f"window {_plain(row['window'])}")
    elif kind in {"copy", "paste"}:
        found += [str(each["id"]) for each in row.get("objects") or () if each.get("type") == "clip"]
    elif kind in {"save", "open"}:
        found += [str(each["id"]) for each in row.get("objects") or () if each.get("type") == "document"]
    else:
        found += _element(row)
    return [(kind, device, each) for each in found]


def _element(row: Row) -> list[str]:
    """The element by what it is called, or the cell of a document."""
    if row.get("element_role") in {"cell", "table cell"} and row.get("element_id"):
        files = [str(each["id"]) for each in row.get("objects") or () if each.get("type") == "document"]
        return [f"cell {each} {row['element_id']}" for each in files]
    return [f"element {_plain(row['element_name'])}"] if row.get("element_name") else []


def _plain(text: Any) -> str:
    return " ".join(str(text).casefold().split())


def _rank(event: Told) -> tuple[bool, int, str, int]:
    """Which telling stays: ours before a watcher's, then who says more; ties by name and number."""
    source = str(event.row.get("source") or "")
    return not source.startswith(_WATCHERS), sum(bool(event.row.get(f)) for f in _TELLING), source, event.number


def _filled(row: Row, others: Sequence[Row]) -> dict[str, Any]:
    """The telling that stays, with what only others say and who they are."""
    out = dict(row)
    if not others:
        return out
    for other in others:
        for field in _FILLED:
            if out.get(field) in {None, ""} if not isinstance(out.get(field), list) else False:
                out[field] = other.get(field)
        known = {each["id"] for each in out.get("objects") or ()}
        more = [each for each in other.get("objects") or () if each["id"] not in known]
        out["objects"] = [*(out.get("objects") or ()), *more] or None
    by = sorted({str(other.get("source") or "") for other in others})
    out["attributes"] = _with(out.get("attributes"), by)
    return out


def _with(attributes: Any, by: list[str]) -> Any:
    try:
        found = json.loads(attributes) if attributes else {}
    except (TypeError, ValueError):
        return attributes
    return canonical({**found, "also_by": by}) if isinstance(found, dict) else attributes
