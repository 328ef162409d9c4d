"""Learning from more events than are read at once: the same sums as `spread`, part after part."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import Any, Final, TypeVar

import pyarrow as pa

from guildbook.distil.changes import Admitted, first_cases, in_one_piece
from guildbook.distil.encode import COLUMNS, encode
from guildbook.distil.parts import Parts, packed, portions, unpacked
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import day_sums, trace_sums
from guildbook.distil.sums import Sums
from guildbook.distil.traces import join, time_order
from guildbook.distil.view import TraceView, joined, view

AT_ONCE: Final = 500_000
"""Up to so many events are read and summarised in one piece."""

T = TypeVar("T")
Progress = Callable[[float], None]


class Total:
    """Sums that are kept small until all of them are there, and then added in pairs of about equal size.

    So no row is added more than log(n) times, and the largest additions wait until the processes that summarise are
    gone and their memory is free.
    """

    def __init__(self) -> None:
        self._packed: list[bytes] = []

    def add(self, packed: bytes) -> None:
        """One more, as bytes of sums."""
        self._packed.append(packed)

    def result(self) -> Sums:
        """The sum of all; the total is empty afterwards."""
        packed, self._packed = self._packed, []
        if not packed:
            return Sums()
        tables, texts = _added(packed)
        used = tables["vocab"].keys[:, 0].tolist()
        return Sums(**tables, texts={code: texts[code] for code in used})


def _added(packed: list[bytes]) -> tuple[dict[str, Any], dict[int, str]]:
    """Tables and texts of all; a table is let go as soon as it is added, and bytes as soon as they are read."""
    if len(packed) == 1:
        sums = Sums.from_bytes(packed.pop())
        return dict(sums.tables()), dict(sums.texts)
    half = packed[len(packed) // 2 :]
    del packed[len(packed) // 2 :]
    tables, texts = _added(packed)
    others, more = _added(half)
    for name in list(others):
        tables[name] = tables[name] + others.pop(name)
    return tables, texts | more


def laid(admitted: Admitted, settings: Settings, pool: Executor, jobs: int, tell: Progress) -> tuple[Parts, Total]:
    """All admitted events in parts, and the sums of their worker-days, taken as they pass."""
    rows = sum(segment.rows for segment in admitted.grant.segments)
    parts = Parts(rows, jobs)
    total = Total()

    def calls() -> Iterator[Future[bytes]]:
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


def laid_only(admitted: Admitted, below: int | None) -> Parts:
    """All admitted events in parts; with `below` only those of cases of a lower symbol and those without a case."""
    parts = Parts(sum(segment.rows for segment in admitted.grant.segments))
    for table in _read(admitted):
        parts.lay(table if below is None else first_cases(table, below))
        pa.default_memory_pool().release_unused()
    parts.keep(below)
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


def _daily(piece: bytes, settings: Settings) -> bytes:
    events = encode(unpacked([piece]), settings, cut=False)
    return day_sums(events, time_order(events)).to_bytes()


def _traced(pieces: Sequence[bytes], settings: Settings, first: int) -> tuple[bytes, TraceView]:
    traces = join(encode(unpacked(pieces), settings))
    return trace_sums(traces).to_bytes(), view(traces, first)
