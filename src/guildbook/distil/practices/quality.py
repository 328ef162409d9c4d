"""What a good job means: steps and orders that separate good outcomes from bad."""

from __future__ import annotations

import numpy as np

from guildbook.distil.practices.contrast import Target
from guildbook.distil.practices.exposures import ANCHORED
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Floats
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.model.knowledge import Kind

GOOD = 1
BAD = 2
DECIDES = 0.8
"""A step whose presence correlates with the outcome (φ) beyond this is the outcome's own record."""
LATE = 0.5
"""A step that follows the record of the outcome in more than this share of traces cannot have brought it about."""


def quality_target(traces: TaskTraces, settings: MiningSettings) -> Target | None:
    """Good against bad outcomes, or None where there are too few of either.

    Left out are steps that record the outcome, or that it was read from, steps that come after that record, and anchors
    that only one kind of ending reaches: "before you refuse" would choose by the outcome.
    """
    settled = traces.outcome > 0
    good = (traces.outcome == GOOD).astype(np.float64)
    sides = traces.weights @ (settled & (good > 0)), traces.weights @ (settled & (good == 0))
    if min(sides) < settings.min_side:
        return None
    weights = np.where(settled, traces.weights, 0.0)
    named = np.isin(traces.activities, np.array(sorted(settings.settling), np.uint64))
    deciding = named | (_phi(traces, weights, good) > DECIDES)
    return Target(
        Kind.QUALITY,
        "good-rate",
        good,
        settled,
        1,
        settings.min_good_rate,
        frozenset(np.flatnonzero(deciding | _late(traces, weights, deciding)).tolist()),
        frozenset(np.flatnonzero(deciding | _onesided(traces, weights, good)).tolist()),
    )


def _phi(traces: TaskTraces, weights: Floats, good: Floats) -> Floats:
    """|φ| of each step's presence with a good outcome."""
    share = weights / weights.sum()
    present = traces.first >= 0
    rate, joint, base = share @ present, (share * good) @ present, float(share @ good)
    spread = rate * (1 - rate) * base * (1 - base)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, np.abs(joint - rate * base) / np.sqrt(spread), 0.0)


def _late(traces: TaskTraces, weights: Floats, deciding: Flags) -> Flags:
    present = traces.first >= 0
    last = np.iinfo(np.int16).max
    end = np.where(present & deciding, traces.first, last).min(axis=1, initial=last)
    after = weights @ (present & (traces.first > end[:, None]))
    return after > LATE * np.maximum(weights @ present, 1.0)


def _onesided(traces: TaskTraces, weights: Floats, good: Floats) -> Flags:
    present = traces.first >= 0
    sides = [(weights * side) @ present / (weights * side).sum() for side in (good, 1 - good)]
    return np.minimum(sides[0], sides[1]) < ANCHORED
