"""Windows are comparable, and what they say does not depend on how much there is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guildbook.measure.health import BACK, LEAST, length, windows
from guildbook.measure.work import Work, work
from guildbook.model.time import DAY

WEEK = 7 * DAY


def made(weeks: int, cases: int, act: Callable[[int, int, int], str], agents: tuple[str, ...] = ()) -> Work:
    """`cases` cases of four steps in each week; act(week, case, place)."""
    listed: list[tuple[str, list[tuple[str, str, int]]]] = []
    for week in range(weeks):
        for case in range(cases):
            begins = week * WEEK + case * WEEK // cases
            steps = [
                (act(week, case, place), f"worker {(case + place) % 6}", begins + place * 1_000) for place in range(4)
            ]
            listed.append(("claim", steps))
    return work(listed, own=1_000, agents=agents)


def test_work_that_goes_one_way_has_nothing_new_and_no_entropy() -> None:
    found = windows(made(8, 30, lambda _w, _c, place: f"step {place}"), WEEK)
    assert len(found) == 7  # the last is cut short
    assert all(w.new_steps is None for w in found[:BACK])
    for window in found[BACK:]:
        assert (window.new_steps, window.new_variants, window.entropy, window.variety) == (0, 0, 0, 0)
    assert {(w.cases, w.events, w.workers, w.ai) for w in found} == {(30, 120, 6, 0.0)}
    assert found[0].per_worker == 20


def test_two_even_ways_are_one_bit() -> None:
    found = windows(made(7, 40, lambda _w, case, place: f"step {place if case % 2 else -place}"), WEEK)
    assert found[-1].variety == pytest.approx(1.0, abs=0.05)
    # Of five places of a case (four steps and the end) one is a choice between two: a fifth of a bit, as far as
    # which cases are drawn leaves them even.
    assert found[-1].entropy == pytest.approx(0.2, abs=0.02)


def test_a_new_way_is_new_once() -> None:
    found = windows(made(12, 25, lambda week, _c, place: f"step {place}{'x' if week >= 6 else ''}"), WEEK)
    assert [w.new_variants for w in found[BACK:]] == [0, 0, 1, 0, 0, 0, 0]


def test_more_of_the_same_is_no_richer() -> None:
    """A window with ten times the cases looks like the others."""

    def step(_w: int, case: int, place: int) -> str:
        return f"step {place} {(case * 7) % 5}"

    small, big = made(7, 25, step), made(7, 250, step)
    mixed = windows(big, WEEK)
    assert mixed[-1].entropy == pytest.approx(windows(small, WEEK)[-1].entropy, abs=0.1)


def test_few_cases_tell_nothing() -> None:
    found = windows(made(8, LEAST - 1, lambda _w, _c, place: f"step {place}"), WEEK)
    assert all(w.entropy is None for w in found)
    assert all(w.cases == LEAST - 1 for w in found)


def test_what_ai_did_counts_as_ai_and_for_no_worker() -> None:
    found = windows(made(6, 24, lambda _w, _c, place: f"step {place}", ("worker 0", "worker 1")), WEEK)
    assert found[0].ai == pytest.approx(1 / 3)
    assert found[0].workers == 4
    assert found[0].per_worker == 16


def test_the_same_seed_gives_the_same_bits(random_work: Callable[..., Work]) -> None:
    one = random_work(3, traces=400)
    size = int(np.ptp(one.begun)) // 9
    assert windows(one, size, 5) == windows(one, size, 5)
    assert windows(one, size, 5) != windows(one, size, 6)


def test_a_length_that_suits() -> None:
    assert length(made(30, 60, lambda _w, _c, place: f"step {place}")) == WEEK
    assert length(made(20, 500, lambda _w, _c, place: f"step {place}")) == DAY


def test_no_work_no_windows() -> None:
    assert windows(made(1, 1, lambda _w, _c, _p: "step").pick(np.zeros(1, dtype=bool)), WEEK) == []
