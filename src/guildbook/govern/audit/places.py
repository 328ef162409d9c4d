"""What became of a sequence: from where each thing now stands to what was deleted, inserted, moved or changed.

Both kinds of evidence come down to this. An entry's sealed part says at which place it was written; a copy that
somebody else holds says at which place it stood when it was copied.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Kind(StrEnum):
    """A kind of tampering, or of damage."""

    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    FORKED = "forked"
    """Two histories under one name: entries were logged that are not those others were shown."""
    TREE = "tree"
    """The stored tree does not fit the entries."""
    CHECKPOINT = "checkpoint"
    """A checkpoint that is not one of this log."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with its place."""

    kind: Kind
    first: int
    """The first entry concerned."""
    last: int
    """The last one; below `first` when it concerns no entry."""
    what: str
    """In words."""


def compare(origins: Sequence[int | None], size: int, *, begin: int = 0, grown: bool = False) -> list[Finding]:
    """What became of the things `begin` … `size` − 1, given for each thing from place `begin` on where it came from.

    None: from nowhere, or nothing that can be recognised. `grown`: more things may have followed since, so that new
    ones at the end are no insertion, and another end is a fork. Where several stories fit, the one that moves the
    fewest things is told. Places of what was deleted and changed are the old ones; of what was inserted, the present.
    """
    known = [origin if origin is not None and begin <= origin < size else None for origin in origins]
    anchors = [(origin, begin + i) for i in _kept(known) if (origin := known[i]) is not None]
    stayed = {place for _, place in anchors}
    seen = {origin for origin, _ in anchors}
    found: list[Finding] = []
    strange: list[int] = []
    for place, origin in enumerate(known, begin):
        if place in stayed:
            continue
        if origin is None or origin in seen:
            strange.append(place)
        else:
            seen.add(origin)
            found.append(_moved(origin, place))
    edges = [(begin - 1, begin - 1), *anchors, (size, begin + len(known))]
    for (before, left), (after, right) in pairwise(edges):
        if after - before == 1 and right - left == 1:
            continue
        lost = [origin for origin in range(before + 1, after) if origin not in seen]
        new = strange[bisect_right(strange, left) : bisect_left(strange, right)]
        found += _tail(lost, new, grown=grown) if after == size else _between(lost, new)
    return sorted(found, key=lambda f: (f.first, f.last))


def _kept(origins: Sequence[int | None]) -> list[int]:
    """The most places whose things are still in their old order (a longest increasing subsequence)."""
    ends: list[int] = []  # the smallest last origin of an increasing run of each length
    at: list[int] = []
    back: list[int] = [-1] * len(origins)
    for i, origin in enumerate(origins):
        if origin is None:
            continue
        length = bisect_left(ends, origin)
        back[i] = at[length - 1] if length else -1
        if length == len(ends):
            ends.append(origin)
            at.append(i)
        else:
            ends[length], at[length] = origin, i
    chain: list[int] = []
    i = at[-1] if at else -1
    while i >= 0:
        chain.append(i)
        i = back[i]
    return chain[::-1]


def _between(lost: Sequence[int], new: Sequence[int]) -> Iterator[Finding]:
    """Between two things that stayed: what is lost and what is new, one for one, are changes."""
    both = min(len(lost), len(new))
    for first, last in runs(lost[:both]):
        yield Finding(Kind.CHANGED, first, last, f"{places(first, last)} changed after being logged")
    for first, last in runs(lost[both:]):
        yield Finding(Kind.DELETED, first, last, f"{places(first, last)} deleted")
    for first, last in runs(new[both:]):
        yield Finding(Kind.INSERTED, first, last, f"{places(first, last)} inserted: it was never logged there")


def _tail(lost: Sequence[int], new: Sequence[int], *, grown: bool) -> Iterator[Finding]:
    """After the last thing that stayed."""
    if lost and not new:
        for first, last in runs(lost):
            yield Finding(Kind.TRUNCATED, first, last, f"the log was cut off: {places(first, last)} deleted at its end")
    elif lost and grown and max(len(lost), len(new)) > 1:
        what = f"two histories part at entry {lost[0]}: another copy of the log goes on differently from there"
        yield Finding(Kind.FORKED, lost[0], lost[-1], what)
    elif lost or not grown:
        yield from _between(lost, new)


def _moved(origin: int, place: int) -> Finding:
    first, last = min(origin, place), max(origin, place)
    return Finding(Kind.REORDERED, first, last, f"what was entry {origin} now stands as entry {place}")


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as unbroken runs, first and last."""
    begin = 0
    for i in range(1, len(numbers) + 1):
        if i == len(numbers) or numbers[i] != numbers[i - 1] + 1:
            yield numbers[begin], numbers[i - 1]
            begin = i


def places(first: int, last: int) -> str:
    """Entries in words, as the beginning of a sentence about what happened to them."""
    return f"entry {first} was" if first == last else f"entries {first} to {last} were"
