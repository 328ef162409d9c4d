"""Who must be told: found where it matters, not where it goes along with something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from guildbook.distil.practices import mine
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind, Practice

Make = Callable[..., Sums]


def told(practices: list[Practice]) -> list[Practice]:
    return [p for p in practices if p.kind is Kind.PEOPLE and p.do[0].startswith("tell ")]


def test_whose_absence_costs_good_ends_is_named_with_the_condition(sums_of: Make, trace_type: Any) -> None:
    rng = np.random.default_rng(1)
    traces: list[Any] = []
    for i in range(900):
        marine, heard = i % 3 == 0, rng.random() < 0.5
        good = rng.random() < (0.9 if heard or not marine else 0.5)
        traces.append(
            trace_type(
                ["open", "send", "close"],
                outcome=1 if good else 2,
                conditions=("product=marine",) if marine else ("product=home",),
                told=("Eve", "Bob") if heard else ("Bob",),
                told_later=() if heard or rng.random() < 0.4 else ("Eve",),
                workers=("ann",),
            )
        )
    (found,) = told(mine(sums_of(traces)))
    assert found.people == ("Eve",)
    assert found.when.attributes == (("product", "marine"),)
    assert found.effect.metric == "good-rate"
    assert found.effect.low < 0.4 < found.effect.high
    assert found.title.startswith("When you claim where product is marine, tell Eve at once: ")
    assert "came to Eve later" in found.title


def test_messages_that_go_to_and_fro_without_somebody(sums_of: Make, trace_type: Any) -> None:
    rng = np.random.default_rng(2)
    traces: list[Any] = []
    for _ in range(200):
        heard = rng.random() < 0.5
        traces.append(
            trace_type(
                ["mail: send", "mail: reply"],
                lead=float(np.exp(rng.normal(8 if heard else 10, 0.5))),
                conditions=("subject=contract",),
                told=("Bob", "Eve") if heard else ("Bob",),
                workers=("ann", "Bob") if heard else ("ann", "Bob", "Eve"),
                told_later=() if heard else ("Eve",),
                task="thread",
            )
        )
    (found,) = told(mine(sums_of(traces)))
    assert found.effect.metric == "duration"
    assert found.effect.difference == pytest.approx(-2, abs=0.3)
    assert found.title.startswith("When you write about “contract”, tell Eve at once: such threads took ")


def test_who_acts_when_told_was_asked(sums_of: Make, trace_type: Any) -> None:
    rng = np.random.default_rng(3)
    traces = [
        trace_type(
            ["open", "close"],
            outcome=1 if rng.random() < (0.9 if i % 2 else 0.5) else 2,
            told=("Eve",) if i % 2 else ("Bob",),
            workers=("ann", "Eve") if i % 2 else ("ann", "Bob"),
        )
        for i in range(400)
    ]
    assert told(mine(sums_of(traces))) == []


@pytest.mark.parametrize("seed", range(5))
def test_what_goes_along_with_a_condition_is_not_told(sums_of: Make, trace_type: Any, seed: int) -> None:
    """Eve hears of the easy cases; these end well for being easy."""
    rng = np.random.default_rng(seed)
    traces: list[Any] = []
    for _ in range(600):
        easy = rng.random() < 0.5
        traces.append(
            trace_type(
                ["open", "close"],
                outcome=1 if rng.random() < (0.9 if easy else 0.5) else 2,
                conditions=("case=easy",) if easy else ("case=hard",),
                told=("Bob", "Eve") if rng.random() < (0.7 if easy else 0.3) else ("Bob",),
            )
        )
    assert told(mine(sums_of(traces))) == []
