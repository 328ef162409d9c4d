"""What was taken out is told by kind and size, never by content."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from guildbook.record import _secrets
from guildbook.record.redact import clean_json
from guildbook.record.shapes import KINDS, Shape, marks, shapes

WORDS = st.text(string.ascii_lowercase + " ", max_size=12)


def test_a_mark_is_told_by_kind_and_shape() -> None:
    before = "the password is Zx81!abc and card 4111 1111 1111 1111."
    after = clean_json(before)
    (one, two) = shapes(before, after)
    assert (one.mark, one.length, one.made_of) == ("secret", 8, "letters, digits, signs")
    assert (two.mark, two.length, two.made_of) == ("card", 19, "digits, signs")
    assert str(one) == "secret, 8 characters (letters, digits, signs) → [secret]"
    assert "Zx81" not in str([one, two])


def test_what_was_a_mark_before_is_no_change() -> None:
    assert shapes("pay [card] now", "pay [card] now") == []
    assert marks("pay [card] and [iban 0123456789] [x]") == ["card", "iban"]
    assert str(Shape("card")) == "card: taken out before the first write → [card]"


def test_every_kind_of_mark_is_known() -> None:
    assert {rule.mark for rule in _secrets.RULES} <= KINDS


@given(WORDS, st.text("0123456789", min_size=1, max_size=9), WORDS)
def test_one_secret_is_measured_exactly(first: str, secret: str, last: str) -> None:
    (found,) = shapes(first + secret + last, f"{first}[code]{last}")
    assert (found.mark, found.length, found.made_of) == ("code", len(secret), "digits")


@given(WORDS, WORDS)
def test_no_text_breaks_it(before: str, after: str) -> None:
    assert all(shape.mark in KINDS for shape in shapes(before, f"{after}[key]x[card]{before}"))
