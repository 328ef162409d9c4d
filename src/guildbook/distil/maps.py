"""Tasks and process maps, read off the sums."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.alike import routine_title
from guildbook.distil.buckets import median_seconds, run_medians
from guildbook.distil.outcomes import BAD, GOOD
from guildbook.distil.sums import CUT, Sums
from guildbook.distil.tables import CountTable
from guildbook.model.ids import short_id
from guildbook.model.knowledge import MapEdge, MapNode, ProcessMap, Task

SHOWN_ACTIVITIES: Final = 20
SHOWN_VARIANTS: Final = 20
MAX_NODES: Final = 200
MAX_EDGES: Final = 1_500
MAX_TASKS: Final = 60
ELLIPSIS: Final = "…"
"""Stands at the end of a variant that was cut."""

_MECHANICAL: Final = frozenset(
    {"click", "open", "type", "select", "press", "focus", "scroll", "switch", "copy", "paste"}
)
"""Verbs of the hand that do not say what the work is."""
_WORD: Final = re.compile(r"[^\W_]+?(?=(?<=[a-z])[A-Z]|[\W_]|$)")
"""The first word of a label; `clickButton` begins with `click`."""


def titles(sums: Sums) -> dict[int, str]:
    """The title of every task by symbol: `Settle claim in claims`, `Handle loan application`, `Work in mail`."""
    return {task: _title(sums, task) for task in np.unique(sums.profiles.head[:, 0]).tolist()}


def tasks(sums: Sums, named: Mapping[int, str] | None = None) -> tuple[Task, ...]:
    """All tasks, commonest first; `named` are their titles."""
    named = titles(sums) if named is None else named
    profiles, episodes = sums.profiles, sums.occurrences
    out: list[Task] = []
    for symbol, title in named.items():
        rows = profiles.head[:, 0] == np.uint64(symbol)
        head, counts = profiles.head[rows], profiles.counts[rows]
        own = episodes.where(c0=symbol)
        common = np.lexsort((own.keys[:, 1], -own.counts))[:SHOWN_ACTIVITIES]
        out.append(
            Task(
                id=short_id("task", sums.text(symbol)),
                title=title,
                episodes=int(counts.sum()),
                activities=tuple((sums.text(own.keys[i, 1]), int(own.counts[i])) for i in common.tolist()),
                good=int(counts[head[:, 1] == GOOD].sum()),
                bad=int(counts[head[:, 1] == BAD].sum()),
                median_seconds=median_seconds(head[:, 3], counts),
            )
        )
    return tuple(sorted(out, key=lambda task: (-task.episodes, task.title)))


def maps(sums: Sums, named: Mapping[int, str] | None = None) -> tuple[ProcessMap, ...]:
    """The process maps of the `MAX_TASKS` commonest tasks, in their order.

    A map keeps the `MAX_NODES` commonest activities, the `MAX_EDGES` commonest steps between those, and the
    `SHOWN_VARIANTS` commonest whole sequences.
    """
    named = titles(sums) if named is None else named
    size = sums.profiles.head[:, 0], sums.profiles.counts
    order = sorted(named, key=lambda code: (-int(size[1][size[0] == np.uint64(code)].sum()), named[code]))
    return tuple(_map(sums, code, named[code], sums.occurrences) for code in order[:MAX_TASKS])


def _map(sums: Sums, task: int, title: str, episodes: CountTable) -> ProcessMap:
    rows = slice(*np.searchsorted(sums.follows.keys[:, 0], np.array([task, task + 1], np.uint64)).tolist())
    follows = CountTable(sums.follows.keys[rows], sums.follows.counts[rows])
    events = follows.by(1)
    present = events.keys[:, 0] != 0
    codes, counts = events.keys[present, 0], events.counts[present]
    kept = np.lexsort((codes, -counts))[:MAX_NODES]
    own = episodes.where(c0=task)
    held = dict(zip(own.keys[:, 1].tolist(), own.counts.tolist(), strict=True))
    nodes = tuple(MapNode(sums.text(codes[i]), int(counts[i]), held.get(int(codes[i]), 0)) for i in kept.tolist())
    return ProcessMap(title, nodes, _edges(sums, follows, codes[kept]), _variants(sums, task))


def _edges(sums: Sums, follows: CountTable, nodes: NDArray[np.uint64]) -> tuple[MapEdge, ...]:
    shown = np.append(nodes, np.uint64(0))
    inside = np.isin(follows.keys[:, 1], shown) & np.isin(follows.keys[:, 2], shown)
    keys, counts = follows.keys[inside], follows.counts[inside]
    if not len(keys):
        return ()
    new = np.ones(len(keys), dtype=bool)
    new[1:] = (keys[1:, 1] != keys[:-1, 1]) | (keys[1:, 2] != keys[:-1, 2])
    starts = np.flatnonzero(new)
    total = np.add.reduceat(counts, starts)
    medians = run_medians(starts, keys[:, 3], counts)
    ends = keys[starts, 1:3]
    order = np.lexsort((ends[:, 1], ends[:, 0], -total))[:MAX_EDGES]
    return tuple(
        MapEdge(sums.text(ends[i, 0]), sums.text(ends[i, 1]), int(total[i]), medians[i]) for i in order.tolist()
    )


def _variants(sums: Sums, task: int) -> tuple[tuple[tuple[str, ...], int], ...]:
    table = sums.variants
    rows = np.flatnonzero(table.head[:, 0] == np.uint64(task))
    rows = rows[np.lexsort((rows, -table.counts[rows]))][:SHOWN_VARIANTS]
    return tuple(
        (
            tuple(ELLIPSIS if code == CUT else sums.text(code) for code in table.run(row).tolist()),
            int(table.counts[row]),
        )
        for row in rows.tolist()
    )


def _title(sums: Sums, task: int) -> str:
    """Verb, object and app: the object is the case type, the verb that of the step such work most often ends with."""
    name = sums.text(task)
    routine = routine_title(name)
    if routine is not None:
        return routine
    if name == "work" or name.startswith("work in "):
        return name[:1].upper() + name[1:]
    thing = " ".join(name.replace("_", " ").replace("-", " ").split())
    rows = slice(*np.searchsorted(sums.follows.keys[:, 0], np.array([task, task + 1], np.uint64)).tolist())
    table = CountTable(sums.follows.keys[rows], sums.follows.counts[rows])
    app = _main_app(sums, table)
    verb = _last_verb(sums, table) if app else ""
    return f"{verb or 'Handle'} {thing}" + (f" in {app}" if app else "")


def _main_app(sums: Sums, follows: CountTable) -> str:
    """The app of most of the task's events; empty for logs without apps."""
    apps: dict[str, int] = {}
    for code, count in zip(follows.keys[:, 1].tolist(), follows.counts.tolist(), strict=True):
        app, colon, _ = sums.text(code).partition(": ")
        if code and colon:
            apps[app] = apps.get(app, 0) + count
    return min(apps, key=lambda app: (-apps[app], app)) if apps else ""


def _last_verb(sums: Sums, follows: CountTable) -> str:
    """The first word of the step that at least half of the episodes end with, unless it is mechanical."""
    last = follows.by(1, 2).where(c1=0)
    if not len(last):
        return ""
    top = int(np.lexsort((last.keys[:, 0], -last.counts))[0])
    word = _WORD.match(sums.text(last.keys[top, 0]).partition(": ")[2])
    if 2 * int(last.counts[top]) < last.total() or word is None or word.group().lower() in _MECHANICAL:
        return ""
    return word.group().capitalize()
