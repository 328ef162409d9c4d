"""Work on the distinct strings of a column once, however many rows repeat them."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

U64 = npt.NDArray[np.uint64]


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array; chunks with different dictionaries are brought to one."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.unify_dictionaries().combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)


def as_words(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """A string or dictionary column as one dictionary array that holds only the strings its rows use.

    A slice of a large chunk drags the whole chunk's dictionary along: costly to hash, and a leak when the slice is
    one worker's. Duplicate entries, which Arrow allows, are kept.
    """
    array = one_array(column)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    if len(array.dictionary) <= len(array) // 2:
        return array
    codes = array.indices.fill_null(len(array.dictionary)).to_numpy()
    used = np.zeros(len(array.dictionary) + 1, np.bool_)
    used[codes] = True
    used[-1] = False
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    kept = pa.array(place[codes], mask=codes == len(array.dictionary))
    return pa.DictionaryArray.from_arrays(kept, array.dictionary.filter(pa.array(used[:-1])))


def tight(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """As `as_words`, but sure to hold no string that no row uses, whatever the sizes."""
    array = one_array(column)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return array.dictionary_encode()


class WordsOfRuns:
    """A column of words whose rows come in runs, each run to have a dictionary of its own, in order of appearance."""

    def __init__(self, column: pa.DictionaryArray, starts: npt.NDArray[np.int64]) -> None:
        """`column`: no word twice in its dictionary. `starts`: the first row of each run, ascending from 0."""
        self.words = column.dictionary
        runs, words = len(starts), max(len(self.words), 1)
        codes = column.indices.fill_null(0).to_numpy()
        run = np.repeat(np.arange(runs), np.diff(starts, append=len(column)))
        nulls = column.indices.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
        # Arrow numbers pairs of run and word as they appear: first those of the first run, then those of the second.
        pairs = pa.array(run * words + codes, mask=nulls).dictionary_encode()
        distinct = pairs.dictionary.to_numpy()
        begins = np.searchsorted(distinct // words, np.arange(runs + 1))
        places = pairs.indices.fill_null(0).to_numpy() - begins[run].astype(np.int32)
        self._used = distinct % words
        self._begins: list[int] = begins.tolist()
        self._dictionary = self.words.take(pa.array(self._used))
        self._places = pa.array(places, mask=nulls)

    def cut(self, run: int, start: int, end: int) -> pa.DictionaryArray | None:
        """The words of a run, which is the rows from `start` to `end`; None when all are null."""
        begin, until = self._begins[run], self._begins[run + 1]
        if begin == until:
            return None
        places = self._places.slice(start, end - start)
        return pa.DictionaryArray.from_arrays(places, self._dictionary.slice(begin, until - begin))

    def of(self, run: int, values: U64) -> U64:
        """Of a value for each of `words` those of the words in a run."""
        return values[self._used[self._begins[run] : self._begins[run + 1]]]


def symbols(words: pa.Array) -> U64:
    """`model.ids.symbol` of every string of an array without nulls, as uint64."""
    blake = hashlib.blake2b
    codes = np.frombuffer(
        b"".join([blake(word, digest_size=8).digest() for word in words.cast(pa.binary()).to_pylist()]), "<u8"
    ).copy()
    codes[codes == 0] = 1
    return codes


def digests(words: pa.Array) -> U64:
    """BLAKE2b-128 of every string of an array without nulls: shape (n, 2), two little-endian uint64."""
    blake = hashlib.blake2b
    joined = b"".join([blake(word, digest_size=16).digest() for word in words.cast(pa.binary()).to_pylist()])
    return np.frombuffer(joined, "<u8").reshape(-1, 2)
