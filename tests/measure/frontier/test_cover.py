"""The cheapest kinds that break enough runs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.frontier.cover import Paths, cheapest, cover, greedy, leaner


def left(groups: list[Paths], kinds: frozenset[int]) -> float:
    """The greatest share of unbroken runs of any group."""
    shares = [0.0]
    for group in groups:
        broken = group.through[:, sorted(kinds)].any(axis=1)
        shares.append(float(group.runs[~broken].sum()) / group.of)
    return max(shares)


def brute(costs: np.ndarray, groups: list[Paths], allowed: float) -> float | None:
    """The least cost, over all subsets."""
    sizes = range(len(costs) + 1)
    fine = [
        float(costs[list(kinds)].sum())
        for size in sizes
        for kinds in itertools.combinations(range(len(costs)), size)
        if left(groups, frozenset(kinds)) <= allowed + 1e-12
    ]
    return min(fine, default=None)


def made(seed: int) -> tuple[np.ndarray, list[Paths]]:
    """A random instance with at most seven kinds."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 8))
    costs = np.round(rng.random(size), 3) * (rng.random(size) < 0.9)
    groups = [
        Paths.told(rng.random((int(rng.integers(1, 12)), size)) < 0.4, 20.0) for _ in range(int(rng.integers(1, 4)))
    ]
    return costs, groups


@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.05, 0.1, 0.3]))
def test_the_programme_finds_the_cheapest(seed: int, allowed: float) -> None:
    costs, groups = made(seed)
    best, found = brute(costs, groups, allowed), cover(costs, groups, allowed)
    if best is None:
        assert found is None
        return
    assert found is not None
    assert left(groups, frozenset(found.kinds)) <= allowed + 1e-12
    assert found.cost == pytest.approx(best, abs=1e-5)
    assert found.bound <= best + 1e-9
    assert 0 <= found.gap <= 1


@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.1]))
def test_trying_in_the_order_of_costs_finds_the_cheapest_too(seed: int, allowed: float) -> None:
    costs, groups = made(seed)
    best = brute(costs, groups, allowed)
    found, cost = cheapest(costs, lambda kinds: left(groups, kinds) <= allowed + 1e-12, 1_000)
    if best is None:
        assert found is None
    else:
        assert found is not None
        assert cost == pytest.approx(best)
    few, least = cheapest(costs, lambda kinds: left(groups, kinds) <= allowed + 1e-12, 3)
    assert few is not None or least <= (np.inf if best is None else best) + 1e-12


@given(st.integers(0, 2**31))
def test_greedy_grows_until_it_is_enough(seed: int) -> None:
    costs, groups = made(seed)
    way = greedy(len(costs), lambda kinds: left(groups, kinds), costs, 0.1)
    values = [value for _, value in way]
    assert values == sorted(values, reverse=True)
    assert all(one[0] < two[0] for one, two in itertools.pairwise(way))
    if values[-1] <= 0.1:
        pruned = leaner(way[-1][0], lambda kinds: left(groups, kinds) <= 0.1, costs)
        assert pruned <= way[-1][0]
        assert left(groups, pruned) <= 0.1


def test_nothing_need_be_taken_where_nothing_runs() -> None:
    none = Paths.told(np.zeros((0, 3), dtype=bool), 10.0)
    found = cover(np.ones(3), [none], 0.0)
    assert found is not None
    assert found.kinds == ()
    assert found.gap == 0
