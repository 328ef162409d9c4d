"""Which shard a trace belongs to: the group that most of its workers are in; of equals the first by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from guildbook.distil.neural.steps import Ints, Keys, Steps
from guildbook.distil.sums import worker_symbol

OTHERS = ""
"""The group of a worker who is in no other."""


def group_names(groups: Mapping[str, str]) -> tuple[str, ...]:
    """All groups by name; `OTHERS` is one."""
    return tuple(sorted({*groups.values(), OTHERS}))


def shard_of(steps: Steps, groups: Mapping[str, str]) -> Ints:
    """(T,): the group of each trace, a place in `group_names`."""
    if not len(steps):
        return np.empty(0, np.int64)
    return shards_along(steps, groups)[steps.offsets[1:] - 1]


def shards_along(steps: Steps, groups: Mapping[str, str]) -> Ints:
    """(n,): the group a trace would belong to if it had ended with each step.

    Depends on the set of workers so far and nothing else.
    """
    names = group_names(groups)
    if len(names) == 1 or not len(steps.act):
        return np.zeros(len(steps.act), np.int64)
    group = _groups(steps.worker, groups, names)
    trace = np.repeat(np.arange(len(steps)), steps.sizes)
    pairs = np.empty(len(trace), dtype=[("trace", np.int64), ("worker", np.uint64)])
    pairs["trace"], pairs["worker"] = trace, steps.worker
    first = np.zeros(len(trace), np.int64)
    first[np.unique(pairs, return_index=True)[1]] = 1
    starts = np.repeat(steps.offsets[:-1], steps.sizes)
    counts = np.empty((len(names), len(trace)), np.int64)
    for place in range(len(names)):
        new = first * (group == place)
        total = np.cumsum(new)
        counts[place] = total - (total - new)[starts]
    return np.argmax(counts, axis=0)


def _groups(workers: Keys, groups: Mapping[str, str], names: tuple[str, ...]) -> Ints:
    place = {name: i for i, name in enumerate(names)}
    known = {worker_symbol(worker): place[group] for worker, group in groups.items()}
    distinct, back = np.unique(workers, return_inverse=True)
    return np.array([known.get(code, place[OTHERS]) for code in distinct.tolist()], np.int64)[back]
