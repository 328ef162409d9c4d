"""Layers follow from prerequisites."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.practices.prerequisites import dependents, layered
from guildbook.model.knowledge import Effect, Kind, Practice, When

BASE = Practice("", Kind.QUALITY, "", When("t"), ("a",), (), Effect("good-rate", 0.2, 0.1, 0.3, 50, 0.01))


def named(name: str, *needs: str) -> Practice:
    return replace(BASE, id=name, prerequisites=needs)


def test_a_layer_is_one_above_the_highest_below() -> None:
    placed = layered([named("c", "a", "b"), named("b", "a"), named("a")])
    assert [(p.id, p.layer) for p in placed] == [("a", 1), ("b", 2), ("c", 3)]


def test_what_rests_on_nothing_known_is_left_out() -> None:
    assert [p.id for p in layered([named("a"), named("b", "gone"), named("c", "b")])] == ["a"]


def test_a_circle_is_left_out() -> None:
    assert layered([named("a", "b"), named("b", "a")]) == []


@given(st.lists(st.sets(st.integers(0, 9)), min_size=10, max_size=10), st.sets(st.integers(0, 9)))
def test_taking_away_takes_away_all_above_and_nothing_else(needs: list[set[int]], gone: set[int]) -> None:
    practices = [named(str(i), *(str(j) for j in sorted(below) if j < i)) for i, below in enumerate(needs)]
    lost = dependents(practices, frozenset(map(str, gone)))
    left = layered([p for p in practices if int(p.id) not in gone])
    assert {p.id for p in left} == {p.id for p in practices} - lost
