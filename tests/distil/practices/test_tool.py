"""Two ways to one effect, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from guildbook.distil.practices import mine
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind

Make = Callable[..., Sums]
QUICK, SLOW = ("sheet: fill down",), ("sheet: copy", "sheet: paste")


def take(
    written: Any,
    seed: int,
    choices: Sequence[tuple[tuple[str, ...], float]],
    a: str = "sheet: open",
    b: str = "sheet: save",
) -> list[list[str]]:
    """One hundred times each way by four workers of different pace; returns the steps of each trace."""
    rng = np.random.default_rng(seed)
    traces: list[list[str]] = []
    for path, seconds in choices:
        for _ in range(100):
            worker = int(rng.integers(4))
            lasted = float(seconds * np.exp(rng.normal(0.1 * worker, 0.3)))
            written.ways.append(("report", f"worker {worker}", a, path, b, lasted))
            traces.append([a, *path, b])
    return traces


def traces_of(claims: Any, steps: list[list[str]]) -> list[Any]:
    one = claims(1, n=1)[0]
    return [replace(one, steps=s, task="report", outcome=0) for s in steps]


def test_the_quicker_way_is_told_with_the_slower_one(sums_of: Make, claims: Any, written: Any) -> None:
    steps = take(written, 1, [(QUICK, 20.0), (SLOW, 45.0)])
    (found,) = mine(sums_of(traces_of(claims, steps), written))
    assert (found.kind, found.do, found.instead_of) == (Kind.TOOL, QUICK, SLOW)
    assert found.effect.low < np.log(20 / 45) < found.effect.high
    assert (found.when.after, found.when.activity) == (("sheet: open",), "sheet: save")
    assert sum(n for _, n in found.contributors) == 100
    assert "“copy, then paste in sheet”" in found.title


def test_the_same_two_ways_between_other_steps_are_told_once(sums_of: Make, claims: Any, written: Any) -> None:
    steps = take(written, 1, [(QUICK, 20.0), (SLOW, 45.0)])
    steps += take(written, 2, [(QUICK, 20.0), (SLOW, 45.0)], a="sheet: clean")
    (found,) = mine(sums_of(traces_of(claims, steps), written))
    assert found.effect.n == 400


def test_two_things_to_do_are_not_two_ways(sums_of: Make, claims: Any, written: Any) -> None:
    steps = take(written, 1, [(QUICK, 20.0), (SLOW, 45.0)])
    both = [[s[0], *QUICK, *SLOW, s[-1]] for s in steps[:150]] + steps[150:]
    assert not [p for p in mine(sums_of(traces_of(claims, both), written)) if p.kind is Kind.TOOL]


def test_ways_of_like_length_are_not_told(sums_of: Make, claims: Any, written: Any) -> None:
    steps = take(written, 3, [(QUICK, 30.0), (SLOW, 31.0)])
    assert mine(sums_of(traces_of(claims, steps), written)) == []


def test_a_way_that_is_quicker_only_after_another_rests_on_it(sums_of: Make, claims: Any, written: Any) -> None:
    first, second = ("sheet: import",), ("sheet: match all",)
    steps = take(written, 1, [(first, 20.0), (("sheet: type amount",), 45.0)], b="sheet: review")
    steps += take(written, 2, [(second, 15.0), (("sheet: tick",), 40.0)], a="sheet: import")
    steps += take(written, 3, [(second, 40.0), (("sheet: tick",), 40.0)], a="sheet: type amount")
    lower, upper = mine(sums_of(traces_of(claims, steps), written))
    assert (lower.do, upper.do) == (first, second)
    assert upper.prerequisites == (lower.id,)
    assert upper.effect.difference == pytest.approx(np.log(15 / 40), abs=0.15)


def test_a_part_of_a_way_is_no_way(sums_of: Make, claims: Any, written: Any) -> None:
    """The quick way of which a step was not seen, or seen elsewhere, is not quicker for that."""
    long = ("sheet: type amount", "sheet: type account")
    steps = take(written, 1, [(QUICK, 40.0), (long, 40.0)])
    cut = take(written, 2, [(long[:1], 20.0)])
    whole = [[*s[:2], "sheet: save", long[1]] for s in cut]
    told = [p for p in mine(sums_of(traces_of(claims, [*steps, *whole]), written)) if p.kind is Kind.TOOL]
    assert told == []


def test_a_way_taken_once_is_compared_with_nothing(sums_of: Make, claims: Any, written: Any) -> None:
    written.ways.append(("report", "worker 0", "sheet: open", QUICK, "sheet: save", 20.0))
    steps = [["sheet: open", *QUICK, "sheet: save"]]
    assert not any(p.kind is Kind.TOOL for p in mine(sums_of(traces_of(claims, steps), written)))
