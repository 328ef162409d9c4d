"""Kinds of step that can be withheld, or weighed, together: an act of a task, or an act after another.

How pivotal a kind is, is scored as the design says: how much peers differ where it is done, how much hangs on it, and
whether workers marked it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.work import GOOD, UNKNOWN, Work

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Grain = Literal["act", "context"]
MARKED: Final = 2.0
"""How many times as pivotal a kind counts that workers marked."""


@dataclass(frozen=True, eq=False)
class Kinds:
    """The kinds of step in one work; openings, which a model left alone is given, are of no kind."""

    work: Work
    grain: Grain
    opening: int = 1

    @cached_property
    def codes(self) -> Ints:
        """(K,): the codes of the kinds there are, ascending."""
        found = self._coded(self.work)
        return np.unique(found[found >= 0])

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, work: Work) -> Ints:
        """(n,): the kind of each event of any work with the same words, as a place in `codes`; −1 for none."""
        found = self._coded(work)
        if not len(self.codes):
            return np.full(len(found), -1, np.int64)
        place = np.minimum(np.searchsorted(self.codes, found), len(self.codes) - 1)
        return np.where(self.codes[place] == found, place, -1)

    def among(self, work: Work, kinds: Collection[int]) -> Bools:
        """(n,): the events of these kinds."""
        wanted = np.zeros(len(self) + 1, dtype=bool)
        wanted[list(kinds)] = True
        wanted[-1] = False
        return wanted[self.rows(work)]

    @cached_property
    def sizes(self) -> Ints:
        """(K,): events of each kind."""
        rows = self.rows(self.work)
        return np.bincount(rows[rows >= 0], minlength=len(self)).astype(np.int64)

    @cached_property
    def acts(self) -> Ints:
        """(K,): the act of each kind."""
        return self.codes % max(len(self.work.acts), 1)

    def named(self, kind: int) -> dict[str, str]:
        """What a kind is, in words: `task`, `act` and, for the finer grain, `after`."""
        size = len(self.work.acts)
        code = int(self.codes[kind])
        out = {"act": self.work.acts[code % size]}
        code //= size
        if self.grain == "context":
            out["after"] = self.work.acts[code % size]
            code //= size
        return {"task": self.work.tasks[code], **out}

    def scores(self, marked: Collection[str] = ()) -> Floats:
        """(K,): bits by which people differ where the kind is done × effect on how the case ends × marked.

        The bits are the entropy of what follows the two steps before, over people; the effect is the difference it
        makes to the share of good ends or, where no outcomes are known, the total variation it makes to the last act.
        """
        rows = self.rows(self.work)
        inside = rows >= 0
        bits = np.bincount(rows[inside], _entropy(self.work)[inside], len(self)) / np.maximum(self.sizes, 1)
        score = bits * self._effect(rows)
        known = set(marked)
        plus = [MARKED if self.work.acts[act] in known else 1.0 for act in self.acts.tolist()]
        return score * np.array(plus)

    def _effect(self, rows: Ints) -> Floats:
        """(K,): how differently cases with and without the kind end, 0 to 1."""
        work, size = self.work, len(self.work)
        said = work.outcome != UNKNOWN
        if len(np.unique(work.outcome[said])) > 1:
            ends, known = (work.outcome == GOOD).astype(np.int64), said
        else:
            full = np.diff(work.offsets) > 0
            ends, known = np.zeros(size, np.int64), full
            ends[full] = work.act[work.offsets[1:][full] - 1]
        width = int(ends.max(initial=0)) + 1
        total = np.bincount(ends[known], minlength=width).astype(np.float64)
        pairs = np.unique(rows[rows >= 0] * size + work.trace[rows >= 0])
        kind, trace = pairs // max(size, 1), pairs % max(size, 1)
        kept = known[trace]
        cells = np.bincount(kind[kept] * width + ends[trace[kept]], minlength=len(self) * width)
        have = cells.reshape(len(self), width).astype(np.float64)
        lack = total - have
        share_have = have / np.maximum(have.sum(1, keepdims=True), 1)
        share_lack = lack / np.maximum(lack.sum(1, keepdims=True), 1)
        both = (have.sum(1) > 0) & (lack.sum(1) > 0)
        return np.where(both, np.abs(share_have - share_lack).sum(1) / 2, 0.0)

    def _coded(self, work: Work) -> Ints:
        size = len(work.acts)
        code = work.task[work.trace].astype(np.int64)
        if self.grain == "context":
            before = np.empty(work.events, np.int64)
            before[1:] = work.act[:-1]
            before[work.offsets[:-1][np.diff(work.offsets) > 0]] = 0
            code = code * size + before
        code = code * size + work.act
        place = np.arange(work.events) - work.offsets[:-1][work.trace]
        return np.where(place >= max(self.opening, 1), code, -1)


def _entropy(work: Work) -> Floats:
    """(n,): bits of what follows the same task and two steps before, over all the work; 0 at the first two events."""
    size = len(work.acts)
    out = np.zeros(work.events)
    if not work.events:
        return out
    first = work.offsets[:-1][np.diff(work.offsets) > 0]
    context = work.task[work.trace].astype(np.int64)
    for back in (1, 2):
        before = np.full(work.events, size, np.int64)
        before[back:] = work.act[:-back]
        for early in range(back):
            before[np.minimum(first + early, work.events - 1)] = size
        context = context * (size + 1) + before
    _, context = np.unique(context, return_inverse=True)
    cell, count = np.unique(context * size + work.act, return_counts=True)
    whole = np.bincount(context)
    share = count / whole[cell // size]
    out = np.asarray(np.bincount(cell // size, -share * np.log2(share))[context], np.float64)
    out[first] = 0.0
    return out
