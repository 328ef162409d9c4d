"""What is paid by cannot be raised by telling the same work many times, or under several names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.contribution.game import Game
from guildbook.measure.contribution.values import Draw, contribution
from guildbook.measure.engine import Engine, joined
from guildbook.measure.payout import (
    HELD_BACK,
    PPM,
    Basis,
    basis,
    clock_hours,
    distinct,
    in_ppm,
    per_hour,
    sample,
    seconds_of,
)
from guildbook.measure.work import Split, Work, work

Maker = Callable[..., Work]
HOUR = 3_600_000_000
SECOND = 1_000_000


@pytest.fixture(scope="module")
def office() -> Work:
    """Twelve people's episodes over four months, half an hour each; each has a way of their own."""
    rng = np.random.default_rng(5)
    usual = rng.dirichlet(np.full(8, 0.2), size=(12, 8))
    listed: list[tuple[str, list[tuple[str, str, int]]]] = []
    for start in np.sort(rng.integers(0, 120 * 24, 900)).tolist():
        act, who, events = int(rng.integers(8)), int(rng.integers(12)), list[tuple[str, str, int]]()
        for place in range(8):
            events.append((f"act {act}", f"w{who:02}", start * HOUR + place * 240 * SECOND))
            act = int(rng.choice(8, p=usual[who, act]))
        listed.append(("t", events))
    return work(listed, own=60 * SECOND)


def times(base: Work, worker: int, copies: int, shift: int) -> Work:
    """The work with one worker's traces told so often, each copy so much later."""
    own = base.pick(np.unique(base.trace[base.worker == worker]))
    for number in range(1, copies):
        base = joined(base, replace(own, time=own.time + number * shift))
    return base


def of(found: Basis, worker: str) -> int:
    return next(one.ppm for one in found.rows if one.worker == worker)


def raw(base: Work, worker: int) -> float:
    """A share by Shapley values as they are."""
    found = contribution(Game.of(Engine.of(Split.newest(base, HELD_BACK)), "augmentation")).values
    total = sum(max(0.0, one.value) for one in found)
    return found[worker].value / total


@pytest.mark.parametrize("worker", [0, 3, 7])
def test_telling_ones_work_ten_times_changes_nothing(office: Work, worker: int) -> None:
    once = basis(office, samples=2)
    often = basis(times(office, worker, 10, 0), samples=2)
    assert [(one.worker, one.ppm, one.seconds) for one in often.rows] == [
        (one.worker, one.ppm, one.seconds) for one in once.rows
    ]


def test_telling_it_ten_times_a_bit_later_gains_nothing_either(office: Work) -> None:
    draw = Draw(12)
    once, often = (basis(part, samples=8, draw=draw) for part in (office, times(office, 3, 10, 7 * SECOND)))
    assert of(often, "w03") <= 1.05 * of(once, "w03")
    assert raw(times(office, 3, 10, 7 * SECOND), 3) > 2 * raw(office, 3)


def test_another_name_takes_from_ones_own_share(office: Work) -> None:
    """Who is on no roll is no player: what they tell under a second name is not theirs, and is paid to nobody."""
    worker = office.worker.copy()
    worker[(worker == 3) & (office.trace % 2 == 0)] = 12
    second = replace(office, workers=(*office.workers, "w03 too"), worker=worker)
    members = np.array([*[True] * 12, False])
    honest, sybil = basis(office, samples=4), basis(second.of(members), samples=4)
    assert of(sybil, "w03") < of(honest, "w03")


def test_it_does_not_depend_on_how_people_are_called(office: Work) -> None:
    place = np.random.default_rng(1).permutation(12)
    again = replace(office, worker=place[office.worker].astype(np.int32))
    first, second = basis(office, samples=2), basis(again, samples=2)
    for code in range(12):
        other = second.rows[int(place[code])]
        assert other.value == pytest.approx(first.rows[code].value, abs=1e-12)
        assert (other.seconds, abs(other.ppm - first.rows[code].ppm) <= 1) == (first.rows[code].seconds, True)


def test_what_takes_away_is_paid_nothing_and_told(random_work: Maker) -> None:
    found = basis(random_work(8, traces=200, workers=9), samples=1)
    assert sum(one.ppm for one in found.rows) == PPM
    for one in found.rows:
        assert (one.ppm == 0) == (one.value <= 0)
        assert bool(one.why) == (one.value <= 0)


def test_hours_overlapping_count_once() -> None:
    base = work([
        ("t", [("a", "ann", 0), ("b", "ann", 30 * SECOND), ("c", "bo", 0)]),
        ("t", [("a", "ann", 200 * SECOND), ("a", "bo", 10 * SECOND)]),
    ], own=60 * SECOND)  # fmt: skip
    assert seconds_of(base).tolist() == [90 + 60, 70]
    assert seconds_of(times(base, 0, 10, 0)).tolist() == [150, 70]
    base.own[:] = -1
    assert seconds_of(base).tolist() == [3600, 3600]
    assert clock_hours(base).tolist() == [1, 1]


@given(seed=st.integers(0, 50), budget=st.floats(0.5, 30))
def test_a_sample_keeps_to_the_budget(random_work: Maker, seed: int, budget: float) -> None:
    base = random_work(seed, shared=bool(seed % 2))
    hours = clock_hours(base)
    found = sample(base, hours, budget, seed)
    held = np.bincount(found.worker, minlength=len(base.workers))
    most = np.diff(base.offsets).max()
    assert (held <= np.ceil(budget * hours) + most).all()
    assert found.events <= base.events
    whole = sample(base, hours, 1e9, seed)
    assert whole.events == base.events
    assert per_hour(base) > 0


def test_the_same_step_at_the_same_time_in_one_trace_is_one() -> None:
    base = work([("t", [("a", "ann", 0), ("a", "ann", 0), ("a", "bo", 0)]), ("t", [("a", "ann", 0), ("a", "bo", 0)])])
    assert distinct(base).events == 2
    assert len(distinct(base)) == 1


@given(st.dictionaries(st.text("abc", min_size=1), st.floats(0, 1e6), min_size=1))
def test_ppm_adds_up(values: dict[str, float]) -> None:
    found = in_ppm(values)
    assert sum(found.values()) == (PPM if sum(values.values()) > 0 else 0)
