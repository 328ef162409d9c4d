"""A and S by part of the work, the gate, the re-training attack, and what is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.attack import Thirds, curve
from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Measured
from guildbook.measure.model import Shape
from guildbook.measure.shares import digest_of, longest, share_of, weighted, wilson
from guildbook.measure.trial import Policy
from guildbook.measure.value import LEAST_WORKERS, Wage, assess, gate
from guildbook.measure.work import Split, Work, work

Maker = Callable[..., Work]


def engine(made: Work, policy: Policy | None = None) -> Engine:
    return Engine.of(Split.newest(made, 0.25), policy, Shape(2))


def straight(cases: int = 60, workers: int = 6) -> Work:
    """Cases that all go the same way."""

    def case(number: int) -> list[tuple[str, str, int]]:
        return [(f"step {k}", f"worker {(number + k) % workers}", number * 1_000 + k) for k in range(4)]

    return work([("claim", case(number)) for number in range(cases)], own=60_000_000)


@given(share=st.floats(0, 1), n=st.integers(1, 10_000))
def test_wilson_holds_its_share(share: float, n: int) -> None:
    low, high = wilson(share, n)
    assert 0 <= low <= share <= high <= 1
    assert high > low


def test_wilson_by_hand() -> None:
    """Newcombe, *Statistics in Medicine* 17, 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for count, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
                                (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert wilson(count / n, n) == pytest.approx((low, high), abs=1e-4)


def test_none_of_few_is_not_surely_none() -> None:
    found = share_of(Measured(np.zeros(10), np.ones(10)))
    assert (found.value, found.low) == (0, 0)
    assert found.high > 0.25
    alike = weighted(Measured(np.full(10, 0.6), np.ones(10)), 0.6)
    assert alike.low < 0.5
    assert alike.high == pytest.approx(0.6)


def test_a_straight_way_is_done_alone() -> None:
    found = assess(engine(straight()), wage=Wage(30.0), open_to_all=True)
    whole = found.parts[0]
    assert whole.augmentation is not None
    assert whole.alone is not None
    assert whole.money is not None
    assert whole.augmentation.value == pytest.approx(0.6)
    assert whole.alone.value == 1
    assert whole.hours == pytest.approx(15 * 3 / 60)  # all steps but the first, a minute each
    assert whole.money.value == pytest.approx(0.6 * whole.hours * 30)
    assert found.longest.value >= 4
    assert found.timed == 1


@pytest.mark.parametrize("kind", ["result", "step"])
def test_a_gate_leaves_a_alone_and_takes_s(kind: str) -> None:
    made = engine(straight())
    gated = engine(straight(), Policy(gated=gate(made.train, kind)))
    bare, shut = (assess(one, open_to_all=True).parts[0] for one in (made, gated))
    assert shut.augmentation == bare.augmentation
    assert shut.alone == bare.alone
    assert shut.system is not None
    assert shut.system.value == 0
    assert gate(made.train, "none") == frozenset()


def test_parts_make_the_whole(random_work: Maker) -> None:
    made = engine(random_work(3, traces=200, workers=12, tasks=2))
    found = assess(made, {f"worker {n}": f"team {n % 2}" for n in range(12)}, open_to_all=True)
    whole, tasks = found.parts[0], [one for one in found.parts if one.kind == "task"]
    groups = [one for one in found.parts if one.kind == "group"]
    assert sum(one.episodes for one in tasks) == whole.episodes
    for parts in (tasks, groups):
        assert sum(one.hours for one in parts) == pytest.approx(whole.hours)
        assert sum(one.saved.value for one in parts if one.saved) == pytest.approx(
            whole.saved.value if whole.saved else 0
        )


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_few_workers_are_not_shown_nor_worked_out(sizes: list[int]) -> None:
    listed, names = [], iter(range(1_000))
    members: dict[str, str] = {}
    for team, size in enumerate(sizes):
        people = [f"w{next(names)}" for _ in range(size)]
        members |= dict.fromkeys(people, f"team {team}")
        listed += [
            (f"task {team}", [(f"s{k}", people[(case + k) % size], (case * 10 + team) * 100 + k) for k in range(3)])
            for case in range(12)
        ]
    made = Engine(work(listed, own=1_000_000), work(listed, own=1_000_000), Shape(1))
    for kind in ("task", "group"):
        parts = [one for one in assess(made, members).parts if one.kind == kind]
        hidden = [size for one, size in zip(parts, sizes, strict=True) if one.hidden]
        assert all(one.workers is None and one.alone is None for one in parts if one.hidden)
        assert all(size >= LEAST_WORKERS for one, size in zip(parts, sizes, strict=True) if not one.hidden)
        if hidden and len(hidden) < len(parts):
            assert len(hidden) > 1
            assert sum(hidden) >= LEAST_WORKERS


def test_public_cases_are_in_neither_part(random_work: Maker) -> None:
    split = Split.newest(random_work(5, traces=100))
    parts = Thirds.of(split, 3)
    keys = [set(part.keys) for part in (parts.train, parts.public, parts.test)]
    assert not keys[0] & keys[1]
    assert not keys[1] & keys[2]
    assert not keys[0] & keys[2]
    assert set().union(*keys) == set(split.train.keys) | set(split.test.keys)
    assert Thirds.of(split, 3).public.keys == parts.public.keys


def test_what_was_withheld_comes_back_with_public_cases() -> None:
    """A model without a step does nothing alone; a few public cases give it the way again."""
    made = straight(200)
    parts = Thirds.of(Split.newest(made), 0)
    bound = parts.train.where(parts.train.act != made.acts.index("step 2"))
    found = list(curve(Engine(bound, parts.test, Shape(2)), parts.public, (0, 2, 16, 10_000), draws=3))
    assert [point.cases for point in found] == [0, 2, 16]
    assert found[0].best.value == 0
    assert found[-1].best.value == 1
    assert found[-1].weight in {1, 10}
    values = [point.best.value for point in found]
    assert values == sorted(values)


def test_attack_and_digest_are_the_same_each_time(random_work: Maker) -> None:
    made = random_work(7, traces=200)
    parts = Thirds.of(Split.newest(made), 0)
    one, two = (list(curve(Engine(parts.train, parts.test, Shape(2)), parts.public, (0, 5), seed=4)) for _ in range(2))
    assert one == two
    assert digest_of(made) == digest_of(random_work(7, traces=200))
    assert digest_of(made) != digest_of(replace(made, own=made.own + 1))


def test_the_longest_run_has_an_interval(random_work: Maker) -> None:
    made = engine(random_work(2, traces=300))
    found = longest(made.trial.substitution(made.total, Policy()))
    assert 0 <= found.low <= found.value <= found.high
