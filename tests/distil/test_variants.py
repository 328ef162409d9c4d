"""Variants with their outcomes, times and differences, and the tree of beginnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.maps import ELLIPSIS
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import VARIANT_LIMIT, Sums
from guildbook.distil.variants import explore, wilson
from guildbook.model.process import Branch
from guildbook.model.time import HOUR

Row = dict[str, Any]


@pytest.fixture
def sums(table: Callable[[Sequence[Row]], pa.Table], monday: int) -> Sums:
    rows: list[Row] = []
    for number in range(20):
        steps = ["open", "check", "close"] if number < 12 else ["open", "close"]
        hours = 1 if number < 12 else 5
        here: list[Row] = [
            {"worker": "ann", "time": monday + place * hours * HOUR, "case": f"claim:{number}", "action": step}
            for place, step in enumerate(steps)
        ]
        here[-1]["outcome"] = "good" if number < 9 or number == 12 else "bad"
        rows += here
    return summarise_table(table(rows), Settings())


def test_variants_tell_how_often_how_well_and_how_long(sums: Sums) -> None:
    (found,) = explore(sums)
    assert (found.task, found.episodes, found.kinds, found.shown) == ("Handle claim", 20, 2, 1.0)
    main, short = found.variants
    assert (main.steps, main.count, main.share) == (("open", "check", "close"), 12, 0.6)
    assert (main.good, main.bad, main.good_rate) == (9, 3, 0.75)
    assert main.good_low == pytest.approx(0.468, abs=0.001)
    assert main.good_high == pytest.approx(0.911, abs=0.001)
    assert main.median_seconds == pytest.approx(7200, rel=0.1)
    assert main.differs == ()
    assert short.differs == ("without “check”",)
    assert short.low_seconds == short.high_seconds == pytest.approx(18_000, rel=0.1)


def test_the_tree_parts_where_cases_part(sums: Sums) -> None:
    (found,) = explore(sums)
    (root,) = found.tree
    assert (root.step, root.count, root.ends) == ("open", 20, 0)
    assert root.branches == (Branch("check", 12, 0, (Branch("close", 12, 12),)), Branch("close", 8, 8))


def test_only_the_commonest_are_listed(sums: Sums) -> None:
    (found,) = explore(sums, shown=1)
    assert len(found.variants) == 1
    assert (found.kinds, found.shown) == (2, 0.6)


def test_a_cut_variant_says_so(table: Callable[[Sequence[Row]], pa.Table], monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n, "case": "a:1", "action": "again"} for n in range(VARIANT_LIMIT + 1)]
    (found,) = explore(summarise_table(table(rows), Settings()))
    assert found.variants[0].steps[-1] == ELLIPSIS


def test_nothing_learnt_has_no_variants() -> None:
    assert explore(Sums()) == ()


@given(st.integers(0, 50), st.integers(1, 50))
def test_the_interval_holds_the_rate(good: int, more: int) -> None:
    rate, low, high = wilson(good, good + more)
    assert low is not None
    assert rate is not None
    assert high is not None
    assert 0 <= low <= rate <= high <= 1


def test_nothing_has_no_rate() -> None:
    assert wilson(0, 0) == (None, None, None)
