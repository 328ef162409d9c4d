"""Lists of events kept as they came, many in one encrypted row: what makes a list as quick to keep as to read.

A pack has its events' ids in a row, from `first` on, in the order of the list; beside it stand in clear when they
began and ended, as with single entries. What changes one event of a pack first makes entries of all of them.

Its body is a JSON list, compressed: of objects where it came from ActivityWatch's watchers, as they wrote them; of
[time, duration, data], both in µs, where it is of a source of ours.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

import msgspec
import zstandard

from guildbook.model import time as clock
from guildbook.record.live.entry import MILLISECOND, OWN, Entry

LEAST: Final = 16
"""Fewer events than this are kept one by one."""
LEAST_OURS: Final = 4
"""The same of our own sources, whose rows are longer and more alike."""
MOST: Final = 10_000
"""Events of one pack at most."""
LONGEST: Final = 366 * clock.DAY
"""µs that an event may last."""
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS packs (
  first INTEGER PRIMARY KEY, bucket INTEGER NOT NULL REFERENCES buckets (number), count INTEGER NOT NULL,
  since INTEGER NOT NULL, latest INTEGER NOT NULL, until INTEGER NOT NULL, data BLOB NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0, batch INTEGER
);
CREATE INDEX IF NOT EXISTS packs_by_time ON packs (bucket, latest);
CREATE INDEX IF NOT EXISTS packs_to_send ON packs (first) WHERE sent = 0;
CREATE INDEX IF NOT EXISTS packs_on_their_way ON packs (batch) WHERE batch IS NOT NULL;
"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEVEL: Final = 1
"""zstd's: more would take longer than the disk saves."""


class Event(msgspec.Struct, gc=False, omit_defaults=True):
    """An event as ActivityWatch writes it, what it says left as it stands."""

    timestamp: datetime
    data: msgspec.Raw = msgspec.Raw(b"{}")
    duration: float = 0.0
    id: Any = None

    @property
    def time(self) -> int:
        """µs UTC, cut to milliseconds as aw-core does."""
        return micros(self.timestamp)

    @property
    def lasted(self) -> int:
        """µs."""
        return round(self.duration * clock.SECOND)

    def entry(self, number: int | None = None) -> Entry:
        """The same as an entry."""
        return Entry(self.time, self.lasted, json.loads(bytes(self.data)), number)


_EVENTS: Final = msgspec.json.Decoder(list[Event])
_WRITER: Final = msgspec.json.Encoder()
_TIMESTAMP, _DURATION, _ID = attrgetter("timestamp"), attrgetter("duration"), attrgetter("id")


def micros(time: datetime) -> int:
    """µs UTC, cut to milliseconds."""
    return (time - _EPOCH) // _MICROSECOND // MILLISECOND * MILLISECOND


@dataclass(frozen=True, slots=True)
class Pack:
    """A list of events, ready to be kept."""

    count: int
    since: int
    """When the first of them began, µs UTC."""
    latest: int
    """When the last of them began."""
    until: int
    """None of them ended later."""
    body: bytes
    """The list, as JSON, compressed."""


def events_in(body: bytes) -> list[Event]:
    """The events of a JSON list. Raises `msgspec.MsgspecError` or `UnicodeError` for what is none."""
    return _EVENTS.decode(body)


def plain(events: Sequence[Event]) -> bool:
    """Whether these can be a pack: with zones, lengths that can be, and no ids of their own."""
    try:
        first, last = min(map(_TIMESTAMP, events)), max(map(_TIMESTAMP, events))
    except TypeError:  # some with a zone and some without
        return False
    if first.tzinfo is None or last.tzinfo is None or any(one is not None for one in map(_ID, events)):
        return False
    longest = max(map(_DURATION, events))
    return min(map(_DURATION, events)) >= 0 and longest * clock.SECOND <= LONGEST


def packed(events: Sequence[Event]) -> Pack:
    """A pack of at least one event that `plain` holds of."""
    latest = micros(max(map(_TIMESTAMP, events)))
    longest = round(max(map(_DURATION, events)) * clock.SECOND)
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(_WRITER.encode(events))
    return Pack(len(events), micros(min(map(_TIMESTAMP, events))), latest, latest + longest, body)


