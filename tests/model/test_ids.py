"""Ids: ordered by time, stable, never 0."""

from __future__ import annotations

import time
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.ids import short_id, symbol, uuid7


def test_uuid7_has_the_shape_and_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(100)]
    after = time.time_ns() // 1_000_000
    assert len(set(made)) == 100
    for one in made:
        assert (one.version, one.variant) == (7, RFC_4122)
        assert before <= one.int >> 80 <= after


def test_short_ids_depend_on_every_part_and_its_place() -> None:
    assert short_id("quality", "a", "b") == short_id("quality", "a", "b")
    assert (
        len({short_id("q", "a", "b"), short_id("q", "b", "a"), short_id("q", "ab"), short_id("q", "a", "b", "")}) == 4
    )
    assert short_id("quality", "x").startswith("quality-")


@given(st.text(st.characters()))
def test_symbols_are_64_bits_and_never_none(text: str) -> None:
    assert 1 <= symbol(text) < 2**64
    assert symbol(text) == symbol(text)


def test_symbols_are_the_same_on_every_machine() -> None:
    assert symbol("approve") == 0xF044ABCED6ACCF41
