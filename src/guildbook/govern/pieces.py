"""What is admitted, by columns: a piece is made when it is looked at, however many there are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from guildbook.model.decision import Reason
from guildbook.model.grant import SegmentRef

Words: TypeAlias = NDArray[np.bytes_]
Numbers: TypeAlias = NDArray[np.int64]
Basis: TypeAlias = tuple[str, Reason, tuple[str, ...]]
"""(worker id, reason, clauses): on which something is admitted, as its receipt tells."""
_NONE: Final = 255
_HEX: Final = np.full(256, _NONE, np.uint8)
_HEX[list(b"0123456789abcdef")] = range(16)
_KEY: Final = 16
"""Hexadecimal digits in 64 bits."""
_STEP: Final = 1 << 16


class Piece(NamedTuple):
    """One admitted segment, or one class of it."""

    id: str
    """`SEGMENT`, or `SEGMENT:CLASS`."""
    worker: str
    month: str
    rows: int
    first: int
    last: int
    digest: str
    reason: Reason
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces(Sequence[Piece]):
    """Admitted pieces by id. Columns have one value a piece."""

    ids: Words
    """UTF-8."""
    months: Words
    rows: Numbers
    first: Numbers
    last: Numbers
    digests: Words
    basis: NDArray[np.int32]
    """Place in `bases`."""
    bases: tuple[Basis, ...]

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> Self:
        """These pieces."""
        given = list(pieces)
        bases: dict[Basis, int] = {}
        basis = [bases.setdefault((p.worker, p.reason, p.clauses), len(bases)) for p in given]
        ids, _, months, rows, first, last, digests = list(zip(*(p[:7] for p in given), strict=True)) or [()] * 7
        return cls(
            words(ids), words(months), np.array(rows, np.int64), np.array(first, np.int64), np.array(last, np.int64),
            words(digests), np.array(basis, np.int32), tuple(bases),
        ).by_id()  # fmt: skip

    def __len__(self) -> int:
        """How many."""
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Piece: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> Piece | Self:
        """One piece, or some as pieces."""
        if isinstance(place, slice):
            return self.take(place)
        worker, reason, clauses = self.bases[self.basis[place]]
        return Piece(
            self.ids[place].decode(), worker, self.months[place].decode(), int(self.rows[place]),
            int(self.first[place]), int(self.last[place]), self.digests[place].decode(), reason, clauses,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Piece]:
        """Each piece."""
        for start in range(0, len(self), _STEP):
            some = self.take(slice(start, start + _STEP))
            bases = [self.bases[i] for i in some.basis.tolist()]
            for (name, month, rows, first, last, digest), basis in zip(some.values(), bases, strict=True):
                yield Piece(name, basis[0], month, rows, first, last, digest, *basis[1:])

    def values(self) -> Iterator[tuple[str, str, int, int, int, str]]:
        """Id, month, rows, first, last, digest of each."""
        texts = ((each.decode() for each in column.tolist()) for column in (self.ids, self.months, self.digests))
        numbers = (column.tolist() for column in (self.rows, self.first, self.last))
        (ids, months, digests), (rows, first, last) = texts, numbers
        return zip(ids, months, rows, first, last, digests, strict=True)

    def take(self, places: slice | NDArray[Any]) -> Self:
        """Some of them, in that order."""
        return self.made([column[places] for column in self.columns()], self.bases)

    @classmethod
    def made(cls, columns: Sequence[NDArray[Any]], bases: tuple[Basis, ...]) -> Self:
        """Of columns in the order of `columns`."""
        ids, months, rows, first, last, digests, basis = columns
        return cls(ids, months, rows, first, last, digests, basis, bases)

    def columns(self) -> tuple[Words, Words, Numbers, Numbers, Numbers, Words, NDArray[np.int32]]:
        """All columns, in the order of the fields."""
        return self.ids, self.months, self.rows, self.first, self.last, self.digests, self.basis

    def by_id(self) -> Self:
        """The same, sorted by id."""
        return self.take(_order(self.ids))

    def on(self, ids: Sequence[str]) -> list[Basis]:
        """On which each of some ids is admitted. Raises `KeyError` for one that is not."""
        wanted = words(ids)
        at = np.searchsorted(self.ids, wanted)
        if not len(wanted):
            return []
        if not len(self) or (self.ids[np.minimum(at, len(self) - 1)] != wanted).any():
            raise KeyError(ids)
        return [self.bases[i] for i in self.basis[at].tolist()]

    def root(self) -> str:
        """`root_of` these pieces."""
        return root_of(self.ids, self.digests)

    def workers(self) -> frozenset[str]:
        """Ids of the workers whose they are."""
        return frozenset(self.bases[i][0] for i in np.unique(self.basis).tolist())


class Segments(Sequence[SegmentRef]):
    """The same as a stage may know them: each made when it is looked at, all of them once."""

    def __init__(self, pieces: Pieces, labels: Mapping[str, str]) -> None:
        """`labels`: what workers are called, by id."""
        self._pieces = pieces
        self._labels = [labels.get(worker, worker) for worker, _, _ in pieces.bases]
        self._made: tuple[SegmentRef, ...] | None = None

    def __len__(self) -> int:
        """How many."""
        return len(self._pieces)

    @overload
    def __getitem__(self, place: int) -> SegmentRef: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[SegmentRef, ...]: ...
    def __getitem__(self, place: int | slice) -> SegmentRef | tuple[SegmentRef, ...]:
        """One of them, or some."""
        if self._made is not None or isinstance(place, slice):
            return self._all()[place]
        return next(self._refs(self._pieces.take(np.array([range(len(self))[place]]))))

    def __iter__(self) -> Iterator[SegmentRef]:
        """Each."""
        return iter(self._all())

    def _all(self) -> tuple[SegmentRef, ...]:
        if self._made is None:
            self._made = tuple(self._refs(self._pieces))
        return self._made

    def _refs(self, pieces: Pieces) -> Iterator[SegmentRef]:
        labels = (self._labels[i] for i in pieces.basis.tolist())
        for (name, month, rows, first, last, digest), label in zip(pieces.values(), labels, strict=True):
            yield SegmentRef(name, label, month, rows, first, last, digest)


def joined(one: Pieces, other: Pieces) -> Pieces:
    """All pieces of both, by id."""
    if not len(other):
        return one.by_id()
    *held, _ = [np.concatenate(each) for each in zip(one.columns(), other.columns(), strict=True)]
    basis = np.concatenate([one.basis, other.basis + np.int32(len(one.bases))])
    return Pieces.made([*held, basis], one.bases + other.bases).by_id()


def words(texts: Sequence[str]) -> Words:
    """Texts as UTF-8, all as wide as the widest."""
    return np.array([each.encode() for each in texts]) if len(texts) else np.empty(0, "S1")


def root_of(ids: Words, digests: Words) -> str:
    """SHA-256 over ids and digests of segments, hex: which they were, told to nobody who does not have them."""
    found = hashlib.sha256()
    even = _even(ids) and _even(digests)
    for start in range(0, len(ids), _STEP):
        some, sums = ids[start : start + _STEP], digests[start : start + _STEP]
        if even:
            both = np.empty(len(some), np.dtype([("id", some.dtype), ("digest", sums.dtype)]))
            both["id"], both["digest"] = some, sums
            found.update(both.tobytes())
        else:
            found.update(b"".join(a + b for a, b in zip(some.tolist(), sums.tolist(), strict=True)))
    return found.hexdigest()


def _even(column: Words) -> bool:
    """Whether all words are of one width, so that they lie there without padding."""
    return not len(column) or bool(_letters(column)[:, -1].all())


def _letters(column: Words) -> NDArray[np.uint8]:
    """(n, width): the bytes."""
    return np.ascontiguousarray(column).view(np.uint8).reshape(len(column), -1)


def _order(ids: Words) -> NDArray[np.int64]:
    """The places of ids in order. Ids of segments are told apart, but for chance, by their first 64 bits."""
    if not len(ids) or ids.dtype.itemsize < _KEY:
        return np.argsort(ids, kind="stable")
    digits = _HEX[_letters(ids)[:, :_KEY]]
    key = ((digits[:, ::2] << 4) | digits[:, 1::2]).view(">u8").ravel().astype(np.uint64)
    order = np.argsort(key)
    key = key[order]
    if (digits == _NONE).any() or (key[1:] == key[:-1]).any():
        return np.argsort(ids, kind="stable")
    return order
