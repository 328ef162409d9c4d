"""Dominance, areas and intervals of points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.frontier.points import Cloud, frontier

TRACES = 200


def cloud(points: list[tuple[str, float, float, float]], seeds: int = 3, noise: float = 0.0) -> Cloud:
    """Points (mechanism, level, S, A) whose traces scatter alike."""
    rng = np.random.default_rng(0)
    shake = noise * rng.standard_normal((seeds, TRACES))
    shake -= shake.mean()
    values = {
        name: np.stack([np.full((seeds, TRACES), point[2 if name == "system" else 3]) + shake for point in points])
        for name in ("system", "saved_most")
    }
    ones = {name: np.ones(TRACES) for name in values}
    return Cloud(tuple(p[0] for p in points), tuple(p[1] for p in points), values, ones)


POINTS = [("caps", 0.0, 0.0, 0.0), ("caps", 0.5, 0.3, 0.4), ("caps", 1.0, 0.5, 0.5), ("gate", 0.0, 0.1, 0.5)]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_frontier_rises_and_beats_the_rest(points: list[tuple[float, float]]) -> None:
    low, high = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    kept = frontier(low, high)
    assert (np.diff(low[kept]) > 0).all()
    assert (np.diff(high[kept]) > 0).all()
    for one in range(len(points)):
        assert any(low[k] <= low[one] and high[k] >= high[one] for k in kept.tolist())


def test_points_are_dominated_beyond_their_intervals() -> None:
    found = cloud(POINTS, noise=0.05).statuses("system", "most", np.arange(4))
    assert found == ["frontier", "dominated", "dominated", "frontier"]  # shaken alike, so their differences are sure
    near = cloud([("gate", 0.0, 0.1, 0.5), ("caps", 1.0, 0.1, 0.5)])
    assert near.statuses("system", "most", np.arange(2)) == ["frontier", "frontier"]
    near = cloud([("gate", 0.0, 0.1, 0.5), ("caps", 1.0, 0.1, 0.5)])
    rng = np.random.default_rng(1)
    near.values["system"][1] += rng.standard_normal((3, TRACES)) * 0.5
    near.values["system"][1] += 0.001 - near.values["system"][1].mean() + 0.1
    assert near.statuses("system", "most", np.arange(2)) == ["frontier", "undecided"]


def test_areas_are_steps_and_hulls() -> None:
    found = cloud(POINTS).areas("system", "most", {"caps": ("caps",), "gate": ("gate",), "both": ("caps", "gate")})
    assert found is not None
    assert found["caps"]["area"]["value"] == pytest.approx((0.2 * 0.4) / (0.5 * 0.5))
    assert found["gate"]["area"]["value"] == pytest.approx(0.4 / 0.5)
    assert found["both"]["ratio_to_caps"]["value"] == pytest.approx(2.5)
    hull = (0.3 * 0.4 / 2 + 0.2 * 0.45) / 0.25
    assert found["gate"]["ratio_to_caps_by_lot"]["value"] == pytest.approx(0.8 / hull)
    assert found["gate"]["area"]["low"] <= found["gate"]["area"]["value"] <= found["gate"]["area"]["high"]


def test_there_is_no_area_where_nothing_moves() -> None:
    still = cloud([("caps", 0.0, 0.5, 0.0), ("caps", 1.0, 0.5, 0.5)])
    assert still.areas("system", "most", {"caps": ("caps",)}) is None
    assert cloud([("gate", 0.0, 0.1, 0.5)]).areas("system", "most", {"gate": ("gate",)}) is None


def test_an_interval_holds_traces_and_seeds() -> None:
    one = cloud(POINTS, seeds=1, noise=0.1).estimate("system", 1)
    assert one.value == pytest.approx(0.3)
    assert one.error == pytest.approx(0.1 / np.sqrt(TRACES), rel=0.2)
    many = cloud(POINTS, seeds=4)
    many.values["system"][1] += np.array([-0.1, 0.1, -0.1, 0.1])[:, None]
    assert many.estimate("system", 1).error == pytest.approx(np.std([-0.1, 0.1, -0.1, 0.1], ddof=1) / 2)
