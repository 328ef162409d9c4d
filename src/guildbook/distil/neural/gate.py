"""Whether the net may speak at all: it has to help in one stretch of time after another.

The traces are put in order of their start and cut at a UTC midnight; the newer are split into blocks of equal size.
Counts and net predict each block from what was before it, the counts fitted anew, the net continued by a round; and
each block but the first is judged by a mixture fitted on the blocks before it (prequential: Dawid, *J. R. Statist.
Soc. A* 147 (1984) 278–292). Since mixing once more may help by itself, the counts are also mixed with themselves in
the same way, and the better of counts and counts mixed again is what must be beaten. A process that changes makes
blocks differ, which errors within a block don't show; so it is the spread between blocks that the gain is held
against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from guildbook.distil.neural.pool import FREEDOMS, Pool, alone
from guildbook.distil.neural.steps import Ints
from guildbook.distil.nextstep.fitting import ranks, vocabulary
from guildbook.distil.nextstep.mixer import Penalty, Sheet
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.views import View
from guildbook.distil.traces import Traces
from guildbook.model.time import DAY

OLDER: Final = 0.6
"""Share of the traces, in order of start, that are before the blocks."""
BLOCKS: Final = 6
"""Stretches of time; by the first the mixture is only fitted."""
FEWEST: Final = 15
"""Traces a block has at least; with fewer nothing can be judged and the counts stay alone."""
SURE: Final = 2.0
"""Standard errors between blocks by which the mixture must be better."""


@dataclass(frozen=True)
class Verdict:
    """What the blocks said."""

    gains: tuple[float, ...] = ()
    """Nats a place that the mixture loses less than the counts, block by block; none: too little to judge by."""
    right_gains: tuple[float, ...] = ()
    """Block by block the share of places that the mixture is right at and the counts are not, less the reverse."""

    @property
    def gain(self) -> float:
        """Mean over blocks."""
        return float(np.mean(self.gains)) if self.gains else 0.0

    @property
    def error(self) -> float:
        """Standard error of the mean, from the spread between blocks."""
        return _error(self.gains)

    @property
    def won(self) -> int:
        """Blocks in which the mixture was better."""
        return sum(gain > 0 for gain in self.gains)

    @property
    def sure(self) -> float:
        """The gain less `SURE` errors."""
        return self.gain - SURE * self.error

    @property
    def helps(self) -> bool:
        """Better in most blocks, by more than `SURE` errors in the mean, and not surely right less often."""
        right = sum(self.right_gains) + SURE * _error(self.right_gains) * len(self.right_gains)
        return 2 * self.won > len(self.gains) and self.sure > 0 and right >= 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "net_used": self.helps,
            "gain": self.gain,
            "gain_error": self.error,
            "blocks": len(self.gains),
            "blocks_won": self.won,
        }


def _error(values: Sequence[float]) -> float:
    """Standard error of the mean."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


@dataclass(frozen=True)
class Judged:
    """The verdict, and how counts and net are to be mixed if it lets the net in."""

    verdict: Verdict
    pool: Pool


class Continued(Protocol):
    """Makes a view of a net that was continued round by round."""

    def __call__(self, traces: Traces, born: Ints) -> View:
        """The view of these traces; `born`: the round that brought each of `traces.events`."""
        ...


def judge(traces: Traces, counts: Callable[[Traces], View], net: Continued) -> Judged:
    """Judge a net on these traces. `counts` and `net` are asked for a view of what was before each block."""
    traces = in_order(traces)
    even = Pool.even(vocabulary(traces))
    block = _blocks(traces)
    if not len(block):
        return Judged(Verdict(), even)
    born = np.zeros(len(traces.events), np.int64)
    born[traces.order] = np.maximum(block[traces.trace] + 1, 0)
    parts: list[Sheet] = []
    for number in range(BLOCKS):
        known, asked = traces.pick(block < number), traces.pick(block == number)
        parts.append(even.answered((counts(known), net(known, born)), Places.of(asked, 1)))
    found = [_tried(even, parts, penalty) for penalty in FREEDOMS]
    return max(found, key=lambda one: (one.verdict.helps, one.verdict.sure))


def in_order(traces: Traces) -> Traces:
    """The traces by start, ties by name: an order that does not depend on how they were read."""
    rows = np.argsort(ranks(traces), kind="stable")
    sizes = np.diff(traces.offsets)[rows]
    offsets: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.arange(offsets[-1]) + np.repeat(traces.offsets[:-1][rows] - offsets[:-1], sizes)
    return Traces(traces.events, traces.order[places], offsets, traces.episode[rows])


def _blocks(traces: Traces) -> Ints:
    """(T,): the block of each trace, −1 before the first; empty if there are too few.

    The first block begins at the UTC midnight before the trace at the share `OLDER`: with a few traces less the cut
    mostly stays where it is.
    """
    start = traces.time[traces.offsets[:-1]]
    if not len(traces):
        return np.empty(0, np.int64)
    older = int(np.searchsorted(start, start[int(OLDER * len(traces))] // DAY * DAY))
    newer = len(traces) - older
    if not older or newer < FEWEST * BLOCKS:
        return np.empty(0, np.int64)
    return np.concatenate([np.full(older, -1), np.arange(newer) * BLOCKS // newer])


def _tried(even: Pool, parts: Sequence[Sheet], penalty: Penalty) -> Judged:
    """Both mixtures of one freedom, block after block."""
    both = again = even
    losses = np.empty((len(parts) - 1, 3))
    right = np.empty((len(parts) - 1, 3))
    for number, here in enumerate(parts[1:]):
        before = Sheet.joined(parts[: number + 1])
        both, again = both.fitted(before, penalty), again.fitted(alone(before), penalty)
        said = (
            both.mixer.log_probabilities(here),
            here.logp[:, 0],
            again.mixer.log_probabilities(alone(here)),
        )
        rows = np.arange(len(here))
        losses[number] = [-logp[rows, here.answer].astype(np.float64).mean() for logp in said]
        right[number] = [(logp.argmax(axis=1) == here.answer).mean() for logp in said]
    rival = 1 + int(np.argmin(losses[:, 1:].mean(axis=0)))
    gains = tuple((losses[:, rival] - losses[:, 0]).tolist())
    pool = both.fitted(Sheet.joined(parts), penalty)
    return Judged(Verdict(gains, tuple((right[:, 0] - right[:, rival]).tolist())), pool)
