"""The ledger's rows of all segments as columns: no Python object a segment, whatever their number.

The database joins each column into one text (PostgreSQL: numbers into bytes), which is taken apart at once. Beside it
stands a *mark* for each segment by which it is found again among groups of segments that the ledger makes: on SQLite
the row's number, on PostgreSQL a hash of what the groups are made by, keyed with random numbers so that nobody can
choose traces which collide.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, func, literal_column, select, text

from guildbook.store import tables

Words: TypeAlias = NDArray[np.bytes_]
_S: Final = tables.segments.c
_ROWID: Final = literal_column("segments.rowid")
_ROW: Final = 400
"""Bytes that a row takes, about."""
_STEP: Final = {"sqlite": 1 << 18, "postgresql": 1 << 13}
"""Rows, or pages, that are joined into one text: those have at most 10⁹ bytes."""


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


def spans(connection: Connection, parts: int) -> list[range]:
    """Where the segments lie, in so many parts, for `columns`: numbers of rows on SQLite, of pages on PostgreSQL."""
    if connection.dialect.name == "sqlite":
        low, high = connection.execute(text("SELECT min(rowid), max(rowid) + 1 FROM segments")).one()
    else:
        pages = "pg_relation_size('segments') / current_setting('block_size')::bigint"
        low, high = connection.execute(text(f"SELECT 0, {pages}")).one()
    low, high = low or 0, high or 0
    cuts = [low + (high - low) * i // parts for i in range(parts + 1)]
    step = _STEP[connection.dialect.name]
    return [range(start, stop, step) for start, stop in pairwise(cuts)]


def columns(connection: Connection, marks: Marks, where: range) -> Columns:
    """The segments in one of `spans`."""
    words, numbers = (_S.id, _S.digest, _S.month), (marks.of_row(), _S.rows, _S.first, _S.last)
    if connection.dialect.name == "sqlite":
        joined = [cast(func.group_concat(each, literal_column("x'0a'")), LargeBinary) for each in (*words, *numbers)]
        within, number = _ROWID, _numbers
    else:
        between, none = literal_column("E'\\n'"), literal_column("''::bytea")
        joined = [func.convert_to(func.string_agg(each, between), "UTF8", type_=LargeBinary) for each in words]
        joined += [func.string_agg(func.int8send(each), none, type_=LargeBinary) for each in numbers]
        within, number = literal_column("segments.ctid"), _packed
    chunks: list[Columns] = []
    for start in where:
        bounds = [_place(connection, each) for each in (start, min(start + where.step, where.stop))]
        query = select(*joined).select_from(tables.segments).where(within >= bounds[0], within < bounds[1])
        some = connection.execute(query).one()
        if some[0]:  # there may be gaps
            ids, digests, months = map(_words, some[:3])
            chunks.append(Columns(number(some[3]), ids, digests, months, *map(number, some[4:])))
    return joined_columns(chunks)


def joined_columns(chunks: Sequence[Columns]) -> Columns:
    """One after the other."""
    if not chunks:
        none, words = np.empty(0, np.int64), np.empty(0, "S1")
        return Columns(none, words, words, words, none, none, none)
    return Columns(*(np.concatenate(each) for each in zip(*chunks, strict=True)))


def _place(connection: Connection, number: int) -> ColumnElement[Any]:
    return literal_column(str(number) if connection.dialect.name == "sqlite" else f"'({number},0)'::tid")


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


def _numbers(joined: bytes, between: str = "\n") -> NDArray[np.int64]:
    """Numbers in writing."""
    return np.fromstring(joined, np.int64, sep=between)


def _packed(joined: bytes) -> NDArray[np.int64]:
    """Numbers as PostgreSQL sends them."""
    return np.frombuffer(joined, ">i8").astype(np.int64)
