"""The shared statistics against SciPy, published examples and arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from guildbook.distil.practices.statistics import (
    Products,
    adjusted,
    partial,
    pooled_means,
    project,
    simes,
    two_sided,
    welch,
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


def test_simes_by_hand() -> None:
    p = np.array([0.02, 0.04, 0.5, 0.03])
    # Group 0: min(0.02·2/1, 0.04·2/2) = 0.04. Group 2: min(0.03·2/1, 0.5·2/2) = 0.06.
    found = simes(p, np.array([0, 0, 2, 2]))
    assert found[[0, 2]] == pytest.approx([0.04, 0.06])
    assert np.isnan(found[1])
    assert simes(np.zeros(0), np.zeros(0, np.int64)).size == 0


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


def test_covariates_can_be_added_later() -> None:
    rng = np.random.default_rng(5)
    z, x = rng.random((300, 3)) < 0.4, rng.random((300, 2)) < 0.5
    y, weights = rng.random(300), rng.integers(1, 3, 300).astype(float)
    at_once = project(z, weights).partial(y, x)
    later = project(z[:, :1], weights).extended(z[:, 1:]).partial(y, x)
    assert later.effect.value == pytest.approx(at_once.effect.value, abs=1e-6)
    assert later.effect.error == pytest.approx(at_once.effect.error, rel=1e-4)


@pytest.mark.parametrize("part", [1.0, 0.4])
def test_the_screen_agrees_with_the_measure_where_errors_are_alike(part: float) -> None:
    rng = np.random.default_rng(6)
    within = rng.random(4000) < part
    z, x = rng.random((4000, 2)) < 0.4, (rng.random((4000, 3)) < 0.5) & within[:, None]
    y = 0.2 * x[:, 0] + z[:, 0] + rng.normal(0, 1, 4000)
    projection = project(z, np.ones(4000))
    design = projection.design.astype(float)
    measured = projection.partial(y, x, within)
    products = Products(design.T @ x, y @ design, y @ x, float(y @ y), within.astype(float) @ design, float(y @ within))
    z_screen, kept = products.screen(4000.0, projection.inverse)
    np.testing.assert_allclose(z_screen, measured.effect.value / measured.effect.error, rtol=0.06)
    np.testing.assert_allclose(kept, measured.kept, rtol=1e-4)


def test_within_a_part_is_least_squares_with_the_part_as_a_covariate() -> None:
    rng = np.random.default_rng(7)
    within = rng.random(600) < 0.3
    z, x = rng.random((600, 2)) < 0.4, (rng.random(600) < 0.5) & within
    y = 0.5 * x + 0.3 * within + z[:, 0] + rng.normal(0, 1, 600)
    inside = project(z, np.ones(600)).partial(y, x[:, None], within)
    beside = project(np.column_stack([z, within]), np.ones(600)).partial(y, x[:, None])
    np.testing.assert_allclose(inside.effect.value, beside.effect.value, rtol=1e-4)
    np.testing.assert_allclose(inside.effect.error, beside.effect.error, rtol=1e-3)
    assert inside.effect.p[0] > 0.99 * beside.effect.p[0]


def _sums(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([float(len(values))]), np.array([values.sum()]), np.array([(values**2).sum()])


def test_a_side_without_variance_does_not_vouch_for_itself() -> None:
    rng = np.random.default_rng(8)
    x = np.arange(200) < 25
    y = np.where(x, 0.0, (rng.random(200) < 0.12).astype(float))
    found = project(np.zeros((200, 0)), np.ones(200)).partial(y, x[:, None]).effect
    assert found.p[0] > 0.03
    bad = int(y[~x].sum())
    _, exact = np.asarray(stats.fisher_exact([[0, 25], [bad, 175 - bad]])).tolist()
    assert found.p[0] > exact / 3
