"""The counted model of a world: back-off over exact counts, which adds and subtracts traces.

It is the plainest model that rests on nothing but sums (Katz, *IEEE Trans. ASSP* 35, 1987, without discounting): what
followed the longest context seen often enough, filled up from shorter ones. A counterfactual needs a model that can be
taken apart exactly thousands of times; what the book's own next-step model adds to it is told in `docs/measure.md`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.kernels import NONE, chains, count, moved, rank_all
from guildbook.measure.work import Work

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

MOST_ORDER: Final = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """What a counted model looks at. It is chosen once, on the whole, and kept for every world."""

    order: int = 5
    """Acts of the longest context."""
    least: int = 1
    """A context seen less often is passed over for a shorter one."""


@dataclass(eq=False)
class Table:
    """Counts of what followed each context. `add` and `subtract` are exact; `copy` is one memory copy."""

    shape: Shape
    end: int
    """The code of the end of a trace: one above the last act."""
    contexts: Keys
    totals: Ints
    heads: Codes
    pairs: Keys
    nexts: Codes
    counts: Ints
    links: Codes
    taken: int = 0
    """Places of `pairs` that were taken; no more of `contexts` were."""

    @classmethod
    def empty(cls, acts: int, shape: Shape, room: int = 1024) -> Self:
        """A table of nothing, with room for so many pairs."""
        size = 1 << max(6, (2 * room - 1).bit_length())
        return cls(
            shape, acts, np.zeros(size, np.uint64), np.zeros(size, np.int64), np.full(size, NONE, np.int32),
            np.zeros(size, np.uint64), np.full(size, NONE, np.int32), np.zeros(size, np.int64),
            np.full(size, NONE, np.int32),
        )  # fmt: skip

    @classmethod
    def of(cls, work: Work, shape: Shape) -> Self:
        """What this work says."""
        table = cls.empty(len(work.acts), shape)
        table.add(work)
        return table

    def add(self, work: Work) -> None:
        """Count traces in."""
        self._count(work, 1)

    def subtract(self, work: Work) -> None:
        """Take traces out that were counted in."""
        self._count(work, -1)

    def copy(self) -> Self:
        """Another table with the same counts."""
        return replace(
            self, contexts=self.contexts.copy(), totals=self.totals.copy(), heads=self.heads.copy(),
            pairs=self.pairs.copy(), nexts=self.nexts.copy(), counts=self.counts.copy(), links=self.links.copy(),
        )  # fmt: skip

    def ranked(self, places: Places, most: int) -> Codes:
        """(m, most): the likeliest followers at each place, best first; −1 where no more are known."""
        held = rank_all(places.keys, places.depths, most, self.shape.least, *self.arrays())
        return held[places.which]

    def arrays(self) -> tuple[Keys, Ints, Codes, Codes, Ints, Codes]:
        """(contexts, totals, heads, nexts, counts, links): what the kernels that look things up want."""
        return self.contexts, self.totals, self.heads, self.nexts, self.counts, self.links

    def canonical(self) -> tuple[Keys, Ints]:
        """(pair keys ascending, their counts), without those of count 0: equal models have equal ones."""
        rows = np.flatnonzero(self.counts)
        order = rows[np.argsort(self.pairs[rows])]
        return self.pairs[order], self.counts[order]

    def digest(self) -> str:
        """SHA-256 over the counts: equal models have equal digests."""
        keys, counts = self.canonical()
        sha = hashlib.sha256(f"{self.shape.order} {self.end} {len(keys)}\n".encode())
        sha.update(keys.astype("<u8").tobytes())
        sha.update(counts.astype("<i8").tobytes())
        return sha.hexdigest()

    def grow(self, room: int) -> None:
        """Move to larger arrays, or to as large ones where much of what was counted was taken out again."""
        wider = Table.empty(self.end, self.shape, room)
        self.taken = moved(
            self.contexts, self.heads, self.pairs, self.nexts, self.counts, self.links,
            wider.contexts, wider.totals, wider.heads, wider.pairs, wider.nexts, wider.counts, wider.links,
        )  # fmt: skip
        self.contexts, self.totals, self.heads = wider.contexts, wider.totals, wider.heads
        self.pairs, self.nexts, self.counts, self.links = wider.pairs, wider.nexts, wider.counts, wider.links

    def _count(self, work: Work, sign: int) -> None:
        trace = 0
        while trace < len(work):
            trace, self.taken = count(
                work.offsets, work.act, work.task, trace, self.shape.order, self.end, sign, self.taken,
                self.contexts, self.totals, self.heads, self.pairs, self.nexts, self.counts, self.links,
            )  # fmt: skip
            if trace < len(work):
                longest = int(np.diff(work.offsets[trace:]).max()) + 1
                self.grow(2 * self.taken + longest * (self.shape.order + 1))


@dataclass(frozen=True, eq=False)
class Places:
    """Where something comes next, in the work that a model is tried on; places alike are looked up once."""

    keys: Keys
    """(u, order + 1): the contexts of each kind of place."""
    depths: Codes
    """(u,)"""
    which: Ints
    """(m,): which kind each place is."""
    answers: Codes
    """(m,): what came: an act, or the end."""
    row: Ints
    """(m,): the event that came; −1 at an end."""
    trace: Ints
    """(m,)"""

    @classmethod
    def of(cls, work: Work, order: int, first: int = 1) -> Self:
        """Every place from event number `first` of each trace on, and each trace's end."""
        keys, depths, places = chains(work.offsets, work.act, work.task, order, first)
        deepest = keys[np.arange(len(keys)), depths]
        _, index, which = np.unique(deepest, return_index=True, return_inverse=True)
        inside = places >= 0
        row = np.where(inside, places, -1).astype(np.int64)
        answers = np.full(len(places), len(work.acts), np.int32)
        answers[inside] = work.act[row[inside]]
        trace = np.where(inside, work.trace[row] if work.events else 0, -1 - places).astype(np.int64)
        return cls(keys[index], depths[index], which.reshape(-1).astype(np.int64), answers, row, trace)

    def __len__(self) -> int:
        return len(self.which)
