"""Pieces cover both sequences, equal ones are equal, and what stayed is found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.sources._files_aligning import aligned

LINES = st.lists(st.integers(0, 6), max_size=30)


@given(LINES, LINES)
def test_pieces_cover_both_and_rebuild_the_new_one(a: list[int], b: list[int]) -> None:
    at_a = at_b = 0
    out: list[int] = []
    for piece in aligned(a, b):
        assert (piece.a0, piece.b0) == (at_a, at_b)
        at_a, at_b = piece.a1, piece.b1
        if piece.same:
            assert a[piece.a0 : piece.a1] == b[piece.b0 : piece.b1]
        out += a[piece.a0 : piece.a1] if piece.same else b[piece.b0 : piece.b1]
    assert (at_a, at_b) == (len(a), len(b))
    assert out == b


@given(st.lists(st.integers(0, 3), max_size=40), st.data())
def test_a_line_put_in_is_one_line(lines: list[int], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines)))
    after = [*lines[:at], 99, *lines[at:]]
    changed = [piece for piece in aligned(lines, after) if not piece.same]
    assert [(p.a1 - p.a0, p.b1 - p.b0) for p in changed] == [(0, 1)]


def test_long_sequences_of_unique_lines_take_no_time() -> None:
    lines = list(range(50_000))
    after = [*lines[:10_000], -1, *lines[10_000:30_000], *lines[30_005:]]
    changed = [piece for piece in aligned(lines, after) if not piece.same]
    assert [(p.a1 - p.a0, p.b1 - p.b0) for p in changed] == [(0, 1), (5, 0)]


def test_nothing_in_common() -> None:
    assert [tuple(piece) for piece in aligned("ab", "cde")] == [(0, 2, 0, 3, False)]
    assert aligned("", "") == []
