"""Whom to turn to: found for what it is, not for a lucky morning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from guildbook.distil.practices import MiningSettings, mine
from guildbook.distil.practices.people import grouped
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Kind

Make = Callable[..., Sums]
OVERNIGHT = 16 * 3600.0


def ask(written: Any, rng: np.random.Generator, person: str, n: int, typical: float, condition: str = "") -> None:
    for _ in range(n):
        seconds = float(typical * np.exp(rng.normal(0, 0.5))) + (OVERNIGHT if rng.random() < 0.3 else 0.0)
        written.asks += [("claim", c, "chat: ask cover", person, seconds) for c in {"", condition}]


def test_the_one_who_answers_first_is_named(sums_of: Make, written: Any) -> None:
    rng = np.random.default_rng(1)
    for person, typical in (("Ann", 300.0), ("Bob", 7000.0), ("Cyd", 9000.0)):
        ask(written, rng, person, 60, typical)
    (found,) = mine(sums_of(written=written))
    assert (found.kind, found.people, found.do) == (Kind.PEOPLE, ("Ann",), ("chat: ask cover",))
    assert found.effect.metric == "response"
    assert found.effect.difference < -1
    assert found.contributors == (("Ann", 60),)
    assert found.title.startswith("When you claim, turn to Ann for “ask cover in chat”: the answer came in ")


def test_one_who_knows_one_thing_is_named_for_that(sums_of: Make, written: Any) -> None:
    rng = np.random.default_rng(2)
    ask(written, rng, "Ann", 50, 200.0, "product=marine")
    ask(written, rng, "Ann", 150, 9000.0, "product=home")
    for person in ("Bob", "Cyd"):
        for product in ("marine", "home"):
            ask(written, rng, person, 80, 9000.0, f"product={product}")
    (found,) = mine(sums_of(written=written))
    assert found.when.attributes == (("product", "marine"),)
    assert found.people == ("Ann",)


@pytest.mark.parametrize("seed", range(5))
def test_equal_colleagues_are_not_told_apart(sums_of: Make, written: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for person in ("Ann", "Bob", "Cyd", "Dee", "Eve"):
        for product in ("marine", "home", "motor", "travel"):
            ask(written, rng, person, 12, 8000.0, f"product={product}")
    assert mine(sums_of(written=written)) == []


def test_an_answer_that_never_came_counts_as_asked_only(sums_of: Make, written: Any) -> None:
    written.asks = [("claim", "", "ask", "Ann", 60.0), ("claim", "", "ask", "Ann", -1.0)]
    table = grouped(sums_of(written=written).asks)
    assert (table.asked.tolist(), table.answered.tolist()) == ([2.0], [1.0])
    assert len(grouped(CountTable.zero(6)).keys) == 0


def test_few_answers_say_nothing(sums_of: Make, written: Any) -> None:
    rng = np.random.default_rng(3)
    ask(written, rng, "Ann", 6, 60.0)
    ask(written, rng, "Bob", 6, 90_000.0)
    assert mine(sums_of(written=written), MiningSettings()) == []


def test_an_answer_that_is_quick_only_after_a_check_rests_on_it(sums_of: Make, claims: Any, written: Any) -> None:
    rng = np.random.default_rng(4)
    traces = claims(21, n=1600, check=0.3)
    for trace in traces:
        person = "Ann" if rng.random() < 0.4 else "Bob"
        quick = person == "Ann" and "check cover" in trace.steps
        seconds = float((400 if quick else 30_000) * np.exp(rng.normal(0, 0.4)))
        trace.steps.insert(-3, "chat: ask cover")
        trace.workers = (*trace.workers, person)
        trace.lead = 2_000 + seconds
        written.asks.append(("claim", "", "chat: ask cover", person, seconds))
    found = mine(sums_of(traces, written))
    (people,) = [p for p in found if p.kind is Kind.PEOPLE]
    assert people.people == ("Ann",)
    assert [p.do for p in found if p.id in people.prerequisites] == [("check cover",)]
    assert people.when.after == ("check cover",)
    assert people.layer == 2
    assert "and have done “check cover”" in people.title
