"""Who is new to a task and who is not, as far as the admitted traces tell: since when they have been doing it.

Weeks since somebody first did most of a case of the task, on average over their cases. Whoever was there from the first
week may have been at it for years; so this tells those who came later from those who were there before, and nothing
where all were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from guildbook.distil.groups_teams import places
from guildbook.distil.practices.runs import within
from guildbook.distil.practices.statistics import Floats, tally
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.sums import Sums

NEW: Final = 0.75
"""Whoever has done a task at most this share of the usual time is newer to it."""
PRACTISED: Final = 0.85
"""Whoever has done it at least this share of the usual time is experienced."""
FEWEST: Final = 2
"""People on either side, at least."""
CASES: Final = 8
"""Cases of which somebody must have done most to be counted."""


@dataclass(frozen=True)
class Experience:
    """The people of one task by how long they have done it; columns as in `TaskTraces.workers`."""

    weeks: Floats
    """(W,) on average over their cases; NaN: they did most of too few."""
    new: Flags
    experienced: Flags

    @property
    def told_apart(self) -> bool:
        """Whether there are enough of both."""
        return min(int(self.new.sum()), int(self.experienced.sum())) >= FEWEST

    def rows(self, block: TaskTraces, who: Flags) -> Flags:
        """(n,) the traces of which some of the people did most."""
        flags = np.append(who, np.False_)  # −1, nobody who is told apart, is the last
        return flags[block.main]


def experience(sums: Sums, block: TaskTraces) -> Experience:
    """How long the people of a task have done it; `usual` is what half of the cases have at least."""
    rows = within(sums.tenures.keys, block.task)
    place = _columns(block, sums.tenures.keys[rows, 1])
    week, count = sums.tenures.keys[rows, 2].astype(np.int64), sums.tenures.counts[rows].astype(np.float64)
    week, count, place = week[place >= 0], count[place >= 0], place[place >= 0]
    size = len(block.workers)
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, place, week)
    cases = tally(place, count, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        weeks = np.where(cases >= CASES, tally(place, count * (week - first[place]), size) / cases, np.nan)
    known = np.flatnonzero(np.isfinite(weeks))
    if not len(known):
        return Experience(weeks, np.zeros(size, dtype=bool), np.zeros(size, dtype=bool))
    order = known[np.argsort(weeks[known], kind="stable")]
    reached = np.cumsum(cases[order]) / cases[order].sum()
    usual = weeks[order[int(np.searchsorted(reached, 0.5))]]
    return Experience(weeks, weeks <= NEW * usual, (weeks >= PRACTISED * usual) & (usual > 0))


def _columns(block: TaskTraces, workers: np.ndarray) -> np.ndarray:
    by_symbol = np.argsort(block.workers)
    found = places(block.workers[by_symbol], workers)
    return np.where(found >= 0, by_symbol[found], -1) if len(by_symbol) else found
