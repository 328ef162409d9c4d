"""Teams and roles found again in made-up networks and profiles, and what makes them trustworthy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.groups import groups
from guildbook.distil.groups_kernels import merged, moved, shared
from guildbook.distil.groups_roles import Doings, clustered, cut, description, roles, silhouette
from guildbook.distil.groups_teams import communities, dense, divided, modularity, surprise, ties
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums, worker_symbol
from guildbook.model.time import MINUTE

Ints = np.ndarray[Any, np.dtype[np.int64]]


def same(one: Ints, two: Ints) -> bool:
    """The same division, whatever the numbers."""
    return len({*zip(one.tolist(), two.tolist(), strict=True)}) == len({*one.tolist()}) == len({*two.tolist()})


def network(seed: int, sizes: list[int], inside: float, across: float) -> tuple[np.ndarray[Any, Any], Ints]:
    """Poisson ties, `inside` on average within a team and `across` between teams."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(len(sizes)), sizes)
    half = np.triu(rng.poisson(np.where(team[:, None] == team, inside, across)), 1).astype(np.float64)
    return half + half.T, team.astype(np.int64)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("sizes", "across"), [([4, 5, 6], 2.0), ([3] * 20, 0.6), ([20, 3, 3, 8], 1.0), ([5] * 12, 1.0)]
)
def test_teams_of_any_size_are_found_again(seed: int, sizes: list[int], across: float) -> None:
    weights, team = network(seed, sizes, 20.0, across)
    assert same(communities(weights), team)


@pytest.mark.parametrize("seed", range(10))
def test_where_all_work_with_all_there_is_one_team(seed: int) -> None:
    for size, mean in ((12, 3.0), (40, 1.0), (80, 5.0)):
        weights, _ = network(seed, [size], mean, mean)
        assert communities(weights).max() == 0


def test_who_works_with_nobody_has_no_team() -> None:
    weights, _ = network(1, [5, 5], 20.0, 1.0)
    weights[3] = weights[:, 3] = 0.0
    labels = communities(weights)
    assert labels[3] == -1
    assert labels.max() == 1


@given(st.integers(0, 10_000), st.integers(2, 14), st.floats(0.5, 3.0))
def test_moves_never_lose_modularity(seed: int, size: int, resolution: float) -> None:
    weights, _ = network(seed, [size], 2.0, 2.0)
    start = np.arange(size, dtype=np.int64)
    end = moved(weights, start, 1.0)
    assert modularity(weights, end) >= modularity(weights, start) - 1e-9
    labels = divided(weights, resolution)
    assert np.array_equal(dense(labels), labels)
    assert np.array_equal(divided(weights * 3.0, resolution), labels)


def test_modularity_is_that_of_the_definition() -> None:
    # Two triangles joined by one edge: Q = 5/14, the textbook's example.
    weights = np.zeros((6, 6))
    for a, b in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 3)):
        weights[a, b] = weights[b, a] = 1.0
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert modularity(weights, labels) == pytest.approx(5 / 14)
    assert np.array_equal(divided(weights, 1.0), labels)
    assert surprise(weights, labels) > surprise(weights, np.array([0, 0, 1, 1, 2, 2])) >= 0.0
    assert surprise(weights, np.zeros(6, np.int64)) == 0.0


def test_ties_are_shared_among_those_who_took_part() -> None:
    people = np.array([0, 1, 2, 0, 1], np.int64)
    out = shared(np.array([0, 3]), np.array([3, 2]), people, np.array([2, 1]), 3)
    assert out.tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_average_linkage_is_that_of_the_definition(seed: int, size: int) -> None:
    points = np.random.default_rng(seed).normal(size=(size, 3))
    distance = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    pairs, heights = merged(distance.copy())
    clusters = {i: [i] for i in range(size)}
    for (low, high), height in zip(pairs.tolist(), heights.tolist(), strict=True):
        gaps = {(a, b): distance[np.ix_(clusters[a], clusters[b])].mean() for a in clusters for b in clusters if a < b}
        assert height == pytest.approx(min(gaps.values()))
        assert gaps[low, high] == pytest.approx(height)
        clusters[low] += clusters.pop(high)
    for k in range(1, size + 1):
        assert len(np.unique(cut(pairs, size, k))) == k


def test_silhouette_is_that_of_the_definition() -> None:
    points = np.array([0.0, 1.0, 10.0, 12.0, 30.0])
    distance = np.abs(points[:, None] - points)
    labels = np.array([0, 0, 1, 1, 2])
    of = [(11 - 1) / 11, (10 - 1) / 10, (9.5 - 2) / 9.5, (11.5 - 2) / 11.5, 0.0]
    assert silhouette(distance, labels) == pytest.approx(np.mean(of))


