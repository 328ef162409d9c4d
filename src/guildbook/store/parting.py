"""Erasing a part of what is held of a worker: a period, a class of traces, one event.

A worker's events of one month share a key, and old copies of their files may lie anywhere. So every segment of a month
that is touched is written anew, without the events that go, under a new key of that month. The old segments and
their key stay, set aside, only until their events are subtracted from what was learnt; then the key is destroyed,
and with it every copy of those files that there is. Each of the two steps is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, delete, insert, select, update

from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.model import time
from guildbook.model.ids import uuid7
from guildbook.store import files, ledger, people, segment, tables
from guildbook.store.cipher import new_key
from guildbook.store.cutting import cut
from guildbook.store.drafting import insert_rows
from guildbook.store.files import Change
from guildbook.store.keys import INBOX, Keys, fingerprint
from guildbook.store.quarantine import clean, doomed
from guildbook.store.reading import address, leaving_rows, read_tables, segment_rows
from guildbook.store.rows import LEAVING, NOTHING, ErasureReport, SegmentRow, note_classes
from guildbook.store.scopes import BEGUN, DONE, READ, Scope
from guildbook.store.vault import Vault

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Parted:
    """What was set aside to be erased."""

    id: str
    """Of the erasure."""
    scope: Scope
    rows: int
    """Events that go."""
    segments: int
    """Segments that hold one of them."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An erasure in part that did not end yet."""

    id: str
    worker: str
    taken: dict[str, str]
    """Each segment set aside and what is in its place; empty where nothing is."""


PartBegun = Callable[[Parted, Change], None]
"""Makes the change, in a transaction that may log it."""
PartEnded = Callable[[ErasureReport, Change], None]


def known_event(vault: Vault, event: bytes) -> str:
    """An event's id as erasures keep it."""
    return vault.keys.pseudonym(f"event:{event.hex()}")


def pending(vault: Vault) -> list[Pending]:
    """Erasures that were begun, oldest first."""
    table = tables.erasures
    query = select(table.c.id, table.c.worker).where(table.c.state == BEGUN).order_by(table.c.time, table.c.id)
    with vault.look() as connection:
        return [
            Pending(row.id, row.worker, {
                each.id: "" if each.leaving == NOTHING else each.leaving
                for each in leaving_rows(connection, row.worker)
            })
            for row in connection.execute(query).all()
        ]  # fmt: skip


def part(vault: Vault, scope: Scope, transact: PartBegun) -> Parted | None:
    """Set aside what is in the scope; None when nothing is. The inbox must be sealed, and nothing be pending."""
    with vault.writing():
        files.recover(vault.home, vault.engine)
        with vault.look() as connection:
            people.state(connection, scope.worker)
            held = segment_rows(connection, scope.worker)
        found = _found(vault, held, scope)
        if not found:
            return None
        months = {row.month for row in held if row.id in found}
        old = [row for row in held if row.month in months]
        made = Parted(uuid7().hex, scope, sum(int(mask.sum()) for mask in found.values()), len(found))
        publication = files.Publication(vault.home, vault.engine)
        keys: Keys = {(scope.worker, month): new_key() for month in months}
        new = {row.id: _rewritten(vault, row, found.get(row.id), keys, publication) for row in old}

        def change(connection: Connection) -> None:
            _set_aside(vault, connection, old, new)
            kept = [row for row in new.values() if row is not None]
            vault.keys.add(connection, {pair: key for pair, key in keys.items() if pair[1] in {r.month for r in kept}})
            if kept:
                insert_rows(connection, kept)
            row = {
                "id": made.id, "worker": scope.worker, "first": scope.first, "until": scope.until,
                "class": scope.trace_class, "event": scope.event, "state": BEGUN, "time": time.now(), "seq": None,
            }  # fmt: skip
            connection.execute(insert(tables.erasures), row)

        publication.commit(change, transact=lambda whole: transact(made, whole))
        return made


