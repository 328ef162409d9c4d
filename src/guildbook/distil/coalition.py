"""The sums of a world without some of the workers, from the sums of all: exact, for the cost of what they touched.

Total, minus the joint traces they took part in and their worker-days, plus those traces as they are without them. The
digest is that of a book that was learnt without them, bit for bit; where they touched more than half of everything,
what is left is summed up from nothing, which is sooner and the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.encode import Events, encode
from guildbook.distil.executor import executor
from guildbook.distil.quality.checks import asked
from guildbook.distil.settings import Settings
from guildbook.distil.spread import spread
from guildbook.distil.summarise import day_sums, trace_sums
from guildbook.distil.sums import Sums
from guildbook.distil.traces import join, time_order

Rows = NDArray[np.bool_]

WORTH_PROCESSES: Final = 5_000_000
"""Events to go through, of all worlds together, from which on processes are sooner."""


@dataclass(frozen=True, slots=True)
class Without:
    """A world without some workers."""

    workers: tuple[str, ...]
    sums: Sums
    touched: int
    """Events of the traces and worker-days they took part in."""

    @property
    def digest(self) -> str:
        """The model hash of a book learnt without them."""
        return self.sums.digest()


@dataclass(frozen=True)
class Whole:
    """All admitted events, and their sums."""

    table: pa.Table
    settings: Settings
    events: Events
    sums: Sums

    @classmethod
    def of(cls, table: pa.Table, settings: Settings, total: Sums | None = None) -> Whole:
        """`table` has at least `encode.COLUMNS`; `total`: its sums, where they are known."""
        events = encode(table, settings)
        if total is None:
            with executor() as pool:
                total = spread(events, pool)
        return cls(table, settings, events, total)

    def mine(self, workers: Collection[str]) -> Rows:
        """(n,): whose event is one of these workers'. Raises `KeyError` for somebody who has none here."""
        place = {name: code for code, name in enumerate(self.events.workers.texts)}
        chosen = np.zeros(len(place), dtype=bool)
        chosen[[place[name] for name in workers]] = True
        return chosen[self.events.worker]

    def touched(self, mine: Rows) -> Rows:
        """(n,): events of the joint traces in which one of these events is."""
        held = np.zeros(int(self.events.case.max(initial=-1)) + 2, dtype=bool)
        held[self.events.case[mine]] = True
        held[-1] = False  # without a case, each trace is one worker's
        return mine | held[self.events.case]

    def pieces(self, workers: Collection[str]) -> tuple[Events | None, Events | None, Events, int]:
        """(touched traces as they were, worker-days that go, what comes instead, events touched).

        The first two are None where what comes is everything that is left.
        """
        mine = self.mine(workers)
        near = self.touched(mine)
        many = int(np.count_nonzero(near))
        if 2 * many > len(self.events):
            return None, None, self._left(~mine), many
        return self.events.take(near), self.events.take(mine), self._left(near & ~mine), many

    def _left(self, rows: Rows) -> Events:
        """These events as they would have been encoded without the others."""
        if asked(self.table):  # what a case asks for is held against all that was done in it
            return encode(self.table.filter(pa.array(rows)), self.settings)
        return self.events.take(rows)


def without(
    whole: Whole,
    coalitions: Sequence[Collection[str]],
    jobs: int = 1,
    progress: Callable[[float], None] = lambda _: None,
) -> Iterator[Without]:
    """The world without each coalition of workers, in the order given. `progress` is told the share done."""
    work = sum(int(np.count_nonzero(whole.touched(whole.mine(each)))) for each in coalitions) if jobs > 1 else 0
    with executor(jobs if work > WORTH_PROCESSES else 1) as pool:
        waiting: deque[_Begun] = deque()
        for number, coalition in enumerate(coalitions):
            waiting.append(_begun(whole, coalition, pool))
            while len(waiting) > 2 * jobs - 1:
                yield waiting.popleft().ended()
            progress((number + 1) / len(coalitions))
        while waiting:
            yield waiting.popleft().ended()


@dataclass(frozen=True, slots=True)
class _Begun:
    """A world that is being summed up."""

    workers: tuple[str, ...]
    touched: int
    base: Sums
    """What the result is added to."""
    future: Future[Sums]

    def ended(self) -> Without:
        return Without(self.workers, self.base + self.future.result(), self.touched)


def _begun(whole: Whole, coalition: Collection[str], pool: Executor) -> _Begun:
    were, days, come, many = whole.pieces(coalition)
    workers = tuple(sorted(coalition))
    if were is None or days is None:
        return _Begun(workers, many, Sums(), pool.submit(_summed, come))
    return _Begun(workers, many, whole.sums, pool.submit(_change, were, days, come))


def _change(were: Events, days: Events, come: Events) -> Sums:
    """What a world without them has more, or less."""
    return trace_sums(join(come)) - trace_sums(join(were)) - day_sums(days, time_order(days))


def _summed(events: Events) -> Sums:
    return trace_sums(join(events)) + day_sums(events, time_order(events))
