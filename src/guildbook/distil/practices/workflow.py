"""Not-so-obvious ways to be quicker: what to do before, what avoids rework, what to do in batches."""

from __future__ import annotations

import numpy as np

from guildbook.distil.buckets import log_centre
from guildbook.distil.practices import wording
from guildbook.distil.practices.contrast import Target
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, tally, welch
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Effect, Kind, Practice, When

REWORKED = (0.03, 0.9)
"""Between these shares of traces with a repeated step there is something to avoid."""
SETTLED = 0.8
"""Where more than this share of traces says how it ended, the others are still on their way: their time is no time."""
ACCEPT = 0.001
"""Largest p of a batch that is told; false-discovery control comes on top."""
MANY = 3
"""Run-length class from which work counts as batched: three or more in a row."""


def workflow_targets(
    traces: TaskTraces, settings: MiningSettings, taken: frozenset[int], looping: frozenset[int]
) -> list[Target]:
    """Active time, lead time and rework.

    `taken` are columns of steps that another kind has explained, `looping` of steps that cases come back to: when
    such a one comes first depends on how long the case goes on anyway.
    """
    made: list[Target] = []

    def add(metric: str, y: Floats, valid: Flags, minimum: float, *, lead: bool = False) -> None:
        made.append(Target(Kind.WORKFLOW, metric, y, valid, -1, minimum, taken | looping, looping, lead))

    settled: Flags = traces.outcome > 0
    ended = settled if traces.weights @ settled > SETTLED * traces.weights.sum() else np.ones_like(settled)
    for buckets, lead in ((traces.active, False), (traces.lead, True)):
        y = log_centre(buckets)
        valid = np.isfinite(y) & (buckets > 1) & ended
        if valid.any() and float(np.ptp(y[valid])) > 0:
            y[~valid] = 0.0
            add("duration", y, valid, settings.min_log_ratio, lead=lead)
    again: Flags = traces.repeated.sum(axis=1) > 0
    rate = float(traces.weights @ again / traces.weights.sum())
    if REWORKED[0] <= rate <= REWORKED[1]:
        add("share", again.astype(np.float64), np.ones_like(again), settings.min_good_rate)
    return made


def mine_batches(
    batches: CountTable, timed: frozenset[int], names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """Steps that go quicker when done for several cases in a row, against one alone, in the `timed` tasks."""
    known = (batches.keys[:, 3] > 1) & np.isin(batches.keys[:, 0], np.array(sorted(timed), np.uint64))
    keys, counts = batches.keys[known], batches.counts[known].astype(np.float64)
    if not len(counts):
        return [], np.zeros(0)
    where, group = np.unique(keys[:, :2], axis=0, return_inverse=True)
    group = group.reshape(-1)
    logs = log_centre(keys[:, 3])
    many, alone = keys[:, 2] >= MANY, keys[:, 2] == 1
    side = [_moments(group[rows], counts[rows], logs[rows], len(where)) for rows in (many, alone)]
    effect = welch(*side[0], *side[1])
    enough = (side[0][0] >= settings.min_side) & (side[1][0] >= settings.min_side)
    told = [
        _batched(names, titles, where[g], effect_at(effect.value[g], effect.error[g], effect.p[g], side, int(g)))
        for g in np.flatnonzero(enough & (effect.value <= -settings.min_log_ratio) & (effect.p < ACCEPT))
    ]
    return told, effect.p[enough]


def effect_at(value: float, error: float, p: float, side: list[tuple[Floats, Floats, Floats]], at: int) -> Effect:
    """The effect of one group from its two sides' moments (n, mean log, variance)."""
    given, without = float(side[0][1][at]), float(side[1][1][at])
    n = int(side[0][0][at] + side[1][0][at])
    half = Z95 * float(error)
    return Effect(
        "duration",
        float(value),
        float(value) - half,
        float(value) + half,
        n,
        float(p),
        float(np.exp(given)),
        float(np.exp(without)),
    )


def _moments(group: np.ndarray, counts: Floats, values: Floats, size: int) -> tuple[Floats, Floats, Floats]:
    """n, mean and unbiased variance of each group."""
    n = tally(group, counts, size)
    total = tally(group, counts * values, size)
    square = tally(group, counts * values**2, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        variance = np.maximum(square - n * mean**2, 0.0) / (n - 1)
    return n, mean, variance


def _batched(names: Names, titles: dict[int, str], where: np.ndarray, effect: Effect) -> Practice:
    task, label = titles[int(where[0])], names.label(int(where[1]))
    when = When(task, label)
    given, without = wording.length(effect.with_value or 0.0), wording.length(effect.without_value or 0.0)
    return Practice(
        id=identity(Kind.WORKFLOW, when, (label, label), (), ()),
        kind=Kind.WORKFLOW,
        title=(
            f"{wording.situation(when)}, save up “{wording.step(label)}” and do it for several cases in a row: "
            f"it took {given} each instead of {without} ({wording.number(effect.n)} times)."
        ),
        when=when,
        do=(label, label),
        instead_of=(),
        effect=effect,
    )