def packed_ours(entries: Sequence[Entry]) -> Pack:
    """A pack of at least one entry that has no id yet."""
    times = [one.time for one in entries]
    text = _text([(one.time, one.duration, one.data) for one in entries])
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(text)
    return Pack(len(entries), min(times), max(times), max(one.end for one in entries), body)


def unpacked(body: bytes, first: int) -> list[Entry]:
    """The entries of a pack's body, in the order of the list."""
    text = zstandard.ZstdDecompressor().decompress(body)
    if text.startswith(b"[["):
        return [Entry(time, lasted, data, first + at) for at, (time, lasted, data) in enumerate(json.loads(text))]
    events = _EVENTS.decode(text)
    return [one.entry(number) for number, one in enumerate(events, start=first)]


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs in an outbox's file."""

    seal: Callable[[bytes], bytes]
    unseal: Callable[[bytes], bytes]

    def add(self, connection: sqlite3.Connection, bucket: int, pack: Pack) -> None:
        """Put a pack into a bucket, under the next free ids."""
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
        if found is None:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entries', 0)")
        first = 1 + (found[0] if found else 0)
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'entries'", (first + pack.count - 1,))
        connection.execute(
            "INSERT INTO packs (first, bucket, count, since, latest, until, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (first, bucket, pack.count, pack.since, pack.latest, pack.until, self.seal(pack.body)),
        )

    def with_packs(
        self, connection: sqlite3.Connection, bucket: str, singles: list[Entry], low: int, high: int, most: int
    ) -> list[Entry]:
        """Single entries of a bucket in [low, high], newest first, and those of its packs; at most so many."""
        rows = connection.execute(
            "SELECT p.first, p.latest, p.data FROM packs p JOIN buckets b ON b.number = p.bucket "
            "WHERE b.id = ? AND p.since <= ? AND p.until >= ? ORDER BY p.latest DESC",
            (bucket, high, low),
        )
        found, packed = singles, False
        for first, latest, data in rows:
            if len(found) >= most and heapq.nlargest(most, (one.time for one in found))[-1] > latest:
                break  # this pack and all that follow are older than what is wanted
            found += [one for one in unpacked(self.unseal(data), first) if one.time <= high and one.end >= low]
            packed = True
        return sorted(found, key=lambda one: (-one.time, one.id))[:most] if packed else found

    def count(self, connection: sqlite3.Connection, bucket: str, low: int, high: int) -> int:
        """How many entries of a bucket's packs overlap [low, high]."""
        rows = connection.execute(
            "SELECT p.first, p.count, p.since, p.latest FROM packs p JOIN buckets b ON b.number = p.bucket "
            "WHERE b.id = ? AND p.since <= ? AND p.until >= ?",
            (bucket, high, low),
        )
        return sum(
            count if since >= low and latest <= high
            else sum(one.time <= high and one.end >= low for one in self._opened(connection, first))
            for first, count, since, latest in rows
        )  # fmt: skip

    def entry(self, connection: sqlite3.Connection, bucket: str, number: int) -> Entry | None:
        """One entry by its id, or None."""
        row = connection.execute(
            "SELECT p.first FROM packs p JOIN buckets b ON b.number = p.bucket "
            "WHERE b.id = ? AND p.first <= ? AND p.first + p.count > ? ORDER BY p.first DESC LIMIT 1",
            (bucket, number, number),
        ).fetchone()
        return None if row is None else self._opened(connection, row[0])[number - row[0]]

    def undo(self, connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> None:
        """Make entries of the packs for which a condition holds; what is on its way to the book stays so."""
        for first, bucket, sent, batch in connection.execute(
            f"SELECT first, bucket, sent, batch FROM packs WHERE {where}",  # noqa: S608 - conditions of our own
            values,
        ).fetchall():
            entries = self._opened(connection, first)
            connection.executemany(
                "INSERT INTO entries (id, bucket, time, duration, data, sent) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.id, bucket, one.time, one.duration, self.seal(_text(one.data)), one.end if sent else None)
                    for one in entries
                ],
            )
            if batch is not None:
                rows = [(batch, one.id, one.time, one.end) for one in entries]
                connection.executemany("INSERT INTO batched VALUES (?, ?, ?, ?)", rows)
            connection.execute("DELETE FROM packs WHERE first = ?", (first,))

    def undo_newest(self, connection: sqlite3.Connection, bucket: int) -> None:
        """Make entries of a bucket's packs that hold its newest entry, which may grow."""
        newest = connection.execute("SELECT max(time) FROM entries WHERE bucket = ?", (bucket,)).fetchone()[0]
        self.undo(connection, "bucket = ? AND latest >= ?", (bucket, -(1 << 62) if newest is None else newest))

    def undo_one(self, connection: sqlite3.Connection, bucket: int, number: int) -> None:
        """Make entries of the pack that has the entry of this id."""
        self.undo(connection, "bucket = ? AND first <= ? AND first + count > ?", (bucket, number, number))

    def forget(self, connection: sqlite3.Connection, since: int, until: int) -> int:
        """Delete packs all of which overlaps [since, until], and make entries of those that do in part."""
        gone = connection.execute(
            "SELECT coalesce(sum(count), 0) FROM packs WHERE since >= ? AND latest <= ?", (since, until)
        ).fetchone()[0]
        connection.execute("DELETE FROM packs WHERE since >= ? AND latest <= ?", (since, until))
        self.undo(connection, "since <= ? AND until >= ?", (until, since))
        return int(gone)

    def prune(self, connection: sqlite3.Connection, entries: int) -> int:
        """Delete the oldest packs that are in the book, some `entries` of them; returns how many entries went.

        A bucket's last pack stays as long as nothing follows it.
        """
        gone = 0
        for first, count in connection.execute(
            "SELECT first, count FROM packs p WHERE sent = 1 AND batch IS NULL AND ("
            "  EXISTS (SELECT 1 FROM entries e WHERE e.bucket = p.bucket AND e.id > p.first) "
            "  OR EXISTS (SELECT 1 FROM packs q WHERE q.bucket = p.bucket AND q.first > p.first)) ORDER BY first"
        ).fetchall():
            if gone >= entries:
                break
            connection.execute("DELETE FROM packs WHERE first = ?", (first,))
            gone += count
        return gone

    def batched(self, connection: sqlite3.Connection, batch: int) -> list[tuple[int, Entry]]:
        """Entries of the packs in a batch, each with its bucket's number."""
        return [
            (bucket, entry)
            for first, bucket, data in connection.execute(
                "SELECT first, bucket, data FROM packs WHERE batch = ? ORDER BY first", (batch,)
            )
            for entry in unpacked(self.unseal(data), first)
        ]

    def _opened(self, connection: sqlite3.Connection, first: int) -> list[Entry]:
        (data,) = connection.execute("SELECT data FROM packs WHERE first = ?", (first,)).fetchone()
        return unpacked(self.unseal(data), first)


def due(connection: sqlite3.Connection, now: int, settled: int, most: int, held: tuple[int, int]) -> list[int]:
    """Packs that can go to the book: another entry follows in their bucket, or nothing came for `settled` µs.

    At most about `most` entries in all, the oldest first. Those of our own sources, which do not grow, go at once, but
    none of them whose newest entry began within `held`.
    """
    rows = connection.execute(
        "SELECT p.first, p.count FROM packs p JOIN buckets b ON b.number = p.bucket WHERE p.sent = 0 "
        "AND NOT (b.type LIKE ? AND p.latest BETWEEN ? AND ?) AND ((b.type LIKE ? AND b.pulse = 0) "
        "  OR p.until + max(b.pulse, ?) < ? "
        "  OR EXISTS (SELECT 1 FROM entries e WHERE e.bucket = p.bucket AND e.time > p.latest) "
        "  OR EXISTS (SELECT 1 FROM packs q WHERE q.bucket = p.bucket AND q.latest > p.latest)) ORDER BY p.first",
        (f"{OWN}%", *held, f"{OWN}%", settled, now),
    )
    out: list[int] = []
    for first, count in rows.fetchall():
        if most <= 0:
            break
        most -= count
        out.append(first)
    return out


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
