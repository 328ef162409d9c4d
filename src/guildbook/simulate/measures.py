"""What experiments keep of a run: every field over its last year, and two more that people ask for."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from guildbook.simulate.occupations import Floats
from guildbook.simulate.running import FIELDS, Run, bands

LAST: Final = 12
"""Months at the end over which is averaged, so that one lucky month says nothing."""
MEASURES: Final[dict[str, str]] = FIELDS | {
    "employment": "share of the labour force",
    "income": "wages and royalties, thousand dollars a year and head of the labour force",
}


def ended(run: Run) -> dict[str, float]:
    """`MEASURES` over the last year."""
    last = run.values[-LAST:]
    found = dict(zip(FIELDS, last.mean(axis=0).tolist(), strict=True))
    at_work = 1 - run.of("unemployment")[-LAST:]
    found["employment"] = float(at_work.mean())
    found["income"] = float((at_work * run.of("wage")[-LAST:] + run.of("royalty")[-LAST:]).mean())
    return found


def of_all(many: list[dict[str, float]]) -> Floats:
    """(runs, measures)."""
    return np.array([[one[name] for name in MEASURES] for one in many]).reshape(len(many), len(MEASURES))


def banded(values: Floats) -> dict[str, Any]:
    """JSON-ready: of (runs, measures), the median of each measure and where nine in ten lie."""
    return {
        name: {"median": band.middle, "low": band.low, "high": band.high}
        for name, band in zip(MEASURES, bands(values), strict=True)
    }
