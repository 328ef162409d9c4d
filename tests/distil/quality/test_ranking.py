from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.quality.ranking import auc


def test_a_perfect_and_a_useless_ranking() -> None:
    good = np.array([True, True, False, False, False])
    area, low, high = auc(np.array([0.9, 0.8, 0.3, 0.2, 0.1]), good)
    assert area == high == 1.0
    assert 0.1 < low < 0.8
    assert auc(np.array([0.1, 0.2, 0.7, 0.8, 0.9]), good)[0] == 0.0
    assert auc(np.zeros(5), good)[0] == 0.5


def test_the_interval_is_that_of_delong() -> None:
    good = np.array([True] * 4 + [False] * 4)
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.6, 0.4, 0.2, 0.1])
    area, low, high = auc(scores, good)
    # Placements: good 1, 1, 1, 0.5; bad 0.75, 0.75, 1, 1 → variances 1/16 and 1/48.
    assert area == pytest.approx(0.875)
    logit, half = np.log(7), 1.959964 * np.sqrt(1 / 64 + 1 / 192) / (0.875 * 0.125)
    assert low == pytest.approx(1 / (1 + np.exp(-(logit - half))))
    assert high == pytest.approx(1 / (1 + np.exp(-(logit + half))))


def test_one_side_alone_says_nothing() -> None:
    assert auc(np.array([0.1, 0.9]), np.array([True, True])) == (0.5, 0.0, 1.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40))
def test_the_area_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    good = np.array([side for _, side in rows])
    scores = np.array([float(score) for score, _ in rows])
    high, low = scores[good], scores[~good]
    area, lower, upper = auc(scores, good)
    assert 0 <= lower <= upper <= 1
    if len(high) and len(low):
        gaps = high[:, None] - low
        assert lower <= area <= upper
        assert area == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def test_only_what_one_model_ranked_is_compared() -> None:
    good = np.array([True, False, True, False])
    scores = np.array([[0.2, 0.1, 0.9, 0.8]])  # right within each fold, wrong across them
    assert auc(scores[0], good)[0] == 0.75
    assert auc(scores, good, np.array([[0, 0, 1, 1]]))[0] == 1.0
    assert auc(scores, good, np.array([[0, 1, 0, 2]])) == (0.5, 0.0, 1.0)
