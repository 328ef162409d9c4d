"""Learning from more events than are read at once: the same sums as `spread`, part after part."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pyarrow as pa

from guildbook.distil.changes import Admitted, in_one_piece
from guildbook.distil.encode import COLUMNS, encode
from guildbook.distil.parts import Parts, packed, portions, unpacked
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import day_sums, trace_sums
from guildbook.distil.sums import Sums
from guildbook.distil.traces import join, time_order
from guildbook.distil.view import TraceView, joined, view

AT_ONCE: Final = 500_000
"""Up to so many events are read and summarised in one piece."""

_LEVELS: Final = 3
"""Sums of at most eight parts are added while others are still summarised."""

T = TypeVar("T")
Progress = Callable[[float], None]


class Total:
    """Adds up sums as they come, in pairs of about equal size, so that no row is added more than log(n) times.

    Tables are let go of one by one as they are added, so that two sums and their total never stand side by side. The
    largest additions wait for `result`, when the processes that summarise are gone and their memory is free.
    """

    def __init__(self) -> None:
        self._held: list[tuple[int, _Taken]] = []

    def add(self, sums: Sums) -> None:
        """One more."""
        level, taken = 0, _Taken(dict(sums.tables()), dict(sums.texts))
        del sums
        while self._held and self._held[-1][0] == level < _LEVELS:
            taken.take(self._held.pop()[1])
            level += 1
        self._held.append((level, taken))

    def result(self) -> Sums:
        """The sum of all; the total is empty afterwards."""
        rest = [taken for _, taken in self._held]
        self._held.clear()
        while len(rest) > 1:
            one = rest.pop(0)
            one.take(rest.pop(0))
            rest.append(one)
        return rest[0].sums() if rest else Sums()


@dataclass
class _Taken:
    """Sums that may be taken apart."""

    tables: dict[str, Any]
    texts: dict[int, str]

    def take(self, other: _Taken) -> None:
        """Add another's tables; it is empty afterwards."""
        for name in list(other.tables):
            self.tables[name] = self.tables[name] + other.tables.pop(name)
        self.texts |= other.texts

    def sums(self) -> Sums:
        used = self.tables["vocab"].keys[:, 0].tolist()
        return Sums(**self.tables, texts={code: self.texts[code] for code in used})


def laid(admitted: Admitted, settings: Settings, pool: Executor, jobs: int, tell: Progress) -> tuple[Parts, Total]:
    """All admitted events in parts, and the sums of their worker-days, taken as they pass."""
    rows = sum(segment.rows for segment in admitted.grant.segments)
    parts = Parts(rows, jobs)
    total = Total()

    def calls() -> Iterator[Future[Sums]]:
        done = 0
        for table in _read(admitted):
            waiting = pool.submit(_daily, packed(table), settings)
            parts.lay(table)
            done += len(table)
            tell(done / rows)
            yield waiting
            pa.default_memory_pool().release_unused()

    for sums in _in_turn(calls(), jobs):
        total.add(sums)
    return parts, total


def laid_only(admitted: Admitted, jobs: int = 1) -> Parts:
    """All admitted events in parts."""
    parts = Parts(sum(segment.rows for segment in admitted.grant.segments), jobs)
    for table in _read(admitted):
        parts.lay(table)
    return parts


def summed(
    parts: Parts, settings: Settings, pool: Executor, jobs: int, first: int, kept: int, tell: Progress
) -> tuple[Total, TraceView]:
    """The sums of all joint traces, and the view of those whose key has a symbol below `first`.

    The rows of traces that have a case of a symbol from `kept` on are let go.
    """
    total = Total()
    views: list[TraceView] = []
    calls = (pool.submit(_traced, pieces, settings, first) for pieces in parts.drained(kept))
    for sums, seen in _in_turn(calls, jobs):
        total.add(sums)
        views.append(seen)
        tell(len(views) / len(parts))
    return total, joined(views)


def viewed(parts: Parts, settings: Settings, below: int | None) -> Iterator[TraceView]:
    """The joint traces, part after part; with `below` those whose key has a lower symbol."""
    for pieces in parts.below(below):
        yield view(join(encode(unpacked(pieces), settings)), below)


def _read(admitted: Admitted) -> Iterator[pa.Table]:
    for some in portions(admitted.grant.segments):
        yield in_one_piece(admitted.table(COLUMNS, some))


def _in_turn(calls: Iterable[Future[T]], jobs: int) -> Iterator[T]:
    """Results in order, with one call more under way than there are processes."""
    waiting: deque[Future[T]] = deque()
    for call in calls:
        waiting.append(call)
        if len(waiting) > jobs:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _daily(piece: bytes, settings: Settings) -> Sums:
    events = encode(unpacked([piece]), settings)
    return day_sums(events, time_order(events))


def _traced(pieces: Sequence[bytes], settings: Settings, first: int) -> tuple[Sums, TraceView]:
    traces = join(encode(unpacked(pieces), settings))
    return trace_sums(traces), view(traces, first)
