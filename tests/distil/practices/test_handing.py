"""Whom to hand work to, where no ask says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from guildbook.distil.practices import mine
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind

Make = Callable[..., Sums]


def hand(written: Any, seed: int, person: str, typical: float, n: int = 80) -> None:
    rng = np.random.default_rng(seed)
    written.handovers += [
        ("ticket", "desk", person, "resolve", float(typical * np.exp(rng.normal(0, 1)))) for _ in range(n)
    ]


def test_who_takes_work_up_soonest_is_named(sums_of: Make, written: Any) -> None:
    for seed, (person, typical) in enumerate((("ann", 1_800.0), ("bob", 9_000.0), ("cyd", 9_000.0))):
        hand(written, seed, person, typical)
    (found,) = mine(sums_of(written=written))
    assert (found.kind, found.people, found.do) == (Kind.PEOPLE, ("ann",), ("resolve",))
    assert found.contributors == (("ann", 80),)
    assert "over to ann: it was taken up after " in found.title


def test_a_little_sooner_is_not_told(sums_of: Make, written: Any) -> None:
    hand(written, 1, "ann", 6_000.0)
    hand(written, 2, "bob", 9_000.0, 200)
    assert mine(sums_of(written=written)) == []


def test_what_a_system_passes_on_at_once_is_no_hand_over(sums_of: Make, written: Any) -> None:
    hand(written, 1, "robot", 0.5)
    hand(written, 2, "bob", 9_000.0, 200)
    assert mine(sums_of(written=written)) == []


def test_where_asks_are_known_they_say_it(sums_of: Make, written: Any) -> None:
    hand(written, 1, "ann", 1_800.0)
    hand(written, 2, "bob", 9_000.0, 200)
    written.asks = [("ticket", "", "ask", "ann", 60.0)]
    assert mine(sums_of(written=written)) == []


def _sent(written: Any, step: str, giver: str, person: str, n: int) -> None:
    rng = np.random.default_rng(len(written.handovers))
    written.handovers += [("ticket", giver, person, step, float(np.exp(rng.normal(9, 1)))) for _ in range(n)]


def test_a_step_that_goes_to_one_person_is_told(sums_of: Make, written: Any) -> None:
    for giver in ("ann", "bob", "cyd"):
        _sent(written, "sign off", giver, "eve", 40)
        _sent(written, "sign off", giver, "dan", 2)
        for person in ("ann", "bob", "cyd", "eve"):
            _sent(written, "resolve", giver, person, 25)
    (found,) = mine(sums_of(written=written))
    assert (found.people, found.do, found.effect.metric) == (("eve",), ("sign off",), "share")
    assert "hand “sign off” over to eve: 95 % of it goes there" in found.title
    assert found.effect.low < 0.95 - 0.25 < found.effect.high


def test_one_pair_of_colleagues_is_no_rule(sums_of: Make, written: Any) -> None:
    _sent(written, "sign off", "ann", "eve", 120)
    for person in ("ann", "bob", "cyd", "eve"):
        _sent(written, "resolve", "dan", person, 60)
    assert mine(sums_of(written=written)) == []


def test_waits_that_are_all_alike_tell_nobody_apart(sums_of: Make, written: Any) -> None:
    for person in ("ann", "bob"):
        written.handovers += [("ticket", "desk", person, "resolve", 7200.0)] * 90
    assert mine(sums_of(written=written)) == []


def test_a_step_that_goes_to_a_few_names_them_all(sums_of: Make, written: Any) -> None:
    others = [f"clerk {i}" for i in range(6)]
    for giver in others:
        for person in ("eve", "fay"):
            _sent(written, "approve", giver, person, 30)
        _sent(written, "approve", giver, "clerk 0", 2)
        for person in others:
            _sent(written, "resolve", giver, person, 15)
    (found,) = mine(sums_of(written=written))
    assert (set(found.people), found.do, found.effect.metric) == ({"eve", "fay"}, ("approve",), "share")
    assert "over to eve or fay: 97 % of it goes there" in found.title or "over to fay or eve" in found.title
    assert {name for name, _ in found.contributors} == {"eve", "fay"}
