"""Where a paste came from: the copy with the same mark, whatever application it was made in.

Copies are remembered as they are recorded, after everything that keeps things out of the record, so that of what may
not be recorded nothing is said. A restart looks them up again in the outbox.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.joining_names import things
from guildbook.record.live.entry import Entry

COPIES: Final = frozenset({"copy", "cut"})
PASTE: Final = "paste"
KEPT: Final = 500
"""Copies that are remembered."""
REACH: Final = 12 * clock.HOUR
"""A paste so long after a copy is not told to come from it."""
EARLY: Final = 2 * clock.SECOND
"""A copy may be told so much later than the paste, by sources that each look at the clock themselves."""
FROM: Final = "from"
_CARRYING: Final = frozenset({"clip", "person"})
"""Types of objects that are not where something stood."""


@dataclass(frozen=True, slots=True)
class _Copy:
    time: int
    things: tuple[tuple[str, str], ...]
    """Id and type of what it was copied from."""


class Clips:
    """What was copied lately. Safe from any thread."""

    def __init__(self, before: Callable[[int], Iterable[Entry]]) -> None:
        """`before(since)`: entries of our own sources from that time on (µs UTC), asked once, when first needed."""
        self._before = before
        self._looked = False
        self._lock = threading.Lock()
        self._copies: OrderedDict[str, _Copy] = OrderedDict()

    def linked(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries, pastes among them with what they came from."""
        if not any(_mark(entry.data) for entry in entries):
            return list(entries)
        with self._lock:
            return [self._linked(entry) for entry in entries]

    def clear(self) -> None:
        """Remember nothing; what is still in the outbox is looked up again. For when something was forgotten."""
        with self._lock:
            self._copies.clear()
            self._looked = False

    def _linked(self, entry: Entry) -> Entry:
        mark, action = _mark(entry.data), entry.data.get("action")
        if not mark:
            return entry
        if action in COPIES:
            self._remember(mark, entry)
        return self._pasted(mark, entry) if action == PASTE else entry

    def _remember(self, mark: str, entry: Entry) -> None:
        found = [(each["id"], each["type"]) for each in things(entry.data) if each["type"] not in _CARRYING]
        last = self._copies.pop(mark, None)
        # The same copy told by two sources: what the one does not know the other may.
        if last is not None and not found and abs(last.time - entry.time) <= EARLY:
            self._copies[mark] = last
            return
        self._copies[mark] = _Copy(entry.time, tuple(found))
        while len(self._copies) > KEPT:
            self._copies.popitem(last=False)

    def _pasted(self, mark: str, entry: Entry) -> Entry:
        copy = self._copies.get(mark) or self._looked_up(mark, entry.time)
        if copy is None or not -EARLY <= entry.time - copy.time <= REACH:
            return entry
        there = {each["id"] for each in things(entry.data)}
        new = [{"id": i, "type": kind, "qualifier": FROM} for i, kind in copy.things if i not in there]
        return replace(entry, data={**entry.data, "objects": [*entry.data["objects"], *new]}) if new else entry

    def _looked_up(self, mark: str, now: int) -> _Copy | None:
        """As `get`, after a restart: the outbox still has what was copied before it."""
        if self._looked:
            return None
        self._looked = True
        known = self._copies
        self._copies = OrderedDict()
        for entry in sorted(self._before(now - REACH), key=lambda each: each.time):
            if (found := _mark(entry.data)) and entry.data.get("action") in COPIES:
                self._remember(found, entry)
        self._copies |= known
        return self._copies.get(mark)


def _mark(data: Mapping[str, Any]) -> str:
    for each in data.get("objects") or ():
        if each.get("type") == "clip":
            return str(each.get("id") or "")
    return ""
