"""Event ids that depend on nothing but the event: the same event has the same id in every book and every import.

An id has the shape of a UUIDv7 (RFC 9562): 48 bits of the event's milliseconds since 1970 (two's complement before
it), then 74 bits that hash the content. So importing a file twice, or a file that has grown, meets the ids it made
before, and the store drops the copies.

The content is every column of `RAW_SCHEMA` but `recorded_at` and `source_version`, which tell when and by which
program the event was taken, not what happened. The worker counts by name, not by the book's pseudonym, so ids do not
differ between books. `seq` counts where it is given: an importer that sets it must give an old event its old number
when the input grows. A null adds nothing, so a column added to the schema later changes no id.

An event that more than one way of recording tells of, each in its own words (a mail is seen when it is sent, and
again in the mailbox that is imported), names the fact it is in `derived_from`, as `same:KEY`. Its content is then its
worker and that key alone, so that it is one event whoever tells of it first.

The hash: two 64-bit lanes a row. A column's value becomes two words: BLAKE2b-128 for a string (once for each distinct
string), the integer itself for a number. Each word is XORed with the column's own salt and put through the finaliser
of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; David Stafford's
variant 13); the columns of a row are added modulo 2⁶⁴. The objects of an event are a set, so their order counts for
nothing. Rows of one import that are otherwise identical are told apart by their occurrence number (0, 1, 2 …), added
before a last mix.

It is a hash against accidents, not against an enemy: whoever can write a worker's traces can also forge ids in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns.counting import count, reinsert
from guildbook.columns.schema import ID, RAW_SCHEMA, SAME
from guildbook.columns.words import U64, as_words, digests, one_array

NOT_CONTENT: Final = frozenset({"recorded_at", "source_version"})
"""Columns that say how an event was taken, not what happened."""
_KEYED: Final = ("worker", "derived_from")

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_STAFFORD_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_STAFFORD_2: Final = np.uint64(0x94D049BB133111EB)
_SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31))
_HALF: Final = np.uint64(32)


def mix64(words: U64) -> U64:
    """The finaliser of SplitMix64: a bijection of 64-bit words that flips each output bit with probability ½."""
    z = (words ^ (words >> _SHIFTS[0])) * _STAFFORD_1
    z = (z ^ (z >> _SHIFTS[1])) * _STAFFORD_2
    return z ^ (z >> _SHIFTS[2])


def content_hash(events: pa.Table) -> U64:
    """The content of each row of a `RAW_SCHEMA` table as two uint64 lanes: shape (rows, 2), occurrence left out."""
    others = _unkeyed(events["derived_from"])
    total = np.zeros((events.num_rows, 2), np.uint64)
    for field in RAW_SCHEMA:
        column = events[field.name]
        if field.name in NOT_CONTENT or column.null_count == len(column):
            continue
        if others is None or field.name in _KEYED:
            total += _column_hash(field.name, column)
        elif len(others):
            total[others] += _column_hash(field.name, column)[others]
    return total


def _unkeyed(derived_from: pa.ChunkedArray) -> npt.NDArray[np.int64] | None:
    """The rows that do not name the fact they are; None where none does."""
    if derived_from.null_count == len(derived_from):
        return None
    keyed = pc.fill_null(pc.starts_with(derived_from, SAME), fill_value=False)
    return np.flatnonzero(~keyed.to_numpy()) if pc.any(keyed).as_py() else None


class IdAssigner:
    """Gives the rows of one import their ids; it must see the chunks in order, from the first.

    It remembers how often each content came before (about 24 bytes a distinct row). To resume an import, pass the
    skipped chunks through it again.
    """

    def __init__(self) -> None:
        self._keys: U64 = np.zeros(1 << 12, np.uint64)
        self._counts: npt.NDArray[np.uint32] = np.zeros(1 << 12, np.uint32)
        self._used = 0

    def assign(self, events: pa.Table) -> pa.FixedSizeBinaryArray:
        """The ids of the next chunk, as `binary(16)`. Every row needs a time."""
        content = content_hash(events)
        content += (self._before(content) * _GOLDEN)[:, np.newaxis]
        micros = _numbers(events["time"])
        return _shape(micros // 1000, mix64(content))

    def before(self, events: pa.Table) -> U64:
        """How often each row's content came before, as `occurrences`."""
        return self._before(content_hash(events))

    def _before(self, content: U64) -> U64:
        return self.occurrences(content[:, 0] ^ (content[:, 1] << _HALF | content[:, 1] >> _HALF))

    def occurrences(self, keys: U64) -> U64:
        """How often each key came before, counting within this chunk too.

        64 bits of the 128 suffice: two contents that share a key only get a higher number than they need, and the
        same one every time.
        """
        if (self._used + len(keys)) * 2 > len(self._keys):
            self._grow(1 << ((self._used + len(keys)) * 2 - 1).bit_length())
        out = np.empty(len(keys), np.uint64)
        self._used += count(self._keys, self._counts, keys, out)
        return out

    def _grow(self, slots: int) -> None:
        keys, counts = self._keys, self._counts
        self._keys = np.zeros(slots, np.uint64)
        self._counts = np.zeros(slots, np.uint32)
        if self._used:  # else the kernel need not even be loaded
            reinsert(self._keys, self._counts, keys, counts)


def digest(ids: pa.Array | pa.ChunkedArray) -> str:
    """The sum of ids as two little-endian uint64 lanes, each modulo 2⁶⁴: 32 hex digits, additive over disjoint sets."""
    return digest_of(lanes_of(ids))


