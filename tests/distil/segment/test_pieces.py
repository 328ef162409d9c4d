from __future__ import annotations

import numpy as np

from guildbook.distil.segment.pieces import rejoined


def labels(parts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    symbol = np.array([step for steps in parts for step in steps], np.int64)
    return symbol, np.repeat(np.arange(len(parts)), [len(steps) for steps in parts])


ROUND = list(range(12))


def test_two_pieces_that_complete_one_another_are_one() -> None:
    symbol, segment = labels([ROUND, ROUND, ROUND[:5], ROUND[5:], ROUND])
    found = rejoined(symbol, segment, np.zeros(5, np.int64))
    assert found.tolist() == np.repeat([0, 1, 2, 2, 4], [12, 12, 5, 7, 12]).tolist()


def test_the_end_of_one_and_the_beginning_of_the_next_stay_apart() -> None:
    symbol, segment = labels([ROUND, ROUND, ROUND[5:], ROUND[:5], ROUND])
    assert rejoined(symbol, segment, np.zeros(5, np.int64)).tolist() == segment.tolist()


def test_whole_performances_stay_apart() -> None:
    symbol, segment = labels([ROUND] * 6)
    assert rejoined(symbol, segment, np.zeros(6, np.int64)).tolist() == segment.tolist()
