"""Where all sources hand in what they saw: guarded, then durable."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.joining_clips import Clips
from guildbook.record.live.entry import OWN, Bucket, Entry
from guildbook.record.live.guard import Guard
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.packs import LEAST_OURS, MOST, packed_ours
from guildbook.record.live.posted import once
from guildbook.record.live.writing import Work

FOREVER: Final = 1 << 62
AHEAD: Final = 5 * clock.MINUTE
"""So far ahead of this machine's clock no clock goes that is right."""
_LOOKED_AT: Final = 5_000
"""Entries of one bucket in which copies are looked up after a restart."""


class Intake:
    """The only way into the outbox for what was seen. Safe from any thread."""

    def __init__(self, outbox: Outbox, guard: Guard, hostname: str) -> None:
        self.outbox = outbox
        self.guard = guard
        self.hostname = hostname
        self.clips = Clips(self._own_since)
        """What was copied lately, for what is pasted."""
        self.paused_until = 0
        """µs UTC; `FOREVER` until resumed."""
        self.off: tuple[int, int] = (0, 0)
        """From when until when (µs UTC) no recorder was to run: what programs kept to hand in later is not taken."""
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self.taken: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.ahead: dict[str, int] = {}
        """Sources that tell of what is still to come, and by how many µs: their clock is wrong, or this machine's."""

    @property
    def paused(self) -> bool:
        """Whether nothing is recorded now."""
        return clock.now() < self.paused_until

    def pause(self, until: int = FOREVER) -> None:
        """Record nothing until then (µs UTC)."""
        self.paused_until = until

    def resume(self) -> None:
        """Record again."""
        self.paused_until = 0

    def last(self) -> dict[str, int]:
        """When each source last handed in anything that was recorded, µs UTC."""
        with self._lock:
            return dict(self._seen)

    def own(self, source: str) -> str:
        """The id of the bucket of one of our own sources, made where there is none."""
        name = f"guildbook-{source}_{self.hostname}"
        if name not in self._seen:
            self.outbox.create(Bucket(name, f"{OWN}{source}", f"guildbook-{source}", self.hostname, clock.now()))
        return name

    def write(self, source: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Events of one of our own sources, as `RAW_SCHEMA` fields with `time` in µs; durable on return.

        A row may also have `clip`, what was copied or pasted: of it only a mark is kept, as an object of type `clip`.
        Returns how many were recorded: what the guard drops is not.
        """
        bucket, kept = self.own(source), self._kept(source, rows)
        self.note(bucket, source, len(kept), len(rows) - len(kept))
        self._look_at_clocks(source, kept)
        if kept:
            self.outbox.submit(self._keeping(bucket, kept)).result()
        return len(kept)

    def post(self, source: str, rows: Sequence[Mapping[str, Any]], batch: str) -> int:
        """The same for a batch that may come again under its name: then nothing is written.

        A row with `pulse` goes on for now: it is a pulse of so many seconds. Returns how many were recorded.
        What pulses were to prolong is lost where the machine stops in between.
        """
        bucket, still = self.own(source), [row for row in rows if "pulse" not in row]
        kept = self._kept(source, [row for row in still if not self.off[0] <= row["time"] < self.off[1]])
        done = once(self.outbox, f"{source}:{batch}", self._keeping(bucket, kept)).result()
        if done is None:
            return 0
        self.note(bucket, source, len(kept), len(still) - len(kept))
        self._look_at_clocks(source, kept)
        for row in rows:
            if "pulse" in row and not self.off[0] <= row["time"] < self.off[1]:
                self.pulse(source, {name: row[name] for name in row if name != "pulse"}, row["pulse"])
        return len(kept)

    def _keeping(self, bucket: str, kept: Sequence[Entry]) -> Work[Any]:
        """The work of putting what one of our sources handed in into the outbox: many rows as one, compressed."""
        if len(kept) < LEAST_OURS:
            return self.outbox.inserting(bucket, kept)
        works = [self.outbox.packing(bucket, packed_ours(kept[low : low + MOST])) for low in range(0, len(kept), MOST)]
        return lambda connection: [work(connection) for work in works]

    def pulse(self, source: str, row: Mapping[str, Any], seconds: float) -> None:
        """What goes on now, as a row of one of our own sources.

        The last one is prolonged if it was the same at most so many seconds ago.
        """
        name = f"guildbook-{source}-now_{self.hostname}"
        if name not in self._seen:
            self.outbox.create(
                Bucket(name, f"{OWN}{source}-now", f"guildbook-{source}", self.hostname, clock.now())
            )  # fmt: skip
        beat = Entry(int(row["time"]), int(row.get("duration") or 0), self._marked(row))
        self.heartbeat(name, source, beat, round(seconds * clock.SECOND)).result()

    def admits(self, source: str, row: Mapping[str, Any]) -> bool:
        """Whether an event such as this would be recorded now; nothing is written or counted."""
        data = {name: value for name, value in row.items() if _said(name, value)}
        return not self.paused and self.guard.allows(source, Entry(int(row["time"]), 0, data))

    def _own_since(self, since: int) -> list[Entry]:
        """What our own sources recorded from a time on, and what may since have been forgotten is not there."""
        names = [name for name, bucket in self.outbox.buckets().items() if bucket.type.startswith(OWN)]
        return [entry for name in names for entry in self.outbox.entries(name, limit=_LOOKED_AT, start=since)]

    def _kept(self, source: str, rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
        """What of these rows may be written, as it may be."""
        entries = [Entry(int(row["time"]), int(row.get("duration") or 0), self._marked(row)) for row in rows]
        return [] if self.paused else self.clips.linked(self.guard.admit(source, entries))

    def _marked(self, row: Mapping[str, Any]) -> dict[str, Any]:
        data = {name: value for name, value in row.items() if _said(name, value)}
        clip = data.pop("clip", None)
        if isinstance(clip, str) and (text := " ".join(clip.split())):
            mark = {"id": f"clip:{self.outbox.mark(text)}", "type": "clip", "qualifier": str(data.get("action") or "")}
            data["objects"] = [*data.get("objects", ()), mark]
        return data

    def events(self, bucket: str, source: str, entries: Sequence[Entry]) -> Future[list[Entry]]:
        """Put in what may be recorded; the future is done when it is durable."""
        kept = [] if self.paused else self.guard.admit(source, entries)
        self.note(bucket, source, len(kept), len(entries) - len(kept))
        self._look_at_clocks(source, kept)
        if not kept:
            return _done([])
        return self.outbox.insert(bucket, kept)

    def heartbeat(self, bucket: str, source: str, beat: Entry, pulse: int) -> Future[Entry]:
        """Prolong the last entry or put a new one in; what may not be recorded comes back as it came."""
        kept = None if self.paused else self.guard.admitted(source, beat)
        self.note(bucket, source, int(kept is not None), int(kept is None))
        self._look_at_clocks(source, (kept,) if kept else ())
        return _done(beat) if kept is None else self.outbox.heartbeat(bucket, kept, pulse)

    def note(self, bucket: str, source: str, taken: int, dropped: int) -> None:
        """Count what a source handed in."""
        with self._lock:
            self.taken[source] += taken
            self.dropped[source] += dropped
            if taken:
                self._seen[bucket] = clock.now()

    def _look_at_clocks(self, source: str, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        ahead = max(entry.time for entry in entries) - clock.now()
        if ahead > AHEAD:
            self.ahead[source] = ahead
        else:
            self.ahead.pop(source, None)


def _said(name: str, value: Any) -> bool:
    return name not in {"time", "duration"} and value is not None


def _done(value: Any) -> Future[Any]:
    found: Future[Any] = Future()
    found.set_result(value)
    return found
