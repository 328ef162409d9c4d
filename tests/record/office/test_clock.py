from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.time import DAY, HOUR, MINUTE
from guildbook.record.office.clock import schedule
from guildbook.record.office.plan import draw_plan
from guildbook.record.office.sheet import ASIDE, BATCH, OWN, Lines
from guildbook.record.office.staff import Staff, hire

Moment = tuple[int, float, float, int, int]
"""Who, seconds, wait before it, mode, group."""
Rows = Sequence[Sequence[Moment]]

HORIZON = 14 * DAY
NO_FACTOR = np.ones(4)


@pytest.fixture
def staff() -> Staff:
    """Twelve people who all work from eight to four and eat at noon."""
    hired = hire(draw_plan(1), 0, [f"P {i}" for i in range(12)])
    same = np.ones(12, np.int64)
    return dataclasses.replace(hired, starts=same * 8 * HOUR, ends=same * 16 * HOUR, lunch=same * 12 * HOUR)


def lines(rows: Rows) -> Lines:
    flat = [event for row in rows for event in row]
    who, seconds, wait, mode, group = (np.array(c) for c in zip(*flat, strict=True))
    index = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    none = np.zeros(len(flat), np.int64)
    return Lines(index, none, seconds.astype(np.float64), who, none - 1, wait.astype(np.float64), mode, group, none)


def run(rows: Rows, arrival: list[int], staff: Staff) -> list[int]:
    made = lines(rows)
    time, _ = schedule(made, np.array(arrival), staff, np.zeros(len(made.row)), NO_FACTOR, HORIZON)
    return time.tolist()


def test_a_sitting_runs_on_and_a_wait_ends_it(staff: Staff) -> None:
    at = 9 * HOUR
    assert run([[(0, 60, 0, OWN, -1), (0, 60, 0, OWN, -1), (0, 60, 3600, OWN, -1)]], [at], staff) == [
        at,
        at + MINUTE,
        at + 2 * MINUTE + HOUR,
    ]


def test_each_person_does_one_thing_at_a_time_in_order_of_arrival(staff: Staff) -> None:
    at = 9 * HOUR
    rows = [[(0, 600, 0, OWN, -1)], [(0, 600, 0, OWN, -1)], [(1, 600, 0, OWN, -1)]]
    assert run(rows, [at + 2, at + 1, at + 3], staff) == [at + 1 + 10 * MINUTE, at + 1, at + 3]


def test_what_is_done_aside_waits_for_nobody(staff: Staff) -> None:
    at = 9 * HOUR
    rows = [[(0, 600, 0, OWN, -1)], [(1, 60, 0, OWN, -1), (0, 60, 120, ASIDE, -1), (1, 60, 0, OWN, -1)]]
    times = run(rows, [at, at], staff)
    assert times[2] == at + 3 * MINUTE
    assert times[3] == at + 4 * MINUTE


def test_nothing_begins_before_work_at_lunch_after_work_or_at_the_weekend(staff: Staff) -> None:
    one: Rows = [[(0, 60, 0, OWN, -1)]]
    assert run(one, [5 * HOUR], staff) == [8 * HOUR]
    assert run(one, [12 * HOUR + MINUTE], staff) == [12 * HOUR + 35 * MINUTE]
    assert run(one, [16 * HOUR], staff) == [DAY + 8 * HOUR]
    assert run(one, [2 * DAY + 17 * HOUR], staff) == [5 * DAY + 8 * HOUR]  # a Friday evening


def test_a_sitting_goes_on_the_next_morning(staff: Staff) -> None:
    at = 16 * HOUR - MINUTE
    assert run([[(0, 3600, 0, OWN, -1), (0, 60, 0, OWN, -1)]], [at], staff) == [at, DAY + 8 * HOUR]


def test_batched_duties_wait_for_their_time_and_get_quicker_in_a_row(staff: Staff) -> None:
    rows = [[(0, 100.0, 0.0, BATCH, 1)], [(0, 100.0, 0.0, BATCH, 1)], [(0, 100.0, 0.0, OWN, 1)]]
    made = lines(rows)
    factor = np.array([1.0, 0.5, 1.0, 1.0])
    arrival = np.array([9 * HOUR, 10 * HOUR, 8 * HOUR])
    time, length = schedule(made, arrival, staff, np.zeros(3), factor, HORIZON)
    slot = 11 * HOUR + 12 * MINUTE
    assert time.tolist() == [slot, slot + 50_000_000, 8 * HOUR]
    assert length.tolist() == [50_000_000, 50_000_000, 100_000_000]


def test_what_lies_beyond_the_horizon_is_marked(staff: Staff) -> None:
    assert run([[(0, 60, 0, OWN, -1), (0, 60, 30 * 86_400, OWN, -1)]], [9 * HOUR], staff) == [9 * HOUR, -1]


Event = st.tuples(
    st.integers(0, 2),
    st.floats(1, 9_000),
    st.sampled_from([0.0, 600.0, 40_000.0]),
    st.sampled_from([OWN, ASIDE, BATCH]),
    st.integers(0, 3),
)


@given(st.lists(st.tuples(st.integers(0, 3 * DAY), st.lists(Event, min_size=1, max_size=5)), min_size=1, max_size=8))
def test_cases_keep_their_order_and_people_never_do_two_things(
    cases: list[tuple[int, Sequence[Moment]]],
) -> None:
    staff = hire(draw_plan(1), 0, [f"P {i}" for i in range(12)])
    made = lines([events for _, events in cases])
    time, length = schedule(
        made, np.array([a for a, _ in cases]), staff, np.zeros(len(made.row)), NO_FACTOR, 10**6 * DAY
    )
    assert (time >= 0).all()
    same_case = made.row[1:] == made.row[:-1]
    assert (np.diff(time)[same_case] >= 0).all()
    for person in range(3):
        own = np.flatnonzero((made.who == person) & (made.mode != ASIDE))
        own = own[np.argsort(time[own])]
        assert (time[own][1:] >= (time + length)[own][:-1]).all()
