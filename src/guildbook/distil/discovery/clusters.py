"""Rare activities brought together, so that a map of hundreds still has few boxes.

An activity that is too rare for a box of its own belongs to the shown one it is reached from on the widest way (the
way whose rarest move is commonest). Those that belong to one are a cluster; where there are too many clusters,
neighbours in the order of the work are merged, the smallest first. (Günther and van der Aalst, BPM 2007, cluster by
correlation too; theirs depends on weights a user must set.)
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.discovery.graph import Graph, Sequences

Ints = NDArray[np.int64]


def clusters(found: Graph, runs: Sequences, own: Ints, most: int) -> list[list[int]]:
    """The activities beyond `own` in at most `most` groups, in the order in which the work comes by them."""
    rare = np.setdiff1d(np.arange(len(found)), own)
    if not len(rare):
        return []
    anchor = anchors(found, own)
    place = positions(found, runs)
    groups: dict[int, list[int]] = {}
    for number in rare.tolist():
        groups.setdefault(int(anchor[number]), []).append(number)
    weight = {key: int(found.events[members].sum()) for key, members in groups.items()}
    middle = {key: float(np.average(place[members], weights=found.events[members])) for key, members in groups.items()}
    listed = [(weight[key], groups[key]) for key in sorted(groups, key=lambda key: (middle[key], key))]
    while len(listed) > max(1, most):
        joint = [one[0] + two[0] for one, two in pairwise(listed)]
        at = joint.index(min(joint))
        (one, left), (two, right) = listed[at : at + 2]
        listed[at : at + 2] = [(one + two, sorted(left + right))]
    return [members for _, members in listed]


def anchors(found: Graph, own: Ints) -> Ints:
    """For each activity the shown one (or the start, N) from which it is reached on the widest way; itself if shown."""
    source, target, count = found.moves
    following: dict[int, list[tuple[int, int]]] = {}
    for a, b, n in zip(source.tolist(), target.tolist(), count.tolist(), strict=True):
        if a != b:
            following.setdefault(a, []).append((b, n))
    start = len(found)
    anchor = np.full(len(found) + 2, start, np.int64)
    seen: set[int] = set()
    queue = [(-(1 << 62), 0, root, root) for root in (*own.tolist(), start)]
    heapq.heapify(queue)
    while queue:
        width, hops, number, root = heapq.heappop(queue)
        if number in seen:
            continue
        seen.add(number)
        anchor[number] = root
        for b, n in following.get(number, ()):
            if b not in seen:
                heapq.heappush(queue, (max(width, -n), hops + 1, b, root))
    return anchor[:start]


def positions(found: Graph, runs: Sequences) -> NDArray[np.float64]:
    """How far through their cases activities stand on average: 0 the beginning, 1 the end."""
    shown = runs.steps >= 0
    size = np.maximum(np.diff(runs.offsets)[runs.variant] - 1, 1)
    along = (np.arange(len(runs.steps)) - runs.offsets[runs.variant]) / size
    weight = runs.counts[runs.variant].astype(np.float64)
    at, n = runs.steps[shown], len(found)
    total = np.bincount(at, weight[shown], n)
    return np.divide(
        np.bincount(at, (weight * along)[shown], n), total, out=np.full(n, 1.0), where=total > 0
    )  # fmt: skip


def name(texts: Sequence[str], after: str) -> str:
    """What a cluster is called: `mail: 5 rarer steps after Review`."""
    apps = {text.partition(": ")[0] if ": " in text else "" for text in texts}
    app = f"{apps.pop()}: " if len(apps) == 1 and "" not in apps else ""
    return f"{app}{len(texts)} rarer steps" + (f" after {after}" if after else " at the start")
