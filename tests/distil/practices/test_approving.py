"""Who takes a step up under a condition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.practices import mine
from guildbook.distil.sums import Sums, condition_symbol, worker_symbol
from guildbook.distil.tables import CountTable
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Practice

LEADS = ("ann", "bob", "cyd")
DEAR = "amount≥5000"


def taken(often: dict[str, tuple[int, ...]], *, givers: int = 4) -> Sums:
    """`often`: how often each lead approved under a condition, or without one (under its name)."""
    texts = {symbol(text): text for text in ("invoice", "approve")}
    texts |= {worker_symbol(name): f"worker:{name}" for name in (*LEADS, *(f"g{i}" for i in range(givers)))}
    texts |= {condition_symbol(name): name for name in often if name}
    rows: list[list[int]] = []
    counts: list[int] = []
    for name, times in often.items():
        for lead, n in zip(LEADS, times, strict=True):
            condition = condition_symbol(name) if name else 0
            rows.append([symbol("invoice"), condition, symbol("approve"), worker_symbol(lead)])
            counts.append(n)
    takers = CountTable.from_rows(np.array(rows, np.uint64), np.array(counts, np.int64))
    handed = [
        [symbol("invoice"), worker_symbol(f"g{i}"), worker_symbol(lead), symbol("approve"), 100]
        for i in range(givers)
        for lead in LEADS
    ]
    handovers = CountTable.from_rows(np.array(handed, np.uint64))
    return Sums(takers=takers, handovers=handovers, texts=texts)


def rules(sums: Sums) -> list[Practice]:
    return [p for p in mine(sums) if p.when.attributes]


def test_who_approves_from_an_amount_on_is_named() -> None:
    (found,) = rules(taken({"": (150, 100, 100), DEAR: (95, 3, 2), "amount≥1000": (110, 50, 50)}))
    assert found.people == ("ann",)
    assert found.when.attributes == (("amount", "≥5000"),)
    assert found.effect.with_value == pytest.approx(0.95)
    assert found.effect.without_value == pytest.approx(55 / 250)
    assert "where amount is at least 5000, hand “approve” over to ann: 95 % of it goes there (100 times)" in found.title


def test_who_approves_everything_approves_under_no_condition() -> None:
    assert rules(taken({"": (340, 5, 5), DEAR: (95, 3, 2)})) == []


def test_a_pair_of_colleagues_is_no_rule() -> None:
    often = {"": (150, 100, 100), DEAR: (95, 3, 2)}
    assert rules(taken(often, givers=2)) == []


def test_the_answer_to_a_request_is_left_to_those_who_are_asked() -> None:
    sums = taken({"": (150, 100, 100), DEAR: (95, 3, 2)})
    task, ask, step = symbol("invoice"), symbol("ask"), symbol("approve")
    askers = CountTable.from_rows(np.array([[task, ask, worker_symbol("g1"), worker_symbol("ann"), 90]], np.uint64))
    follows = CountTable.from_rows(np.array([[task, ask, step, 90]] * 300, np.uint64))
    assert rules(replace(sums, askers=askers, follows=follows)) == []


@given(st.lists(st.integers(0, 60), min_size=6, max_size=6))
def test_a_rule_is_never_told_without_a_clear_difference(often: list[int]) -> None:
    inside, outside = tuple(often[:3]), tuple(often[3:])
    whole = tuple(a + b for a, b in zip(inside, outside, strict=True))
    for found in rules(taken({"": whole, DEAR: inside})):
        assert found.effect.difference > 0
        assert found.effect.p <= 0.05
        assert (found.effect.without_value or 0.0) <= 0.7 * (found.effect.with_value or 0.0)
