"""What trees may cut by: at each place names (who, which step) and numbers (times, how often, attributes)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.signs import UNTIMED, Signs
from guildbook.model.time import DAY, HOUR

Keys = NDArray[np.uint64]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Bins = NDArray[np.uint8]
Floats = NDArray[np.float32]

WIDEST: Final = 64
"""Bins of a feature."""
COUNTED: Final = 32
"""Activities whose number so far is a feature, and conditions that are."""
_STEPS: Final = 5
_PEOPLE: Final = 3
_GAPS: Final = 3


@dataclass(frozen=True)
class Plan:
    """What the features are, as training saw it: enough to work out the same ones elsewhere."""

    activities: Keys
    """Those whose number so far is a feature."""
    conditions: Keys
    """Attributes, as symbols, whose holding is a feature."""

    @classmethod
    def of(cls, places: Places, symbols: Keys) -> Plan:
        """The commonest activities, and the conditions that tell most cases apart; ties by symbol."""
        _, codes = places.traces.rules
        names = places.traces.events.conditions.symbols
        uses = np.bincount(codes, minlength=len(names))
        even = np.abs(2 * uses - len(places.traces))
        return cls(symbols[:COUNTED], names[np.lexsort((names, even))][:COUNTED])

    def names(self, places: Places) -> list[Keys]:
        """(n,) symbols each: steps back, who did them, who began, with what, task, whom it addresses."""
        signs, traces = Signs(places), places.traces
        return [
            *(signs.back(traces.step, back) for back in range(1, _STEPS + 1)),
            *(signs.back(traces.who, back) for back in range(1, _PEOPLE + 1)),
            signs.part("opener"),
            signs.part("opening"),
            signs.part("task"),
            signs.part("asked"),
        ]

    def numbers(self, places: Places) -> list[Floats]:
        """(n,) each: times, clock, depth, how often each activity was done, which conditions hold; −1: unknown."""
        signs = Signs(places)
        known = signs.now != UNTIMED
        hour = np.where(known, signs.now % DAY / HOUR, -1)
        weekday = np.where(known, (signs.now // DAY + 3) % 7, -1)
        again = signs.part("again").astype(np.float32)
        times = [*(signs.micros_back(back) for back in range(1, _GAPS + 1)), signs.micros_since]
        found = [*(one.astype(np.float32) for one in times), hour, weekday, weekday + hour / 24, places.depth, again]
        found += [*self._done(places), *self._held(places)]
        return [one.astype(np.float32) for one in found]

    def _done(self, places: Places) -> list[Floats]:
        out: list[Floats] = []
        for code in self.activities:
            total = np.concatenate([[0], np.cumsum(places.traces.step == code)]).astype(np.float32)
            out.append(total[places.after] - total[places.traces.offsets[places.trace]])
        return out

    def _held(self, places: Places) -> list[Floats]:
        traces = places.traces
        offsets, codes = traces.rules
        trace = np.repeat(np.arange(len(traces)), np.diff(offsets))
        names = traces.events.conditions.symbols[codes]
        out: list[Floats] = []
        for name in self.conditions:
            holds = np.zeros(len(traces), np.float32)
            holds[trace[names == name]] = 1
            out.append(holds[places.trace])
        return out


@dataclass(frozen=True)
class Table:
    """Features of n places, small enough to be kept for all of them."""

    names: Codes
    """(n, kinds): which name; one more than the last for one never seen."""
    numbers: Bins
    """(n, numbers)"""

    def pick(self, rows: NDArray[np.bool_] | Ints) -> Table:
        """Some of the places."""
        return Table(self.names[rows], self.numbers[rows])

    def bins(self, ranks: list[Bins], group: Codes) -> Bins:
        """(n, F): every feature as a bin; names by what `ranks` says of them."""
        names = [rank[group, self.names[:, column]] for column, rank in enumerate(ranks)]
        return np.ascontiguousarray(np.column_stack([*names, self.numbers]).astype(np.uint8))


@dataclass(frozen=True)
class Scale:
    """How features become bins: numbers by quantiles; names are numbered."""

    plan: Plan
    edges: list[Floats]
    """Of each number: (≤ WIDEST − 1,) ascending; a bin is how many of them a number is above."""
    listed: list[Keys]
    """Of each kind of name: ascending."""

    @classmethod
    def of(cls, plan: Plan, places: Places) -> Scale:
        """By training places; what came next there is not looked at."""
        share = np.arange(1, WIDEST) / WIDEST
        edges: list[Floats] = []
        for one in plan.numbers(places):
            found = np.unique(np.quantile(one, share, method="lower")).astype(np.float32)
            edges.append(found[found < one.max()])
        return cls(plan, edges, [np.unique(one) for one in plan.names(places)])

    def table(self, places: Places) -> Table:
        """The features of these places."""
        names = np.empty((len(places), len(self.listed)), np.int32)
        for column, (one, known) in enumerate(zip(self.plan.names(places), self.listed, strict=True)):
            at = np.minimum(np.searchsorted(known, one), len(known) - 1)
            names[:, column] = np.where(known[at] == one, at, len(known))
        numbers = np.empty((len(places), len(self.edges)), np.uint8)
        for column, (one, edges) in enumerate(zip(self.plan.numbers(places), self.edges, strict=True)):
            numbers[:, column] = np.searchsorted(edges, one, side="left")
        return Table(names, numbers)

    def ranks(self, table: Table, group: Codes, groups: int, answers: Codes) -> list[Bins]:
        """Of each kind of name (groups, names + 1) bins, in order of how often the group's commonest answer came."""
        width = int(answers.max(initial=0)) + 1
        seen = np.bincount(group.astype(np.int64) * width + answers, minlength=groups * width).reshape(groups, width)
        usual = seen.max(axis=1) / np.maximum(seen.sum(axis=1), 1)
        hit = answers == seen.argmax(axis=1)[group]
        out: list[Bins] = []
        for column, known in enumerate(self.listed):
            size = len(known) + 1
            cell = group.astype(np.int64) * size + table.names[:, column]
            total = np.bincount(cell, minlength=groups * size).reshape(groups, size)
            hits = np.bincount(cell, hit, groups * size).reshape(groups, size)
            out.append(_ranked((hits + _PRIOR * usual[:, None]) / (total + _PRIOR), total))
        return out


_PRIOR: Final = 5.0
"""Places of the group's own rate that stand beside those of a name."""


def _ranked(rate: NDArray[np.float64], total: NDArray[np.int64]) -> Bins:
    """Bins of the names of each group in order of their rate, with about as many places in each."""
    order = np.argsort(rate, axis=1, kind="stable")
    weight = np.take_along_axis(total, order, axis=1)
    below = np.cumsum(weight, axis=1) - weight / 2
    few = np.count_nonzero(total, axis=1)[:, None] < WIDEST
    several = np.cumsum(weight > 0, axis=1) - 1
    fine = np.where(few, np.maximum(several, 0), below / np.maximum(total.sum(axis=1), 1)[:, None] * WIDEST)
    out = np.empty_like(rate, dtype=np.uint8)
    np.put_along_axis(out, order, np.minimum(fine, WIDEST - 1).astype(np.uint8), axis=1)
    return out
