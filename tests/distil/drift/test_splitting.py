"""Splitting series of counts whose change is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.drift.splitting import MIN_PERIODS, best_split, splits

SURE = 0.01


def made(seed: int, shares: list[tuple[int, list[float]]], size: int = 30) -> np.ndarray:
    """Multinomial counts: so many periods of each set of shares."""
    chance = np.random.default_rng(seed)
    return np.concatenate([chance.multinomial(size, share, periods) for periods, share in shares]).astype(np.int64)


@pytest.mark.parametrize("at", [5, 20, 35])
def test_a_change_is_placed_within_one_period(at: int) -> None:
    for seed in range(10):
        (split,) = splits(made(seed, [(at, [0.7, 0.3]), (40 - at, [0.3, 0.7])]), SURE, 1)
        assert abs(split.at - at) <= 1
        assert split.low <= split.at <= split.high
        assert split.shift == pytest.approx(0.4, abs=0.15)


def test_two_changes_are_both_placed() -> None:
    found = splits(made(3, [(15, [0.8, 0.2]), (20, [0.3, 0.7]), (15, [0.6, 0.4])], 60), SURE, 1)
    assert [abs(split.at - at) <= 1 for split, at in zip(found, (15, 35), strict=True)] == [True, True]


def test_steady_counts_are_rarely_split() -> None:
    alarms = sum(bool(splits(made(seed, [(50, [0.5, 0.3, 0.2])]), 0.05, 1)) for seed in range(200))
    assert alarms <= 10


def test_weeks_that_scatter_are_no_change() -> None:
    """Shares that vary from period to period far more than chance would, around one mean."""
    alarms = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        counts = np.array([chance.multinomial(40, chance.dirichlet([4, 3, 2])) for _ in range(50)])
        alarms += bool(splits(counts, 0.05, 1))
    assert alarms <= 5


def test_a_sure_but_small_change_is_not_told() -> None:
    counts = made(1, [(50, [0.50, 0.50]), (50, [0.56, 0.44])], 20_000)
    split = best_split(counts)
    assert split is not None
    assert split.p < 1e-9
    assert splits(counts, SURE, 1) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=30), st.integers(0, 5))
def test_any_counts_can_be_looked_at(rows: list[tuple[int, int, int]], seed: int) -> None:
    counts = np.array(rows, np.int64).reshape(-1, 3)
    split = best_split(counts)
    if split is not None:
        assert MIN_PERIODS - 1 <= split.low < split.at <= split.high <= len(counts) - MIN_PERIODS
        assert 0 <= split.p <= 1
    assert splits(counts, SURE, seed) == splits(counts, SURE, seed)


def test_one_category_or_nothing_has_no_split() -> None:
    assert best_split(np.zeros((0, 2), np.int64)) is None
    assert best_split(np.full((30, 1), 20)) is None
    assert best_split(np.column_stack([np.full(30, 20), np.zeros(30, np.int64)])) is None
