"""Text made safe for terminals, pages and sheets."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guildbook.teach.text import clean, sheet, shorten

ANY = st.text(st.characters(codec=None, exclude_categories=[]), max_size=200)
NASTY = st.lists(
    st.sampled_from(
        ["\x1b", "\x9b", "]", "[", "0;x", "31m", "\x07", "\x9c", "\u202e", "\ud800", "\x00", "P", "a", "\n", "\\"]
    )
).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve – 日本語 👩‍🔧", "plain text, naïve – 日本語 👩‍🔧"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
        ("\x1bcreset", "reset"),
        ("two\r\nlines\tand tab", "two lines and tab"),
        ("nul\x00bell\x07back\x08", "nulbellback"),
        ("exe\u202egpj.", "exe‹U+202E›gpj."),
        ("tag\U000e0041", "tag‹U+E0041›"),
        ("lone \ud800", "lone \ufffd"),
        ("para\u2029graph", "para graph"),
    ],
)
def test_clean_shows_what_is_text_and_drops_what_is_command(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.one_of(ANY, NASTY))
@example("\x1b\x1b[31m")
@example("\x1b]\x1b]0;a\x07")
def test_clean_leaves_nothing_a_terminal_obeys(text: str) -> None:
    shown = clean(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean(shown) == shown
    shown.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="\u061c"), max_size=80))
def test_clean_leaves_harmless_text_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\x1b[0m=1", "|cmd", "＝1"])
def test_sheet_disarms_formulas(cell: str) -> None:
    assert sheet(cell).startswith("'")


def test_sheet_leaves_text_alone() -> None:
    assert sheet("Settle a claim (a = b)") == "Settle a claim (a = b)"


@given(ANY)
def test_sheet_never_starts_a_formula(text: str) -> None:
    assert not sheet(text).lstrip().startswith(("=", "+", "-", "@"))


@given(ANY, st.integers(1, 50))
def test_shorten_keeps_to_its_size(text: str, size: int) -> None:
    assert len(shorten(text, size)) <= size
    assert len(text) > size or shorten(text, size) == text
