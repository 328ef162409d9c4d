"""What can be done or left undone in a task, and among which traces that is compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from guildbook.distil.practices.traces import Flags, TaskTraces

COMMON = 0.98
"""A step in at least this share of traces is an anchor for all of them."""
ANCHORED = 0.3
"""A step is an anchor when at least this share of traces reaches it."""
MAX_ANCHORS = 10
USUAL = 0.9
"""A step that this share of traces reaches is an anchor beyond that number."""
MAX_USUAL = 40
TELLING = (0.02, 0.85)
"""A condition that holds in between these shares of the traces makes a scope."""


@dataclass(frozen=True)
class Exposure:
    """`step` before `anchor`, by column number in `TaskTraces.activities`."""

    step: int
    anchor: int
    flags: Flags
    """(n,) over the traces of the task."""
    gap: float
    """Places from the step to the anchor, on average."""


@dataclass(frozen=True)
class Scope:
    """A set of traces in which exposures are compared."""

    rows: Flags
    conditions: tuple[int, ...] = ()
    """Columns of `TaskTraces.conditions` that hold in all of them."""
    anchor: int = -1
    """Only exposures with this anchor; −1: those whose anchor is common among the rows."""
    after: tuple[int, ...] = ()
    """Places in the list of accepted findings that were followed in all of them."""

    @cached_property
    def key(self) -> tuple[bytes, int, tuple[int, ...]]:
        """What tells scopes apart, as far as they are compared in."""
        return np.packbits(self.rows).tobytes(), self.anchor, self.after


def anchors(traces: TaskTraces) -> list[int]:
    """The steps that many traces reach, commonest first, and all that nearly every one does.

    A late step is one that nearly every settled trace reaches: others may still be on their way.
    """
    present = traces.first >= 0
    reached = traces.weights @ present / traces.weights.sum()
    settled = np.where(traces.outcome > 0, traces.weights, 0.0)
    if settled.any():
        reached = np.maximum(reached, settled @ present / settled.sum())
    order = [int(a) for a in np.argsort(-reached, kind="stable") if reached[a] >= ANCHORED]
    usual = sum(reached[a] >= USUAL for a in order)
    return order[: min(max(usual, MAX_ANCHORS), MAX_USUAL)]


def exposures(traces: TaskTraces, anchored: Iterable[int], minimum: float) -> list[Exposure]:
    """Every "step before anchor" done and, where the anchor was reached, not done in at least `minimum` traces.

    Of anchors that give a step the same flags the nearest is kept: the one fewest steps after it, on average.
    """
    kept: dict[tuple[int, bytes], Exposure] = {}
    for anchor in anchored:
        place = traces.first[:, anchor].astype(np.int32)
        reached = float(traces.weights @ (place >= 0))
        flags = (traces.first >= 0) & (place[:, None] > traces.first)
        done = traces.weights @ flags
        gaps = traces.weights @ np.where(flags, place[:, None] - traces.first, 0)
        for step in np.flatnonzero((done >= minimum) & (reached - done >= minimum)):
            own = np.ascontiguousarray(flags[:, step])
            gap = float(gaps[step] / done[step])
            key = (int(step), np.packbits(own).tobytes())
            if key not in kept or gap < kept[key].gap:
                kept[key] = Exposure(int(step), anchor, own, gap)
    return list(kept.values())


def scopes(traces: TaskTraces, anchored: Iterable[int]) -> list[Scope]:
    """All traces, those of each telling condition, and those that reached each anchor not in all of them."""
    everywhere = np.ones(len(traces.weights), dtype=bool)
    total = traces.weights.sum()
    held = traces.weights @ traces.holds[:, : len(traces.conditions)] / total
    reached = traces.weights @ (traces.first >= 0) / total
    found = [Scope(everywhere)]
    found += [Scope(traces.holds[:, c], (c,)) for c in range(len(held)) if TELLING[0] <= held[c] <= TELLING[1]]
    found += [Scope(traces.first[:, a] >= 0, (), a) for a in anchored if reached[a] < COMMON]
    return found
