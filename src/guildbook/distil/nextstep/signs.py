"""What can be seen at a place: the parts that contexts are made of, each as one symbol a place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.kernels import fold, prefix_signs
from guildbook.distil.nextstep.places import Places
from guildbook.distil.sums import START

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

DEEPEST: Final = 8
"""Activities looked back at."""
ATTRIBUTE: Final = "attribute:"
UNTIMED: Final = int(np.iinfo(np.int64).min)
"""The time of an event of which none is known."""
_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
_KEY: Final = re.compile("[=≥]")


@dataclass(frozen=True)
class Signs:
    """The parts at n places. Nothing after a place is looked at, so a case can be seen as it grows."""

    places: Places

    def part(self, name: str) -> Keys:
        """(n,) symbols; equal where the part looks the same. `acts3`: the last three activities, in order."""
        if name.startswith("acts"):
            return self._acts[int(name.removeprefix("acts"))]
        if name.startswith(ATTRIBUTE):
            return self._attribute(name.removeprefix(ATTRIBUTE))
        return _PARTS[name](self)

    @cached_property
    def attributes(self) -> list[str]:
        """Names of the attributes that cases have here, those of most cases first, ties by name."""
        _, codes = self.places.traces.rules
        texts = self.places.traces.events.conditions.texts
        names = [_KEY.split(text)[0] for text in texts]
        uses = np.bincount(codes, minlength=len(texts))
        total = dict.fromkeys(names, 0)
        for name, count in zip(names, uses.tolist(), strict=True):
            total[name] += count
        return sorted(total, key=lambda name: (-total[name], name))

    def back(self, values: Keys, steps: int) -> Keys:
        """(n,): what stood at the `steps`-th event before each place (1: the last); 0 where there is none."""
        depth = self.places.depth
        out = np.zeros(len(depth), np.uint64)
        has = depth >= steps
        out[has] = values[self.places.after[has] - steps]
        return out

    def micros_back(self, steps: int) -> Ints:
        """(n,): µs between the `steps`-th event before each place and the one before that; −1 where unknown."""
        depth, time = self.places.depth, self.places.traces.time
        out = np.full(len(depth), -1, np.int64)
        has = depth > steps
        at = self.places.after[has] - steps
        out[has] = _between(time[at - 1], time[at])
        return out

    @cached_property
    def micros_since(self) -> Ints:
        """(n,): µs from the first event of the trace to the last before each place; −1 where there is none."""
        depth, traces = self.places.depth, self.places.traces
        out = np.full(len(depth), -1, np.int64)
        has = depth > 0
        start = traces.time[traces.offsets[self.places.trace[has]]]
        out[has] = _between(start, traces.time[self.places.after[has] - 1])
        return out

    @cached_property
    def now(self) -> Ints:
        """(n,): time of the last event before each place, µs; UNTIMED where there is none."""
        out = np.full(len(self.places), UNTIMED, np.int64)
        has = self.places.depth > 0
        out[has] = self.places.traces.time[self.places.after[has] - 1]
        return out

    @cached_property
    def _acts(self) -> list[Keys]:
        """The contexts of 0 … DEEPEST activities; START stands before the first one."""
        step = self.places.traces.step
        out = [np.zeros(len(self.places), np.uint64)]
        for back in range(1, DEEPEST + 1):
            symbols = self.back(step, back)
            symbols[self.places.depth == back - 1] = START
            out.append(fold(out[-1], symbols))
        return out

    @cached_property
    def prefixes(self) -> tuple[Keys, Keys, Keys, Keys, Keys]:
        """(bag, set, recent, runs, again) after each event of the traces; see `kernels.prefix_signs`."""
        traces = self.places.traces
        return prefix_signs(traces.offsets, traces.step)

    def first(self, values: Keys) -> Keys:
        """(n,): what stood at the first event of the trace; 0 before it."""
        out = np.zeros(len(self.places), np.uint64)
        has = self.places.depth > 0
        out[has] = values[self.places.traces.offsets[self.places.trace[has]]]
        return out

    @cached_property
    def asked(self) -> Keys:
        """(m,): at each event of the traces, whom it addresses; 0: nobody."""
        traces, events = self.places.traces, self.places.traces.events
        at = np.zeros(len(events), np.uint64)
        if len(events.ask_event):
            np.add.at(at, events.ask_event, events.workers.symbols[events.ask_worker])
        return at[traces.order]

    def of_case(self, wanted: NDArray[np.bool_]) -> Keys:
        """(n,): those of the case's conditions (by code) that are wanted, as one symbol."""
        offsets, codes = self.places.traces.rules
        out = np.zeros(len(self.places.traces), np.uint64)
        keep = wanted[codes]
        trace = np.repeat(np.arange(len(out)), np.diff(offsets))[keep]
        symbols = self.places.traces.events.conditions.symbols[codes[keep]]
        np.add.at(out, trace, fold(np.zeros(len(symbols), np.uint64), symbols))
        return out[self.places.trace]

    def _attribute(self, name: str) -> Keys:
        texts = self.places.traces.events.conditions.texts
        return self.of_case(np.array([_KEY.split(text)[0] == name for text in texts], dtype=bool))


