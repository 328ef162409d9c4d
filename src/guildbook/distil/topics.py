"""What messages are about: words of subjects that stand in the same threads are one topic.

The words are conditions of the joint traces (`subject=invoice`), so topics are functions of the sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.sums import MARKS, Sums, condition_symbol

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

PREFIX: Final = "subject="
SAME: Final = 0.5
"""Share of the threads with either of two words that must have both (Jaccard 1901) for them to be one topic."""
OFTEN: Final = 0.3
"""Share of a word's threads that must be about another topic for what holds of it to be the other's."""
MOST_WORDS: Final = 1_000
"""Words that are looked at, commonest first."""
_LONGEST: Final = 16
"""Conditions of a trace (`traces.RULE_LIMIT`)."""


@dataclass(frozen=True)
class Topics:
    """The topics of one set of sums. A topic is known by the symbol of its commonest word."""

    words: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """Topic → its words; both the commonest first."""
    beside: frozenset[int] = frozenset()
    """Symbols of words that are no topics: part of one, or too rare."""
    shares: Mapping[int, Mapping[int, float]] = field(default_factory=dict[int, Mapping[int, float]])
    """Topic → other topic → share of the threads about the first that are about the other as well."""

    def within(self, topic: int, other: int) -> bool:
        """Whether threads about a topic are often about another that was told of already."""
        return topic == other or self.shares.get(topic, {}).get(other, 0.0) >= OFTEN

    def text(self, topic: int) -> str:
        """`invoice`, or nothing for what is no topic."""
        words = self.words.get(topic, ())
        return words[0] if words else ""

    @cached_property
    def main(self) -> NDArray[np.uint64]:
        """The topics that are not mostly part of a commoner one, sorted."""
        found: list[int] = []
        for topic in self.words:  # the commonest first
            if not any(self.within(topic, other) for other in found):
                found.append(topic)
        return np.array(sorted(found), np.uint64)


def topics(sums: Sums, least: int) -> Topics:
    """The topics with at least `least` joint traces; none where nothing has a subject."""
    listed = [(code, text) for code, text in sums.texts.items() if text.startswith(PREFIX)]
    words = {code: text.removeprefix(PREFIX) for code, text in listed if code == condition_symbol(text)}
    if not words:
        return Topics()
    known = np.array(sorted(words), np.uint64)
    row, place = _standing(sums, known)
    counts = sums.profiles.counts[row]
    often = np.bincount(place, counts, len(known)).astype(np.int64)
    kept = np.lexsort((known, -often))[:MOST_WORDS]
    kept = kept[often[kept] >= least]
    rank = np.full(len(known), -1, np.int64)
    rank[kept] = np.arange(len(kept))
    inside = rank[place] >= 0
    both = _both(row[inside], rank[place[inside]], counts[inside], len(kept))
    size = often[kept]
    together = both / np.maximum(size[:, None] + size - both, 1)
    group = np.arange(len(kept))
    for high, low in np.argwhere(np.triu(together >= SAME, 1)).tolist():
        group[group == group[low]] = group[high]
    found: dict[int, tuple[str, ...]] = {}
    for number in np.unique(group).tolist():
        members = [int(known[kept[i]]) for i in np.flatnonzero(group == number).tolist()]
        found[members[0]] = tuple(words[code] for code in members)
    heads = [i for i in range(len(kept)) if int(known[kept[i]]) in found]
    code = [int(known[kept[i]]) for i in heads]
    part = (both / np.maximum(size[:, None], 1))[np.ix_(heads, heads)]
    shares = {code[i]: {code[j]: float(part[i, j]) for j in np.flatnonzero(part[i] >= OFTEN)} for i in range(len(code))}
    return Topics(found, frozenset(words) - found.keys(), shares)


def _standing(sums: Sums, known: Keys) -> tuple[Ints, Ints]:
    """(profile row, place among the known words) of every word that stands in the conditions of a profile."""
    profiles = sums.profiles
    first = np.flatnonzero(profiles.tokens == 0)[::MARKS]  # a row's first mark ends its conditions
    lengths = first - profiles.offsets[:-1]
    row = np.repeat(np.arange(len(profiles), dtype=np.int64), lengths)
    within = np.arange(len(row)) + np.repeat(profiles.offsets[:-1] - np.cumsum(lengths) + lengths, lengths)
    tokens = profiles.tokens[within]
    place = np.minimum(np.searchsorted(known, tokens), len(known) - 1)
    held = known[place] == tokens
    return row[held], place[held].astype(np.int64)


def _both(row: Ints, word: Ints, counts: Ints, size: int) -> Ints:
    """(size, size): traces that have both of two words; rows stand together."""
    out = np.zeros(size * size, np.int64)
    for apart in range(1, _LONGEST):
        same = row[apart:] == row[:-apart]
        cells = word[:-apart][same] * size + word[apart:][same]
        out += np.bincount(cells, counts[apart:][same], size * size).astype(np.int64)
    table = out.reshape(size, size)
    return table + table.T
