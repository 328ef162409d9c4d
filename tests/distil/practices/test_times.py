from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.begun import hour_number
from guildbook.distil.practices import MiningSettings, mine, times
from guildbook.distil.practices.times import KEY, MONTH_END, WEEKEND, holds, is_time, with_times
from guildbook.distil.practices.traces import by_task
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.model.time import to_micros

Make = Callable[..., Sums]


def hours_of(when: datetime) -> int:
    return int(hour_number(np.array([to_micros(when)]))[0])


@given(st.integers(0, 2_600_000), st.integers(0, 23))
def test_conditions_mean_what_they_say(hours: int, first: int) -> None:
    when = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    begun = np.array([hours_of(when)])
    assert begun[0] == hours
    assert bool(holds(WEEKEND, begun)[0]) == (when.weekday() >= 5)
    assert bool(holds(MONTH_END, begun)[0]) == ((when + timedelta(days=3)).month != when.month)
    for length in (1, 8, 23):
        inside = (when.hour - first) % 24 < length
        assert bool(holds(f"{first:02}:00–{(first + length) % 24:02}:00", begun)[0]) == inside


def test_other_conditions_are_none_of_these() -> None:
    assert is_time(KEY, "06:00–14:00")
    assert not is_time(KEY, "14:00")
    assert not is_time("product", WEEKEND)
    with pytest.raises(ValueError, match="no time"):
        holds("noon", np.array([0]))


@given(st.lists(st.integers(0, 23), min_size=1, max_size=60))
def test_the_parts_of_the_day_make_up_the_day(hours: list[int]) -> None:
    values = times.windows(np.array(hours), np.ones(len(hours)))
    flags = np.array([holds(value, np.arange(24)) for value in values])
    assert 1 <= len(values) <= 3
    assert (flags.sum(axis=0) == 1).all() or len(values) == 1


def late_claims(claims: Callable[..., list[Any]], effect: float, seed: int = 3) -> list[Any]:
    """Claims of six weeks in which a check helps from 14:00 on."""
    rng = np.random.default_rng(seed)
    start = hours_of(datetime(2026, 1, 5, tzinfo=UTC))
    out: list[Any] = []
    for trace in claims(seed, 1400):
        begun = start + 24 * int(rng.integers(42)) + int(rng.integers(6, 22))
        done = "look twice" in trace.steps
        late = begun % 24 >= 14
        good = rng.random() < 0.4 + (effect if done and late else 0.0)
        out.append(replace(trace, begun=begun, outcome=1 if good else 2))
    return out


@pytest.fixture
def looked(claims: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def make(seed: int, n: int) -> list[Any]:
        rng = np.random.default_rng([seed, 1])
        return [
            replace(t, steps=[t.steps[0], "look twice", *t.steps[1:]]) if rng.random() < 0.5 else t
            for t in claims(seed, n)
        ]

    return make


def test_a_step_that_helps_late_says_so(sums_of: Make, looked: Callable[..., list[Any]]) -> None:
    found = [p for p in mine(sums_of(late_claims(looked, 0.4))) if p.do == ("look twice",)]
    assert found
    ((key, value),) = found[0].when.attributes
    assert key == KEY
    window = holds(value, np.arange(24))
    assert window[16:20].all()
    assert not window[7:12].any()
    assert "it begins between" in found[0].title
    assert "UTC" in found[0].title
    assert not [p for p in mine(sums_of(late_claims(looked, 0.0))) if p.do == ("look twice",)]


def busy_claims(claims: Callable[..., list[Any]], seed: int = 5, weeks: int = 6) -> list[Any]:
    """Claims of which those of every third week end worse and mostly lack a step that changes nothing."""
    rng = np.random.default_rng(seed)
    start = hours_of(datetime(2026, 1, 5, tzinfo=UTC))
    out: list[Any] = []
    for trace in claims(seed, 1500):
        week = int(rng.choice(weeks, p=(w := np.where(np.arange(weeks) % 3 == 0, 2.0, 1.0)) / w.sum()))
        busy = week % 3 == 0
        steps = trace.steps
        if rng.random() < (0.2 if busy else 0.8):
            steps = [steps[0], "tidy up", *steps[1:]]
        good = rng.random() < (0.35 if busy else 0.7)
        out.append(replace(trace, steps=steps, begun=start + 168 * week + 10, outcome=1 if good else 2))
    return out


@pytest.mark.parametrize("weeks", [6, 30])
def test_a_busy_week_is_no_advice(sums_of: Make, claims: Callable[..., list[Any]], weeks: int) -> None:
    traces = busy_claims(claims, weeks=weeks)
    counted = sums_of(traces)
    rows = np.array([[counted.profiles.head[0, 0], t.begun // 168, 1] for t in traces], np.uint64)
    found = mine(replace(counted, leads=CountTable.from_rows(rows)))
    assert not [p for p in found if p.do == ("tidy up",)]
    assert [p for p in mine(counted) if p.do == ("tidy up",)]  # where it is not known how weeks differ


def test_conditions_of_time_come_after_all_others_and_open_scopes(
    sums_of: Make, claims: Callable[..., list[Any]]
) -> None:
    counted = sums_of(busy_claims(claims))
    (block,) = by_task(counted.profiles, MiningSettings())
    timed, texts = with_times(block, CountTable.zero(3))
    size = len(block.conditions)
    assert (timed.conditions[:size] == block.conditions).all()
    assert set(timed.conditions[size:].tolist()) == set(texts)
    assert timed.holds.shape[1] >= len(timed.conditions)
