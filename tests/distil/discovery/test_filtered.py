"""Filtered maps: nested, connected, bounded, and honest about what they cover."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil.discovery import discover
from guildbook.distil.discovery.contracted import MOST_BOXES
from guildbook.distil.discovery.filtered import MOST_LINKS
from guildbook.distil.sums import Sums
from guildbook.model.process import FilteredMap, MapLevel

SumsOf = Callable[..., Sums]
RUNS = st.dictionaries(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=9).map(" ".join),
    st.integers(1, 9),
    min_size=1,
    max_size=9,
)


def only(sums: Sums) -> FilteredMap:
    (found,) = discover(sums)
    return found


def reached(found: FilteredMap, level: MapLevel, *, against: bool = False) -> set[str]:
    """Labels with a drawn way from the start, or to the end."""
    either = {(link.source, link.target) for link in found.links if link.either_order}
    pairs = [(a or "start", b or "end") for a, b in level.links]
    pairs += [(b, a) for a, b in level.links if (a, b) in either]
    seen, stack = set[str](), ["end" if against else "start"]
    while stack:
        label = stack.pop()
        for a, b in pairs:
            here, there = (b, a) if against else (a, b)
            if here == label and there not in seen:
                seen.add(there)
                stack.append(there)
    return seen


def covered(found: FilteredMap, level: MapLevel, runs: dict[str, int]) -> tuple[float, float]:
    """(share of moves, share of cases) that a level replays, counted plainly; for maps without clusters."""
    either = {(link.source, link.target) for link in found.links if link.either_order}
    allowed = {*level.links, *((b, a) for a, b in level.links if (a, b) in either)}
    moves = fit = every = cases = 0
    for run, times in runs.items():
        steps = run.split()
        made = list(zip(["", *steps], [*steps, ""], strict=True))
        moves += times * sum(pair in allowed for pair in made)
        every += times * len(made)
        fit += times * all(pair in allowed for pair in made)
        cases += times
    return moves / every, fit / cases


@settings(deadline=None)
@given(RUNS)
def test_levels_are_nested_connected_and_say_what_they_cover(sums_of: SumsOf, runs: dict[str, int]) -> None:
    found = only(sums_of(runs))
    assert found.episodes == sum(runs.values())
    for level in found.levels:
        assert set(level.boxes) <= reached(found, level)
        assert set(level.boxes) <= reached(found, level, against=True)
        assert (level.moves, level.traces) == pytest.approx(covered(found, level, runs))
    for few, more in pairwise(found.levels):
        assert set(few.boxes) <= set(more.boxes)
        assert set(few.links) <= set(more.links)
        assert (few.level, few.moves, few.traces) < (more.level, more.moves + 1e-9, more.traces + 1e-9)
    assert found.levels[-1].moves == found.levels[-1].traces == 1.0
    assert set(found.levels[0].boxes) == set(found.happy)


def test_four_hundred_activities_are_readable(large: Sums) -> None:
    found = only(large)
    assert found.activities == 400
    for level in found.levels:
        assert len(level.boxes) <= MOST_BOXES
        assert len(level.links) <= MOST_LINKS + 2 * MOST_BOXES
        assert set(level.boxes) <= reached(found, level)
        assert set(level.boxes) <= reached(found, level, against=True)
    last = found.levels[-1]
    assert last.events == 1.0
    assert last.moves > 0.8
    held = [name for box in found.boxes for name, _ in box.members] + [b.label for b in found.boxes if not b.members]
    assert len(held) == len(set(held)) == 400
    assert {f"main{step:02}" for step in range(14)} <= {box.label for box in found.boxes}
    assert all("rarer steps" in box.label for box in found.boxes if box.members)
    assert sum(box.count for box in found.boxes) == large.events


def test_the_same_sums_give_the_same_map(large: Sums) -> None:
    assert discover(large) == discover(large)


def test_what_goes_in_either_order_is_one_line(sums_of: SumsOf) -> None:
    found = only(sums_of({"a b c d": 10, "a c b d": 8}))
    (either,) = [link for link in found.links if link.either_order]
    assert {either.source, either.target} == {"b", "c"}
    assert either.count == 18
    assert either.median_seconds == pytest.approx(3600, rel=0.1)


def test_going_back_and_forth_is_a_loop(sums_of: SumsOf) -> None:
    found = only(sums_of({"a b c b c b c d": 10}))
    assert not any(link.either_order for link in found.links)
    assert {("b", "c"), ("c", "b")} <= {(link.source, link.target) for link in found.links}


def test_the_happy_path_is_the_commonest_variant(sums_of: SumsOf) -> None:
    found = only(sums_of({"a b c": 5, "a c": 4, "a b b c": 1}))
    assert found.happy == ("a", "b", "c")
    assert found.levels[0].traces == 0.5
    assert found.nearest(0.0) == found.levels[0]
    assert found.nearest(1.0) == found.levels[-1]


def test_nothing_learnt_has_no_maps() -> None:
    assert discover(Sums()) == ()