def destroy(vault: Vault, erasure: str, transact: PartEnded) -> ErasureReport:
    """Destroy what an erasure has set aside: the keys and the files, and what of it is in the quarantine."""
    with vault.writing():
        files.recover(vault.home, vault.engine)
        with vault.look() as connection:
            table = tables.erasures
            said = connection.execute(select(table).where(table.c.id == erasure)).one()
            old = leaving_rows(connection, said.worker)
            kept = segment_rows(connection, ids=[row.leaving for row in old if row.leaving != NOTHING])
            keys = _outgoing(vault, connection, said.worker, old)
            name = next((row.name for row in people.everyone(connection, vault.keys) if row.id == said.worker), None)
            # A rejected row has no time that can be relied on. One event was no rejected row.
            rejected = None if said.event else doomed(vault, connection, said.worker, name, since=said.first)
        report = ErasureReport(
            said.worker,
            segments=len(old),
            rows=sum(row.rows for row in old) - sum(row.rows for row in kept),
            keys=len(keys),
            quarantined=0 if rejected is None else rejected.rows,
            gone=tuple(row.id for row in old),
            fingerprints=tuple(sorted(fingerprint(key) for key in keys.values())),
            rewritten=len(kept),
        )

        def change(connection: Connection) -> None:
            leaving, held = tables.leaving, tables.keys
            connection.execute(delete(leaving).where(leaving.c.worker == said.worker))
            for owner, period in keys:
                connection.execute(delete(held).where(held.c.owner == owner, held.c.period == period))
            if rejected is not None:
                clean(vault, connection, rejected)
            connection.execute(update(table).where(table.c.id == erasure).values(state=DONE))

        paths = [address(row).path for row in old]
        files.drop(vault.home, vault.engine, change, paths, lambda whole: transact(report, whole))
        ledger.scrub(vault.engine)
        return report


def _found(vault: Vault, held: list[SegmentRow], scope: Scope) -> dict[str, Mask]:
    """By segment, which of its rows go; only segments of which some do."""
    near = [row for row in held if scope.may_hold(row)]
    masks: dict[str, Mask] = {}
    for row, events in read_tables(vault, near, READ):
        mask = scope.rows(events, lambda event: known_event(vault, event))
        if mask.any():
            masks[row.id] = mask
    return masks


def _rewritten(
    vault: Vault, row: SegmentRow, gone: Mask | None, keys: Keys, publication: files.Publication
) -> SegmentRow | None:
    """The segment without the rows that go, under the new key; None where none is left."""
    events = next(read_tables(vault, [row], EVENT_SCHEMA.names))[1]
    if gone is not None:
        events = events.filter(pa.array(~gone))
    if not events.num_rows:
        return None
    place = segment.Address(uuid7().hex, row.worker, row.month)
    one = np.zeros(events.num_rows, np.int64)
    (kept,) = cut(events, one, one)
    done = segment.encode(place, keys[row.worker, row.month], kept)
    classes, parts = note_classes(kept.held)
    publication.add(place.path, done.parts)
    return replace(
        row, id=place.id, rows=kept.events.num_rows, first=kept.first, last=kept.last, digest=kept.digest,
        bytes=done.bytes, created=time.now(), classes=classes, parts=parts,
    )  # fmt: skip


def _set_aside(vault: Vault, connection: Connection, old: list[SegmentRow], new: dict[str, SegmentRow | None]) -> None:
    """The old segments are leaving, and their keys with them."""
    segments, held = tables.segments, tables.keys
    pairs = sorted({(row.worker, row.month) for row in old})
    for (owner, month), key in vault.keys.fetch(connection, pairs).items():
        connection.execute(delete(held).where(held.c.owner == owner, held.c.period == month))
        vault.keys.add(connection, {(owner, f"{LEAVING}{month}"): key})
    for row in old:
        follows = new[row.id]
        named = NOTHING if follows is None else follows.id
        connection.execute(delete(segments).where(segments.c.id == row.id))
        connection.execute(insert(tables.leaving), asdict(row) | {"leaving": named})


def _outgoing(vault: Vault, connection: Connection, worker: str, old: list[SegmentRow]) -> Keys:
    """The keys to destroy: of the months as they were, and of the inbox, in which the events once waited."""
    pairs = sorted({(row.worker, row.period) for row in old})
    waits = tables.inbox
    if connection.execute(select(waits.c.id).where(waits.c.worker == worker).limit(1)).first() is None:
        pairs.append((worker, INBOX))
    return vault.keys.find(connection, pairs)
