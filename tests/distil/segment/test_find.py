from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from guildbook.columns import raw_table
from guildbook.distil.segment import read, segment
from guildbook.distil.segment.find import attached
from guildbook.distil.segment.tasks import tasks

Make = Callable[..., tuple[pa.Table, Any]]


def test_one_rigid_routine_is_cut_once_a_turn(make: Make) -> None:
    table, truth = make(40, alpha=9)
    assert segment(read(table)).segment.tolist() == truth.tolist()


def test_several_routines_are_told_apart_and_typed(make: Make) -> None:
    table, truth = make(60, alpha=7, bravo=11, charly=5)
    stream = read(table)
    found = segment(stream)
    assert found.segment.tolist() == truth.tolist()
    assert len(set(tasks(stream.symbol, found.segment, found.loose).tolist())) == 3


def test_the_longest_turn_is_one_task_with_its_variants(make: Make) -> None:
    table, truth = make(40, alpha=9)
    keep = np.ones(len(truth), dtype=bool)
    keep[4 :: 9 * 3] = False  # every third performance leaves a step out
    stream = read(table.filter(pa.array(keep)))
    found = segment(stream)
    assert found.segment.tolist() == truth[keep].tolist()
    assert tasks(stream.symbol, found.segment, found.loose).tolist() == [0] * 40


def test_foreign_events_are_loose_ends_of_what_is_around_them(make: Make) -> None:
    table, truth = make(60, alpha=8, bravo=10)
    chance = np.random.default_rng(3)
    at = np.sort(chance.choice(np.arange(1, len(truth)), len(truth) // 5, replace=False))
    elements = [f"page {chr(97 + i)}" for i in chance.integers(0, 12, len(at))]
    noise = raw_table({"app": ["Web"] * len(at), "action": ["scroll"] * len(at), "element_name": elements}, len(at))
    rows = np.insert(np.arange(len(truth)), at, len(truth) + np.arange(len(at)))
    found = segment(read(pa.concat_tables([table, noise]).unify_dictionaries().take(rows)))
    real = rows < len(truth)
    pairs = {(int(a), int(b)) for a, b in zip(truth, found.segment[real], strict=True)}
    assert len(pairs) <= 63
    assert found.loose[~real].mean() > 0.8


def test_two_interleaved_tasks_are_two_strands(make: Make) -> None:
    table, truth = make(40, alpha=8, bravo=8, seed=2)
    chance = np.random.default_rng(5)
    order: list[int] = []
    for pair in range(0, 40, 2):
        rows = np.flatnonzero((truth == pair) | (truth == pair + 1))
        which = chance.permutation(np.repeat([pair, pair + 1], 8))
        places = {number: iter(np.flatnonzero(truth == number).tolist()) for number in (pair, pair + 1)}
        mixed = [next(places[number]) for number in which.tolist()]
        order += (
            mixed
            if table.column("element_name")[int(rows[0])] != table.column("element_name")[int(rows[-1] - 7)]
            else rows.tolist()
        )
    found = segment(read(table.take(order)))
    pairs = {(int(a), int(b)) for a, b in zip(truth[order], found.segment, strict=True)}
    assert found.strands >= 2
    assert len(pairs) <= 44


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_tiny_streams_are_one_segment_or_none(rows: int) -> None:
    table = raw_table({"action": [f"do {i}" for i in range(rows)]}, rows)
    stream = read(table)
    found = segment(stream)
    assert found.segment.tolist() == [0] * rows
    assert len(tasks(stream.symbol, found.segment, found.loose)) == min(rows, 1)


def test_activities_that_never_repeat_are_not_cut() -> None:
    names = [f"do {chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(300)]
    assert set(segment(read(raw_table({"action": names}, 300))).segment.tolist()) == {0}


def test_the_same_stream_gives_the_same_segments(make: Make) -> None:
    table, _ = make(30, alpha=6, bravo=9)
    assert segment(read(table)).segment.tolist() == segment(read(table)).segment.tolist()


def test_events_without_a_segment_join_what_goes_on_around_them() -> None:
    assert attached(np.array([-1, 0, -1, 0, -1, 1, 1, -1])).tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert attached(np.array([0, 1, -1, 0, 1])).tolist() == [0, 1, 1, 0, 1]
