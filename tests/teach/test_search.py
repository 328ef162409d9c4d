"""The index: FTS5 and the fallback agree on what counts, and nothing is ever an operator."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.teach import search
from guildbook.teach.search import Counted, Document, FullText, Index, open_index, words_of

DOCUMENTS = (
    Document("Approve a claim", "fraud check", "Open claim"),
    Document("Pay an invoice", "", "A_SUBMITTED sendMail"),
    Document("Çelik prüft 承認する", "", ""),
)

BOTH = pytest.mark.parametrize("make", [FullText, Counted])
Make = Callable[[Sequence[Document]], Index]


@BOTH
@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("approving", {0}),
        ("claims", {0}),
        ("invoice", {1}),
        ("submitted", {1}),
        ("mail", {1}),
        ("celik", {2}),
        ("承", {2}),
        ("pasta", set[int]()),
        ("an", {1}),
    ],
)
def test_stems_accents_and_scripts(make: Make, word: str, found: set[int]) -> None:
    assert set(make(DOCUMENTS).find(words_of(word))) == found


@BOTH
def test_the_title_counts_most(make: Make) -> None:
    index = make([Document("x", "", "claim"), Document("claim"), Document("x", "claim")] + [Document("y")] * 9)
    scores = index.find(["claim"])
    assert scores[1] > scores[2] > scores[0] > 0


@BOTH
@given(st.lists(st.text(max_size=30), max_size=5))
def test_no_word_is_an_operator(make: Make, texts: list[str]) -> None:
    make(DOCUMENTS).find([*texts, "AND", "OR", 'a"b', "NEAR(", "*", "title:"])
    for text in texts:
        make(DOCUMENTS).find(words_of(text))


@BOTH
def test_nothing_to_look_in_or_for(make: Make) -> None:
    assert not make([]).find(["claim"])
    assert not make(DOCUMENTS).find([])


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_words_are_letters_and_digits(text: str) -> None:
    assert all(word.isalnum() for word in words_of(text))


def test_without_fts5_words_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_index(DOCUMENTS), FullText)

    def missing(_: Sequence[Document]) -> Index:
        raise sqlite3.OperationalError("no such module: fts5")

    monkeypatch.setattr(search, "FullText", missing)
    assert isinstance(open_index(DOCUMENTS), Counted)
