"""Whom to hand work to, where nobody is asked by name: who takes it up clearly sooner than the others.

Only where a task knows no asks, since an ask says whom it was meant for and a hand-over does not.
"""

from __future__ import annotations

import numpy as np

from guildbook.distil.buckets import PER_DOUBLING, log_centre
from guildbook.distil.practices import wording
from guildbook.distil.practices.forming import identity
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Z95, Floats, tally, welch
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Effect, Kind, Practice, When

WAITED = 60.0
"""Seconds: what is taken up sooner was passed on by a system or across a desk, not handed over."""
OFTEN = 2.5
"""Times `min_side` hand-overs on each side."""
HALF = 0.69
"""Least |ln| of the ratio of waiting times: half the time."""
ACCEPT = 0.001
FLOOR = (np.log(2) / PER_DOUBLING) ** 2 / 12
"""Least variance of ln seconds: that within one bucket."""


def mine_handovers(
    sums: Sums, names: Names, titles: dict[int, str], settings: MiningSettings
) -> tuple[list[Practice], Floats]:
    """For each step handed over the one person who takes it up in less than half the time of the others."""
    keys, counts = sums.handovers.keys, sums.handovers.counts.astype(np.float64)
    logs = log_centre(keys[:, 4])
    rows = ~np.isin(keys[:, 0], np.unique(sums.asks.keys[:, 0])) & (np.nan_to_num(logs, nan=-np.inf) >= np.log(WAITED))
    groups, group = np.unique(keys[rows][:, [0, 3, 2]], axis=0, return_inverse=True)
    if not len(groups):
        return [], np.zeros(0)
    group = group.reshape(-1)
    n = tally(group, counts[rows], len(groups))
    total = tally(group, counts[rows] * logs[rows], len(groups))
    square = tally(group, counts[rows] * logs[rows] ** 2, len(groups))
    told: list[Practice] = []
    tests: list[float] = []
    for topic in np.unique(groups[:, :2], axis=0):
        here = np.flatnonzero((groups[:, :2] == topic).all(axis=1))
        all_n, all_total, all_square = n[here].sum(), total[here].sum(), square[here].sum()
        rest = all_n - n[here]
        enough = (n[here] >= OFTEN * settings.min_side) & (rest >= OFTEN * settings.min_side)
        if not enough.any():
            continue
        here, rest = here[enough], rest[enough]
        spread = np.full(len(here), max((all_square - all_total**2 / all_n) / (all_n - 1), FLOOR))
        rest_mean = (all_total - total[here]) / rest
        effect = welch(n[here], total[here] / n[here], spread, rest, rest_mean, spread)
        tests += np.where(effect.value < 0, effect.p, 1.0).tolist()
        best = int(np.argmin(effect.value / effect.error))
        value, error = float(effect.value[best]), float(effect.error[best])
        if value > -HALF or effect.p[best] > ACCEPT:
            continue
        given, without = float(np.exp(total[here[best]] / n[here[best]])), float(np.exp(rest_mean[best]))
        size = int(n[here[best]] + rest[best])
        shown = Effect(
            "response", value, value - Z95 * error, value + Z95 * error, size, float(effect.p[best]), given, without
        )
        told.append(_practice(names, titles, groups[here[best]], shown))
    return told, np.array(tests)


def _practice(names: Names, titles: dict[int, str], group: np.ndarray, effect: Effect) -> Practice:
    task, label, name = titles[int(group[0])], names.label(int(group[1])), names.worker(int(group[2]))
    when = When(task)  # without a step that is asked: that is how evidence knows it for a hand-over
    given, without = wording.length(effect.with_value or 0.0), wording.length(effect.without_value or 0.0)
    return Practice(
        id=identity(Kind.PEOPLE, when, (label,), (), (name,)),
        kind=Kind.PEOPLE,
        title=(
            f"{wording.situation(when)}, hand “{wording.step(label)}” over to {name}: it was taken up after {given} "
            f"instead of {without} by others ({wording.number(effect.n)} times)."
        ),
        when=when,
        do=(label,),
        instead_of=(),
        effect=effect,
        people=(name,),
    )
