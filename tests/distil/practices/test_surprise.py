"""What a next-step model does not expect, and that the search counts it apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.practices import mining, task
from guildbook.distil.practices.experience import Experience
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.surprise import Known, bits, unsurprising
from guildbook.distil.practices.traces import TaskTraces, by_task
from guildbook.distil.sums import Sums
from guildbook.model.ids import symbol

Make = Callable[..., Sums]
STEPS = ("open", "check", "call", "pay")


def nobody(block: TaskTraces) -> Experience:
    none = np.zeros(len(block.workers), dtype=bool)
    return Experience(np.full(len(block.workers), np.nan), none, none)


def column(block: TaskTraces, step: str) -> int:
    return int(np.flatnonzero(block.activities == np.uint64(symbol(step)))[0])


@pytest.fixture(scope="module")
def block_of(sums_of: Make, trace_type: Any) -> Callable[[list[list[str]]], TaskTraces]:
    def made(listed: list[list[str]]) -> TaskTraces:
        (block,) = by_task(sums_of([trace_type(steps) for steps in listed]).profiles, MiningSettings())
        return block

    return made


@given(st.lists(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4, unique=True), min_size=1, max_size=30))
def test_surprise_is_of_a_chance(block_of: Callable[[list[list[str]]], TaskTraces], listed: list[list[str]]) -> None:
    block = block_of(listed)
    every = np.ones(len(block.weights), dtype=bool)
    for below in ((), (Known(0, block.first[:, 0] >= 0),)):
        found = bits(block, every, below)
        assert (found >= 0).all()
        assert np.isfinite(found).all()
        assert not bits(block, ~every, below).any()


def test_a_step_that_always_comes_is_expected_and_a_choice_is_not(
    block_of: Callable[[list[list[str]]], TaskTraces],
) -> None:
    block = block_of([["open", "pay"]] * 50 + [["open", "check", "pay"]] * 50 + [["open", "call", "pay"]] * 4)
    found = bits(block, np.ones(len(block.weights), dtype=bool))
    assert found[column(block, "open")] < 0.1
    assert found[column(block, "check")] == pytest.approx(1.06, abs=0.1)
    assert found[column(block, "call")] > 3
    later = unsurprising(block, nobody(block))
    assert column(block, "check") not in later
    assert {column(block, step) for step in ("open", "call")} <= later


def test_what_is_known_takes_the_surprise_out_of_what_follows_from_it(
    block_of: Callable[[list[list[str]]], TaskTraces],
) -> None:
    steps = ("open", "x1", "x2", "x3")
    block = block_of([["check", *steps, "call"]] * 50 + [["open", *steps[1:], "pay"]] * 50)
    every = np.ones(len(block.weights), dtype=bool)
    call, check = column(block, "call"), column(block, "check")
    known = (Known(check, block.first[:, check] >= 0),)
    assert bits(block, every)[call] > 0.9
    assert bits(block, every, known)[call] < 0.1
    assert bits(block, every, known)[check] == pytest.approx(bits(block, every)[check], abs=0.01)


def test_what_does_not_surprise_is_counted_apart_and_still_found(
    claims: Callable[..., Any], sums_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = sums_of(claims(3, check=0.3))
    usual = {p.do for p in mining.mine(sums)}

    def all_later(block: TaskTraces, *_: object) -> frozenset[int]:
        return frozenset(range(len(block.activities)))

    monkeypatch.setattr(task, "unsurprising", all_later)
    apart = {p.do for p in mining.mine(sums)}
    assert apart == usual != set()
