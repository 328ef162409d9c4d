"""What the numbers alone would let pass: differences that are no advice.

A step after which cases skip half of their work, such as a refusal, makes them short; the first of a run of calls
comes before or after a letter by the letter's own time. Neither is a practice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.buckets import bucket
from guildbook.distil.practices.contrast import Finding, Search
from guildbook.distil.practices.quality import GOOD
from guildbook.distil.practices.runs import run_numbers, run_starts, within
from guildbook.distil.practices.statistics import Floats, partial, tally
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind

PARTS = 0.3
"""A step that makes another likelier or less likely by this share parts the ways of cases."""
EITHER = 0.8
"""Share of the traces of each of two ways that have what they have in common."""
LOOPS = 0.35
"""A step that comes again in this share of the traces that have it is part of a loop."""
WORSE = 0.02
"""What saves time may cost at most this share of good outcomes."""
SHORT = 1_200.0
"""Seconds: well below the idle gap, so that a gap of that length counts as work."""
GAPS = 0.02
"""Share of events by which lengths may differ from gaps, and still be gaps."""
KEPT = 4
"""Parts of a task's traces whose covariates are kept: bounds memory."""


def advisable(search: Search, finding: Finding) -> bool:
    """Whether a finding can be advice: it parts no ways, and what saves time spoils no outcome."""
    if finding.target.kind is Kind.WORKFLOW and _worsens(search.traces, finding):
        return False
    other = search.traces.opposites.get(finding.exposure.step)
    return _one_aim(search, finding, other) if other is not None else not _parts(search, finding)


def loops(traces: TaskTraces) -> frozenset[int]:
    """Columns of the steps that cases come back to as a rule."""
    present = traces.weights @ (traces.first >= 0)
    again = traces.weights @ traces.repeated
    return frozenset(np.flatnonzero(again > LOOPS * np.maximum(present, 1.0)).tolist())


def _parts(search: Search, finding: Finding) -> bool:
    """Whether more than one other step, or one that nothing stands for, depends on the step having been done.

    One step may give way to it and is then what it is done instead of. Steps that record the outcome follow from
    any good practice and are left aside. Adjusted for conditions and workers, since a skilled worker does many
    things more often.
    """
    traces, rows = search.traces, finding.scope.rows & finding.target.valid
    present = traces.first[rows] >= 0
    weights = traces.weights[rows]
    y = finding.exposure.flags[rows].astype(np.float64)
    share = weights @ present / weights.sum()
    share[[finding.exposure.step, *search.endings]] = 0.0
    varied = np.flatnonzero((share > 0.05) & (share < 0.95))  # noqa: PLR2004
    if not len(varied):
        return False
    # The effect of the one exposure on each other step: one regression with the steps as outcomes.
    base, gram = _known(search, rows)
    done = y - base @ np.linalg.solve(gram, base.T @ (weights * y))
    effect = (weights * done) @ present[:, varied] / max(float(weights @ done**2), 1e-9)
    return bool(traces.sizes[varied][np.abs(effect) > PARTS].sum() > 1 or (effect > PARTS).any())


def _one_aim(search: Search, finding: Finding, other: int) -> bool:
    """Whether two whole ways serve the same: most of what is done is done either way, some of it after both.

    Which steps part there is what the ways are, so `_parts` cannot be asked. Who keeps to one way does everything
    else in their own manner too: where people cannot be told from ways, nothing is.
    """
    traces, rows = search.traces, finding.scope.rows & finding.target.valid
    if not finding.people:
        return False
    went: list[Flags] = [rows & (traces.first[:, way] >= 0) for way in (finding.exposure.step, other)]
    weights = [traces.weights[side] for side in went]
    own = [traces.first[side] for side in went]
    shares = np.array([w @ (o >= 0) / w.sum() for w, o in zip(weights, own, strict=True)])
    after = np.array(
        [
            w @ (o > o[:, [way]]) / w.sum()
            for w, o, way in zip(weights, own, (finding.exposure.step, other), strict=True)
        ]
    )
    alike = int(traces.sizes[shares.min(axis=0) >= EITHER].sum())
    longest = max(traces.sizes[finding.exposure.step], traces.sizes[other])
    return bool(alike >= longest and (after.min(axis=0) >= EITHER).any())


def _known(search: Search, rows: Flags) -> tuple[Floats, Floats]:
    """Conditions and workers of some traces beside a column of ones, and their weighted products."""
    key = np.packbits(rows).tobytes()
    if key not in search.known:
        if len(search.known) >= KEPT:
            search.known.clear()
        traces, weights = search.traces, search.traces.weights[rows]
        covariates = np.column_stack([traces.holds[rows], traces.took_part[rows]]).astype(np.float64)
        base = np.column_stack([np.ones(len(weights)), covariates])
        gram = (base * weights[:, None]).T @ base
        gram[np.diag_indices_from(gram)] += 1e-7 * np.maximum(gram.diagonal(), 1.0)
        search.known[key] = base, gram
    return search.known[key]


def _worsens(traces: TaskTraces, finding: Finding) -> bool:
    """Whether fewer of the traces where it was done ended well, by more than `WORSE` and surely."""
    rows: Flags = finding.scope.rows & (traces.outcome > 0)
    good = (traces.outcome[rows] == GOOD).astype(np.float64)
    if not 0.0 < float(traces.weights[rows] @ good) < float(traces.weights[rows].sum()):
        return False
    flags = finding.exposure.flags[rows].astype(np.float64)[:, None]
    effect = partial(good, flags, traces.holds[rows], traces.weights[rows]).effect
    return bool(effect.value[0] < -WORSE and effect.p[0] < 0.05)  # noqa: PLR2004


def timed(sums: Sums) -> frozenset[int]:
    """The tasks whose events say how long they took.

    Without durations an event's own time is the gap to the next event of its trace, and then lengths and gaps are
    counted alike, bucket by bucket. A short gap between two events of one kind says that they came together, not
    that the work was quick.
    """
    found: set[int] = set()
    limit = int(bucket(np.array([int(SHORT * 1e6)]))[0])
    performers, follows = sums.performers, sums.follows
    for task in performers.keys[run_starts(run_numbers(performers.keys, 1)), 0].tolist():
        own, rows = within(performers.keys, task), within(follows.keys, task)
        gaps, counts = follows.keys[rows], follows.counts[rows]
        between = (gaps[:, 1] != 0) & (gaps[:, 2] != 0)
        lengths = _histogram(performers.keys[own, 3], performers.counts[own], limit)
        elapsed = _histogram(gaps[between, 3], counts[between], limit)
        if np.abs(lengths - elapsed).sum() > GAPS * max(lengths.sum(), 1):
            found.add(task)
    return frozenset(found)


def _histogram(buckets: NDArray[np.uint64], counts: NDArray[np.int64], limit: int) -> NDArray[np.float64]:
    """Counts by bucket from 1 up to `limit`."""
    inside = (buckets > 0) & (buckets < limit)
    return tally(buckets[inside].astype(np.int64), counts[inside], limit)