def digest_of(lanes: U64) -> str:
    """As `digest`, of ids as `lanes_of` gives them: shape (n, 2)."""
    return lanes.sum(axis=0, dtype=np.uint64).astype("<u8").tobytes().hex()


def digests_of_runs(ids: pa.Array | pa.ChunkedArray, starts: npt.NDArray[np.int64]) -> list[str]:
    """The digest of each run of ids. `starts`: the first row of each, ascending from 0; no run is empty."""
    return sums_as_digests(np.add.reduceat(lanes_of(ids), starts, axis=0, dtype=np.uint64))


def sums_as_digests(sums: U64) -> list[str]:
    """Sums of the lanes of ids, shape (n, 2), as `digest` has them."""
    raw = sums.astype("<u8").tobytes().hex()
    return [raw[place : place + 32] for place in range(0, len(raw), 32)]


def add_digests(parts: Iterable[str]) -> str:
    """The digest of the union of disjoint sets."""
    lanes = [np.frombuffer(bytes.fromhex(part), "<u8") for part in parts]
    total = np.sum(np.stack([np.zeros(2, np.uint64), *lanes]), axis=0, dtype=np.uint64)
    return total.astype("<u8").tobytes().hex()


def lanes_of(ids: pa.Array | pa.ChunkedArray) -> U64:
    """`binary(16)` ids as little-endian uint64: shape (n, 2)."""
    array = one_array(ids)
    if len(array) == 0:
        return np.zeros((0, 2), np.uint64)
    raw = np.frombuffer(array.buffers()[1], "<u8", count=2 * len(array), offset=16 * array.offset)
    return raw.reshape(-1, 2)


def _column_hash(name: str, column: pa.ChunkedArray) -> U64:
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return _words_hash(name, column)
    if pa.types.is_fixed_size_list(kind):
        return _bounds_hash(name, column)
    if pa.types.is_list(kind):
        return _objects_hash(name, column)
    mixed = _salted(name, np.repeat(_numbers(column).view(np.uint64)[:, np.newaxis], 2, axis=1))
    return _zero_nulls(mixed, column)


def _words_hash(name: str, column: pa.ChunkedArray | pa.Array) -> U64:
    words = as_words(column)
    # Row 0 of the table stands for null, so that one take does both.
    table = np.zeros((len(words.dictionary) + 1, 2), np.uint64)
    if len(words.dictionary):
        table[1:] = _salted(name, digests(words.dictionary.fill_null("")))
        table[1:][words.dictionary.is_null().to_numpy(zero_copy_only=False)] = 0
    codes = words.indices.fill_null(-1).to_numpy()
    return table[codes + 1]


def _bounds_hash(name: str, column: pa.ChunkedArray) -> U64:
    size = column.type.list_size
    array = one_array(column)
    # The child of a fixed-size list holds slots for null rows too, so it divides evenly.
    values = array.values.slice(array.offset * size, len(array) * size).fill_null(0)
    numbers = values.to_numpy().astype(np.int64).reshape(-1, size)
    total = np.zeros((len(array), 2), np.uint64)
    for place in range(size):
        lanes = np.repeat(numbers[:, place].view(np.uint64)[:, np.newaxis], 2, axis=1)
        total += _salted(f"{name}.{place}", lanes)
    return _zero_nulls(_salted(name, total), column)


def _objects_hash(name: str, column: pa.ChunkedArray) -> U64:
    array = one_array(column)
    lengths = array.value_lengths().fill_null(0).to_numpy().astype(np.int64)
    flat = array.flatten()
    each = np.zeros((len(flat), 2), np.uint64)
    for place, field in enumerate(flat.type):
        each += _words_hash(f"{name}.{field.name}", flat.field(place))
    running = np.zeros((len(flat) + 1, 2), np.uint64)
    np.cumsum(_salted(name, each), axis=0, out=running[1:])  # wraps, as the difference below does
    ends = np.cumsum(lengths)
    return running[ends] - running[ends - lengths]


def _salted(name: str, lanes: U64) -> U64:
    salt = np.frombuffer(hashlib.blake2b(name.encode(), digest_size=16, person=b"guildbook-event").digest(), "<u8")
    return mix64(lanes ^ salt)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    whole = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    filled = whole.fill_null(0).to_numpy()
    return np.ascontiguousarray(filled, np.int64)


def _zero_nulls(lanes: U64, column: pa.ChunkedArray) -> U64:
    if column.null_count:
        lanes[column.is_null().to_numpy()] = 0
    return lanes


def _shape(millis: npt.NDArray[np.int64], lanes: U64) -> pa.FixedSizeBinaryArray:
    """Milliseconds and two lanes as UUIDv7: 48 bits time, version 7, 12 bits, variant 10, 62 bits; big-endian."""
    out = np.empty((len(millis), 2), ">u8")
    out[:, 0] = (millis.view(np.uint64) << np.uint64(16)) | np.uint64(0x7000) | (lanes[:, 0] & np.uint64(0xFFF))
    out[:, 1] = np.uint64(1 << 63) | (lanes[:, 1] & np.uint64((1 << 62) - 1))
    array = pa.FixedSizeBinaryArray.from_buffers(ID.type, len(millis), [None, pa.py_buffer(out)])
    return cast("pa.FixedSizeBinaryArray", array)
