"""The process that finds persons, with the real extra."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.pii.child import MARKS, lines, marked
from guildbook.record.pii.finder import Finder, missing


@pytest.fixture(scope="module")
def finder(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Finder]:
    if missing():
        missing_part("pii", "the extra `pii` is not installed")
    made = Finder(patience=300)
    yield made
    made.close()


@pytest.mark.pii
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Dear Mrs. Jane Doe, your policy POL0717 is settled", "Dear Mrs. [person], your policy POL0717 is settled"),
        ("Call John Miller at +1 415 555 0132 tomorrow", "Call [person] at [phone] tomorrow"),
        ("write to a.b@c.example", "write to [mail]"),
        ("Budget 2026.xlsx — LibreOffice Calc", "Budget 2026.xlsx — LibreOffice Calc"),
        ("Claim 4711", "Claim 4711"),
    ],
)
def test_it_finds_persons(finder: Finder, text: str, wanted: str) -> None:
    assert finder.cleaned([text]) == [wanted]
    assert finder.withheld == 0


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(sorted(MARKS))), max_size=5)


@given(st.text(min_size=12, max_size=18, alphabet="abc"), SPANS)
def test_nothing_found_is_left(text: str, spans: list[tuple[int, int, str]]) -> None:
    found = [(start, min(start + size, len(text)), kind) for start, size, kind in spans if start < len(text)]
    hidden = {at for start, end, _ in found for at in range(start, end)}
    plain = marked(text, found)
    for mark in MARKS.values():
        plain = plain.replace(mark, "")
    assert plain == "".join(letter for at, letter in enumerate(text) if at not in hidden)


def test_lines_come_whole_until_nobody_asks() -> None:
    read, write = os.pipe()
    os.write(write, b"one\ntwo\nthr")
    asked = lines(read, 0.2)
    assert [next(asked), next(asked)] == [b"one", b"two"]
    os.write(write, b"ee\n")
    assert next(asked) == b"three"
    assert list(asked) == []  # idle
    os.close(write)
    assert list(lines(read, 10)) == []  # the end
    os.close(read)
