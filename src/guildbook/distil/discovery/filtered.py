"""The filtered map: nested levels from the happy path to everything, each connected and each small enough to read.

A box enters a level with the widest way from the start to it and from it to the end, so that what is shown hangs
together; then the commonest moves enter until the level's share of the moves among its boxes can be replayed, or
`MOST_LINKS` are drawn. All of it is told from exact counts: the same sums give the same map.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.discovery.clusters import name
from guildbook.distil.discovery.contracted import Contracted, Pair, contracted, turned
from guildbook.distil.discovery.graph import Graph, Sequences, graph, sequences
from guildbook.distil.discovery.replay import replayed
from guildbook.distil.maps import MAX_TASKS, titles
from guildbook.distil.sums import Sums
from guildbook.model.ids import short_id
from guildbook.model.process import Box, FilteredMap, Link, MapLevel

LEVELS: Final = (0.0, 0.6, 0.8, 0.9, 0.95, 1.0)
"""Shares of events and moves the levels aim at; 0 is the happy path alone, 1 all that the bounds allow."""
MOST_LINKS: Final = 90
_COMMON: Final = 0.005
"""Share of the joint traces from which on a variant counts as a way that is gone, not as one case's story."""


def discover(sums: Sums, named: Mapping[int, str] | None = None) -> tuple[FilteredMap, ...]:
    """The filtered maps of the `MAX_TASKS` commonest tasks, commonest first."""
    named = titles(sums) if named is None else named
    maps = [filtered_map(sums, task, title) for task, title in named.items()]
    return tuple(sorted(maps, key=lambda found: (-found.episodes, found.task))[:MAX_TASKS])


def filtered_map(sums: Sums, task: int, title: str) -> FilteredMap:
    """The filtered map of one task by its symbol."""
    found = graph(sums, task)
    runs = sequences(sums, found)
    happy = _happy(found, runs)
    small = contracted(found, runs, happy)
    labels = _labels(sums, found, small)
    path = _path(small, happy)
    episodes = _episodes(sums, found, small, int(runs.counts.sum()))
    boxes = tuple(
        Box(labels[i], int(small.events[i]), episodes[i], _members(sums, found, small.members[i]))
        for i in np.lexsort((np.arange(len(small)), -small.events)).tolist()
    )
    return FilteredMap(
        id=short_id("task", sums.text(task)),
        task=title,
        episodes=int(runs.counts.sum()),
        activities=len(found),
        moves=len(found.moves[0]),
        boxes=boxes,
        links=_links(small, labels),
        happy=tuple(labels[i] for i in path),
        levels=_levels(small, runs, path, labels),
    )


def _happy(found: Graph, runs: Sequences) -> list[int]:
    """The commonest way: a whole variant, or where none is common the widest way from start to end."""
    if not len(runs):
        return []
    top = int(runs.ranked[0])
    if runs.whole[top] and runs.counts[top] >= max(1.0, _COMMON * runs.counts.sum()):
        return runs.run(top)
    source, target, count = found.moves
    pairs = dict(zip(zip(source.tolist(), target.tolist(), strict=True), count.tolist(), strict=True))
    start = len(found)
    return _way(widest(start, pairs, {start, start + 1}), start + 1)[1:-1]


def _path(small: Contracted, happy: Sequence[int]) -> list[int]:
    """The happy path over boxes; steps inside one cluster are one."""
    box = {number: place for place, members in enumerate(small.members) for number in members}
    way = [box[number] for number in happy]
    return [b for a, b in pairwise((-1, *way)) if a != b or len(small.members[b]) == 1]


def _levels(small: Contracted, runs: Sequences, path: Sequence[int], labels: Sequence[str]) -> tuple[MapLevel, ...]:
    start, end = len(small), len(small) + 1
    ends = {start, end}
    back = [turned(pair) for pair in small.either]
    # Where either order will do, one line leads both ways.
    both = {pair: small.counts.get(small.canonical(pair), 0) for pair in (*small.counts, *back)}
    before = widest(start, both, ends)
    after = widest(end, {(b, a): count for (a, b), count in both.items()}, ends)
    ranked = sorted(small.counts, key=lambda pair: (-small.counts[pair], pair))
    waiting = np.lexsort((np.arange(len(small)), -small.events)).tolist()
    inside = set(path)
    drawn = {small.canonical(pair) for pair in pairwise((start, *path, end))} if path else set[Pair]()
    drawn &= small.counts.keys()
    shown: list[MapLevel] = []
    for level in LEVELS:
        for box in waiting if level else ():
            if _share(small.events[sorted(inside)].sum(), small.events.sum()) >= level:
                break
            if box not in inside:
                way = [*pairwise(_way(before, box)), *pairwise(_way(after, box)[::-1])]
                inside |= {box, *(end for pair in way for end in pair)} - ends
                drawn.update(small.canonical(pair) for pair in way)
        made = _moves(small, inside, drawn)
        among = [*sorted(inside), start, end]
        every = small.weight[np.ix_(among, among)].sum()
        for pair in ranked if level else ():
            if _share(small.weight[made].sum(), every) >= level or len(drawn) >= MOST_LINKS:
                break
            if {*inside, *ends}.issuperset(pair) and pair not in drawn:
                drawn.add(pair)
                made[pair] = True
                made[pair[::-1]] |= pair in small.either
        if not shown or len(inside) > len(shown[-1].boxes) or len(drawn) > len(shown[-1].links):
            shown.append(_level(level, small, runs, inside, drawn, labels))
    return tuple(shown)


