"""What was recorded and is not in the book yet, durable when it is acknowledged; and what watchers may ask of it.

One SQLite file beside the book, on the worker's own machine. Data is encrypted under a key that never leaves it. All
writing goes through one thread: whatever waits there is written in one transaction and flushed once, so many small
writers cost one flush.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guildbook.model.errors import StoreError
from guildbook.model.ids import uuid7
from guildbook.record.live.entry import Bucket, Entry, merged
from guildbook.record.live.packs import SCHEMA as PACKS
from guildbook.record.live.packs import Pack, Packs
from guildbook.record.live.writing import Done, Work, Writing, shut
from guildbook.record.secret_file import secret_in

PRUNED: Final = 20_000
"""Entries deleted at a time when the budget is used up."""
_NONCE: Final = 12
_ALL: Final = 1 << 62
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS buckets (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT, type TEXT NOT NULL, client TEXT NOT NULL,
  hostname TEXT NOT NULL, created INTEGER NOT NULL, data BLOB NOT NULL, pulse INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, bucket INTEGER NOT NULL REFERENCES buckets (number),
  time INTEGER NOT NULL, duration INTEGER NOT NULL, data BLOB NOT NULL, sent INTEGER
);
CREATE INDEX IF NOT EXISTS entries_by_time ON entries (bucket, time, id);
CREATE INDEX IF NOT EXISTS entries_to_send ON entries (id) WHERE sent IS NULL OR sent < time + duration;
CREATE TABLE IF NOT EXISTS turns (first INTEGER PRIMARY KEY, worker TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY AUTOINCREMENT, made INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS batched (
  batch INTEGER NOT NULL REFERENCES batches (number), entry INTEGER NOT NULL, since INTEGER NOT NULL,
  until INTEGER NOT NULL, PRIMARY KEY (batch, entry)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
  entry INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (entry, since)
) WITHOUT ROWID;
"""


