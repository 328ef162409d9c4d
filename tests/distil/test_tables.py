from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.tables import CountTable, Profiles

Pairs = list[tuple[int, int]]
Runs = list[tuple[tuple[int], tuple[int, ...]]]

pairs = st.lists(st.tuples(st.integers(0, 2**64 - 1) | st.integers(0, 3), st.integers(0, 3)), max_size=30)
runs = st.lists(
    st.tuples(st.tuples(st.integers(0, 2)), st.lists(st.integers(0, 3), max_size=4).map(tuple)), max_size=30
)


def counted(rows: Pairs) -> CountTable:
    return CountTable.from_rows(np.array(rows, np.uint64).reshape(-1, 2))


@given(pairs)
def test_counts_are_those_of_a_counter_in_order(rows: Pairs) -> None:
    table = counted(rows)
    found = [(tuple(key), count) for key, count in zip(table.keys.tolist(), table.counts.tolist(), strict=True)]
    assert found == sorted(Counter(rows).items())


@given(pairs, pairs, pairs)
def test_tables_are_an_abelian_group(a: Pairs, b: Pairs, c: Pairs) -> None:
    one, two, three = counted(a), counted(b), counted(c)
    zero = CountTable.zero(2)
    assert one + two == two + one == counted(a + b)
    assert (one + two) + three == one + (two + three)
    assert one + zero == one == one - zero
    assert one - one == zero
    assert (one + two) - two == one
    assert (zero - one) + one == zero


@given(runs, runs)
def test_profiles_are_an_abelian_group(a: Runs, b: Runs) -> None:
    one, two = Profiles.from_rows(a, 1), Profiles.from_rows(b, 1)
    both = Profiles.from_rows(a + b, 1)
    assert one + two == two + one == both
    assert both - two == one
    assert one - one == Profiles.zero(1)
    assert dict(zip(zip(map(tuple, both.head.tolist()), (tuple(both.run(i).tolist()) for i in range(len(both))),
                        strict=True), both.counts.tolist(), strict=True)) == Counter(a + b)  # fmt: skip


def test_many_rows_take_the_packed_way_to_the_same_order() -> None:
    random = np.random.default_rng(1)
    rows = np.column_stack(
        [
            random.integers(0, 2**63, 7).astype(np.uint64)[random.integers(0, 7, 30_000)],
            random.integers(0, 2**63, 30_000).astype(np.uint64),
            random.integers(0, 3, 30_000).astype(np.uint64),
        ]
    )
    table = CountTable.from_rows(rows)
    assert table.keys.tolist() == sorted(map(list, {tuple(r) for r in rows.tolist()}))


def test_by_and_where() -> None:
    table = counted([(1, 2), (1, 3), (2, 2), (1, 2)])
    assert table.by(0).keys.tolist() == [[1], [2]]
    assert table.by(0).counts.tolist() == [3, 1]
    assert table.where(c1=2).total() == 3


def test_widths_must_agree() -> None:
    with pytest.raises(ValueError, match="width"):
        _ = CountTable.zero(2) + CountTable.zero(3)
    with pytest.raises(ValueError, match="width"):
        _ = Profiles.zero(1) + Profiles.zero(4)


def test_picking_profiles() -> None:
    table = Profiles.from_rows([((1,), (5, 6)), ((2,), ()), ((1,), (7,))], 1)
    kept = table.pick(table.head[:, 0] == 1)
    assert kept == Profiles.from_rows([((1,), (5, 6)), ((1,), (7,))], 1)
    assert len({kept, table}) == 2
    assert len({counted([(1, 1)]), counted([(1, 1)])}) == 1
