"""The model of any world is that of a book which never had the rest, to the last bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.measure.engine import Engine
from guildbook.measure.model import Places, Shape, Table
from guildbook.measure.work import Split, Work, joined

Maker = Callable[..., Work]


def plainly_ranked(train: Work, test: Work, shape: Shape, most: int) -> list[list[int]]:
    """The same model again, in plain Python."""
    seen: dict[tuple[object, ...], Counter[int]] = {}

    def before(work: Work, trace: int, at: int) -> list[int]:
        low = int(work.offsets[trace])
        return [-1, *work.act[low:at].tolist()]

    for trace in range(len(train)):
        for at in range(int(train.offsets[trace]), int(train.offsets[trace + 1]) + 1):
            follower = int(train.act[at]) if at < train.offsets[trace + 1] else len(train.acts)
            past = before(train, trace, at)
            for order in range(min(shape.order, len(past)) + 1):
                key = (int(train.task[trace]), *past[len(past) - order :])
                seen.setdefault(key, Counter())[follower] += 1
    out: list[list[int]] = []
    for trace in range(len(test)):
        for at in range(int(test.offsets[trace]) + 1, int(test.offsets[trace + 1]) + 1):
            past, found = before(test, trace, at), list[int]()
            for order in range(min(shape.order, len(past)), -1, -1):
                counts = seen.get((int(test.task[trace]), *past[len(past) - order :]), Counter())
                if not counts or (order and counts.total() < shape.least):
                    continue
                fresh = [code for code in counts if code not in found]
                found += sorted(fresh, key=lambda code: (-counts[code], code))
            out.append(found[:most])
    return out


@pytest.mark.parametrize(("order", "least"), [(1, 1), (3, 2), (6, 1)])
def test_ranks_as_plain_python_does(random_work: Maker, order: int, least: int) -> None:
    split = Split.drawn(random_work(order), 0.3, 1)
    shape = Shape(order, least)
    found = Table.of(split.train, shape).ranked(Places.of(split.test, order), 3)
    assert [[c for c in row if c >= 0] for row in found.tolist()] == plainly_ranked(split.train, split.test, shape, 3)


@given(seed=st.integers(0, 999), missing=st.sets(st.integers(0, 4)), shared=st.booleans(), withheld=st.booleans())
def test_a_world_is_what_never_having_had_the_rest_gives(
    random_work: Maker, seed: int, missing: set[int], *, shared: bool, withheld: bool
) -> None:
    split = Split.newest(random_work(seed, 30, shared=shared), 0.3)
    engine = Engine.of(split, shape=Shape(4))
    coalition = engine.everybody()
    coalition[[w for w in missing if w < len(coalition)]] = False
    rows = (
        np.random.default_rng(seed).random(split.train.events) < 0.3 if withheld else np.zeros(split.train.events, bool)
    )
    kept = coalition[split.train.worker] & ~rows
    assert engine.model(coalition, rows).digest() == Table.of(split.train.where(kept), Shape(4)).digest()


def test_a_table_grows_and_forgets_everything(random_work: Maker) -> None:
    work = random_work(3, 2_000, longest=20, acts=40)
    table = Table.empty(len(work.acts), Shape(5), room=8)
    empty = table.digest()
    table.add(work)
    assert table.digest() == Table.of(work, Shape(5)).digest()
    table.subtract(work)
    assert table.digest() == empty


def test_sweeps_in_order_and_as_one_by_one(random_work: Maker) -> None:
    engine = Engine.of(Split.newest(random_work(5)))
    worlds = [np.arange(5) != code for code in range(5)]
    told: list[float] = []
    swept = list(engine.sweep(worlds, lambda model: model.digest(), told.append))
    assert swept == [engine.model(world).digest() for world in worlds]
    assert told[-1] == 1.0


def test_what_is_held_back_is_not_learnt(random_work: Maker) -> None:
    work = random_work(7)
    split = Split.newest(work, 0.25)
    assert split.train.begun.max() <= split.test.begun.min()
    assert len(split.test) == round(0.25 * len(work))
    again = joined(split.train, split.test)
    assert sorted(again.keys) == sorted(work.keys)
    assert again.events == work.events


def test_the_paired_difference_is_tighter_than_two_intervals(random_work: Maker) -> None:
    engine = Engine.of(Split.drawn(random_work(11, 400), 0.5, 1))
    without = engine.everybody()
    without[0] = False
    base, less = engine.accuracy(engine.total), engine.accuracy(engine.model(without))
    loss = base.minus(less)
    assert loss.value == pytest.approx(base.value - less.value)
    assert loss.error < np.hypot(base.estimate().error, less.estimate().error)
