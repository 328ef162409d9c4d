"""The guard on events as they stand in JSON: what cannot concern it passes unread, the rest is shown to it once.

One search over many events' text tells that none of them can hold a secret or a private window. Only where it finds
something, or where the worker has rules about what events say, are the different ones parsed and shown to the guard.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
import numpy as np

from guildbook.record._secrets import FIELD_RE2, SUSPECT
from guildbook.record.live.entry import Entry
from guildbook.record.live.guard import Guard
from guildbook.record.live.packs import Event
from guildbook.record.live.suspect import compiled

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


class Sieve:
    """One guard's verdicts. Safe from any thread."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._said = Guard(tuple(rule for rule in guard.rules if rule.field != "time"), guard.names)
        self._times = Guard(tuple(rule for rule in guard.rules if rule.field == "time"))
        self._reads_all = guard.names is not None or any(rule.field != "time" for rule in guard.rules)
        self._verdicts: dict[tuple[str, bytes], dict[str, Any] | None] = {}

    @property
    def remembered(self) -> int:
        """Verdicts it holds now."""
        return len(self._verdicts)

    def one(self, source: str, beat: Event) -> Entry | None:
        """The event as the entry that may be written, or None. Raises `ValueError` where it says no object."""
        raw = bytes(beat.data)
        data = self._verdicts_on(source, (raw,))[raw]
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
        verdicts = self._verdicts_on(source, list(doubtful))
        kept: list[Event] = []
        for one, raw in zip(events, raws, strict=True):
            if raw in verdicts:
                data = verdicts[raw]
                if data is None:
                    continue
                one.data = msgspec.Raw(json.dumps(data, allow_nan=False, separators=(",", ":")).encode())
            kept.append(one)
        return kept

    def _verdicts_on(self, source: str, raws: Sequence[bytes]) -> dict[bytes, dict[str, Any] | None]:
        """What the guard leaves of each, remembered or asked now."""
        known = self._verdicts
        out = {raw: known[source, raw] for raw in raws if (source, raw) in known}
        withheld = self._withheld
        found = self._judged(source, [raw for raw in raws if raw not in out])
        if self._withheld != withheld:  # what could not be looked at now may be later
            return out | found
        if len(known) + len(found) > _REMEMBERED:
            self._verdicts = {}  # another thread may be reading the old one
        if len(found) <= _REMEMBERED:
            self._verdicts.update({(source, raw): data for raw, data in found.items() if len(raw) <= _LONGEST})
        return out | found

    @property
    def _withheld(self) -> int:
        return 0 if self.guard.names is None else self.guard.names.withheld

    def _judged(self, source: str, raws: Sequence[bytes]) -> dict[bytes, dict[str, Any] | None]:
        """What the guard leaves of each: the same, less, or nothing."""
        if not self._reads_all and len(raws) == 1 and not _may_concern(raws[0]):
            return {raws[0]: _object(raws[0])}
        entries = [Entry(0, 0, _object(raw), number) for number, raw in enumerate(raws)]
        out: dict[bytes, dict[str, Any] | None] = dict.fromkeys(raws)
        for one in self._said.admit(source, entries):
            out[raws[one.id or 0]] = dict(one.data)
        return out


_FIELD: Final = FIELD_RE2.replace(r"\b", _EDGE)
_DOUBT: Final = compiled(f"(?i){_PRIVATE}|{_HIDDEN}|{SUSPECT}|{_FIELD}")


def _object(raw: bytes) -> dict[str, Any]:
    data = json.loads(raw)
    if not isinstance(data, dict):
        raise ValueError("data is an object")  # noqa: TRY004 - what was sent is wrong, not what was called
    return cast("dict[str, Any]", data)


def _doubtful(raws: Sequence[bytes], whole: bytes) -> set[bytes]:
    """Those that the guard must see."""
    if not _may_concern(whole):
        return set()
    different = list(set(raws))
    out = {different[number] for number in _overlapped(_APART.join(different))}
    escaped = [raw for raw in different if b"\\u" in raw and raw not in out]
    plain = [raw for raw in escaped if raw.isascii()]
    out.update(raw for raw in escaped if not raw.isascii())
    # No escape stands for what keeps texts apart: that would have been found.
    out.update(plain[number] for number in _overlapped(_unescaped(_APART.join(plain))))
    return out


def _overlapped(joined: bytes) -> set[int]:
    """Numbers of the texts in which something is found, by one search of all of them.

    What it finds may reach into the next, which counts, so that nothing goes unseen: what could be found in a text
    alone is found there, or overlaps what was found.
    """
    spans = np.array([match.span() for match in _DOUBT.finditer(joined)], np.int64).reshape(-1, 2)
    if not len(spans):
        return set()
    edges = np.flatnonzero(np.frombuffer(joined, np.uint8) == 0)
    firsts, lasts = np.searchsorted(edges, spans[:, 0]), np.searchsorted(edges, spans[:, 1] - 1)
    return {number for first, last in zip(firsts, lasts, strict=True) for number in range(first, last + 1)}


def _unescaped(text: bytes) -> bytes:
    return text.decode("unicode_escape").encode("utf-8", "surrogatepass")


def _may_concern(text: bytes) -> bool:
    """Whether the guard may have anything against events with this JSON, however its letters are written."""
    if _DOUBT.search(text) is not None:
        return True
    if b"\\u" not in text:
        return False
    if not text.isascii():  # letters written both ways, as hardly anybody does
        return True
    return _DOUBT.search(_unescaped(text)) is not None