def _moves(small: Contracted, inside: set[int], drawn: set[Pair]) -> NDArray[np.bool_]:
    """(B + 2, B + 2): the moves that can be replayed."""
    made = np.zeros_like(small.weight, dtype=np.bool_)
    for pair in drawn:
        made[pair] = True
        made[pair[::-1]] |= pair in small.either
    for box in inside:
        made[box, box] |= len(small.members[box]) > 1
    return made


def _level(
    level: float, small: Contracted, runs: Sequences, inside: set[int], drawn: set[Pair], labels: Sequence[str]
) -> MapLevel:
    made = _moves(small, inside, drawn)
    fits = replayed(runs.offsets, small.steps, runs.counts, made)
    ends = [*labels, "", ""]
    return MapLevel(
        level=level,
        boxes=tuple(labels[i] for i in sorted(inside, key=lambda i: (-int(small.events[i]), i))),
        links=tuple((ends[a], ends[b]) for a, b in sorted(drawn, key=lambda pair: (-small.counts.get(pair, 0), pair))),
        events=_share(small.events[sorted(inside)].sum(), small.events.sum()),
        moves=_share(small.weight[made].sum(), small.weight.sum()),
        traces=_share(fits, runs.counts.sum()),
    )


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 0.0


def _links(small: Contracted, labels: Sequence[str]) -> tuple[Link, ...]:
    ends = [*labels, "", ""]
    return tuple(
        Link(ends[pair[0]], ends[pair[1]], small.counts[pair], small.medians.get(pair), pair in small.either)
        for pair in sorted(small.counts, key=lambda pair: (-small.counts[pair], pair))
    )


def _labels(sums: Sums, found: Graph, small: Contracted) -> list[str]:
    labels: list[str] = []
    for box, members in enumerate(small.members):
        texts = [sums.text(int(found.codes[number])) or "–" for number in members]
        label = texts[0] if len(members) == 1 else name(texts, _before(sums, found, small, box))
        while label in labels:
            label += " ′"
        labels.append(label)
    return labels


def _before(sums: Sums, found: Graph, small: Contracted, box: int) -> str:
    """The activity with a box of its own that most often comes before a cluster."""
    own = [place for place, members in enumerate(small.members) if len(members) == 1]
    best = max(own, key=lambda place: (int(small.weight[place, box]), -place), default=None)
    if best is None or small.weight[best, box] < small.weight[len(small), box]:
        return ""
    return sums.text(int(found.codes[small.members[best][0]]))


def _members(sums: Sums, found: Graph, members: Sequence[int]) -> tuple[tuple[str, int], ...]:
    if len(members) == 1:
        return ()
    return tuple((sums.text(int(found.codes[number])), int(found.events[number])) for number in sorted(members))


def _episodes(sums: Sums, found: Graph, small: Contracted, most: int) -> list[int]:
    own = sums.occurrences.where(c0=found.task)
    numbers = found.numbers(own.keys[:, 1])
    held = np.bincount(numbers[numbers >= 0], own.counts[numbers >= 0], len(found)).astype(np.int64)
    return [min(most, int(held[list(members)].sum())) for members in small.members]


def widest(root: int, pairs: Mapping[Pair, int], ends: set[int]) -> dict[int, int]:
    """Each number reached from `root` with the one before it on its widest way.

    The widest way is the one whose rarest move is commonest (bottleneck shortest paths); ties go to the shorter, then
    to the lower number. No way passes through one of the `ends` but the root.
    """
    following: dict[int, list[tuple[int, int]]] = {}
    for (a, b), count in pairs.items():
        following.setdefault(a, []).append((b, count))
    before: dict[int, int] = {}
    queue = [(-(1 << 62), 0, root, root)]
    while queue:
        width, hops, number, source = heapq.heappop(queue)
        if number in before:
            continue
        before[number] = source
        if number in ends and number != root:
            continue
        for b, count in following.get(number, ()):
            if b not in before:
                heapq.heappush(queue, (max(width, -count), hops + 1, b, number))
    return before


def _way(before: Mapping[int, int], number: int) -> list[int]:
    """From the root of a tree of predecessors to a number, both included."""
    way = [number]
    while way[-1] in before and before[way[-1]] != way[-1]:
        way.append(before[way[-1]])
    return way[::-1]