def test_the_shorter_description_is_that_of_the_true_number() -> None:
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.normal(size=(20, 2)) + np.array([c, c % 7]) for c in (0.0, 20.0, 40.0)])
    three = np.repeat([0, 1, 2], 20)
    assert description(points, three) < description(points, np.minimum(three, 1))
    assert description(points, three) < description(points, three * 2 + np.tile([0, 1], 30))


def _doings(seed: int, shares: np.ndarray[Any, Any], role: Ints, events: Ints) -> Doings:
    """People of these roles: their own shares vary about the role's."""
    rng = np.random.default_rng(seed)
    counts = np.array(
        [rng.multinomial(n, rng.dirichlet(60 * shares[r] + 0.02)) for n, r in zip(events, role, strict=True)]
    )
    steps = np.column_stack([np.ones(shares.shape[1]), np.arange(shares.shape[1])]).astype(np.uint64)
    return Doings(np.arange(len(role), dtype=np.uint64), steps, counts.astype(np.float64))


@pytest.mark.parametrize("seed", range(5))
def test_roles_are_found_again_with_what_all_do_beside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = np.full((5, 30), 0.0)
    shares[:, :6] = 0.5 / 6  # half of everyone's work is mail and minutes
    for r in range(5):
        own = rng.choice(np.arange(6, 30), 6, replace=False)
        shares[r, own] = 0.5 * rng.dirichlet(np.full(6, 3.0))
    role = np.repeat(np.arange(5), [2, 4, 6, 8, 10])
    found = roles(_doings(seed, shares, role, rng.integers(200, 3_000, len(role))))
    assert same(found, role)


@pytest.mark.parametrize("seed", range(10))
def test_where_all_do_the_same_there_is_one_role(seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.ones(20), 1)
    found = roles(_doings(seed, shares, np.zeros(25, np.int64), np.full(25, 500)))
    assert found.max() == 0


def test_who_did_little_is_placed_and_who_did_nearly_nothing_is_not() -> None:
    shares = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    role = np.array([0] * 5 + [1] * 5 + [0, 1, 1])
    found = roles(_doings(1, shares, role, np.array([400] * 10 + [10, 10, 2])))
    assert found[-1] == -1
    assert same(found[:-1], role[:-1])


def test_equal_points_are_one_cluster() -> None:
    assert clustered(np.full((6, 3), 0.5)).max() == 0


@pytest.fixture
def shop(table: Callable[..., pa.Table], monday: int) -> Sums:
    """Two shops of three: in each two sell and one signs, and no case leaves its shop."""
    rows: list[dict[str, Any]] = []
    for case in range(60):
        place = "ab"[case % 2]
        seller = f"{place}-seller-{case // 2 % 2}"
        minute = monday + case * 20 * MINUTE
        rows += [
            {"worker": seller, "time": minute + step * MINUTE, "action": f"sell {step}x", "case": f"s:{case}"}
            for step in range(3)
        ]
        rows.append({"worker": f"{place}-signer", "time": minute + 5 * MINUTE, "action": "sign", "case": f"s:{case}"})
        rows.append({"worker": seller, "time": minute + 6 * MINUTE, "action": "pack", "case": f"s:{case}"})
    return summarise_table(table(rows), Settings())


def test_groups_have_members_names_and_marks(shop: Sums) -> None:
    found = groups(shop)
    assert {team.members for team in found.teams} == {
        ("a-seller-0", "a-seller-1", "a-signer"),
        ("b-seller-0", "b-seller-1", "b-signer"),
    }
    assert {frozenset(role.members) for role in found.roles} == {
        frozenset({"a-seller-0", "a-seller-1", "b-seller-0", "b-seller-1"}),
        frozenset({"a-signer", "b-signer"}),
    }
    signers = next(role for role in found.roles if "a-signer" in role.members)
    assert signers.marked_by == (("sign", 60),)
    assert signers.name == "Sign"
    assert found.role(worker_symbol("b-signer")) == "Sign"
    assert found.team(worker_symbol("nobody")) == ""
    assert ties(shop, Doings.of(shop).workers).sum() > 0


def test_one_person_belongs_nowhere(table: Callable[..., pa.Table], monday: int) -> None:
    alone = summarise_table(table([{"worker": "ann", "time": monday, "action": "open"}]), Settings())
    assert groups(alone).teams == groups(alone).roles == ()
    assert groups(Sums()).team(1) == ""
