from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.buckets import (
    BORDERS,
    COUNT,
    bucket,
    centre_seconds,
    log_centre,
    median_seconds,
    run_medians,
)


def test_unknown_and_tiny_have_their_own() -> None:
    assert bucket(np.array([-5, -1, 0, 999, 1000])).tolist() == [0, 0, 1, 1, 2]


def test_four_buckets_a_doubling() -> None:
    assert bucket(np.array([1000, 2000, 4000, 1_000_000])).tolist() == [2, 6, 10, 41]
    assert bucket(np.array([1_024_000]))[0] == 42


@given(st.integers(0, 2**63 - 1))
def test_bucket_is_the_one_whose_borders_hold_it(micros: int) -> None:
    place = int(bucket(np.array([micros]))[0])
    assert 1 <= place < COUNT
    assert place == 1 or BORDERS[place - 2] <= micros
    assert place - 1 == len(BORDERS) or micros < BORDERS[place - 1]


@given(st.integers(1_000, 10**15))
def test_centre_is_near(micros: int) -> None:
    seconds = float(centre_seconds(bucket(np.array([micros])))[0])
    assert abs(np.log(seconds / (micros / 1e6))) <= np.log(2) / 8 + 1e-3


def test_unknown_has_no_centre() -> None:
    assert np.isnan(log_centre(np.array([0], np.uint64)))[0]


def test_median_leaves_unknown_out() -> None:
    buckets, counts = np.array([0, 41, 50], np.uint64), np.array([100, 3, 1])
    assert median_seconds(buckets, counts) == pytest.approx(1.0, rel=0.1)
    assert median_seconds(buckets[:1], counts[:1]) is None


@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), min_size=1, max_size=6), max_size=5))
def test_run_medians_are_medians_of_the_runs(runs: list[list[tuple[int, int]]]) -> None:
    runs = [sorted(dict(run).items()) for run in runs]
    starts = np.cumsum([0, *(len(run) for run in runs)])[:-1]
    buckets = np.array([b for run in runs for b, _ in run], np.uint64)
    counts = np.array([c for run in runs for _, c in run], np.int64)
    alone = [median_seconds(np.array([b for b, _ in run], np.uint64), np.array([c for _, c in run])) for run in runs]
    assert run_medians(starts, buckets, counts) == alone
