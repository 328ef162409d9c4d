"""From the outbox to the book, once: a batch is written down before it is sent, and is the same when it is sent again.

An entry goes when it can grow no more: another follows it in its bucket, or nothing has come for longer than its
heartbeats allow. What grows after it went goes as what was added. What the book cannot take is set aside, so that the
rest goes on: a batch in which something does not fit is halved until what does not fit is alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from guildbook.columns import RAW_SCHEMA
from guildbook.model import time as clock
from guildbook.record.importers._activitywatch_fields import fields_of
from guildbook.record.joining import Told, joined, spans
from guildbook.record.joining_names import named
from guildbook.record.live.entry import OWN, Bucket, Entry
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.packs import due as packs_due
from guildbook.record.live.turns import Turn, turns
from guildbook.record.redact import redact

MOST: Final = 20_000
"""Entries of one batch at most."""
HELD: Final = 2 * clock.SECOND
"""What happened so lately waits, since another source may be about to tell of the same."""
SETTLED: Final = 60 * clock.SECOND
"""After so long without a heartbeat the last entry of a bucket is over, unless its heartbeats may come later."""

_NUMBER: Final = "_entry"
"""Where a row says which entry it was, while it is no event yet."""
Take = Callable[[str, pa.Table], None]
"""Takes a batch into the book under a name that it may have been given before; returns when that is durable.

