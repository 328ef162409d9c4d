from __future__ import annotations

import numpy as np

from guildbook.record.office.sheet import Sheet, join


def test_events_come_row_by_row_in_the_order_they_were_added() -> None:
    sheet = Sheet(2)
    sheet.add(7, 1.0, np.array([3, 4]))
    sheet.add(8, 2.0, 5, present=np.array([False, True]), wait=9.0)
    lines = sheet.lines()
    assert lines.row.tolist() == [0, 1, 1]
    assert lines.step.tolist() == [7, 7, 8]
    assert lines.who.tolist() == [3, 4, 5]
    assert lines.wait.tolist() == [0.0, 0.0, 9.0]
    assert lines.to.tolist() == [-1, -1, -1]


def test_pace_holds_for_what_is_added_afterwards() -> None:
    sheet = Sheet(1)
    sheet.add(1, 10.0, 0)
    sheet.pace = sheet.pace * 0.5
    sheet.add(1, 10.0, 0)
    assert sheet.lines().seconds.tolist() == [10.0, 5.0]


def test_joined_lines_keep_their_rows_apart() -> None:
    sheet = Sheet(2)
    sheet.add(1, 1.0, 0)
    joined = join([sheet.lines(), sheet.lines()], [0, 2])
    assert joined.row.tolist() == [0, 1, 2, 3]
    assert joined.step.tolist() == [1, 1, 1, 1]
