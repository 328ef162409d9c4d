"""Dividing to the cent: exact, bound, in proportion, and blind to the order of names."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guildbook.govern.audit.division import PPM, Bounds, divided, fund_first
from guildbook.model.errors import InputError

names = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), st.integers(0, 10**9), min_size=1, max_size=12)
amounts = st.integers(0, 10**8)


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    floor = draw(st.integers(0, 10_000))
    return Bounds(floor, draw(st.none() | st.integers(floor, 10**7)))


@given(amounts, names, bounds(), st.integers(0, PPM))
def test_it_adds_up_to_the_cent_within_the_bounds(
    amount: int, weights: dict[str, int], held: Bounds, fund: int
) -> None:
    kept = fund_first(amount, fund)
    assume(held.cap is None or amount - kept <= held.cap * len(weights))
    found = divided(amount, weights, held, fund)
    assert found.fund == kept <= Fraction(amount * fund, PPM)
    assert found.fund + sum(found.shares.values()) == amount
    assert set(found.shares) == set(weights)
    assert found.short == (amount - kept < held.floor * len(weights))
    for share in found.shares.values():
        assert share >= 0
        assert held.cap is None or share <= held.cap
        assert found.short or share >= held.floor
    if found.short:
        assert max(found.shares.values()) - min(found.shares.values()) <= 1


@given(amounts, names, bounds(), st.randoms(use_true_random=False))
def test_the_order_of_names_is_nothing(amount: int, weights: dict[str, int], held: Bounds, random: Random) -> None:
    assume(held.cap is None or amount <= held.cap * len(weights))
    names_ = list(weights)
    random.shuffle(names_)
    assert divided(amount, {name: weights[name] for name in names_}, held) == divided(amount, weights, held)


@given(amounts, names, bounds())
def test_whoever_is_not_bound_gets_the_same_for_the_same_weight(
    amount: int, weights: dict[str, int], held: Bounds
) -> None:
    assume(any(weights.values()))
    assume(held.cap is None or amount <= held.cap * len(weights))
    found = divided(amount, weights, held)
    free = [
        (share, weights[name])
        for name, share in found.shares.items()
        if weights[name] and held.floor + 1 < share and (held.cap is None or share + 1 < held.cap)
    ]
    for share, weight in free:
        for other, theirs in free:
            assert abs(Fraction(share) * theirs - Fraction(other) * weight) <= weight + theirs
    order = sorted(weights, key=lambda name: weights[name])
    if not found.short:
        assert all(found.shares[a] <= found.shares[b] + 1 for a, b in pairwise(order))


def test_without_any_weight_all_get_the_same() -> None:
    assert divided(100, {"a": 0, "b": 0, "c": 0}).shares == {"a": 34, "b": 33, "c": 33}


def test_those_without_weight_come_last_and_only_when_all_others_are_at_the_cap() -> None:
    assert divided(100, {"a": 5, "b": 0, "c": 0}, Bounds(0, 60)).shares == {"a": 60, "b": 20, "c": 20}


def test_both_bounds_at_once() -> None:
    found = divided(1000, {"a": 90, "b": 9, "c": 1}, Bounds(100, 600))
    assert found.shares == {"a": 600, "b": 300, "c": 100}


def test_what_cannot_be_divided_says_so() -> None:
    with pytest.raises(InputError, match="at most 10"):
        divided(100, {"a": 1, "b": 1}, Bounds(0, 10))
    with pytest.raises(InputError, match="nobody"):
        divided(100, {})
    with pytest.raises(InputError, match="at least 0"):
        divided(-1, {"a": 1})
    with pytest.raises(InputError, match="at least 0"):
        divided(1, {"a": -1})