class Outbox:
    """An open outbox. Safe from any thread."""

    def __init__(self, folder: Path) -> None:
        """Open or make the outbox in a folder. Raises `StoreError` where its key does not fit."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "outbox.sqlite"
        key = secret_in(folder / "outbox.key")
        self._gcm = AESGCM(key)
        self._marks = hmac.digest(key, b"guildbook marks", hashlib.sha256)
        self._writer = _connected(self._path)
        self._writer.executescript(_SCHEMA + PACKS)
        self.id = self._named("id", uuid7().hex)
        self._check = self._named("check", self._sealed({"check": self.id}).hex())
        self._opened(bytes.fromhex(self._check))
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._last: dict[int, Entry] = {}
        self._dirty: set[int] = set()
        self._pulses: dict[int, int] = {}
        self._numbers: dict[str, int] = {}
        self._clients: dict[str, str] = {}
        self._fence = 0
        self._shrinking = threading.Lock()
        self._packs = Packs(self._sealed_bytes, self._opened_bytes)
        self._closed = False
        self._writing = Writing(self._writer, self._path, self._flush_all, self._undone)

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._writing.close()
        for reader in self._readers:
            reader.close()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        names = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(name.stat().st_size for name in names if name.exists())

    def mark(self, text: str) -> str:
        """A sign that equal texts share, from which nobody without this outbox's key learns the text; 32 digits."""
        return hmac.digest(self._marks, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:32]

    def create(self, bucket: Bucket) -> bool:
        """Make a bucket; False where there is one of that id, which stays as it is."""

        def work(connection: sqlite3.Connection) -> bool:
            row = (bucket.id, bucket.name, bucket.type, bucket.client, bucket.hostname, bucket.created)
            found = connection.execute(
                "INSERT OR IGNORE INTO buckets (id, name, type, client, hostname, created, data) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, self._sealed(dict(bucket.data))),
            )
            return found.rowcount > 0

        return self.submit(work).result()

    def change(self, bucket: Bucket) -> bool:
        """Write what a bucket is called and is for anew; False where there is none of that id."""

        def work(connection: sqlite3.Connection) -> bool:
            row = (bucket.name, bucket.type, bucket.client, bucket.hostname, self._sealed(dict(bucket.data)), bucket.id)
            return connection.execute(
                "UPDATE buckets SET name = ?, type = ?, client = ?, hostname = ?, data = ? WHERE id = ?", row
            ).rowcount > 0  # fmt: skip

        changed = self.submit(work).result()
        self._clients.pop(bucket.id, None)
        return changed

    def drop(self, bucket: str) -> bool:
        """Delete a bucket with its entries that are here; what the book has of it stays there."""

        def work(connection: sqlite3.Connection) -> bool:
            number = self._number(connection, bucket)
            if number is None:
                return False
            connection.execute("DELETE FROM entries WHERE bucket = ?", (number,))
            connection.execute("DELETE FROM packs WHERE bucket = ?", (number,))
            connection.execute("DELETE FROM buckets WHERE number = ?", (number,))
            self._last.pop(number, None)
            self._dirty.discard(number)
            self._pulses.pop(number, None)
            self._numbers.pop(bucket, None)
            return True

        dropped = self.submit(work).result()
        self._clients.pop(bucket, None)
        return dropped

    def buckets(self) -> dict[str, Bucket]:
        """All buckets by id, in the order they were made."""
        rows = self._read().execute(
            "SELECT b.id, b.type, b.client, b.hostname, b.created, b.name, b.data, "
            "(SELECT max(time + duration) FROM (SELECT time, duration FROM entries e WHERE e.bucket = b.number "
            "ORDER BY time DESC, id DESC LIMIT 8)), (SELECT max(until) FROM packs p WHERE p.bucket = b.number) "
            "FROM buckets b ORDER BY b.number"
        )
        return {
            name: Bucket(name, kind, client, hostname, created, title, self._opened(data), _later(updated, packed))
            for name, kind, client, hostname, created, title, data, updated, packed in rows
        }

    def client(self, name: str) -> str:
        """Who fills a bucket. Raises `KeyError` where there is none of that id."""
        if name not in self._clients:
            found = self._read().execute("SELECT client FROM buckets WHERE id = ?", (name,)).fetchone()
            if found is None:
                raise KeyError(name)
            self._clients[name] = found[0]
        return self._clients[name]

    def bucket(self, name: str) -> Bucket | None:
        """One bucket, or None."""
        return self.buckets().get(name)

    # Entries

    def insert(self, bucket: str, entries: Sequence[Entry]) -> Future[list[Entry]]:
        """Put entries in; done when they are on the disk. One with an id takes the place of the one that has it.

        What of the old one went to the book stays there: of the new one goes what is later than that, so that no moment
        goes twice.
        """
        return self.submit(self.inserting(bucket, entries))

    def inserting(self, bucket: str, entries: Sequence[Entry]) -> Work[list[Entry]]:
        """What `insert` lets the writing thread do."""
        sealed = [self._sealed(entry.data) for entry in entries]

        def work(connection: sqlite3.Connection) -> list[Entry]:
            number = self._known(connection, bucket)
            self._flush(connection, number)
            self._last.pop(number, None)
            out: list[Entry] = []
            for entry, data in zip(entries, sealed, strict=True):
                if entry.id is not None:
                    self._packs.undo_one(connection, number, entry.id)
                if entry.id is not None and connection.execute(
                    "UPDATE entries SET time = ?, duration = ?, data = ? WHERE id = ? AND bucket = ?",
                    (entry.time, entry.duration, data, entry.id, number),
                ).rowcount:  # fmt: skip
                    out.append(entry)
                else:
                    out.append(replace(entry, id=self._inserted(connection, number, entry, data)))
            return out

        return work

    def packing(self, bucket: str, pack: Pack) -> Work[None]:
        """The work of putting a list of events in as one; raises `KeyError` where there is no such bucket."""

        def work(connection: sqlite3.Connection) -> None:
            number = self._known(connection, bucket)
            self._flush(connection, number)
            self._last.pop(number, None)
            self._packs.add(connection, number, pack)

        return work

    def heartbeat(self, bucket: str, beat: Entry, pulse: int) -> Future[Entry]:
        """Prolong the bucket's last entry, or put a new one in; done when it is on the disk."""
        return self.submit(self.beating(bucket, beat, pulse))

    def beating(self, bucket: str, beat: Entry, pulse: int) -> Work[Entry]:
        """What `heartbeat` lets the writing thread do."""

        def work(connection: sqlite3.Connection) -> Entry:
            number = self._known(connection, bucket)
            last = self._last.get(number) or self._newest(connection, number)
            longer = None if last is None else merged(last, beat, pulse)
            if longer is not None:
                self._last[number] = longer
                self._dirty.add(number)
                return longer
            self._flush(connection, number)
            made = replace(beat, id=self._inserted(connection, number, beat, self._sealed(beat.data)))
            if self._pulses.get(number, -1) < pulse:
                connection.execute("UPDATE buckets SET pulse = max(pulse, ?) WHERE number = ?", (pulse, number))
                self._pulses[number] = pulse
            self._last[number] = made
            return made

        return work

    def entries(
        self, bucket: str, limit: int | None = None, start: int | None = None, end: int | None = None
    ) -> list[Entry]:
        """Newest first, equal times by ascending id; those that overlap [start, end] in part are cut to it."""
        if limit == 0:
            return []
        low, high = -(1 << 62) if start is None else start, (1 << 62) if end is None else end
        most = _ALL if limit is None or limit < 0 else limit
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT e.id, e.time, e.duration, e.data FROM entries e JOIN buckets b ON b.number = e.bucket "
                "WHERE b.id = ? AND e.time <= ? AND e.time + e.duration >= ? ORDER BY e.time DESC, e.id LIMIT ?",
                (bucket, high, low, most),
            )
            singles = [Entry(row[1], row[2], self._opened(row[3]), row[0]) for row in rows]
            found = self._packs.with_packs(connection, bucket, singles, low, high, most)
        return [Entry(since := max(one.time, low), min(one.end, high) - since, one.data, one.id) for one in found]

    def entry(self, bucket: str, number: int) -> Entry | None:
        """One entry, or None."""
        with self._snapshot() as connection:
            row = connection.execute(
                "SELECT e.id, e.time, e.duration, e.data FROM entries e JOIN buckets b ON b.number = e.bucket "
                "WHERE b.id = ? AND e.id = ?", (bucket, number),
            ).fetchone()  # fmt: skip
            if row is None:
                return self._packs.entry(connection, bucket, number)
        return Entry(row[1], row[2], self._opened(row[3]), row[0])

    def count(self, bucket: str, start: int | None = None, end: int | None = None) -> int:
        """How many entries overlap [start, end]."""
        low, high = -(1 << 62) if start is None else start, (1 << 62) if end is None else end
        with self._snapshot() as connection:
            (singles,) = connection.execute(
                "SELECT count(*) FROM entries e JOIN buckets b ON b.number = e.bucket "
                "WHERE b.id = ? AND e.time <= ? AND e.time + e.duration >= ?", (bucket, high, low),
            ).fetchone()  # fmt: skip
            return singles + self._packs.count(connection, bucket, low, high)

    def delete(self, bucket: str, *numbers: int) -> int:
        """Delete entries of a bucket; returns how many of them were here."""

        def work(connection: sqlite3.Connection) -> int:
            place = self._number(connection, bucket)
            if place is None:
                return 0
            self._flush(connection, place)
            self._forgotten(place)
            for number in numbers:
                self._packs.undo_one(connection, place, number)
            one = "DELETE FROM entries WHERE id = ? AND bucket = ?"
            return sum(connection.execute(one, (number, place)).rowcount for number in numbers)

        return self.submit(work).result()

    def forget(self, since: int, until: int) -> int:
        """Delete every entry that overlaps [since, until], whatever bucket it is in; returns how many."""

        def work(connection: sqlite3.Connection) -> int:
            for place in list(self._last):
                self._flush(connection, place)
                self._forgotten(place)
            packed = self._packs.forget(connection, since, until)
            return packed + connection.execute(
                "DELETE FROM entries WHERE time <= ? AND time + duration >= ?", (until, since)
            ).rowcount  # fmt: skip

        gone = self.submit(work).result()
        self.shrink()
        return gone

    def prune(self, budget: int) -> int:
        """Delete the oldest entries that are in the book, until the file is below `budget` bytes; returns how many.

        What is not in the book yet is never deleted. The last entry of a bucket stays, since it may grow.
        """
        if self.size <= budget:
            return 0

        def work(connection: sqlite3.Connection) -> int:
            return self._packs.prune(connection, PRUNED) or connection.execute(
                "DELETE FROM entries WHERE id IN (SELECT e.id FROM entries e WHERE e.sent >= e.time + e.duration "
                "AND e.id NOT IN (SELECT entry FROM batched) AND e.id NOT IN (SELECT entry FROM refused) "
                "AND EXISTS (SELECT 1 FROM entries f WHERE f.bucket = e.bucket AND f.id > e.id) ORDER BY e.id LIMIT ?)",
                (PRUNED,),
            ).rowcount  # fmt: skip

        gone = 0
        while self.size > budget:
            found = self.submit(work).result()
            if not found:
                break
            gone += found
            self.shrink()
        return gone

    def shrink(self) -> None:
        """Give freed pages back to the file system, and leave nothing of what was deleted beside the file."""
        self.submit(lambda _: None).result()
        with self._shrinking, closing(_connected(self._path)) as connection:
            connection.execute("PRAGMA incremental_vacuum").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # Writing

    def submit(self, work: Work[Done]) -> Future[Done]:
        """Let the writing thread do something; the future is done when that is on the disk."""
        return self._writing.submit(work)

    def read(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Rows as they are on the disk now: for the delivery, beside which this file has no secrets."""
        return iter(self._read().execute(query, values).fetchall())

    def batched(self, number: int) -> tuple[list[Any], list[tuple[int, Entry]]]:
        """What is in a batch and still here: bucket, id, since, until, sealed data and begin; and bucket and entry."""
        with self._snapshot() as connection:
            text = "SELECT bucket, id, since, until, data, time FROM batched JOIN entries ON id = entry WHERE batch = ?"
            rows = connection.execute(f"{text} ORDER BY id", (number,)).fetchall()
            return rows, self._packs.batched(connection, number)

    def unpack(self, batch: int) -> None:
        """Make entries of the packs of a batch."""
        self.submit(lambda connection: self._packs.undo(connection, "batch = ?", (batch,))).result()

    def opened(self, sealed: bytes) -> Mapping[str, Any]:
        """The data of an entry."""
        return self._opened(sealed)

    def fence(self, connection: sqlite3.Connection, first: int) -> None:
        """In the writing thread: entries before this one grow no more."""
        for number in list(self._last):
            self._flush(connection, number)
            self._forgotten(number)
        self._fence = first

    def _flush_all(self) -> None:
        for number in list(self._dirty):
            self._flush(self._writer, number)

    def _undone(self) -> None:
        self._last.clear()
        self._dirty.clear()
        self._numbers.clear()
        self._pulses.clear()

    def _flush(self, connection: sqlite3.Connection, number: int) -> None:
        """Write down how long the bucket's last entry has become."""
        if number in self._dirty:
            self._dirty.discard(number)
            last = self._last[number]
            connection.execute("UPDATE entries SET duration = ? WHERE id = ?", (last.duration, last.id))

    def _forgotten(self, number: int) -> None:
        self._last.pop(number, None)
        self._dirty.discard(number)

    def _newest(self, connection: sqlite3.Connection, number: int) -> Entry | None:
        self._packs.undo_newest(connection, number)
        row = connection.execute(
            "SELECT id, time, duration, data FROM entries WHERE bucket = ? AND id >= ? "
            "ORDER BY time DESC, id DESC LIMIT 1",
            (number, self._fence),
        ).fetchone()
        return None if row is None else Entry(row[1], row[2], self._opened(row[3]), row[0])

    @staticmethod
    def _inserted(connection: sqlite3.Connection, number: int, entry: Entry, data: bytes) -> int:
        made = connection.execute(
            "INSERT INTO entries (bucket, time, duration, data) VALUES (?, ?, ?, ?)",
            (number, entry.time, entry.duration, data),
        ).lastrowid
        return int(made or 0)

    def _number(self, connection: sqlite3.Connection, bucket: str) -> int | None:
        if bucket not in self._numbers:
            row = connection.execute("SELECT number FROM buckets WHERE id = ?", (bucket,)).fetchone()
            if row is None:
                return None
            self._numbers[bucket] = row[0]
        return self._numbers[bucket]

    def _known(self, connection: sqlite3.Connection, bucket: str) -> int:
        number = self._number(connection, bucket)
        if number is None:
            raise KeyError(bucket)
        return number

    def _read(self) -> sqlite3.Connection:
        if self._closed:
            raise shut()
        if not hasattr(self._local, "connection"):
            self._local.connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._readers.append(self._local.connection)
        return self._local.connection

    @contextmanager
    def _snapshot(self) -> Generator[sqlite3.Connection]:
        """The file as it is at one time, for several questions."""
        connection = self._read()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")

    def _named(self, name: str, value: str) -> str:
        self._writer.execute("INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)", (name, value))
        return str(self._writer.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()[0])

    def _sealed(self, data: Mapping[str, Any]) -> bytes:
        return self._sealed_bytes(
            json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        )  # fmt: skip

    def _sealed_bytes(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._gcm.encrypt(nonce, plain, b"guildbook outbox")

    def _opened(self, sealed: bytes) -> dict[str, Any]:
        return json.loads(self._opened_bytes(sealed))

    def _opened_bytes(self, sealed: bytes) -> bytes:
        try:
            return self._gcm.decrypt(sealed[:_NONCE], sealed[_NONCE:], b"guildbook outbox")
        except InvalidTag:
            raise StoreError(
                f"{self._path} does not decrypt: it was changed, or it belongs to another key.",
                "Restore outbox.key, or move both files away: what was delivered is in the book.",
                "damaged",
            ) from None


def _later(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _connected(path: Path) -> sqlite3.Connection:
    """A connection that may write. Its settings write, too, so that whoever only reads on a full disk leaves them."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    return connection
