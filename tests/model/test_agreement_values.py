"""Values of agreements: what people write comes back, and nothing is rounded on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.agreement import Agreement, Price, Substitution
from guildbook.model.agreement_fields import MOST, specs
from guildbook.model.agreement_values import checked, money_words, parsed, share_words, written
from guildbook.model.purpose import PPM

SHARE, MONEY = specs(Price)["royalty"], specs(Price)["amount"]
BOUND, TITLE = specs(Substitution)["bound"], specs(Agreement)["title"]


@given(st.integers(0, PPM))
def test_shares_are_exact(ppm: int) -> None:
    assert parsed(SHARE, share_words(ppm), "x") == parsed(SHARE, f"{ppm} ppm", "x") == ppm
    assert parsed(BOUND, written(BOUND, ppm), "x") == ppm


@given(st.integers(0, MOST))
def test_money_is_exact(cents: int) -> None:
    assert parsed(MONEY, money_words(cents), "x") == cents


@pytest.mark.parametrize(
    ("said", "meant"), [("5%", 50_000), ("0.0001 %", 1), ("100 %", PPM), ("0", 0), ("2.50 %", 25_000)]
)
def test_shares_as_people_write_them(said: str, meant: int) -> None:
    assert parsed(SHARE, said, "x") == meant


@pytest.mark.parametrize("said", ["5", "0.00001 %", "-1 %", "1e2 %", "101 %", "٥ %", "five %", "%", "none", "1.5 ppm"])
def test_what_is_no_share_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"^price\.royalty must be"):
        parsed(SHARE, said, "price.royalty")


@pytest.mark.parametrize("said", ["none", "None", "null", "~"])
def test_no_limit_only_where_it_is_allowed(said: str) -> None:
    assert parsed(BOUND, said, "x") is None
    assert written(BOUND, None) == "none"
    with pytest.raises(ValueError, match="must be an amount"):
        parsed(MONEY, said, "x")
    assert parsed(TITLE, said, "x") == said


@pytest.mark.parametrize(
    "value",
    ["a\nb", "a\tb", "a\u2028b", "\u202eevil", "a\u200bb", " a", "a ", "“a”", '"a"', "\ud800", "x" * 201, "\ue000"],
)
def test_text_that_could_mislead_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"^x "):
        checked(TITLE, value, "x")


@pytest.mark.parametrize("value", ["Gewerkschaft Süd", "می‌خواهم", "工会", "O'Neill & Söhne <AG>", ""])
def test_ordinary_text_of_any_language_is_taken(value: str) -> None:
    assert checked(TITLE, value, "x") == value


@pytest.mark.parametrize("value", [1.0, True, "1", None, -1, MOST + 1, [1]])
def test_only_whole_numbers_in_range(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^x must be"):
        checked(MONEY, value, "x")
