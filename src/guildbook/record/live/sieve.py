"""The guard on events as they stand in JSON: what cannot concern it passes unread, the rest is shown to it once.

One search over many events' text tells that none of them can hold a secret or a private window. Only where it finds
something, or where the worker has rules about what events say, are the different ones parsed and shown to the guard.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
import re2

from guildbook.record._secrets import FIELD_RE2, SUSPECT
from guildbook.record.live.entry import Entry
from guildbook.record.live.guard import Guard
from guildbook.record.live.packs import Event

_AT_ONCE: Final = 16
"""Events searched together once the whole list is known to hold something."""
_REMEMBERED: Final = 4_096
"""Verdicts kept: a watcher says the same again and again."""
_LONGEST: Final = 4_096
"""Bytes of an event's data that is remembered."""
_APART: Final = b"\0"  # stands in no JSON
_EDGE: Final = r"(?:\b|\\u[0-9a-f]{4})"
"""A word's edge in JSON, where a letter may be written as an escape."""
_HIDDEN: Final = r"\\u00[0-7]|\\u(?:0130|0131|017f|212a)|\\/|(?-i:[ıİ])"
"""Escapes that hide plain letters, and letters that only Python takes for plain ones where case is ignored."""
_PRIVATE: Final = (
    r'inprivate|incognito(?:[^"]|"\s*(?:[^:\s]|:\s*true))|"private"\s*:\s*true|private browsing'
    r"|privates? (?:fenster|surfen|navigation)|navigation priv|navegaci|navigazione anonima"
)


def _doubt() -> Any:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = 64 << 20
    field = FIELD_RE2.replace(r"\b", _EDGE)
    return re2.compile(f"(?i){_PRIVATE}|{_HIDDEN}|{SUSPECT}|{field}", options)


class Sieve:
    """One guard's verdicts. For one thread at a time."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._said = Guard(tuple(rule for rule in guard.rules if rule.field != "time"))
        self._times = Guard(tuple(rule for rule in guard.rules if rule.field == "time"))
        self._reads_all = any(rule.field != "time" for rule in guard.rules)
        self._verdicts: dict[tuple[str, bytes], dict[str, Any] | None] = {}

    def one(self, source: str, beat: Event) -> Entry | None:
        """The event as the entry that may be written, or None. Raises `ValueError` where it says no object."""
        raw = bytes(beat.data)
        key = (source, raw)
        if key not in self._verdicts:
            if len(self._verdicts) >= _REMEMBERED:
                self._verdicts.clear()
            self._verdicts[key] = self._judged(source, (raw,))[raw]
        data = self._verdicts[key]
        if len(raw) > _LONGEST:
            del self._verdicts[key]
        if data is None:
            return None
        entry = Entry(beat.time, beat.lasted, data)
        return entry if not self._times.rules or self._times.admit(source, (entry,)) else None

    def many(self, source: str, events: list[Event]) -> list[Event]:
        """Those that may be written, as they may be. Raises `ValueError` where one says no object."""
        raws = [bytes(one.data) for one in events]
        whole = _APART.join(raws)
        if not whole.startswith(b"{") or whole.count(_APART + b"{") != len(raws) - 1:
            raise ValueError("data is an object")
        if not whole.isascii():
            whole.decode()
        if self._times.rules:
            events = [one for one in events if self._times.admit(source, (Entry(one.time, 0, {}),))]
            raws = [bytes(one.data) for one in events]
        doubtful = set(raws) if self._reads_all else _doubtful(raws, whole)
        if not doubtful:
            return events
        verdicts = self._judged(source, list(doubtful))
        kept: list[Event] = []
        for one, raw in zip(events, raws, strict=True):
            if raw in verdicts:
                data = verdicts[raw]
                if data is None:
                    continue
                one.data = msgspec.Raw(json.dumps(data, allow_nan=False, separators=(",", ":")).encode())
            kept.append(one)
        return kept

    def _judged(self, source: str, raws: Sequence[bytes]) -> dict[bytes, dict[str, Any] | None]:
        """What the guard leaves of each: the same, less, or nothing."""
        entries = [Entry(0, 0, _object(raw), number) for number, raw in enumerate(raws)]
        out: dict[bytes, dict[str, Any] | None] = dict.fromkeys(raws)
        for one in self._said.admit(source, entries):
            out[raws[one.id or 0]] = dict(one.data)
        return out


_DOUBT: Final = _doubt()


def _object(raw: bytes) -> dict[str, Any]:
    data = json.loads(raw)
    if not isinstance(data, dict):
        raise ValueError("data is an object")  # noqa: TRY004 - what was sent is wrong, not what was called
    return cast("dict[str, Any]", data)


def _doubtful(raws: Sequence[bytes], whole: bytes) -> set[bytes]:
    """Those that the guard must see."""
    if _DOUBT.search(whole) is None:
        return set()
    out: set[bytes] = set()
    different = list(set(raws))
    for at in range(0, len(different), _AT_ONCE):
        some = different[at : at + _AT_ONCE]
        if _DOUBT.search(_APART.join(some)) is not None:
            out.update(raw for raw in some if _DOUBT.search(raw) is not None)
    return out