Raises `UnfitError` where the rows are what is wrong: sending them again would change nothing."""


class UnfitError(ValueError):
    """Rows that are no events. Says which column and what kind of error, never what stands in it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Brings what the outbox holds to the book."""

    outbox: Outbox
    worker: str
    """Whose work it is where no turn says so, by name."""
    take: Take

    def run(self, *, everything: bool = False, now: int | None = None) -> int:
        """Deliver what is due, or with `everything` also what may still grow; returns how many events went.

        Whatever `take` raises comes out, and the batch is sent again next time.
        """
        sent = self._finished()
        rest = self.waiting()  # what comes in meanwhile waits for the next time, else this might never end
        while rest > 0 and (count := self.batch(clock.now() if now is None else now, everything=everything)):
            sent += self._finished()
            rest -= count
        return sent

    def waiting(self) -> int:
        """Entries of which something is not in the book."""
        query = (
            "SELECT (SELECT count(*) FROM entries WHERE sent IS NULL OR sent < time + duration) "
            "+ (SELECT coalesce(sum(count), 0) FROM packs WHERE sent = 0)"
        )
        return int(next(self.outbox.read(query))[0])

    def anything(self) -> bool:
        """Whether anything is on its way to the book or waits to be."""
        return bool(next(self.outbox.read("SELECT EXISTS (SELECT 1 FROM batches)"))[0]) or self.waiting() > 0

    def refused(self) -> tuple[int, str]:
        """Entries that the book could not take, and why the last one could not."""
        count = int(next(self.outbox.read("SELECT count(*) FROM refused"))[0])
        why = list(self.outbox.read("SELECT why FROM refused ORDER BY entry DESC LIMIT 1"))
        return count, str(why[0][0]) if why else ""

    def retry(self) -> int:
        """Let what was refused be sent again: another version may take it; returns how many entries that is."""

        def work(connection: sqlite3.Connection) -> int:
            connection.execute(
                "UPDATE entries SET sent = (SELECT nullif(min(r.since), entries.time) FROM refused r "
                "WHERE r.entry = entries.id) WHERE id IN (SELECT entry FROM refused)"
            )
            return connection.execute("DELETE FROM refused").rowcount

        return self.outbox.submit(work).result()

    def dry(self, entries: Sequence[tuple[Bucket, Entry]]) -> list[tuple[Entry, dict[str, Any], dict[str, Any] | None]]:
        """What entries would be as events: each with its fields as they are here, and as they would go.

        None goes where another source tells of the same, or where it does not fit. Nothing is written.
        """
        found: dict[int, tuple[Entry, dict[str, Any]]] = {}
        told: list[Told] = []
        for bucket, entry in entries:
            try:
                one = _told(bucket, entry, entry.time)
            except UnfitError:
                found[entry.id or 0] = entry, dict(entry.data)
                continue
            found[one.number] = entry, _row(bucket, entry)
            told.append(Told(one.number, one.begun, {**one.row, _NUMBER: one.number}))
        rows = joined(told, self._around(told, self.outbox.buckets()))
        went: dict[int, dict[str, Any]] = {}
        for some in _portions(rows, self.worker):
            went |= {row[_NUMBER]: event for row, event in zip(some[0], some[1].to_pylist(), strict=True)}
        return [(entry, before, went.get(number)) for number, (entry, before) in found.items()]

    def _finished(self) -> int:
        """Send every batch that is written down; returns how many events went."""
        sent = 0
        while rows := list(self.outbox.read("SELECT number FROM batches ORDER BY number LIMIT 1")):
            sent += self._sent(rows[0][0])
        return sent

    def batch(self, now: int, *, everything: bool) -> int:
        """Write down what goes next, of one worker; returns how many entries that is."""
        settled = 1 << 62 if everything else now

        def work(connection: sqlite3.Connection) -> int:
            return next((count for turn in turns(self.outbox) if (count := of_turn(connection, turn))), 0)

        def of_turn(connection: sqlite3.Connection, turn: Turn) -> int:
            rows = connection.execute(
                "SELECT e.id, max(coalesce(e.sent, e.time), e.time), e.time + e.duration FROM entries e "
                "JOIN buckets b ON b.number = e.bucket "
                "WHERE (e.sent IS NULL OR e.sent < e.time + e.duration) AND e.id >= ? AND e.id < ? "
                "AND NOT (e.time BETWEEN ? AND ?) AND ("
                "  (b.type LIKE ? AND b.pulse = 0) OR e.time + e.duration + max(b.pulse, ?) < ? "
                "  OR EXISTS (SELECT 1 FROM entries f WHERE f.bucket = e.bucket AND f.time > e.time) "
                "  OR EXISTS (SELECT 1 FROM packs p WHERE p.bucket = e.bucket AND p.latest > e.time)) "
                "ORDER BY e.id LIMIT ?",
                (turn.first, turn.end, settled - HELD, now, f"{OWN}%", SETTLED, settled, MOST),
            ).fetchall()
            found = packs_due(connection, settled, SETTLED, MOST - len(rows), (settled - HELD, now))
            packs = [pack for pack in found if turn.has(pack)]  # those of earlier turns went before
            if not rows and not packs:
                return 0
            made = connection.execute("INSERT INTO batches (made) VALUES (?)", (now,)).lastrowid
            connection.executemany("INSERT INTO batched VALUES (?, ?, ?, ?)", [(made, *row) for row in rows])
            connection.executemany("UPDATE entries SET sent = ? WHERE id = ?", [(row[2], row[0]) for row in rows])
            connection.executemany("UPDATE packs SET sent = 1, batch = ? WHERE first = ?", [(made, p) for p in packs])
            return len(rows) + sum(
                connection.execute("SELECT count FROM packs WHERE first = ?", (pack,)).fetchone()[0] for pack in packs
            )

        return self.outbox.submit(work).result()

    def _sent(self, number: int) -> int:
        """Send a batch that is written down. What was deleted since does not go."""
        rows, packed = self.outbox.batched(number)
        named = {row[0]: row[1] for row in self.outbox.read("SELECT number, id FROM buckets")}
        known = self.outbox.buckets()
        entries = [
            (known[named[bucket]], Entry(since, until - since, self.outbox.opened(data), entry), begun)
            for bucket, entry, since, until, data, begun in rows
        ] + [(known[named[bucket]], entry, entry.time) for bucket, entry in packed]
        turn = next((one for one in turns(self.outbox) if entries and one.has(entries[0][1].id)), Turn())
        try:
            told = [_told(*each) for each in entries]
            around = [one for one in self._around(told, known) if turn.has(one.number)]
            table = events_of(joined(told, around), turn.worker or self.worker)
            if table.num_rows:
                self.take(f"{self.outbox.id}:{number}", table)
        except UnfitError as error:
            if packed:
                self.outbox.unpack(number)  # and then it is halved
            elif len(entries) > 1:
                self._halve(number)
            else:
                self._refuse(number, str(error))
            return 0
        self.outbox.submit(lambda connection: _struck(connection, number)).result()
        return len(entries)

    def _around(self, told: list[Told], known: Mapping[str, Bucket]) -> list[Told]:
        """What else is here and near enough to be another telling of the same."""
        if len(known) < 2:  # noqa: PLR2004 - one source tells nothing twice
            return []
        own = {each.number for each in told}
        found: list[Told] = []
        for since, until in spans(told):
            for name, bucket in known.items():
                # What began before the span comes cut to its begin, and is not wanted.
                for entry in self.outbox.entries(name, start=since - 1, end=until):
                    if entry.time >= since and entry.id not in own:
                        with suppress(UnfitError):  # it is refused when its own turn comes
                            found.append(_told(bucket, entry, entry.time))
        return found

    def _halve(self, number: int) -> None:
        """Make two batches of one: what is in it is sent under their names."""

        def work(connection: sqlite3.Connection) -> None:
            rows = connection.execute(
                "SELECT entry, since, until FROM batched WHERE batch = ? ORDER BY entry", (number,)
            ).fetchall()  # fmt: skip
            (made,) = connection.execute("SELECT made FROM batches WHERE number = ?", (number,)).fetchone()
            _struck(connection, number)
            middle = (len(rows) + 1) // 2
            for part in (rows[:middle], rows[middle:]):
                half = connection.execute("INSERT INTO batches (made) VALUES (?)", (made,)).lastrowid
                connection.executemany("INSERT INTO batched VALUES (?, ?, ?, ?)", [(half, *row) for row in part])

        self.outbox.submit(work).result()

    def _refuse(self, number: int, why: str) -> None:
        """Set aside what a batch of one entry holds."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO refused SELECT entry, since, until, ? FROM batched WHERE batch = ?",
                (why, number),
            )
            _struck(connection, number)

        self.outbox.submit(work).result()


