"""The nearest-neighbour game: against every coalition, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.contribution.retrieval import retrieved, shapley
from guildbook.measure.contribution.values import shapley_of
from guildbook.measure.work import Split, Work, work

Maker = Callable[..., Work]


def brute(far: list[int], helps: list[float], nearest: int) -> np.ndarray:
    order = sorted(range(len(far)), key=lambda i: (far[i], -i))
    worth = np.zeros(1 << len(far))
    for coalition in range(len(worth)):
        inside = [i for i in order if coalition >> i & 1][:nearest]
        worth[coalition] = sum(helps[i] for i in inside) / nearest
    return shapley_of(worth)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(-2, 2)), min_size=1, max_size=8),
    st.integers(1, 10),
)
def test_values_are_those_of_every_coalition(listed: list[tuple[int, float]], nearest: int) -> None:
    far, helps = [f for f, _ in listed], [u for _, u in listed]
    found = shapley(np.array(far, np.float64), np.array(helps), nearest)
    assert found == pytest.approx(brute(far, helps, nearest), abs=1e-9)


def test_values_of_workers_add_up_to_what_is_retrieved(random_work: Maker) -> None:
    split = Split.newest(random_work(3, traces=80), 1 / 4)
    found = retrieved(split.train, split.test, nearest=3, opening=2)
    assert found.exact
    assert sum(one.value for one in found.values) == pytest.approx(found.whole)
    assert 0 < found.whole < 1
    some = retrieved(split.train, split.test, nearest=3, opening=2, queries=5, seed=1)
    assert not some.exact
    assert some == retrieved(split.train, split.test, nearest=3, opening=2, queries=5, seed=1)
    assert all(one.error >= 0 for one in some.values)


def test_whoever_went_on_as_the_query_did_has_helped() -> None:
    stored = [("t", [(act, who, 10 * n + i) for i, act in enumerate(way)]) for n, (who, way) in enumerate(
        [("ann", "abx"), ("bo", "aby"), ("cy", "cdx")]
    )]  # fmt: skip
    base = work([*stored, ("t", [(act, "dee", 100 + i) for i, act in enumerate("abx")])])
    found = retrieved(base.pick(np.arange(3)), base.pick(np.array([3])), nearest=1, opening=2)
    ann, bo, cy = (one.value for one in found.values[:3])
    assert found.whole == pytest.approx(ann + bo + cy)
    assert (ann, cy, bo) == pytest.approx((1 / 3, 1 / 3, -2 / 3))  # bo's is as near as ann's and newer


def test_nothing_to_ask(random_work: Maker) -> None:
    split = Split.newest(random_work(1, longest=2), 1 / 4)
    found = retrieved(split.train, split.test, opening=5)
    assert (found.whole, {one.value for one in found.values}) == (0.0, {0.0})
