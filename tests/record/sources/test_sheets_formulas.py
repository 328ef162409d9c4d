"""Formulas come into one spelling and are seen through, never evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.sources import _sheets_formulas as formulas


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("of:=SUM([.B2:.B40])", "=SUM(B2:B40)"),
        ('of:=IF([.A1]>0;[$Sheet2.B2];"a;b")', '=IF(A1>0,Sheet2!B2,"a;b")'),
        ("of:=SUM([$'My sheet'.$B$2:.$B$9])", "=SUM('My sheet'!$B$2:$B$9)"),
        ("of:=COM.MICROSOFT.CONCAT([.A1];{1;2|3;4})", "=CONCAT(A1,{1,2;3,4})"),
        ("of:=SUM([.A1:.A2]~[.C1])", "=SUM(A1:A2,C1)"),
        ("msoxl:=SUM(B2:B4,1)", "=SUM(B2:B4,1)"),
    ],
)
def test_open_formula(written: str, ours: str) -> None:
    assert formulas.from_open_formula(written) == ours


@pytest.mark.parametrize(
    ("shown", "ours"),
    [
        ("=SUM($Sheet2.B2:B40;1)", "=SUM(Sheet2!B2:B40,1)"),
        ("=$'My sheet'.A1&\"x;y.B2\"", "='My sheet'!A1&\"x;y.B2\""),
        ("plain; text.A1", "plain; text.A1"),
        ("=A1*1.5", "=A1*1.5"),
    ],
)
def test_libreoffice(shown: str, ours: str) -> None:
    assert formulas.from_libreoffice(shown) == ours


def test_a_copy_is_the_same_formula() -> None:
    assert formulas.relative("=A2*$C$1+LOG10(B2)", 1, 3) == "=RC[-3]*R1C3+LOG10(RC[-2])"
    assert formulas.relative('="A2"&Sheet2!A2', 1, 0) == '="A2"&Sheet2!RC'
    assert formulas.copied("A2*$C$1", 3, 1) == "B5*$C$1"
    assert formulas.copied("A2", -5, 0) == "#REF!"


@given(st.integers(0, 500), st.integers(0, 50), st.integers(0, 40), st.integers(0, 20))
def test_copying_keeps_the_relative_form(row: int, column: int, down: int, across: int) -> None:
    formula = "=SUM(B3:C9)*$A$1+D4"
    assert formulas.relative(formula, row, column) == formulas.relative(
        formulas.copied(formula, down, across), row + down, column + across
    )


def test_what_refers_follows() -> None:
    def below(sheet: str, place: formulas.Place) -> formulas.Place | None:
        if sheet != "Data":
            return place
        return None if place[0] == 4 else (place[0] + (place[0] > 4), place[1])

    moved = formulas.moved("=SUM(Data!A2:A9)+A9+Data!B5", "Sum", below)
    assert moved == "=SUM(Data!A2:A10)+A9+#REF!"
    assert formulas.moved("=Data!A1", "Sum", below, {"Data": "New data"}) == "='New data'!A1"


def test_functions_are_told_and_texts_are_no_functions() -> None:
    assert formulas.functions('=IF(SUM(A1:A2)>0,"VLOOKUP(1)",_x(2))') == ["IF", "SUM", "_X"]
    assert formulas.functions("plain (text)") == []


@given(st.integers(0, 16_383))
def test_columns_have_names(column: int) -> None:
    assert formulas.column_number(formulas.column_name(column)) == column


@pytest.mark.parametrize("name", ["", "7", "B", "ABCD1", "É1", "A-1"])
def test_what_is_no_place(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        formulas.place_of(name)
