"""Batches, and gaps that must not be taken for lengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from guildbook.distil.practices import mine
from guildbook.distil.practices.plausible import timed
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Kind

Make = Callable[..., Sums]


def batches(written: Any, alone: float, many: float) -> None:
    rng = np.random.default_rng(1)
    for run, typical in ((1, alone), (3, many), (4, many)):
        for _ in range(80):
            seconds = float(typical * np.exp(rng.normal(0, 0.4)))
            written.batches.append(("invoice", "claims: approve", run, seconds))
            written.performers.append(("invoice", "claims: approve", "ann", seconds))


def test_work_that_goes_quicker_in_a_row_is_told(sums_of: Make, written: Any) -> None:
    batches(written, 60.0, 30.0)
    (found,) = mine(sums_of(written=written))
    assert (found.kind, found.do) == (Kind.WORKFLOW, ("claims: approve", "claims: approve"))
    assert found.effect.n == 240
    assert found.effect.low < np.log(0.5) < found.effect.high
    assert found.title.startswith(
        "When you invoice, save up “approve in claims” and do it for several cases in a row: "
    )
    assert found.contributors == (("ann", 240),)


def test_work_that_goes_no_quicker_is_not_told(sums_of: Make, written: Any) -> None:
    batches(written, 60.0, 58.0)
    assert mine(sums_of(written=written)) == []


def test_gaps_between_events_are_no_lengths(sums_of: Make, written: Any) -> None:
    batches(written, 60.0, 30.0)
    sums = sums_of(written=written)
    assert len(timed(sums)) == 1
    keys = sums.performers.keys
    gaps = CountTable.from_rows(keys[:, [0, 1, 1, 3]], sums.performers.counts)
    untimed = replace(sums, follows=gaps)
    assert timed(untimed) == frozenset()
    assert mine(untimed) == []


def test_what_avoids_rework_is_told(sums_of: Make, claims: Any) -> None:
    rng = np.random.default_rng(2)
    traces = [
        replace(t, outcome=0, active=-1, lead=-1, repeated=("decide",) if rng.random() < risk else ())
        for t in claims(2)
        for risk in [0.05 if "check cover" in t.steps else 0.4]
    ]
    (found,) = mine(sums_of(traces))
    assert (found.do, found.effect.metric) == (("check cover",), "share")
    assert "needed rework" in found.title
