from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from guildbook.govern.suppression import HIDDEN, LEAST, Table, counted, suppressed

COUNTS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.integers(0, 8), st.integers(0, 60)), min_size=width, max_size=width),
        min_size=1,
        max_size=5,
    )
)


def bounds(table: Table, known: Sequence[int] | None = None) -> list[tuple[float, float]]:
    """The least and the most that each hidden number can be for whoever sees the table: linear programming."""
    height, width = len(table.rows), len(table.columns)
    names = [(i, j) for i in range(height + 1) for j in range(width + 1)]
    place = {name: n for n, name in enumerate(names)}

    def shown(i: int, j: int) -> int | None:
        if i < height and j < width:
            return table.cells[i][j]
        if i < height:
            return table.rows[i] if known is None else known[i]
        return table.columns[j] if j < width else table.total

    sums: list[np.ndarray] = []
    for i in range(height + 1):
        row = np.zeros(len(names))
        row[[place[i, j] for j in range(width)]] = 1
        row[place[i, width]] = -1
        sums.append(row)
    for j in range(width + 1):
        row = np.zeros(len(names))
        row[[place[i, j] for i in range(height)]] = 1
        row[place[height, j]] = -1
        sums.append(row)
    within = [(0, None) if (value := shown(*name)) is None else (value, value) for name in names]
    found: list[tuple[float, float]] = []
    for name in names:
        if shown(*name) is None:
            ends: list[float] = []
            for sign in (1, -1):
                goal = np.zeros(len(names))
                goal[place[name]] = sign
                done = linprog(goal, A_eq=np.array(sums), b_eq=np.zeros(len(sums)), bounds=within)
                ends.append(np.inf * -sign if done.status == 3 else sign * done.fun)
            found.append((ends[0], ends[1]))
    return found


@example(counts=[[0, 9], [9, 9]])
@example(counts=[[4]])
@example(counts=[[5, 5], [5, 0]])
@settings(max_examples=150, deadline=None)
@given(counts=COUNTS)
def test_no_hidden_count_can_be_solved_for(counts: list[list[int]]) -> None:
    table = suppressed(counts)
    shown = [v for row in table.cells for v in row] + [*table.rows, *table.columns, table.total]
    assert all(value is None or value >= LEAST for value in shown)
    for low, high in bounds(table):
        assert high - low > 0.5


@example(counts=[[0, 0, 9]])
@example(counts=[[9, 9], [0, 9]])
@settings(max_examples=100, deadline=None)
@given(counts=COUNTS.filter(lambda rows: len(rows[0]) > 1 and all(map(sum, rows))))
def test_nor_by_who_knows_how_many_people_there_are(counts: list[list[int]]) -> None:
    totals = [sum(row) for row in counts]
    table = suppressed(counts, known_rows=True)
    assert list(table.rows) == totals
    assert all(value is None or value >= LEAST for row in table.cells for value in row)
    for low, high in bounds(table, totals):
        assert high - low > 0.5


@given(counts=COUNTS)
def test_what_is_shown_is_true(counts: list[list[int]]) -> None:
    table = suppressed(counts)
    for row, told in zip(counts, table.cells, strict=True):
        assert all(b in {None, a} for a, b in zip(row, told, strict=True))
    assert all(b in {None, sum(a)} for a, b in zip(counts, table.rows, strict=True))
    assert all(b in {None, sum(a)} for a, b in zip(zip(*counts, strict=True), table.columns, strict=True))
    assert table.total in {None, sum(map(sum, counts))}


def test_where_nothing_is_small_nothing_is_hidden() -> None:
    table = suppressed([[5, 6], [7, 800]])
    assert table == Table(((5, 6), (7, 800)), (11, 807), (12, 806), 818)


def test_one_small_count_hides_the_three_it_could_be_solved_from() -> None:
    table = suppressed([[3, 20, 30], [40, 50, 60], [70, 80, 90]])
    assert sum(cell is None for row in table.cells for cell in row) == 4
    assert table.cells[0][0] is None
    assert table.total == 443
    assert None not in (*table.rows, *table.columns)


def test_nothing_at_all() -> None:
    assert suppressed([]) == Table((), (), (), None)


def test_how_counts_are_told() -> None:
    assert (counted(None), counted(1234)) == (HIDDEN, "1,234")
