"""All admitted events laid out by joint trace, in parts small enough to be worked on one after another.

Reading goes through the segments once, some at a time. Each row then stands, compressed, with the rows of its joint
trace: those of a case by the case's symbol, so that the traces of the lowest symbols are in the first parts; those
without a case by worker and week. What stays in memory are the compressed rows; what summarising needs beside
them is bounded by the size of a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.columns.words import as_words, symbols
from guildbook.distil.segment.units import week
from guildbook.model.grant import SegmentRef

PORTION: Final = 500_000
"""Rows that are read together, about."""
PART: Final = 250_000
"""Rows of a part, about: what bounds the memory of summarising."""
_HALF: Final = np.uint64(32)
_LZ4: Final = pa.ipc.IpcWriteOptions(compression="lz4")

Ints = NDArray[np.int64]


@dataclass
class Part:
    """Compressed pieces of a part: tables whose rows together hold its joint traces whole."""

    cases: list[bytes] = field(default_factory=list[bytes])
    loose: list[bytes] = field(default_factory=list[bytes])
    """Rows without a case."""

    def pieces(self) -> list[bytes]:
        """All of them."""
        return [*self.cases, *self.loose]


class Parts:
    """Rows laid into so many parts."""

    def __init__(self, rows: int, least: int = 1) -> None:
        self.parts = [Part() for _ in range(max(least, -(-rows // PART)))]
        self._kept: int | None = None
        """Cases from this symbol on may be missing."""

    def __len__(self) -> int:
        return len(self.parts)

    def lay(self, table: pa.Table) -> None:
        """Put the rows of a table where their joint traces are."""
        count = len(self.parts)
        case = as_words(table.column("case"))
        place = case_parts(symbols(case.dictionary), count)
        bare = place_of_weeks(table, count) + count
        codes = case.indices.fill_null(-1).to_numpy()
        where = np.where(codes >= 0, np.append(place, 0)[codes], bare)
        order = np.argsort(where, kind="stable")
        bounds = np.searchsorted(where[order], np.arange(2 * count + 1))
        sorted_table = table.take(pa.array(order))
        for number in range(2 * count):
            start, end = int(bounds[number]), int(bounds[number + 1])
            if end > start:
                part = self.parts[number % count]
                kept = part.cases if number < count else part.loose
                kept.append(packed(sorted_table.slice(start, end - start)))

    def holds(self, symbol: int | None) -> bool:
        """Whether all rows that `below` would give are still held."""
        return self._kept is None or (symbol is not None and symbol <= self._kept)

    def keep(self, symbol: int | None) -> None:
        """Of cases only those of a lower symbol are, or have to be, held from now on; for None all are."""
        self._kept = symbol

    def drained(self, symbol: int) -> Iterator[list[bytes]]:
        """The pieces of each part; those of cases in parts that begin above the symbol are let go as they are given."""
        self.keep(symbol)
        for number, part in enumerate(self.parts):
            pieces = part.pieces()
            if number > self._last(symbol):
                part.cases.clear()
            if pieces:
                yield pieces

    def below(self, symbol: int | None) -> Iterator[list[bytes]]:
        """The pieces of each part that may hold joint traces whose key has a lower symbol; of all for None."""
        last = len(self.parts) if symbol is None else self._last(symbol)
        for number, part in enumerate(self.parts):
            pieces = part.pieces() if number <= last else part.loose
            if pieces:
                yield pieces

    def _last(self, symbol: int) -> int:
        """The last part that may hold a case of a lower symbol."""
        return int(case_parts(np.array([symbol], np.uint64), len(self.parts))[0])


def case_parts(codes: NDArray[np.uint64], count: int) -> Ints:
    """Which of so many parts holds a case of each symbol: equal ranges of symbols, in order."""
    return ((codes >> _HALF) * np.uint64(count) >> _HALF).astype(np.int64)


def place_of_weeks(table: pa.Table, count: int) -> Ints:
    """Which of so many parts holds the caseless rows of each row's worker and week."""
    worker = as_words(table.column("worker"))
    codes = np.append(symbols(worker.dictionary) >> _HALF, 0).astype(np.int64)[worker.indices.fill_null(-1).to_numpy()]
    return (codes * 31 + week(table.column("time").cast(pa.int64()).to_numpy())) % count


def portions(segments: Iterable[SegmentRef], rows: int = PORTION) -> Iterator[list[str]]:
    """Segments in lists of about so many rows, in which worker-days are whole.

    A worker's stay together, so that one receipt speaks of them, unless they alone are far too many: then they are
    parted between months.
    """
    some: list[str] = []
    size = 0
    worker = ""
    in_order = sorted(segments, key=lambda s: (s.worker, s.month, s.id))
    for (owner, _), held in groupby(in_order, key=lambda s: (s.worker, s.month)):
        if some and size >= (rows if owner != worker else 2 * rows):
            yield some
            some, size = [], 0
        worker = owner
        for segment in held:
            some.append(segment.id)
            size += segment.rows
    if some:
        yield some


def packed(table: pa.Table) -> bytes:
    """A table as a compressed Arrow stream, with few words that no row uses."""
    out = pa.BufferOutputStream()
    whole = pa.table({f.name: _own_words(table.column(f.name)) for f in table.schema})
    with pa.ipc.new_stream(out, whole.schema, options=_LZ4) as stream:
        stream.write_table(whole)
    return out.getvalue().to_pybytes()


def unpacked(pieces: Sequence[bytes]) -> pa.Table:
    """The rows of all pieces."""
    tables = [pa.ipc.open_stream(piece).read_all() for piece in pieces]
    return pa.concat_tables(tables).unify_dictionaries()


def _own_words(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.DictionaryArray:
    return as_words(column) if pa.types.is_dictionary(column.type) else column
