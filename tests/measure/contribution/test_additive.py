"""What adds up is exact: against the definition, coalition by coalition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guildbook.measure.contribution.additive import AMOUNTS, amounts, worked
from guildbook.measure.contribution.values import shapley_of
from guildbook.measure.work import Split, Work, work

Maker = Callable[..., Work]


def steps(part: Work) -> list[tuple[int, int, int]]:
    """(task, act before, act) of every event."""
    out: list[tuple[int, int, int]] = []
    for trace in range(len(part)):
        before = -1
        for act in part.act[part.offsets[trace] : part.offsets[trace + 1]].tolist():
            out.append((int(part.task[trace]), before, act))
            before = act
    return out


@pytest.mark.parametrize("seed", range(4))
def test_covered_steps_as_by_enumeration(random_work: Maker, seed: int) -> None:
    split = Split.newest(random_work(seed, traces=30, workers=5, acts=6), 1 / 3)
    sought = steps(split.test)
    shown = list(zip(split.train.worker.tolist(), steps(split.train), strict=True))
    worth = np.zeros(32)
    for number in range(32):
        known = {step for worker, step in shown if number >> worker & 1}
        worth[number] = sum(step in known for step in sought) / len(sought)
    found = amounts(split.train, split.test, "covered")
    assert [one.value for one in found.values] == pytest.approx(shapley_of(worth).tolist(), abs=1e-12)
    assert found.whole == pytest.approx(worth[-1])


def test_hours_and_events_are_what_is_ones_own(random_work: Maker) -> None:
    split = Split.newest(random_work(1), 1 / 3)
    for amount in AMOUNTS[:2]:
        found = amounts(split.train, split.test, amount)
        assert found.exact
        assert sum(one.value for one in found.values) == pytest.approx(found.whole)
    each = [one.value for one in amounts(split.train, split.test, "events").values]
    assert each == np.bincount(split.train.worker, minlength=5).tolist()


def test_time_nobody_told_is_the_usual_time_of_the_act() -> None:
    base = work([("t", [("a", "v", 0), ("b", "w", 1)]), ("t", [("a", "w", 2), ("b", "v", 3)])], own=-1)
    base.own[:] = [10, -1, -1, 40]
    assert worked(base).tolist() == [50, 50]
    base.own[:] = -1
    assert worked(base).tolist() == [0, 0]
