"""Counts of people, shown without letting small ones be worked out.

Counts under five are not shown, and so many others with them that none of these can be solved for from the rest and
the totals. A table with totals is a flow: from a source to each row (its total), from the row to each column (the
cells), from the columns to a sink (their totals), and back (the total of all). Whoever sees the table knows the shown
flows, and that no flow is negative. A hidden flow is determined exactly when no cycle of hidden flows through it can be
changed: each up without limit, or down while it is above nought (Gusfield, "A graph theoretic approach to statistical
data security", SIAM J. Comput. 17, 1988). So for each hidden count a cheapest such cycle is hidden with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

LEAST: Final = 5
"""Counts below this are not shown."""
HIDDEN: Final = "·"
"""In place of a count that is not shown, whether it is small or protects another."""
_TOTAL: Final = 1_000
"""What hiding a total costs more than hiding a cell of the same count: totals tell most."""

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Table:
    """Counts with their totals; None where one is not shown."""

    cells: tuple[tuple[int | None, ...], ...]
    rows: tuple[int | None, ...]
    columns: tuple[int | None, ...]
    total: int | None


def suppressed(counts: Sequence[Sequence[int]], least: int = LEAST, *, known_rows: bool = False) -> Table:
    """The table with everything hidden that has to be. `counts`: rows of equal length, none negative.

    `known_rows`: everybody knows the totals of the rows (how many people there are), so hiding them hides nothing.
    """
    height, width = len(counts), len(counts[0]) if counts else 0
    source, sink = height + width, height + width + 1
    every = _flows(counts)
    flows = {edge: value for edge, value in every.items() if not (known_rows and source in edge)}
    hidden = {edge for edge, value in flows.items() if value < least}
    for edge in sorted(hidden, key=lambda e: (flows[e], e)):
        if not _free(edge, flows, hidden):
            hidden |= _cycle(edge, flows, hidden)

    def shown(edge: Edge) -> int | None:
        return None if edge in hidden else every[edge]

    return Table(
        tuple(tuple(shown((i, height + j)) for j in range(width)) for i in range(height)),
        tuple(shown((source, i)) for i in range(height)),
        tuple(shown((height + j, sink)) for j in range(width)),
        shown((sink, source)),
    )


def counted(value: int | None) -> str:
    """A count as it is shown."""
    return HIDDEN if value is None else f"{value:,}"


def _flows(counts: Sequence[Sequence[int]]) -> dict[Edge, int]:
    """Cells and totals as flows between rows (0 …), columns, the source and the sink."""
    height, width = len(counts), len(counts[0]) if counts else 0
    source, sink = height + width, height + width + 1
    flows = {(i, height + j): value for i, row in enumerate(counts) for j, value in enumerate(row)}
    flows |= {(source, i): sum(row) for i, row in enumerate(counts)}
    flows |= {(height + j, sink): sum(row[j] for row in counts) for j in range(width)}
    return flows | {(sink, source): sum(map(sum, counts))}


def _free(edge: Edge, flows: dict[Edge, int], hidden: set[Edge]) -> bool:
    """Whether a hidden flow can be another, as far as the rest tells."""
    start, end = edge
    only = {each: flows[each] for each in hidden if each != edge}
    return _path(end, start, only, hidden) is not None or (
        flows[edge] > 0 and _path(start, end, only, hidden) is not None
    )


def _cycle(edge: Edge, flows: dict[Edge, int], hidden: set[Edge]) -> set[Edge]:
    """The cheapest flows that have to be hidden for this one to be free."""
    start, end = edge
    others = {each: value for each, value in flows.items() if each != edge}
    ways = [_path(end, start, others, hidden)]
    if flows[edge] > 0:
        ways.append(_path(start, end, others, hidden))
    found = [way for way in ways if way is not None]
    # There is one: around through the totals every flow can grow.
    return min(found, key=lambda way: way[0])[1] if found else set(flows)


def _path(start: int, end: int, flows: dict[Edge, int], hidden: set[Edge]) -> tuple[int, set[Edge]] | None:
    """The cheapest way on which each flow can be changed, with its cost: what is hidden costs nothing."""
    ways: dict[int, list[tuple[int, Edge]]] = {}
    for (one, other), value in flows.items():
        ways.setdefault(one, []).append((other, (one, other)))
        if value > 0:
            ways.setdefault(other, []).append((one, (one, other)))
    sink = max((max(edge) for edge in flows), default=0)  # the source is the one before it
    heap: list[tuple[int, int]] = [(0, start)]
    came: dict[int, tuple[int, Edge] | None] = {start: None}
    best = {start: 0}
    while heap:
        cost, here = heappop(heap)
        if here == end:
            return cost, set(_back(came, end))
        if cost > best[here]:
            continue
        for there, edge in ways.get(here, ()):
            further = cost + (0 if edge in hidden else _cost(edge, flows, sink))
            if further < best.get(there, further + 1):
                best[there] = further
                came[there] = here, edge
                heappush(heap, (further, there))
    return None


def _cost(edge: Edge, flows: dict[Edge, int], sink: int) -> int:
    return flows[edge] + 1 + (_TOTAL if max(edge) >= sink - 1 else 0)


def _back(came: dict[int, tuple[int, Edge] | None], end: int) -> Iterator[Edge]:
    step = came[end]
    while step is not None:
        yield step[1]
        step = came[step[0]]
