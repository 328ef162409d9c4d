"""The alarm goes off when models feed on their own output, and not otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.app import open_book
from guildbook.app.learning import Wanted
from guildbook.measure.collapse import adopted, collapse
from guildbook.measure.health import Window, length, windows
from guildbook.measure.loop import FEWEST, judge
from guildbook.measure.work import Work
from guildbook.model.time import DAY

WEEK = 7 * DAY
FLAT = [Window(week * WEEK, 50, 500, 9, 55.0, 0.1, 0.05, 0.3, 0.6, 3.0) for week in range(24)]


def sloped(*, ai: float = 0.0, new: float = 0.0, entropy: float = 0.0, seed: int = 0) -> list[Window]:
    """Windows of which some measures move by so much, as a share, from first to last; all with some noise."""
    rng = np.random.default_rng(seed)
    found: list[Window] = []
    for number, window in enumerate(FLAT):
        way = number / (len(FLAT) - 1)
        noise = 1 + 0.03 * rng.standard_normal(4)
        found.append(
            replace(
                window, ai=0.1 * (1 + ai * way) * noise[0], new_steps=0.05 * (1 + new * way) * noise[1],
                new_variants=0.3 * (1 + new * way) * noise[2], entropy=0.6 * (1 + entropy * way) * noise[3],
            )
        )  # fmt: skip
    return found


def test_all_three_make_a_loop() -> None:
    found = judge(sloped(ai=5.0, new=-0.6, entropy=-0.5))
    assert found.state == "loop"
    assert found.since is not None


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        ({}, "healthy"),
        ({"ai": 5.0}, "healthy"),
        ({"ai": 5.0, "new": -0.6}, "healthy"),
        ({"ai": 5.0, "entropy": -0.5}, "healthy"),
        ({"new": -0.6, "entropy": -0.5}, "narrowing"),
        ({"ai": 5.0, "new": 0.6, "entropy": 0.5}, "healthy"),
        ({"ai": -0.9, "new": -0.6, "entropy": -0.5}, "narrowing"),
        ({"ai": 5.0, "new": -0.05, "entropy": -0.05}, "healthy"),
    ],
    ids=str,
)
def test_less_than_three_make_none(moves: dict[str, Any], state: str) -> None:
    assert judge(sloped(**moves)).state == state


def test_few_windows_tell_nothing() -> None:
    assert judge(sloped(ai=5.0, new=-0.6, entropy=-0.5)[: FEWEST - 1]).state == "too-little"
    assert judge([]).state == "too-little"


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), ai=st.floats(0, 10))
def test_ai_that_does_no_harm_raises_nothing(seed: int, ai: float) -> None:
    assert judge(sloped(ai=ai, seed=seed)).state != "loop"


@pytest.mark.slow
def test_a_collapse_raises_it(random_work: Callable[..., Work]) -> None:
    people = random_work(1, traces=600, acts=8, longest=6)
    made = [collapse(people, 26, 200, size=WEEK, seed=seed) for seed in range(5)]
    assert [judge(windows(one, WEEK)).state for one in made].count("loop") >= 4


@pytest.mark.slow
def test_healthy_work_with_ever_more_ai_does_not(random_work: Callable[..., Work]) -> None:
    people = random_work(1, traces=600, acts=8, longest=6)
    for seed in range(10):
        made = adopted(collapse(people, 20, 120, size=WEEK, share=0, seed=seed), 0.9, seed)
        found = judge(windows(made, WEEK), seed)
        assert found.trends[0].moved, "the share of AI does rise"
        assert found.state != "loop"


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["Helpdesk", "BPI_Challenge_2012"])
def test_real_logs_are_healthy(shared_data: Path, tmp_path: Path, name: str) -> None:
    with open_book(tmp_path / "book") as book:
        book.learn(Wanted(paths=(shared_data / "eventlogs" / f"{name}.xes.gz",)))
        found = book.measure.health("4w" if name == "Helpdesk" else "7d")
        assert found["state"] == "healthy"
        work = book.measure.work()
    assert judge(windows(adopted(work, 0.9, 1), length(work))).state == "healthy"
