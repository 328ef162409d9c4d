"""Tasks before jobs: an occupation as a bundle of tasks, of which AI takes some before it takes the job.

Each task takes the same share of a worker's time, has its own exposure and its own traces. Where AI does the share `a`
of a job's tasks, the worker's time goes into what is left and the job makes

    (1 − a)^(1 − ω) · y  +  Σ over AI's tasks of (1 − θ)·y_AI / n .

The first factor is labour's share parameter in the output of a continuum of tasks, Γ^(1/σ) with σ = 1/(1 − ω) between
tasks (Acemoglu and Restrepo, The Race between Man and Machine, Am. Econ. Rev. 108, 2018; Tasks, Automation, and the
Rise in US Wage Inequality, Econometrica 90, 2022): what AI sets free is worth something elsewhere, and ever less. That
the two parts add up, and that tasks take equal time, are assumptions.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from guildbook.simulate.occupations import Floats, Occupations
from guildbook.simulate.parameters import Parameters

MOST: Final = 64
"""Tasks of an occupation; more would only cut the same work finer."""
_LEAST: Final = 1e-6
"""What is left of a job at least, so that a worker always makes something."""


class Tasks:
    """Which tasks AI does in the jobs that people hold; alike for agents and the twin."""

    def __init__(self, occupations: Occupations, parameters: Parameters) -> None:
        """With fewer than two tasks there is only the job."""
        self.exposure = exposures(occupations, int(parameters.tasks), parameters.task_spread)
        """(O, T)"""
        self.by_ai = np.zeros_like(self.exposure)
        """(O, T) share of the jobs held by people in which AI does the task."""

    @property
    def left(self) -> Floats:
        """(O,) share of a job that people still do themselves."""
        return 1 - self.by_ai.mean(axis=1)

    def kept(self, parameters: Parameters) -> Floats:
        """(O,) what a worker's output is multiplied by, now that AI does some of the job."""
        return np.maximum(self.left, _LEAST) ** (1 - parameters.refocus)

    def contest(self, parameters: Parameters, net: Floats, made: Floats, wage: Floats, returning: float) -> None:
        """A month in which some firms look: AI takes the tasks it does better by more than the friction, or loses them.

        `net` (O, T): what AI makes in a task after its fee, as if it were the whole job; `made` (O,): what a typical
        worker makes of a whole job. Compared is what the job would lose with the worker's part in the task, once the
        time that is set free has gone elsewhere. A share 1/n_c of firms looks each month; tasks come back at the pace
        `returning`, as jobs do.
        """
        count = self.exposure.shape[1]
        if count == 1:
            return
        power = 1 - parameters.refocus
        elsewhere = np.maximum(self.left[:, None] - (1 - self.by_ai) / count, 0)
        lost = made[:, None] * count * ((elsewhere + 1 / count) ** power - elsewhere**power)
        bearable = parameters.friction * wage[:, None]
        gained = np.where(net - lost > bearable, (1 - self.by_ai) / parameters.every, 0.0)
        given = np.where(lost - net > bearable, returning * self.by_ai, 0.0)
        self.by_ai = self.by_ai + gained - given


def exposures(occupations: Occupations, count: int, spread: float) -> Floats:
    """(O, T) exposure of each occupation's tasks, the least first; their mean is the occupation's.

    Where the occupation's tasks are rated, the quantiles of those ratings; else evenly spread (an assumption), by
    `spread` of the way to 0 or 1, whichever is nearer. Less than two tasks: the occupation's own, (O, 1).
    """
    mean = occupations.exposure[:, None]
    if count <= 1:
        return mean.copy()
    if occupations.rated is None:
        middle = (2 * np.arange(count) + 1) / count - 1
        return mean + spread * np.minimum(mean, 1 - mean) * middle
    found = _quantiles(occupations.rated, count)
    rated = found.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(rated > 0, found * (mean / rated), mean)
        higher = np.where(rated < 1, 1 - (1 - found) * ((1 - mean) / (1 - rated)), mean)
    return np.clip(np.where(mean <= rated, lower, higher), 0.0, 1.0)


def _quantiles(rated: Floats, count: int) -> Floats:
    """(O, T) means of equal parts of the sorted ratings 0, ½ and 1; `rated` (O, 2): shares rated 1, and ½ or 1."""
    direct, both = rated[:, :1], rated[:, 1:]
    at = np.linspace(0, 1, count + 1)[None, :]
    total = np.maximum(at - (1 - both), 0) / 2 + np.maximum(at - (1 - direct), 0) / 2
    return np.diff(total, axis=1) * count
