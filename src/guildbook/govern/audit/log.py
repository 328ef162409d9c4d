"""The audit log in the ledger: append, read, open, and the nodes of its tree.

An entry is written in the caller's transaction, so an act and its effect on the tables are in the book together or not
at all. What was done lies sealed under a key of the book; the ledger shows only when, and a salted commitment.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Row, TextClause, func, insert, select, text

from guildbook.govern.audit import merkle
from guildbook.govern.audit.entry import LEAF, SALT, Entry, Opening, commitment_of, leaf_of
from guildbook.govern.audit.merkle import Growth, Name
from guildbook.model import time as clock
from guildbook.model.canonical import Plain, canonical, plain
from guildbook.model.errors import StoreError
from guildbook.store import Sealer, Store, UndecipherableError, tables
from guildbook.store.quick import Quick

SECRET: Final = "log"  # noqa: S105 - the name of a secret of the book, not the secret
_BOUND: Final = "log"
_PLACE: Final = struct.Struct(">QQ")
_HEAD: Final = SALT + _PLACE.size
_CHUNK: Final = 1 << 14
_TERMS: Final = 200

_LOG, _NODES = tables.log, tables.log_nodes
_LAST: Final = Quick(select(_LOG.c.seq, _LOG.c.time, _LOG.c.leaf).order_by(_LOG.c.seq.desc()).limit(1))
_ADD_ENTRIES: Final = Quick(insert(_LOG))
_ADD_NODES: Final = Quick(insert(_NODES))


@lru_cache(maxsize=256)
def _lookup(leaves: tuple[bool, ...]) -> TextClause:
    """Finds nodes one by one; `leaves` says which of them are leaves.

    By primary key each: SQLite reads the whole table for a list of pairs.
    """
    leaf = "SELECT 0 AS level, seq AS position, leaf AS hash FROM log WHERE :l{0} = 0 AND seq = :p{0}"
    inner = "SELECT level, position, hash FROM log_nodes WHERE level = :l{0} AND position = :p{0}"
    return text(" UNION ALL ".join((leaf if is_leaf else inner).format(i) for i, is_leaf in enumerate(leaves)))


@dataclass(slots=True)
class _Tip:
    """The end of the log as this process last wrote it."""

    leaf: bytes
    growth: Growth
    sealer: Sealer


class Log:
    """The audit log of one book."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tip: _Tip | None = None

    @property
    def book(self) -> str:
        """The id of the book."""
        return self._store.book_id

    def append(self, ledger: Connection, acts: Sequence[Mapping[str, Plain]], time: int | None = None) -> range:
        """Log acts in the caller's transaction; gives their places in the log.

        `ledger`: a connection of `Store.change`. `time`: µs UTC, else now; an entry is never dated before the one
        ahead of it, whatever the clock says. Raises `TypeError` or `ValueError` for an act that canonical JSON cannot
        hold.
        """
        acted = [canonical(act) for act in acts]
        tip, last = self._tip_of(ledger)
        first, seal, place = tip.growth.size, tip.sealer.seal, _PLACE
        when = max(clock.now() if time is None else time, last)
        salts = os.urandom(SALT * len(acted))
        rows: list[tuple[int, int, bytes, bytes, bytes]] = []
        leaves: list[bytes] = []
        for i, act in enumerate(acted):
            salt = salts[i * SALT : (i + 1) * SALT]
            commitment = commitment_of(salt, act)
            leaves.append(leaf_of(first + i, when, commitment))
            sealed = seal(salt + place.pack(first + i, when) + act)
            rows.append((first + i, when, commitment, leaves[-1], sealed))
        # Until everything is written nothing is remembered: an error leaves the tip to be read again.
        self._tip = None
        if rows:
            _ADD_ENTRIES.many(ledger, rows)
            nodes = [
                (level, start + i, value)
                for level, start, run in tip.growth.extend(leaves)
                for i, value in enumerate(run)
            ]
            _ADD_NODES.many(ledger, nodes)
            tip.leaf = leaves[-1]
        self._tip = tip
        return range(first, first + len(rows))

    def size(self, ledger: Connection) -> int:
        """How many entries there are."""
        last = ledger.execute(select(func.max(_LOG.c.seq))).scalar_one_or_none()
        return 0 if last is None else last + 1

    def entry(self, ledger: Connection, seq: int) -> Entry | None:
        """The entry at that place."""
        row = ledger.execute(select(_LOG.c.time, _LOG.c.commitment).where(_LOG.c.seq == seq)).one_or_none()
        return None if row is None else Entry(seq, row.time, row.commitment)

    def openings(self, ledger: Connection, start: int = 0, stop: int | None = None) -> Iterator[Opening]:
        """The entries from `start` up to before `stop`, opened. Raises `StoreError` for one that was tampered with."""
        sealer = self.sealer(ledger)
        for rows in self.rows(ledger, start, stop):
            for row in rows:
                yield opened(sealer, row)

    def rows(self, ledger: Connection, start: int | None = 0, stop: int | None = None) -> Iterator[Sequence[Row]]:
        """Whole rows of the table in order, in chunks; `start` None begins with whatever is there."""
        query = select(_LOG).order_by(_LOG.c.seq).limit(_CHUNK)
        if stop is not None:
            query = query.where(_LOG.c.seq < stop)
        while True:
            some = ledger.execute(query if start is None else query.where(_LOG.c.seq >= start)).all()
            if some:
                yield some
            if len(some) < _CHUNK:
                return
            start = some[-1].seq + 1

    def nodes(self, ledger: Connection) -> merkle.Nodes:
        """The stored nodes of the tree, for roots and proofs; `StoreError` when one is not there."""

        def find(names: Sequence[Name]) -> list[bytes]:
            found: dict[Name, bytes] = {}
            for start in range(0, len(names), _TERMS):
                some = names[start : start + _TERMS]
                values = {
                    f"{kind}{i}": part for i, name in enumerate(some) for kind, part in zip("lp", name, strict=True)
                }
                query = _lookup(tuple(level == 0 for level, _ in some))
                found |= {(level, position): value for level, position, value in ledger.execute(query, values)}
            missing = [name for name in names if name not in found]
            if missing:
                raise StoreError(
                    f"The audit log's tree has no node at level {missing[0][0]}, position {missing[0][1]}.",
                    "Run: guildbook audit verify",
                    "log-damaged",
                )
            return [found[name] for name in names]

        return find

    def differing(self, ledger: Connection, level: int, first: int, run: Sequence[bytes]) -> Iterator[int]:
        """Positions from `first` on at which the stored nodes of a level are not those of `run`."""
        place = _NODES.c.position
        query = select(_NODES.c.hash).where(_NODES.c.level == level, place >= first, place < first + len(run))
        if ledger.execute(query.order_by(place)).scalars().all() == run:
            return
        stored = {row.position: row.hash for row in ledger.execute(query.with_only_columns(place, _NODES.c.hash))}
        yield from (first + i for i, value in enumerate(run) if stored.get(first + i) != value)

    def reach(self, ledger: Connection) -> int:
        """How many entries the stored nodes speak of, at least."""
        query = select(_NODES.c.level, func.max(_NODES.c.position)).group_by(_NODES.c.level)
        return max(((position + 1) << level for level, position in ledger.execute(query)), default=0)

    def root(self, ledger: Connection, size: int | None = None) -> bytes:
        """The root over the first `size` entries, of all when None."""
        return merkle.root(self.size(ledger) if size is None else size, self.nodes(ledger))

    def sealer(self, ledger: Connection) -> Sealer:
        """What opens entries. Raises `StoreError` when the log has no key."""
        key = self._store.secret(ledger, SECRET)
        if key is None:
            raise StoreError("The audit log has no key.", "Restore the ledger from a backup.", "log-damaged")
        return Sealer(key, _BOUND)

    def _tip_of(self, ledger: Connection) -> tuple[_Tip, int]:
        """Where to go on, and the time of the last entry."""
        last = _LAST.one(ledger)
        # A leaf is unique, so finding it again shows that what this process remembers was committed, and nothing since.
        if self._tip is not None and last is not None and last[2] == self._tip.leaf:
            return self._tip, last[1]
        key = self._store.secret(ledger, SECRET, make=True)
        assert key is not None  # made if there was none
        if last is None:
            return _Tip(b"", Growth(), Sealer(key, _BOUND)), 0
        seq, time, leaf = last
        size = seq + 1
        peaks = self.nodes(ledger)(merkle.peak_names(size))
        return _Tip(leaf, Growth(size, peaks), Sealer(key, _BOUND)), time


