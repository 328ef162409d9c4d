"""What a question comes to, as data for a page: month by month without chance, and over seeds with bands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from guildbook.simulate.occupations import Floats
from guildbook.simulate.question import Question
from guildbook.simulate.running import BAND, FIELDS, averaged, ends, simulated
from guildbook.simulate.scenario import Scenario

LAST = 12
"""Months of the last year, over which figures are told."""


def without_chance(scenario: Scenario) -> dict[str, Any]:
    """The twin: `months` by field, and the `last` year's means; None where a figure has left all bounds."""
    run = averaged(scenario)
    return {"months": _by_field(run.values), "last": _by_field(ends([run], LAST)[0])}


def with_chance(question: Question, progress: Callable[[float], None]) -> dict[str, Any]:
    """The agents: for each policy, and for the `difference` of the second to the first on the same draws, bands.

    A band is `low`, `middle`, `high` over seeds, as `months` and as the means of the `last` year. The same numbers as
    `simulate run` has for these seeds.
    """
    parts = len(question.scenarios) * len(question.draws)
    found: list[Floats] = []
    for scenario in question.scenarios:
        runs: list[Floats] = []
        for seed in question.draws:
            done = len(found) * len(question.draws) + len(runs)
            runs.append(simulated(scenario, seed, lambda share, done=done: progress((done + share) / parts)).values)
        found.append(np.stack(runs))
    out: dict[str, Any] = {"seeds": list(question.draws), "policies": [_bands(each) for each in found]}
    if len(found) > 1:
        out["difference"] = _bands(found[1] - found[0])
    return out


def _bands(values: Floats) -> dict[str, Any]:
    """Of (seeds, months, fields)."""
    edge = (1 - BAND) / 2
    at = (edge, 0.5, 1 - edge)
    months = np.quantile(values, at, axis=0)
    last = np.quantile(values[:, -LAST:].mean(axis=1), at, axis=0)
    names = ("low", "middle", "high")
    return {
        "months": {name: _by_field(each) for name, each in zip(names, months, strict=True)},
        "last": {name: _by_field(each) for name, each in zip(names, last, strict=True)},
    }


def _by_field(values: Floats) -> dict[str, Any]:
    """Of (…, fields), with None for what is no finite number: JSON has no word for it."""
    plain = values.astype(object)
    plain[~np.isfinite(values)] = None
    return {name: plain[..., place].tolist() for place, name in enumerate(FIELDS)}
