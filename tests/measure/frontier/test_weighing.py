"""Weights, other answers, and histories with gaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.weighing import WHOLE, weighed, with_gaps
from guildbook.measure.model import Places, Shape, Table
from guildbook.measure.work import Work

Maker = Callable[..., Work]


@pytest.mark.parametrize("seed", range(4))
def test_steps_that_weigh_one_are_counted(random_work: Maker, seed: int) -> None:
    whole = random_work(seed)
    shape = Shape(3)
    found = weighed(whole, shape, np.ones(whole.events, np.int64), ends=np.ones(len(whole), np.int64))
    assert found.digest() == Table.of(whole, shape).digest()


def test_weights_add_as_repeated_cases_do(random_work: Maker) -> None:
    whole, shape = random_work(1), Shape(3)
    times = np.arange(len(whole)) % 3
    again = whole.pick(np.repeat(np.arange(len(whole)), times))
    found = weighed(whole, shape, times[whole.trace].astype(np.int64), ends=times.astype(np.int64))
    assert found.digest() == Table.of(again, shape).digest()


def test_counts_go_onto_a_table(random_work: Maker) -> None:
    one, two, shape = random_work(2), random_work(3), Shape(2)
    table = Table.of(one, shape)
    weighed(two, shape, np.ones(two.events, np.int64), ends=np.ones(len(two), np.int64), onto=table)
    both = Table.of(one, shape)
    both.add(two)
    assert table.digest() == both.digest()


def test_other_answers_keep_their_histories(random_work: Maker) -> None:
    whole, shape = random_work(4), Shape(2)
    other = np.zeros(whole.events, np.int32)
    found = weighed(whole, shape, np.full(whole.events, WHOLE, np.int64), other)
    places = Places.of(whole, 2, 0)
    inside = places.answers != found.end
    ranked = found.ranked(places, 1)[:, 0]
    assert set(np.unique(ranked).tolist()) <= {0, found.end}
    assert (ranked[inside] == 0).any()


@pytest.mark.parametrize("seed", range(4))
def test_a_hidden_event_is_in_no_history(random_work: Maker, seed: int) -> None:
    whole = random_work(seed)
    order = 3
    places = Places.of(whole, order)
    hidden = whole.act == 1
    found = with_gaps(whole, places, hidden, order)
    assert (found.answers == places.answers).all()
    table = Table.of(whole.where(~hidden), Shape(order))
    own = Places.of(whole.where(~hidden), order, 0)
    deepest = {tuple(own.keys[kind].tolist()) for kind in own.which.tolist()}
    for place, kind in enumerate(found.which.tolist()):
        row = int(places.row[place])
        if row < 0 or not hidden[row]:
            assert tuple(found.keys[kind].tolist()) in deepest
    assert not (table.ranked(found, 3) == 1).any()


def test_nothing_hidden_changes_nothing(random_work: Maker) -> None:
    whole = random_work(5)
    places = Places.of(whole, 2)
    assert with_gaps(whole, places, np.zeros(whole.events, dtype=bool), 2) is places
    first = whole.offsets[:-1]
    opened = np.zeros(whole.events, dtype=bool)
    opened[first[0]] = True
    assert len(with_gaps(whole, places, opened, 2).which) == len(places)


def test_the_parts_share_no_case(parts: Parts) -> None:
    held = [set(part.keys) for part in (parts.train, parts.public, parts.tune.whole, parts.test.work)]
    for number, one in enumerate(held):
        assert one
        assert not any(one & other for other in held[number + 1 :])
