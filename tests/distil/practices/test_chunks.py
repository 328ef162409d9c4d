from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.practices import mine
from guildbook.distil.practices.chunks import TOGETHER, chunks, shortened
from guildbook.distil.practices.traces import TaskTraces
from guildbook.distil.sums import Sums

Make = Callable[..., Sums]
Claims = Callable[..., list[Any]]


def traces_of(sequences: list[list[int]], weights: list[int] | None = None) -> TaskTraces:
    """Joint traces of steps 0 to 9 in these orders."""
    first = np.full((len(sequences), 10), -1, np.int16)
    for row, sequence in enumerate(sequences):
        for place, step in enumerate(dict.fromkeys(sequence)):
            first[row, step] = place
    n = len(sequences)
    none = np.zeros((n, 0), dtype=bool)
    return TaskTraces(
        task=1,
        weights=np.array(weights or [1] * n, np.float64),
        outcome=np.zeros(n, np.int64),
        active=np.zeros(n, np.int64),
        lead=np.zeros(n, np.int64),
        activities=np.arange(100, 110, dtype=np.uint64),
        first=first,
        repeated=np.zeros(first.shape, dtype=bool),
        conditions=np.zeros(0, np.uint64),
        holds=none,
        workers=np.zeros(0, np.uint64),
        took_part=none,
        main=np.full(n, -1, np.int64),
    )


def test_what_always_goes_together_becomes_one_layer_on_layer() -> None:
    made = traces_of([[0, 1, 2, 3, 4], [4, 0, 1, 2, 3], [0, 1, 2, 3], [5, 6, 0, 1, 2, 3]] * 30)
    found = [chunk for chunk in chunks(made) if len(chunk) > 1]
    assert found == [(0, 1, 2, 3), (5, 6)]
    short = shortened(made)
    assert short.steps(0) == (100, 101, 102, 103)
    assert short.activities.tolist() == [100, 104, 105, 107, 108, 109]
    assert short.sizes.tolist() == [4, 1, 2, 1, 1, 1]
    assert short.first[1, :2].tolist() == [1, 0]


def test_a_pair_seen_a_few_times_does_not_pay_for_itself() -> None:
    many = [[0, 1, 2], [2, 0, 1], [1, 2, 0]] * 200
    assert all(len(chunk) == 1 for chunk in chunks(traces_of([*many, [8, 9]])))
    assert (8, 9) in chunks(traces_of([*many, *[[8, 9]] * 20]))


def test_a_step_that_is_also_done_elsewhere_stays_itself() -> None:
    apart = traces_of([[0, 1, 2], [0, 2, 1]] * 50)
    assert all(len(chunk) == 1 for chunk in chunks(apart))
    assert shortened(apart) is apart


def test_steps_kept_alone_are_in_no_chunk() -> None:
    made = traces_of([[0, 1, 2, 3], [3, 0, 1, 2]] * 50)
    assert (0, 1, 2) in chunks(made)
    assert all(len(chunk) == 1 for chunk in chunks(made, frozenset({1})))


@given(st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=40), st.integers(1, 50))
def test_chunks_are_a_partition_that_the_traces_bear_out(sequences: list[list[int]], times: int) -> None:
    made = traces_of(sequences, [times] * len(sequences))
    found = chunks(made)
    assert sorted(step for chunk in found for step in chunk) == list(range(10))
    present = made.first >= 0
    for chunk in found:
        for one, two in pairwise(chunk):
            beside = (present[:, one] & (made.first[:, two] == made.first[:, one] + 1)) @ made.weights
            assert beside >= (2 * TOGETHER - 1) * max(present[:, one].sum(), present[:, two].sum()) * times


def test_a_practice_of_two_steps_names_both(sums_of: Make, claims: Claims) -> None:
    made = [
        replace(t, steps=[x for s in t.steps for x in ((s, "write it down") if s == "check cover" else (s,))])
        for t in claims(1, check=0.3)
    ]
    (found,) = mine(sums_of(made))
    assert found.do == ("check cover", "write it down")
    assert "do “check cover, then write it down” before “read letter”" in found.title


@pytest.mark.parametrize("seed", range(3))
def test_random_orders_hold_no_chunks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = traces_of([rng.permutation(10)[: rng.integers(3, 10)].tolist() for _ in range(300)])
    assert all(len(chunk) == 1 for chunk in chunks(made))
