from __future__ import annotations

import numpy as np

from guildbook.distil.segment.tasks import tasks


def typed(segments: list[list[int]]) -> list[int]:
    symbol = np.array([step for steps in segments for step in steps], np.int64)
    segment = np.repeat(np.arange(len(segments)), [len(steps) for steps in segments])
    return tasks(symbol, segment, np.zeros(len(symbol), dtype=bool)).tolist()


def test_the_order_of_steps_and_a_step_left_out_make_no_other_task() -> None:
    assert typed([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [0, 1, 3, 4], [7, 8, 9]]) == [0, 0, 0, 1]


def test_the_commonest_task_comes_first() -> None:
    assert typed([[7, 8, 9], [0, 1, 2], [0, 1, 2]]) == [1, 0, 0]


def test_loose_ends_say_nothing_of_the_task() -> None:
    symbol, segment = np.array([0, 1, 9, 9, 0, 1]), np.array([0, 0, 0, 1, 1, 1])
    assert tasks(symbol, segment, np.array([False, False, True, True, False, False])).tolist() == [0, 0]


def test_no_segments_have_no_tasks() -> None:
    nothing = np.empty(0, np.int64)
    assert tasks(nothing, nothing, np.empty(0, dtype=bool)).tolist() == []