def opened(sealer: Sealer, row: Row) -> Opening:
    """A row of the table with what it committed to. Raises `UndecipherableError` when it was tampered with."""
    what = f"Entry {row.seq} of the audit log"
    content = sealer.open(row.sealed, what)
    salt, act = content[:SALT], content[_HEAD:]
    if _PLACE.unpack_from(content, SALT) != (row.seq, row.time) or commitment_of(salt, act) != row.commitment:
        raise UndecipherableError(what)
    return Opening(Entry(row.seq, row.time, row.commitment), salt, plain(act))


def written_at(sealer: Sealer, rows: Sequence[Row]) -> list[int | None]:
    """The place each of these rows of the table was written at, by its sealed part.

    None where that does not belong to the other columns, or the leaf of a row at its own place does not fit.
    """
    found: list[int | None] = []
    # The hot loop of a verification: `commitment_of` and `leaf_of` are written out.
    open_, unpack, sha = sealer.open, _PLACE.unpack_from, hashlib.sha256
    for seq, time, commitment, leaf, sealed in rows:
        try:
            content = open_(sealed, "An entry")
        except UndecipherableError:
            found.append(None)
            continue
        place, when = unpack(content, SALT)
        if (
            when != time
            or sha(content[:SALT] + content[_HEAD:]).digest() != commitment
            or (place == seq and sha(LEAF % (commitment.hex().encode(), seq, time)).digest() != leaf)
        ):
            found.append(None)
        else:
            found.append(place)
    return found
