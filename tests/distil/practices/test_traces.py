"""Profiles unpacked are the traces that went in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from guildbook.distil.practices import MiningSettings
from guildbook.distil.practices.quality import quality_target
from guildbook.distil.practices.traces import by_task
from guildbook.distil.sums import Sums, condition_symbol, worker_symbol
from guildbook.distil.tables import Profiles
from guildbook.model.ids import symbol

Make = Callable[..., Sums]


def test_a_trace_comes_out_as_it_went_in(sums_of: Make, claims: Any) -> None:
    one = claims(1, n=1)[0]
    one.steps, one.repeated = ["open", "check", "pay"], ("check",)
    one.conditions, one.workers = ("product=marine", "amount≥100"), ("ann", "bob")
    (block,) = by_task(sums_of([one, one]).profiles, MiningSettings())
    assert block.weights.tolist() == [2.0]
    assert block.task == symbol("claim")
    places = dict(zip(block.activities.tolist(), block.first[0].tolist(), strict=True))
    assert places == {symbol("open"): 0, symbol("check"): 1, symbol("pay"): 2}
    assert block.activities[block.repeated[0]].tolist() == [symbol("check")]
    assert set(block.conditions.tolist()) == {condition_symbol("product=marine"), condition_symbol("amount≥100")}
    assert set(block.workers.tolist()) == {worker_symbol("ann"), worker_symbol("bob")}
    assert block.holds.all()
    assert block.took_part.all()


def test_absent_is_minus_one_and_columns_go_from_common_to_rare(sums_of: Make, claims: Any) -> None:
    traces = claims(1, n=3)
    for trace, steps in zip(traces, (["a"], ["a", "b"], ["a", "c", "b"]), strict=True):
        trace.steps = steps
    (block,) = by_task(sums_of(traces).profiles, MiningSettings())
    assert block.activities.tolist() == [symbol("a"), symbol("b"), symbol("c")]
    assert sorted(block.first[:, 1].tolist()) == [-1, 1, 2]
    (few,) = by_task(sums_of(traces).profiles, MiningSettings(max_activities=1))
    assert few.activities.tolist() == [symbol("a")]


def test_tasks_are_apart_and_empty_is_empty(sums_of: Make, claims: Any) -> None:
    traces = claims(1, n=2)
    traces[0].task = "order"
    assert [b.task for b in by_task(sums_of(traces).profiles, MiningSettings())] == sorted(
        [symbol("order"), symbol("claim")]
    )
    assert by_task(Profiles.zero(5), MiningSettings()) == []


def test_steps_that_record_the_outcome_cannot_have_brought_it_about(sums_of: Make, claims: Any) -> None:
    (block,) = by_task(sums_of(claims(1)).profiles, MiningSettings())
    target = quality_target(block, MiningSettings())
    assert target is not None
    barred = {int(block.activities[i]) for i in target.barred_steps}
    assert {symbol("thank"), symbol("apologise"), symbol("close")} <= barred
    assert symbol("check cover") not in barred


def test_no_outcomes_no_quality_target(sums_of: Make, claims: Any) -> None:
    traces = claims(1)
    for trace in traces:
        trace.outcome = 1
    (block,) = by_task(sums_of(traces).profiles, MiningSettings())
    assert quality_target(block, MiningSettings()) is None
    assert np.isfinite(block.weights).all()
