"""Tables of exact counts that add and subtract: the abelian group everything learnt is made of.

A table holds no zero counts and keeps its rows in one canonical order, so equal sums have equal bytes. Counts
may be negative: then it is the difference of two sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.kernels import group_rows, merge_rows, row_order, run_hashes, runs_of

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]

_WORTH_PACKING: Final = 20_000
_SAMPLE: Final = 4_096
_ADD: Final = 1
_SUBTRACT: Final = -1


@dataclass(frozen=True, eq=False)
class CountTable:
    """K key columns and a count; rows sorted lexicographically and unique."""

    keys: Keys
    """(n, K)"""
    counts: Ints
    """(n,)"""

    @classmethod
    def zero(cls, width: int) -> CountTable:
        """The table with no rows."""
        return cls(np.empty((0, width), np.uint64), np.empty(0, np.int64))

    @classmethod
    def from_rows(cls, rows: Keys, weights: Ints | None = None) -> CountTable:
        """Count rows (n, K) in any order, each once or by its weight."""
        rows = np.ascontiguousarray(rows, dtype=np.uint64)
        ones = np.ones(len(rows), np.int64) if weights is None else np.ascontiguousarray(weights, dtype=np.int64)
        first, counts = group_rows(rows, ones)
        return cls.from_unique(rows[first], counts)

    @classmethod
    def from_unique(cls, rows: Keys, counts: Ints) -> CountTable:
        """Put rows that are already distinct into canonical order."""
        rows, counts = rows[counts != 0], counts[counts != 0]
        order = row_order(_packed(rows))
        return cls(np.ascontiguousarray(rows[order]), np.ascontiguousarray(counts[order]))

    @classmethod
    def from_columns(cls, *columns: NDArray[np.uint64] | int, weights: Ints | None = None) -> CountTable:
        """Count rows given as columns; a plain number fills its column."""
        size = next(len(c) for c in columns if not isinstance(c, int))
        rows = np.empty((size, len(columns)), np.uint64)
        for place, column in enumerate(columns):
            rows[:, place] = column
        return cls.from_rows(rows, weights)

    def __len__(self) -> int:
        return len(self.counts)

    def __add__(self, other: CountTable) -> CountTable:
        return self._merged(other, _ADD)

    def __sub__(self, other: CountTable) -> CountTable:
        return self._merged(other, _SUBTRACT)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CountTable)
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.counts, other.counts)
        )

    def __hash__(self) -> int:
        return hash((len(self), self.total()))

    def where(self, **fixed: int) -> CountTable:
        """The rows whose column `cK` is the given symbol, e.g. `where(c0=task)`."""
        keep = np.ones(len(self), dtype=bool)
        for name, value in fixed.items():
            keep &= self.keys[:, int(name[1:])] == np.uint64(value)
        return CountTable(self.keys[keep], self.counts[keep])

    def by(self, *columns: int) -> CountTable:
        """Counts summed over all other columns."""
        return CountTable.from_rows(self.keys[:, list(columns)], self.counts)

    def total(self) -> int:
        """Sum of all counts."""
        return int(self.counts.sum())

    def _merged(self, other: CountTable, sign: int) -> CountTable:
        if self.keys.shape[1] != other.keys.shape[1]:
            raise ValueError("tables of different width")
        if not len(other):
            return self
        source, counts = merge_rows(self.keys, self.counts, other.keys, other.counts, sign)
        return CountTable(_picked(self.keys, other.keys, source), counts)


@dataclass(frozen=True, eq=False)
class Profiles:
    """A count for each head (H columns) with a run of tokens; rows in order of their 128-bit hash, unique."""

    head: Keys
    """(n, H)"""
    offsets: Ints
    """(n + 1,): where each row's tokens start."""
    tokens: Keys
    counts: Ints
    """(n,)"""
    known_hashes: Keys | None = None
    """`hashes`, where they had to be worked out to make this table."""

    @classmethod
    def zero(cls, width: int) -> Profiles:
        """The table with no rows."""
        empty = np.empty(0, np.uint64)
        pairs = np.empty((0, 2), np.uint64)
        return cls(np.empty((0, width), np.uint64), np.zeros(1, np.int64), empty, np.empty(0, np.int64), pairs)

    @cached_property
    def hashes(self) -> Keys:
        """(n, 2): of head and tokens; equal rows are told by it. Worked out when asked for: reading back needs none."""
        known = self.known_hashes
        return run_hashes(self.head, self.offsets, self.tokens) if known is None else known

    @classmethod
    def from_runs(cls, head: Keys, offsets: Ints, tokens: Keys, weights: Ints | None = None) -> Profiles:
        """Count rows in any order, each once or by its weight."""
        head = np.ascontiguousarray(head, dtype=np.uint64)
        hashes = run_hashes(head, offsets, tokens)
        ones = np.ones(len(head), np.int64) if weights is None else weights
        first, counts = group_rows(hashes, ones)
        first, counts = first[counts != 0], counts[counts != 0]
        order = row_order(hashes[first])
        first, counts = first[order], counts[order]
        starts, picked = runs_of(offsets, tokens, offsets, tokens, first)
        return cls(head[first], starts, picked, counts, hashes[first])

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[Sequence[int], Sequence[int]]], width: int) -> Profiles:
        """Count (head, tokens) pairs: for tests and small things."""
        listed = list(rows)
        head = np.array([h for h, _ in listed], np.uint64).reshape(-1, width)
        offsets = np.concatenate([[0], np.cumsum([len(t) for _, t in listed], dtype=np.int64)]).astype(np.int64)
        tokens = np.array([x for _, t in listed for x in t], np.uint64)
        return cls.from_runs(head, offsets, tokens)

    def __len__(self) -> int:
        return len(self.counts)

    def __add__(self, other: Profiles) -> Profiles:
        return self._merged(other, _ADD)

    def __sub__(self, other: Profiles) -> Profiles:
        return self._merged(other, _SUBTRACT)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profiles) and all(
            np.array_equal(a, b) for a, b in zip(self.arrays(), other.arrays(), strict=True)
        )

    def __hash__(self) -> int:
        return hash((len(self), self.total()))

    def arrays(self) -> tuple[NDArray[np.uint64] | Ints, ...]:
        """What the table consists of, without the hashes that follow from it."""
        return self.head, self.offsets, self.tokens, self.counts

    def run(self, row: int) -> NDArray[np.uint64]:
        """The tokens of one row."""
        return self.tokens[self.offsets[row] : self.offsets[row + 1]]

    def pick(self, rows: NDArray[np.bool_] | Ints) -> Profiles:
        """Some of the rows."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else np.asarray(rows, np.int64)
        offsets, tokens = runs_of(self.offsets, self.tokens, self.offsets, self.tokens, index)
        return Profiles(self.head[index], offsets, tokens, self.counts[index], self.hashes[index])

    def total(self) -> int:
        """Sum of all counts."""
        return int(self.counts.sum())

    def _merged(self, other: Profiles, sign: int) -> Profiles:
        if self.head.shape[1] != other.head.shape[1]:
            raise ValueError("tables of different width")
        if not len(other):
            return self
        source, counts = merge_rows(self.hashes, self.counts, other.hashes, other.counts, sign)
        starts, picked = runs_of(self.offsets, self.tokens, other.offsets, other.tokens, source)
        head = _picked(self.head, other.head, source)
        return Profiles(head, starts, picked, counts, _picked(self.hashes, other.hashes, source))


def _packed(rows: Keys) -> Keys:
    """Narrower keys that sort alike: columns of few distinct values become ranks, and ranks share a column."""
    if len(rows) < _WORTH_PACKING:
        return rows
    columns: list[Keys] = []
    room = 0
    for place in range(rows.shape[1]):
        column, bits = np.ascontiguousarray(rows[:, place]), 64
        if len(np.unique(column[:_SAMPLE])) < _SAMPLE // 2:
            encoded = pa.array(column).dictionary_encode()
            values = encoded.dictionary.to_numpy()
            bits = max(1, len(values) - 1).bit_length()
            rank = np.empty(len(values), np.uint64)
            rank[np.argsort(values)] = np.arange(len(values), dtype=np.uint64)
            column = rank[encoded.indices.to_numpy()]
        if bits <= room:
            columns[-1] = columns[-1] << np.uint64(bits) | column
            room -= bits
        else:
            columns.append(column)
            room = 64 - bits
    return np.ascontiguousarray(np.column_stack(columns))


def _picked(left: Keys, right: Keys, source: Ints) -> Keys:
    """Rows by `merge_rows`' numbering."""
    theirs = np.flatnonzero(source < 0)  # nearly always few
    if len(theirs) == len(source):
        return right[-1 - source]
    out = np.take(left, source, axis=0, mode="clip")
    out[theirs] = right[-1 - source[theirs]]
    return out
