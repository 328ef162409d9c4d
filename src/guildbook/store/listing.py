"""The ledger's rows of all segments as columns: no Python object a segment, whatever their number.

The database joins each column into one text (PostgreSQL: numbers into bytes), which is taken apart at once. Beside it
stands a *mark* for each segment by which it is found again among groups of segments that the ledger makes: on SQLite
the row's number, on PostgreSQL a hash of what the groups are made by, keyed with random numbers so that nobody can
choose traces which collide.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, func, literal_column, select, text

from guildbook.store import tables

Words: TypeAlias = NDArray[np.bytes_]
_S: Final = tables.segments.c
_ROWID: Final = literal_column("segments.rowid")
_STEP: Final = 1 << 18
"""Rows of a chunk on SQLite, where a text may have 10⁹ bytes."""
_ROW: Final = 400
"""Bytes that a row takes on PostgreSQL, about."""
_MOST: Final = 1 << 21
"""Rows of a chunk on PostgreSQL, likewise, about."""


class Columns(NamedTuple):
    """Segments by columns, in no stated order."""

    marks: NDArray[np.int64]
    ids: Words
    digests: Words
    months: Words
    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Marks:
    """How segments are found again in groups made by `keys` columns of theirs."""

    dialect: str
    keys: tuple[ColumnElement[Any], ...]
    seeds: tuple[int, ...] = field(default_factory=lambda: tuple(secrets.randbits(62) for _ in range(8)))

    def of_group(self, *keys: ColumnElement[Any]) -> ColumnElement[Any]:
        """What a query that groups by `keys` selects, for `places`."""
        return func.group_concat(_ROWID) if self.dialect == "sqlite" else self._hash(keys)

    def of_row(self) -> ColumnElement[Any]:
        """What marks one segment."""
        return _ROWID if self.dialect == "sqlite" else self._hash(self.keys)

    def places(self, groups: Sequence[Any], marks: NDArray[np.int64]) -> NDArray[np.int32] | None:
        """The place of each segment's group among `groups` (of what `of_group` selected), -1 where it is in none.

        None if two groups cannot be told apart, which chance brings about once in 10⁹ times at 10⁵ groups.
        """
        if not groups or not len(marks):
            return np.full(len(marks), -1, np.int32)
        if self.dialect == "sqlite":
            held = _numbers(",".join(groups).encode(), ",")
            sizes = [each.count(",") + 1 for each in groups]
            place = np.repeat(np.arange(len(groups), dtype=np.int32), sizes)
        else:
            held, place = np.array(groups, np.int64), np.arange(len(groups), dtype=np.int32)
        order = np.argsort(held)
        held, place = held[order], place[order]
        if (held[1:] == held[:-1]).any():
            return None
        at = np.minimum(np.searchsorted(held, marks), len(held) - 1)
        return np.where(held[at] == marks, place[at], np.int32(-1))

    def _hash(self, keys: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
        hashed = [func.hashtextextended(key, seed) for key, seed in zip(keys, self.seeds, strict=False)]
        whole: ColumnElement[Any] = hashed[0]
        for each in hashed[1:]:
            whole = whole.op("#")(each)
        return whole


def about(connection: Connection) -> int:
    """How many segments there are, roughly and at once."""
    if connection.dialect.name == "sqlite":
        return connection.execute(text("SELECT max(rowid) FROM segments")).scalar() or 0
    return connection.execute(text("SELECT pg_relation_size('segments')")).scalar_one() // _ROW


def columns(connection: Connection, marks: Marks) -> Columns:
    """All segments."""
    read = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    chunks = [Columns(*each) for each in read(connection, marks)]
    if not chunks:
        none, words = np.empty(0, np.int64), np.empty(0, "S1")
        return Columns(none, words, words, words, none, none, none)
    return Columns(*(np.concatenate(each) for each in zip(*chunks, strict=True)))


def _sqlite(connection: Connection, marks: Marks) -> Iterator[Sequence[Any]]:
    bounds = connection.execute(select(func.min(_ROWID), func.max(_ROWID)).select_from(tables.segments)).one()
    if bounds[0] is None:
        return
    held = (_S.id, _S.digest, _S.month, marks.of_row(), _S.rows, _S.first, _S.last)
    query = select(*(cast(func.group_concat(each, literal_column("x'0a'")), LargeBinary) for each in held))
    for start in range(bounds[0], bounds[1] + 1, _STEP):
        some = connection.execute(query.where(_ROWID.between(start, start + _STEP - 1))).one()
        if some[0]:  # there may be gaps
            ids, digests, months = (_words(each) for each in some[:3])
            mark, *numbers = (_numbers(each, "\n") for each in some[3:])
            yield mark, ids, digests, months, *numbers


def _postgresql(connection: Connection, marks: Marks) -> Iterator[Sequence[Any]]:
    between = literal_column("E'\\n'")
    words = [func.string_agg(each, between) for each in (_S.id, _S.digest, _S.month)]
    mark, *numbers = (
        func.string_agg(func.int8send(each), literal_column("''::bytea"), type_=LargeBinary)
        for each in (marks.of_row(), _S.rows, _S.first, _S.last)
    )
    parts = -(-max(about(connection), 1) // _MOST)
    query = select(*words, mark, *numbers).select_from(tables.segments)
    if parts > 1:
        query = query.group_by(func.mod(func.hashtext(_S.id), parts))
    for some in connection.execute(query):
        if some[0]:
            ids, digests, months = (_words(each.encode()) for each in some[:3])
            mark_of, *others = (np.frombuffer(each, ">i8").astype(np.int64) for each in some[3:])
            yield mark_of, ids, digests, months, *others


def _words(joined: bytes) -> Words:
    """Words with a line break between them."""
    width = joined.find(b"\n")
    if width < 0:
        return np.array([joined])
    if (len(joined) + 1) % (width + 1) == 0:  # perhaps all of one width: then nothing has to be looked for
        lines = np.frombuffer(joined + b"\n", np.dtype([("word", f"S{width}"), ("end", "S1")]))
        if joined.count(b"\n") == len(lines) - 1 and (lines["end"] == b"\n").all():
            return np.ascontiguousarray(lines["word"])
    return np.array(joined.split(b"\n"))


def _numbers(joined: bytes, between: str) -> NDArray[np.int64]:
    return np.fromstring(joined, np.int64, sep=between)
