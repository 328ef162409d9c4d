from __future__ import annotations

import numpy as np

from guildbook.columns import raw_table
from guildbook.distil.segment.evidence import FLOW, IDLE_MOST, SAME, idle, weights
from guildbook.distil.segment.stream import read


def test_a_long_gap_speaks_for_a_border_and_a_clock_that_stands_still_says_nothing() -> None:
    known = np.ones(50, dtype=bool)
    times = np.cumsum(np.full(50, 1_000_000))
    assert not idle(times, known).any()
    times[25:] += 600_000_000
    assert idle(times, known).argmax() == 25
    assert idle(times, known).max() <= IDLE_MOST
    assert not idle(np.zeros(50, np.int64), known).any()
    assert idle(times[::-1].copy(), known).max() == 0


def test_a_content_on_its_way_and_one_row_worked_on_speak_against_a_border() -> None:
    rows = [(f"A{row}", f"value {row}") for row in range(2, 22) for _ in range(2)]
    table = raw_table(
        {
            "action": ["copy", "paste"] * 20,
            "element_id": [cell if i % 2 == 0 else "field" for i, (cell, _) in enumerate(rows)],
            "value_after": [value for _, value in rows],
        },
        40,
    )
    found = weights(read(table), np.arange(40))
    assert (found[1::2] == FLOW).all()
    assert (found[2::2] == 0).all()
    cells = raw_table({"action": ["look", "type"] * 20, "element_id": [cell for cell, _ in rows]}, 40)
    assert (weights(read(cells), np.arange(40))[1::2] == SAME).all()
