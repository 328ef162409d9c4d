"""The shared statistics against SciPy, published examples and arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from guildbook.distil.practices.statistics import (
    adjusted,
    mantel_haenszel,
    newcombe,
    partial,
    pooled_means,
    two_sided,
    welch,
    wilson,
)


def test_false_discovery_control_agrees_with_scipy() -> None:
    p = np.array([0.001, 0.2, 0.03, 0.04, 0.9, 0.03])
    assert adjusted(p) == pytest.approx(stats.false_discovery_control(p))
    assert adjusted(np.zeros(0)).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_keep_the_order_and_never_shrink(values: list[float]) -> None:
    p = np.array(values)
    q = adjusted(p)
    assert (q >= p - 1e-12).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= -1e-12).all()


def test_two_sided_of_nothing_is_no_evidence() -> None:
    assert two_sided(np.array([np.nan, 0.0, 1.959963984540054])) == pytest.approx([1.0, 1.0, 0.05])


def test_wilson_agrees_with_scipy_and_knows_nothing_of_nothing() -> None:
    low, high = wilson(np.array([7.0, 0.0]), np.array([20.0, 0.0]))
    known = stats.binomtest(7, 20).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((known.low, known.high))
    assert (low[1], high[1]) == (0.0, 1.0)


def test_newcombe_gives_his_published_example() -> None:
    # Newcombe 1998, table II, (a): 56/70 − 48/80, method 10: 0.0524 to 0.3339.
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_mantel_haenszel_of_two_strata_by_hand() -> None:
    good1, n1 = np.array([8.0, 6.0]), np.array([10.0, 20.0])
    good0, n0 = np.array([10.0, 3.0]), np.array([20.0, 10.0])
    found = mantel_haenszel(good1, n1, good0, n0)
    # Both strata weigh 20/3; differences 0.3 and 0.0.
    assert float(found.value) == pytest.approx(0.15)
    one = (8 * 2 * 20**3 + 10 * 10 * 10**3) / (10 * 20 * 30**2)
    two = (6 * 14 * 10**3 + 3 * 7 * 20**3) / (20 * 10 * 30**2)
    assert float(found.error) == pytest.approx(np.sqrt(one + two) / (2 * 20 / 3))


def test_mantel_haenszel_ignores_strata_with_one_side_empty() -> None:
    alone = mantel_haenszel(np.array([5.0]), np.array([9.0]), np.array([0.0]), np.array([0.0]))
    assert np.isnan(alone.value)
    assert float(alone.p) == 1.0


def test_welch_agrees_with_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 30), rng.normal(0.5, 2, 18)
    found = welch(
        np.array(30.0),
        np.array(a.mean()),
        np.array(a.var(ddof=1)),
        np.array(18.0),
        np.array(b.mean()),
        np.array(b.var(ddof=1)),
    )
    known: float = stats.ttest_ind_from_stats(
        a.mean(), a.std(ddof=1), 30, b.mean(), b.std(ddof=1), 18, equal_var=False
    )[1]
    assert float(found.p) == pytest.approx(known)
    assert float(found.value) == pytest.approx(a.mean() - b.mean())


def test_welch_of_single_values_says_nothing() -> None:
    one = np.array(1.0)
    assert float(welch(one, one, one * 0, one, one * 2, one * 0).p) == 1.0


def test_pooled_means_of_one_stratum_is_welch_with_a_normal_p() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, 40), rng.normal(1, 2, 50)
    found = pooled_means(*_sums(a), *_sums(b))
    assert float(found.value) == pytest.approx(a.mean() - b.mean())
    assert float(found.error) == pytest.approx(np.sqrt(a.var(ddof=1) / 40 + b.var(ddof=1) / 50))


def test_pooled_means_is_not_fooled_by_strata_of_different_size() -> None:
    # The same difference of −1 in both strata; the crude means would say +1.8.
    first = [np.array([90.0, 10.0]), np.array([900.0, 10.0]), np.array([9000.0 + 45, 10.0 + 5])]
    second = [np.array([10.0, 90.0]), np.array([110.0, 180.0]), np.array([1210.0 + 5, 360.0 + 45])]
    assert float(pooled_means(*first, *second).value) == pytest.approx(-1.0)


def test_partial_is_ordinary_least_squares_with_robust_errors() -> None:
    rng = np.random.default_rng(3)
    n = 200
    z = rng.integers(0, 2, (n, 2)).astype(float)
    x = (rng.random(n) < 0.2 + 0.5 * z[:, 0]).astype(float)
    y = 0.3 * x + 0.4 * z[:, 0] + rng.normal(0, 1 + x, n)
    found = partial(y, x[:, None], z, np.ones(n))
    design = np.column_stack([x, np.ones(n), z])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    leverage = ((design @ inverse) * design).sum(axis=1)
    residual = (y - design @ beta) / (1 - leverage)
    meat = (design * residual[:, None] ** 2).T @ design
    robust = np.sqrt((inverse @ meat @ inverse)[0, 0])
    assert found.effect.value[0] == pytest.approx(beta[0], rel=1e-4)
    assert found.effect.error[0] == pytest.approx(robust, rel=1e-4)


def test_partial_counts_a_weighted_row_as_that_many_rows() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 2, (30, 1)).astype(float), rng.random(30)
    weights = rng.integers(1, 4, 30)
    some = partial(y, x, np.zeros((30, 0)), weights.astype(float))
    all_rows = partial(
        np.repeat(y, weights), np.repeat(x, weights, axis=0), np.zeros((weights.sum(), 0)), np.ones(weights.sum())
    )
    assert some.effect.value[0] == pytest.approx(all_rows.effect.value[0], abs=1e-6)
    assert some.effect.error[0] == pytest.approx(all_rows.effect.error[0], rel=1e-4)


def test_partial_says_when_the_covariates_leave_nothing() -> None:
    x = np.repeat([0.0, 1.0], 20)
    assert partial(np.arange(40.0), x[:, None], x[:, None], np.ones(40)).kept[0] < 1e-6


def _sums(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([float(len(values))]), np.array([values.sum()]), np.array([(values**2).sum()])