def doublings(micros: Ints, parts: int = 1) -> Keys:
    """Lengths of time as 1 + ⌊parts · log2(1 + seconds)⌋; 0 for unknown."""
    with np.errstate(invalid="ignore"):
        number = 1 + np.floor(parts * np.log2(1 + np.maximum(micros, 0) / 1e6))
    return np.where(micros < 0, 0, number).astype(np.uint64)


def _between(begin: Ints, end: Ints) -> Ints:
    """µs from one to the other; −1 where one is not known or time runs backwards."""
    known = (begin != UNTIMED) & (end != UNTIMED)
    return np.where(known, np.maximum(np.where(known, end, 0) - np.where(known, begin, 0), -1), -1)


def _of_clock(now: Ints, unit: int, round_: int, shift: int = 0) -> Keys:
    """Which of `round_` units of the clock; `round_` itself where the time is not known."""
    return np.where(now == UNTIMED, round_, (now // unit + shift) % round_).astype(np.uint64)


def _plain(values: Ints) -> Keys:
    return values.astype(np.uint64)


_PARTS: Final[dict[str, Callable[[Signs], Keys]]] = {
    "worker": lambda s: s.back(s.places.traces.who, 1),
    "worker2": lambda s: s.back(s.places.traces.who, 2),
    "opener": lambda s: s.first(s.places.traces.who),
    "opening": lambda s: s.first(s.places.traces.step),
    "act2": lambda s: s.back(s.places.traces.step, 2),
    "act3": lambda s: s.back(s.places.traces.step, 3),
    "gap": lambda s: doublings(s.micros_back(1)),
    "gap_fine": lambda s: doublings(s.micros_back(1), 4),
    "gap2": lambda s: doublings(s.micros_back(2)) // np.uint64(2),
    "since": lambda s: doublings(s.micros_since),
    "since_fine": lambda s: doublings(s.micros_since, 4),
    "hour": lambda s: _of_clock(s.now, _HOUR, 24),
    "weekday": lambda s: _of_clock(s.now, _DAY, 7, 3),
    "case": lambda s: s.of_case(np.ones(len(s.places.traces.events.conditions), dtype=bool)),
    "task": lambda s: s.places.traces.task[s.places.trace],
    "asked": lambda s: s.back(s.asked, 1),
    "bag": lambda s: s.back(s.prefixes[0], 1),
    "set": lambda s: s.back(s.prefixes[1], 1),
    "recent": lambda s: s.back(s.prefixes[2], 1),
    "runs": lambda s: s.back(s.prefixes[3], 1),
    "again": lambda s: s.back(s.prefixes[4], 1),
    "depth": lambda s: _plain(s.places.depth),
}
