"""Differences of sequences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.aligning import MISSING, MOVED, REPEATED, UNEXPECTED, edits, in_words

STEPS = st.lists(st.sampled_from("abcd"), max_size=8)


@pytest.mark.parametrize(
    ("usual", "seen", "kinds"),
    [
        ("abc", "abc", []),
        ("abc", "ac", [(MISSING, "b", 1)]),
        ("abc", "abxc", [(UNEXPECTED, "x", 2)]),
        ("abc", "abbc", [(REPEATED, "b", 2)]),
        ("abc", "bac", [(MOVED, "b", 0)]),
        ("abcd", "acdb", [(MOVED, "b", 3)]),
        ("abcd", "accd", [(REPEATED, "c", 1), (MISSING, "b", 2)]),
        ("abc", "", [(MISSING, "a", 0), (MISSING, "b", 0), (MISSING, "c", 0)]),
    ],
)
def test_edits_are_named(usual: str, seen: str, kinds: list[tuple[str, str, int]]) -> None:
    assert [(edit.kind, edit.step, edit.place) for edit in edits(usual, seen)] == kinds


@given(STEPS, STEPS)
def test_equal_sequences_alone_have_no_edits(usual: list[str], seen: list[str]) -> None:
    assert (not edits(usual, seen)) == (usual == seen)


def test_differences_in_words() -> None:
    assert in_words(edits(list("abcd"), list("acdbxx"))) == ("“b” elsewhere", "with “x”", "“x” again")
    assert in_words(edits(list("aa"), list("b"))) == ("with “b”", "without “a” (2×)")
