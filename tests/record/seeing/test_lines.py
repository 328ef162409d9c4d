"""Lines of text are found where they are, and pictures are not taken for text."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.seeing.lines import MOST, TALLEST, Box, regions, runs, text_lines


def page(*lines: Box, high: int = 200, wide: int = 400) -> np.ndarray:
    """A white page with stripes where lines of text are: letters are edges."""
    picture = np.full((high, wide), 255, np.uint8)
    for line in lines:
        picture[line.top : line.bottom, line.left : line.right : 3] = 0
    return picture


def test_lines_below_one_another_and_columns_beside_one_another_are_told_apart() -> None:
    wanted = [Box(10, 10, 120, 12), Box(220, 10, 90, 12), Box(10, 30, 200, 12), Box(10, 60, 300, 24)]
    found = text_lines(page(*wanted))
    assert len(found) == 4
    for box, line in zip(found, wanted, strict=True):
        assert abs(box.left - line.left) <= 1
        assert abs(box.right - line.right) <= 3
        assert (box.top, box.height) == (line.top, line.height)


def test_borders_and_photographs_are_no_text() -> None:
    picture = page(Box(60, 20, 100, 12))
    picture[5:150, 40] = 0  # a frame's side
    picture[:, 200:400] = np.random.default_rng(1).integers(0, 256, (200, 200), np.uint8)
    (line,) = text_lines(picture)
    assert line.top == 20


def test_a_pointer_between_two_lines_does_not_make_them_one() -> None:
    picture = page(Box(10, 10, 200, 12), Box(10, 28, 200, 12))
    picture[20:30, 100:102] = 0
    assert [(box.top, box.height) for box in text_lines(picture)] == [(10, 12), (28, 12)]


def test_dots_belong_to_their_letters() -> None:
    picture = page(Box(10, 14, 100, 10))
    picture[10:12, 30:32] = 0
    (line,) = text_lines(picture)
    assert (line.top, line.bottom) == (10, 24)


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 120))
def test_whatever_is_shown_boxes_lie_within_it(seed: int, high: int, wide: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 4, (high, wide), np.uint8) * np.uint8(60)
    found = text_lines(picture)
    assert len(found) <= MOST
    for box in found:
        assert 0 <= box.left <= box.right <= wide
        assert 0 <= box.top <= box.bottom <= high
        assert box.height <= TALLEST


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 29)), max_size=12))
def test_regions_cover_all_that_is_marked(spots: list[tuple[int, int]]) -> None:
    marked = np.zeros((20, 30), np.bool_)
    for row, column in spots:
        marked[row, column] = True
    covered = np.zeros_like(marked)
    for box in regions(marked):
        covered[box.top : box.bottom, box.left : box.right] = True
    assert not (marked & ~covered).any()


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 6))
def test_runs_are_what_no_gap_divides(filled: list[bool], gap: int) -> None:
    found = runs(np.array(filled, np.bool_), gap)
    inside = {at for first, last in found for at in range(first, last)}
    for at, on in enumerate(filled):
        before = max((n for n in range(at) if filled[n]), default=-gap - 1)
        after = min((n for n in range(at + 1, len(filled)) if filled[n]), default=len(filled) + gap)
        assert (at in inside) == (on or (before >= 0 and after < len(filled) and after - before - 1 < gap))
    assert all(later - last >= gap for (_, last), (later, _) in itertools.pairwise(found))
