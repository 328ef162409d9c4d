"""One case against what is usual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.conformance import conformance
from guildbook.distil.conformance.kernels import FAR, align, distance, hops, nearest
from guildbook.distil.conformance.usual import MOST
from guildbook.distil.encode import encode
from guildbook.distil.maps import titles
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import VARIANT_LIMIT, Sums
from guildbook.distil.traces import join
from guildbook.model.errors import InputError
from guildbook.model.process import Conformance
from guildbook.model.time import HOUR

Row = dict[str, Any]
Table = Callable[[Sequence[Row]], pa.Table]
RUNS = st.lists(st.integers(0, 3), max_size=7).map(lambda run: np.array(run, np.int64))


def rows(case: str, steps: Sequence[str], start: int, hours: float = 1.0) -> list[Row]:
    return [
        {"worker": "ann", "time": start + int(place * hours * HOUR), "case": case, "action": step}
        for place, step in enumerate(steps)
    ]


@pytest.fixture
def usual(table: Table, monday: int) -> Sums:
    """Forty cases of one way and ten of another."""
    listed = [row for n in range(40) for row in rows(f"order:{n}", ["open", "check", "decide", "close"], monday)]
    listed += [row for n in range(40, 50) for row in rows(f"order:{n}", ["open", "ask", "decide", "close"], monday)]
    return summarise_table(table(listed), Settings())


@pytest.fixture
def compared(table: Table, monday: int, usual: Sums) -> Callable[..., Conformance]:
    """A case of these steps against the usual ones."""

    def made(*steps: str, hours: float = 1.0) -> Conformance:
        traces = join(encode(table(rows("order:x", steps, monday, hours)), Settings()))
        return conformance(traces, usual, titles(usual))

    return made


def test_a_usual_case_fits(compared: Callable[..., Conformance]) -> None:
    found = compared("open", "ask", "decide", "close")
    assert (found.fitness, found.cost, found.deviations) == (1.0, 0, ())
    assert (found.rank, found.nearest_distance, found.nearest_count) == (1.0, 0, 10)
    assert found.nearest == found.steps
    assert found.seconds == 3 * 3600
    assert found.usual_seconds == pytest.approx(3 * 3600, rel=0.1)


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        (["open", "decide", "close"], [("missing", "check", 1)]),
        (["open", "check", "chat", "decide", "close"], [("unexpected", "chat", 2)]),
        (["open", "check", "decide", "decide", "close"], [("repeated", "decide", 3)]),
        (["open", "decide", "check", "close"], [("out-of-order", "decide", 1)]),
        (["check", "decide", "close"], [("missing", "open", 0)]),
        (["open", "check", "decide"], [("missing", "close", 3)]),
    ],
)
def test_deviations_are_named(
    compared: Callable[..., Conformance], steps: list[str], kinds: list[tuple[str, str, int]]
) -> None:
    found = compared(*steps)
    assert [(d.kind, d.step, d.place) for d in found.deviations if d.kind != "missing" or d.step != "x"][:1] == kinds
    assert 0 < found.fitness < 1
    assert found.rank == 1.0
    assert found.deviations[0].words.startswith(f"“{kinds[0][1]}”")


def test_fitness_is_one_less_the_share_of_the_worst_cost(compared: Callable[..., Conformance]) -> None:
    found = compared("open", "decide", "close")
    assert found.cost == 1
    assert found.fitness == pytest.approx(1 - 1 / (3 + 4))
    assert compared("dance").fitness == 0.0


def test_late_steps_are_told(compared: Callable[..., Conformance]) -> None:
    found = compared("open", "check", "decide", "close", hours=30.0)
    assert [d.kind for d in found.deviations] == ["late"] * 3
    assert "came 30 h after “open”" in found.deviations[0].words
    assert found.fitness == 1.0


def test_an_unknown_task_is_an_error(table: Table, monday: int, usual: Sums) -> None:
    traces = join(encode(table(rows("claim:1", ["open"], monday)), Settings()))
    with pytest.raises(InputError):
        conformance(traces, usual, titles(usual))


def test_a_long_case_is_compared_too(compared: Callable[..., Conformance]) -> None:
    found = compared("open", *["check"] * (VARIANT_LIMIT + 10), "decide", "close")
    assert found.cost == VARIANT_LIMIT + 9
    assert sum(d.kind == "repeated" for d in found.deviations) == VARIANT_LIMIT + 9


@given(RUNS, RUNS)
def test_distance_is_symmetric_and_counts_edits(one: np.ndarray, two: np.ndarray) -> None:
    apart = distance(one, two)
    assert apart == distance(two, one)
    assert (apart == 0) == (one.tolist() == two.tolist())
    assert abs(len(one) - len(two)) <= apart <= len(one) + len(two)
    assert (len(one) + len(two) - apart) % 2 == 0


@given(RUNS)
def test_alignment_is_the_least_cost_over_all_that_is_allowed(run: np.ndarray) -> None:
    """Against every sequence of up to six steps that a small map allows."""
    usual = np.zeros((6, 6), np.bool_)
    for a, b in ((4, 0), (0, 1), (1, 2), (2, 1), (2, 5), (0, 3), (3, 5)):
        usual[a, b] = True
    allowed = [
        steps
        for size in range(1, 10)
        for steps in product(range(4), repeat=size)
        if size <= 6 and all(usual[a, b] for a, b in zip((4, *steps), (*steps, 5), strict=True))
    ] + [(0, 1, 2, *(1, 2) * n) for n in range(3, 6)]
    best = min(distance(run, np.array(steps, np.int64)) for steps in allowed)
    assert align(run, hops(usual), np.empty(len(run) + 1, np.int64)) == best


def test_hops_count_the_steps_between() -> None:
    usual = np.zeros((4, 4), np.bool_)
    usual[2, 0] = usual[0, 1] = usual[1, 3] = True
    found = hops(usual)
    assert (found[2, 0], found[2, 1], found[2, 3]) == (0, 1, 2)
    assert found[1, 0] == FAR


def test_the_nearest_of_equals_is_the_earliest() -> None:
    steps, offsets = np.array([0, 1, 0, 2, 0], np.int64), np.array([0, 2, 4, 5], np.int64)
    assert nearest(np.array([0, 1], np.int64), offsets, steps, np.array([2, 1, 0], np.int64)) == (0, 0)
    assert nearest(np.array([0, 3], np.int64), offsets, steps, np.array([1, 0], np.int64)) == (1, 2)


def test_thousands_of_activities_are_bounded(table: Table, monday: int) -> None:
    listed = [row for n in range(90) for row in rows(f"order:{n}", ["open", "close"], monday)]
    listed += [
        row for n in range(MOST + 50) for row in rows(f"order:r{n}", ["open", f"r {chr(945 + n)}", "close"], monday)
    ]
    sums = summarise_table(table(listed), Settings())
    found = conformance(join(encode(table(listed[-3:]), Settings())), sums, titles(sums))
    assert found.cost == 1
    assert [d.kind for d in found.deviations] == ["unexpected"]