def _struck(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("DELETE FROM batched WHERE batch = ?", (number,))
    connection.execute("DELETE FROM batches WHERE number = ?", (number,))
    connection.execute("UPDATE packs SET batch = NULL WHERE batch = ?", (number,))


def _told(bucket: Bucket, entry: Entry, begun: int) -> Told:
    try:
        return Told(entry.id or 0, begun, named(_row(bucket, entry)))
    except _NO_FIT as error:
        raise UnfitError(f"fields: {type(error).__name__}") from None


def events_of(rows: list[dict[str, Any]], worker: str) -> pa.Table:
    """`RAW_SCHEMA` columns of rows, redacted; all are one worker's. Raises `UnfitError` where they are no events."""
    rows = [row | {"worker": worker} for row in rows]
    arrays = [_column(field, [row.get(field.name) for row in rows]) for field in RAW_SCHEMA]
    try:
        return redact(pa.Table.from_arrays(arrays, schema=RAW_SCHEMA))
    except _NO_FIT as error:
        raise UnfitError(f"texts: {type(error).__name__}") from None


def _portions(rows: list[dict[str, Any]], worker: str) -> Iterator[tuple[list[dict[str, Any]], pa.Table]]:
    """Rows with their columns: all at once, or without those that do not fit."""
    try:
        yield rows, events_of(rows, worker)
    except UnfitError:
        middle = len(rows) // 2
        for part in (rows[:middle], rows[middle:]) if middle else ():
            yield from _portions(part, worker)


def _column(field: pa.Field, values: list[Any]) -> pa.Array:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    try:
        made = pa.array(values, kind)
    except _NO_FIT as error:
        raise UnfitError(f"{field.name}: {type(error).__name__}") from None
    return made.dictionary_encode() if pa.types.is_dictionary(field.type) else made


_NO_FIT: Final = (pa.ArrowException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def _row(bucket: Bucket, entry: Entry) -> dict[str, Any]:
    shared = {
        "time": entry.time, "duration": entry.duration, "seq": entry.id, "device": bucket.hostname,
        "source_version": None, "origin": "person",
    }  # fmt: skip
    if bucket.type.startswith(OWN):
        own = {name: value for name, value in entry.data.items() if name in _OWN_FIELDS}
        own["device"] = own.get("device", bucket.hostname) or None
        own["duration"] = entry.duration or None  # as importers say of what has no length
        return shared | own | {"source": bucket.client.removeprefix("guildbook-")}
    fields: Mapping[str, Any] = fields_of({"type": bucket.type, "client": bucket.client}, dict(entry.data))
    return shared | {"source": bucket.client} | dict(fields)


_OWN_FIELDS: Final = frozenset(RAW_SCHEMA.names) - {"worker", "time", "duration"}
"""What a source of ours may say itself. With `seq`, and an empty `device`, it can say what an importer would say of the
same event, which then is the same one: importing it later does not double it."""
