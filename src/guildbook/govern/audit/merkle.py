"""The Merkle tree of RFC 6962, section 2.1: roots, inclusion proofs and consistency proofs, over hashes alone.

A tree over n leaves splits at the largest power of two below n. So the subtrees over 2^level leaves that start at a
multiple of 2^level never change once they are full: they are *nodes*, named (level, position), and everything else is
put together from O(log n) of them. Whoever has the nodes gives the proofs (`inclusion`, `consistency`); whoever has two
roots checks them (`verify_inclusion`, `verify_consistency`, after RFC 9162, sections 2.1.3.2 and 2.1.4.2, which say the
same of the same trees).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

Name: TypeAlias = tuple[int, int]
"""Level and position of a node; a leaf has level 0."""
Nodes: TypeAlias = Callable[[Sequence[Name]], Sequence[bytes]]
"""Gives the hashes of the named nodes, in that order."""

EMPTY: Final = hashlib.sha256(b"").digest()
"""The root over no leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds `data`."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growth:
    """A growing tree. It keeps the O(log n) full subtrees at its right edge and says which nodes are full now."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """`peaks`: hashes of the nodes that `peak_names(size)` names, in that order."""
        self.size = size
        # There is a peak at each level whose bit is set in the size.
        self._peaks = {level: value for (level, _), value in zip(peak_names(size), peaks, strict=True)}

    def extend(self, leaves: Sequence[bytes]) -> list[tuple[int, int, list[bytes]]]:
        """Take in leaf hashes; gives the nodes they complete as runs: level, first position, hashes."""
        made: list[tuple[int, int, list[bytes]]] = []
        sha = hashlib.sha256
        level, first, row = 0, self.size, list(leaves)
        self.size += len(row)
        while row:
            if first & 1:
                row = [self._peaks.pop(level), *row]
            if len(row) & 1:
                self._peaks[level] = row[-1]
            row = [sha(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
            level, first = level + 1, first >> 1
            if row:
                made.append((level, first, row))
        return made

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return join([self._peaks[level] for level in sorted(self._peaks, reverse=True)])


def join(peaks: Sequence[bytes]) -> bytes:
    """The root of full subtrees of falling size, left to right."""
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for left in reversed(peaks[:-1]):
        root = node_hash(left, root)
    return root


def peak_names(size: int) -> list[Name]:
    """The full subtrees that make up a tree of that size, left to right."""
    return _cover(0, size)


def root(size: int, nodes: Nodes) -> bytes:
    """The root over the first `size` leaves."""
    return join(nodes(peak_names(size)))


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves: lowest first. O(log n) nodes, asked for at once."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return _hashes(list(_path(index, 0, size)), nodes)


def consistency(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with that of `old`. Empty for `old` 0 and for equal sizes."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not begin with one of {old}")
    if old in {0, new}:
        return []
    return _hashes(list(_subproof(old, 0, new, whole=True)), nodes)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], wanted: bytes) -> bool:
    """Whether `path` shows that `leaf` is leaf `index` of the tree of `size` leaves with root `wanted`."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(one, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == wanted


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY
    rest = list(path) if old & (old - 1) else [old_root, *path]
    if not rest:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = rest[0]
    for one in rest[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, one)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _cover(begin: int, end: int) -> list[Name]:
    """The nodes that make up the leaves from `begin` (where the tree splits) to `end`, left to right."""
    found: list[Name] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def _path(index: int, begin: int, end: int) -> Iterator[list[Name]]:
    """PATH(m, D[n]): for each hash of the audit path the nodes it is joined from, lowest first."""
    if end - begin == 1:
        return
    middle = begin + _split(end - begin)
    if index < middle:
        yield from _path(index, begin, middle)
        yield _cover(middle, end)
    else:
        yield from _path(index, middle, end)
        yield _cover(begin, middle)


def _subproof(old: int, begin: int, end: int, *, whole: bool) -> Iterator[list[Name]]:
    """SUBPROOF(m, D[n], b); `old` counts from `begin`, `whole` is the RFC's b."""
    if old == end - begin:
        if not whole:
            yield _cover(begin, end)
        return
    half = _split(end - begin)
    if old <= half:
        yield from _subproof(old, begin, begin + half, whole=whole)
        yield _cover(begin + half, end)
    else:
        yield from _subproof(old - half, begin + half, end, whole=False)
        yield _cover(begin, begin + half)


def _hashes(parts: Sequence[Sequence[Name]], nodes: Nodes) -> list[bytes]:
    names = [name for part in parts for name in part]
    found = dict(zip(names, nodes(names), strict=True))
    return [join([found[name] for name in part]) for part in parts]
