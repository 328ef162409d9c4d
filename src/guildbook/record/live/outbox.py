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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guildbook.model.errors import GuildbookError, StoreError
from guildbook.model.ids import uuid7
from guildbook.record.live.entry import Bucket, Entry, merged
from guildbook.record.live.trouble import told

Done = TypeVar("Done")

AT_ONCE: Final = 4_096
"""Pieces of work written in one transaction at most."""
PRUNED: Final = 20_000
"""Entries deleted at a time when the budget is used up."""
_NONCE: Final = 12
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
        key = _key(folder / "outbox.key")
        self._gcm = AESGCM(key)
        self._marks = hmac.digest(key, b"guildbook marks", hashlib.sha256)
        self._writer = _connected(self._path)
        self._writer.executescript(_SCHEMA)
        self.id = self._named("id", uuid7().hex)
        self._check = self._named("check", self._sealed({"check": self.id}).hex())
        self._opened(bytes.fromhex(self._check))
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._last: dict[int, Entry] = {}
        self._dirty: set[int] = set()
        self._numbers: dict[str, int] = {}
        self._clients: dict[str, str] = {}
        self._shrinking = threading.Lock()
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        for reader in self._readers:
            reader.close()
        self._writer.close()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        names = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(name.stat().st_size for name in names if name.exists())

    def mark(self, text: str) -> str:
        """A sign that equal texts share, from which nobody without this outbox's key learns the text; 32 digits."""
        return hmac.digest(self._marks, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:32]

    # Buckets

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
            connection.execute("DELETE FROM buckets WHERE number = ?", (number,))
            self._last.pop(number, None)
            self._dirty.discard(number)
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
            "ORDER BY time DESC, id DESC LIMIT 8)) FROM buckets b ORDER BY b.number"
        )
        return {
            name: Bucket(name, kind, client, hostname, created, title, self._opened(data), updated)
            for name, kind, client, hostname, created, title, data, updated in rows
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

    def inserting(self, bucket: str, entries: Sequence[Entry]) -> Callable[[sqlite3.Connection], list[Entry]]:
        """What `insert` lets the writing thread do."""
        sealed = [self._sealed(entry.data) for entry in entries]

        def work(connection: sqlite3.Connection) -> list[Entry]:
            number = self._known(connection, bucket)
            self._flush(connection, number)
            self._last.pop(number, None)
            out: list[Entry] = []
            for entry, data in zip(entries, sealed, strict=True):
                if entry.id is not None and connection.execute(
                    "UPDATE entries SET time = ?, duration = ?, data = ? WHERE id = ? AND bucket = ?",
                    (entry.time, entry.duration, data, entry.id, number),
                ).rowcount:  # fmt: skip
                    out.append(entry)
                else:
                    out.append(replace(entry, id=self._inserted(connection, number, entry, data)))
            return out

        return work

    def heartbeat(self, bucket: str, beat: Entry, pulse: int) -> Future[Entry]:
        """Prolong the bucket's last entry, or put a new one in; done when it is on the disk."""

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
            connection.execute("UPDATE buckets SET pulse = max(pulse, ?) WHERE number = ?", (pulse, number))
            self._last[number] = made
            return made

        return self.submit(work)

    def entries(
        self, bucket: str, limit: int | None = None, start: int | None = None, end: int | None = None
    ) -> list[Entry]:
        """Newest first, equal times by ascending id; those that overlap [start, end] in part are cut to it."""
        if limit == 0:
            return []
        low, high = -(1 << 62) if start is None else start, (1 << 62) if end is None else end
        rows = self._read().execute(
            "SELECT e.id, e.time, e.duration, e.data FROM entries e JOIN buckets b ON b.number = e.bucket "
            "WHERE b.id = ? AND e.time <= ? AND e.time + e.duration >= ? ORDER BY e.time DESC, e.id LIMIT ?",
            (bucket, high, low, -1 if limit is None or limit < 0 else limit),
        )
        out: list[Entry] = []
        for row in rows:
            since, until = max(row[1], low), min(row[1] + row[2], high)
            out.append(Entry(since, until - since, self._opened(row[3]), row[0]))
        return out

    def entry(self, bucket: str, number: int) -> Entry | None:
        """One entry, or None."""
        row = self._read().execute(
            "SELECT e.id, e.time, e.duration, e.data FROM entries e JOIN buckets b ON b.number = e.bucket "
            "WHERE b.id = ? AND e.id = ?", (bucket, number),
        ).fetchone()  # fmt: skip
        return None if row is None else Entry(row[1], row[2], self._opened(row[3]), row[0])

    def count(self, bucket: str, start: int | None = None, end: int | None = None) -> int:
        """How many entries overlap [start, end]."""
        low, high = -(1 << 62) if start is None else start, (1 << 62) if end is None else end
        return self._read().execute(
            "SELECT count(*) FROM entries e JOIN buckets b ON b.number = e.bucket "
            "WHERE b.id = ? AND e.time <= ? AND e.time + e.duration >= ?", (bucket, high, low),
        ).fetchone()[0]  # fmt: skip

    def delete(self, bucket: str, number: int) -> bool:
        """Delete one entry that is here; False where there is none."""

        def work(connection: sqlite3.Connection) -> bool:
            place = self._number(connection, bucket)
            if place is None:
                return False
            self._flush(connection, place)
            self._forgotten(place)
            return connection.execute("DELETE FROM entries WHERE id = ? AND bucket = ?", (number, place)).rowcount > 0

        return self.submit(work).result()

    def forget(self, since: int, until: int) -> int:
        """Delete every entry that overlaps [since, until], whatever bucket it is in; returns how many."""

        def work(connection: sqlite3.Connection) -> int:
            for place in list(self._last):
                self._flush(connection, place)
                self._forgotten(place)
            return connection.execute(
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
            return connection.execute(
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

    def submit(self, work: Callable[[sqlite3.Connection], Done]) -> Future[Done]:
        """Let the writing thread do something; the future is done when that is on the disk."""
        found: Future[Any] = Future()
        if self._closed:
            found.set_exception(_shut())
        else:
            self._queue.put((work, found))
        return found

    def read(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Rows as they are on the disk now: for the delivery, beside which this file has no secrets."""
        return iter(self._read().execute(query, values).fetchall())

    def opened(self, sealed: bytes) -> Mapping[str, Any]:
        """The data of an entry."""
        return self._opened(sealed)

    def _write(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            waiting, last = [first], False
            with suppress(Empty):
                while len(waiting) < AT_ONCE:
                    following = self._queue.get_nowait()
                    if following is None:
                        last = True
                        break
                    waiting.append(following)
            self._together(waiting)
            if last:
                return

    def _together(self, waiting: list[_Work]) -> None:
        """All in one transaction; where one fails, each by itself, so that only that one fails."""
        try:
            results = self._transacted([work for work, _ in waiting])
        except _FAILURES as error:
            if len(waiting) == 1:
                waiting[0][1].set_exception(told(error, self._path) if isinstance(error, sqlite3.Error) else error)
                return
            for one in waiting:
                self._together([one])
            return
        for (_, found), result in zip(waiting, results, strict=True):
            found.set_result(result)

    def _transacted(self, works: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        connection = self._writer
        connection.execute("BEGIN IMMEDIATE")
        try:
            results = [work(connection) for work in works]
            for number in list(self._dirty):
                self._flush(connection, number)
            connection.execute("COMMIT")
        except BaseException:
            self._last.clear()
            self._dirty.clear()
            self._numbers.clear()
            if connection.in_transaction:  # a full disk may have ended it already
                connection.execute("ROLLBACK")
            raise
        return results

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
        row = connection.execute(
            "SELECT id, time, duration, data FROM entries WHERE bucket = ? ORDER BY time DESC, id DESC LIMIT 1",
            (number,),
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
            raise _shut()
        if not hasattr(self._local, "connection"):
            self._local.connection = _opened(self._path)
            self._readers.append(self._local.connection)
        return self._local.connection

    def _named(self, name: str, value: str) -> str:
        self._writer.execute("INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)", (name, value))
        return str(self._writer.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()[0])

    def _sealed(self, data: Mapping[str, Any]) -> bytes:
        nonce = os.urandom(_NONCE)
        plain = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        return nonce + self._gcm.encrypt(nonce, plain, b"guildbook outbox")

    def _opened(self, sealed: bytes) -> dict[str, Any]:
        try:
            return json.loads(self._gcm.decrypt(sealed[:_NONCE], sealed[_NONCE:], b"guildbook outbox"))
        except InvalidTag:
            raise StoreError(
                f"{self._path} does not decrypt: it was changed, or it belongs to another key.",
                "Restore outbox.key, or move both files away: what was delivered is in the book.",
                "damaged",
            ) from None


_FAILURES: Final = (
    sqlite3.Error, GuildbookError, ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
"""Whatever a piece of work may raise is for whoever handed it in: the thread that writes goes on."""
_Work = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)


def _connected(path: Path) -> sqlite3.Connection:
    """A connection that may write. Its settings write, too, so that whoever only reads on a full disk leaves them."""
    connection = _opened(path)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _key(path: Path) -> bytes:
    """The key in a file that only its owner reads; made where there is none."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(AESGCM.generate_key(256))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def _shut() -> StoreError:
    return StoreError("The outbox is closed.", "Start the recorder: guildbook record start.", "closed")
