"""What a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.teach.question import MEANINGS, Asks, read


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Who should I ask about a fraud check?", Asks.WHO),
        ("whom do I contact about marine claims", Asks.WHO),
        ("which colleague is the expert on invoices", Asks.WHO),
        ("How do I fill a column quickly?", Asks.HOW),
        ("is there a shortcut for filling down", Asks.HOW),
        ("What should I check before approving?", Asks.QUALITY),
        ("what matters in a good claim", Asks.QUALITY),
        ("how long does a claim take", Asks.DURATION),
        ("marine claims", Asks.ANY),
        ("", Asks.ANY),
    ],
)
def test_what_is_asked_for(text: str, asks: Asks) -> None:
    assert read(text).asks is asks


def test_content_words_with_their_near_meanings() -> None:
    first, second = read("Who should I ask about a fraud check?").groups
    assert first[0] == "fraud"
    assert "scam" in first
    assert second[0] == "check"
    assert "verify" in second


def test_only_signs_are_searched_when_nothing_else_is_said() -> None:
    assert [group[0] for group in read("expert colleagues").groups] == ["expert", "colleagues"]
    assert read("how is it done?").groups == ()


def test_a_pasted_document_is_read_in_part() -> None:
    assert len(read(" ".join(f"word{i}" for i in range(10_000))).groups) <= 32


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_any_text_is_a_question(text: str) -> None:
    groups = read(text).groups
    assert len({group[0] for group in groups}) == len(groups)


def test_near_meanings_are_mutual() -> None:
    for word, others in MEANINGS.items():
        assert all(word in MEANINGS[other] for other in others)
