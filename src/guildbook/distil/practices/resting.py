"""Whether an answer comes sooner only where something else was done before: a people practice on top of another.

The `asks` table does not know what was done before the ask. The joint traces do: whether the person took part and
how long the whole took. Where the answer is what cases wait for, that is enough.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from guildbook.distil.buckets import log_centre
from guildbook.distil.practices.climb import DIFFERS
from guildbook.distil.practices.contrast import Search
from guildbook.distil.practices.people import reworded
from guildbook.distil.practices.statistics import partial
from guildbook.distil.practices.traces import Flags
from guildbook.distil.sums import condition_symbol, worker_symbol
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Practice


def rest(found: Practice, search: Search, known: dict[int, Practice]) -> Practice:
    """The people practice with the one practice of the same task that it rests on, if any. `known`: by place."""
    rows, asked = _asked(found, search)
    if rows is None or asked < 0:
        return found
    best, widest = found, DIFFERS
    for place, below in known.items():
        finding = search.accepted[place]
        if finding.exposure.step == asked or not search.precede((place,), asked):
            continue
        gap = _gap(found, search, rows, finding.followed)
        if gap > widest:
            best, widest = reworded(replace(found, prerequisites=(below.id,)), below.do), gap
    return best


def _asked(found: Practice, search: Search) -> tuple[Flags | None, int]:
    """Traces of the practice's condition with the asking step, and the step's column."""
    traces = search.traces
    column = np.flatnonzero(traces.activities == np.uint64(symbol(found.do[0])))
    if not len(column):
        return None, -1
    rows: Flags = (traces.first[:, column[0]] >= 0) & (traces.lead > 1)
    for name, value in found.when.attributes:
        text = f"{name}{value}" if value.startswith("≥") else f"{name}={value}"
        held = np.flatnonzero(traces.conditions == np.uint64(condition_symbol(text)))
        rows &= traces.holds[:, held].any(axis=1)
    return rows, int(column[0])


def _gap(found: Practice, search: Search, rows: Flags, followed: Flags) -> float:
    """How much sooner cases end with the person where something was followed than where not, in standard errors.

    0 where the person saves at least half as much without it.
    """
    traces = search.traces
    column = np.flatnonzero(traces.workers == np.uint64(worker_symbol(found.people[0])))
    if not len(column):
        return 0.0
    took_part = traces.took_part[:, column[0]]
    values: list[tuple[float, float]] = []
    for part in (rows & followed, rows & ~followed):
        sides = traces.weights[part & took_part].sum(), traces.weights[part & ~took_part].sum()
        if min(sides) < search.settings.min_side:
            return 0.0
        flags = took_part[part][:, None]
        y = log_centre(traces.lead[part])
        effect = partial(y, flags, traces.holds[part], traces.weights[part]).effect
        values.append((float(effect.value[0]), float(effect.error[0])))
        if values[0][0] >= 0:
            return 0.0
    (inside, error), (outside, other) = values
    if outside < inside / 2:
        return 0.0
    return (outside - inside) / float(np.hypot(error, other))
