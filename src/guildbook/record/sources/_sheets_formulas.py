"""Formulas in one spelling, and what can be seen in them: references, functions, the same formula in another cell.

The spelling is that of Office Open XML: `=SUM(Sheet2!B2:B40,1)`. OpenFormula (`of:=SUM([$Sheet2.B2:.B40];1)`) and
LibreOffice's own (`=SUM($Sheet2.B2:B40;1)`) are brought into it. A formula is text from a file: it is never evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

Place = tuple[int, int]
"""Row and column, from 0."""
MOST_ROWS: Final = 1 << 20
MOST_COLUMNS: Final = 1 << 14
_SHEET: Final = r"(?:'(?:[^']|'')*'|[^\W\d][\w.]*)"
_TOKEN: Final = re.compile(
    rf"(?P<text>\"(?:[^\"]|\"\")*\")"
    rf"|(?P<sheet>{_SHEET}(?::{_SHEET})?!)?(?<![\w.])(?P<da>\$?)(?P<col>[A-Za-z]{{1,3}})(?P<dr>\$?)(?P<row>[1-9]\d{{0,6}})(?![\w(.!])"
    rf"|(?P<quoted>'(?:[^']|'')*'!?)"
)
_FUNCTION: Final = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|([A-Za-z_][\w.]*)\s*\(")
_PREFIXES: Final = re.compile(r"(?:_xlfn\.|_xlws\.|_xludf\.|COM\.MICROSOFT\.|ORG\.LIBREOFFICE\.|ORG\.OPENOFFICE\.)+")
_OPEN: Final = re.compile(
    r"(?P<text>\"(?:[^\"]|\"\")*\")|\[(?P<ref>(?:'(?:[^']|'')*'|[^\]'])*)\]|(?P<array>\{[^{}\"]*(?:\"[^\"]*\"[^{}\"]*)*\})"
    r"|(?P<semi>;)|(?P<union>~)|(?P<cut>!)"
)
_OWN: Final = re.compile(
    r"(?P<text>\"(?:[^\"]|\"\")*\")"
    r"|\$?(?P<sheet>'(?:[^']|'')*'|[^\W\d]\w*)\.(?=\$?[A-Za-z]{1,3}\$?\d)"
    r"|(?P<array>\{[^{}\"]*(?:\"[^\"]*\"[^{}\"]*)*\})|(?P<semi>;)"
)
_PLAIN: Final = re.compile(r"[^\W\d]\w*")


def column_name(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@lru_cache(4096)
def column_number(name: str) -> int:
    """A → 0."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def place_name(place: Place) -> str:
    """(2, 1) → B3."""
    return f"{column_name(place[1])}{place[0] + 1}"


def place_of(name: str) -> Place:
    """B3 → (2, 1). Raises `ValueError` for what is none."""
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    if not letters.isascii() or not letters.isalpha() or not digits or len(letters) > len("XFD"):
        raise ValueError(name)
    return int(digits) - 1, column_number(letters)


def plain(formula: str) -> str:
    """A formula of an Office Open XML file in our spelling: with `=`, functions without the prefixes of new ones."""
    return "=" + _PREFIXES.sub("", formula.strip())


def from_open_formula(formula: str) -> str:
    """A formula of an OpenDocument file: namespace off, references and separators as in Office Open XML."""
    head, sign, body = formula.partition("=")
    if not sign or len(head) > len("msoxl:"):
        head, body = "", formula
    if head in {"msoxl:", "oooc:"}:
        return plain(body)

    def turned(found: re.Match[str]) -> str:
        if found["text"]:
            return found["text"]
        if found["ref"] is not None:
            return _reference(found["ref"])
        if found["array"]:
            return _array(found["array"])
        return "," if found["semi"] or found["union"] else " "

    return "=" + _PREFIXES.sub("", _OPEN.sub(turned, body.strip()))


def from_libreoffice(formula: str) -> str:
    """A formula as LibreOffice shows it: `$Sheet2.B2` → `Sheet2!B2`, `;` → `,`. Other texts stay."""
    if not formula.startswith("="):
        return formula

    def turned(found: re.Match[str]) -> str:
        if found["text"]:
            return found["text"]
        if found["sheet"]:
            return f"{found['sheet']}!"
        return _array(found["array"]) if found["array"] else ","

    return "=" + _PREFIXES.sub("", _OWN.sub(turned, formula[1:]))


def _array(text: str) -> str:
    """{1;2|3} → {1,2;3}."""
    parts = re.split(r"(\"[^\"]*\")", text)
    swapped = [p if p.startswith('"') else p.replace(";", ",").replace("|", ";") for p in parts]
    return "".join(swapped)


def _reference(text: str) -> str:
    """[$'My sheet'.B2:.B9] without its brackets → 'My sheet'!B2:B9."""
    ends = [_end(part) for part in re.split(r":(?=(?:[^']*'[^']*')*[^']*$)", text)]
    sheet = ends[0][0]
    cells = ":".join(
        cell if n == 0 or other in {"", sheet} else f"{other}!{cell}" for n, (other, cell) in enumerate(ends)
    )
    return f"{sheet}!{cells}" if sheet else cells


def _end(text: str) -> tuple[str, str]:
    sheet, _, cell = text.rpartition(".")
    sheet = sheet.removeprefix("$")
    bare = sheet[1:-1].replace("''", "'") if sheet.startswith("'") and sheet.endswith("'") else sheet
    return quoted(bare) if sheet else "", cell


def quoted(sheet: str) -> str:
    """A sheet's name as it stands in a formula."""
    if _PLAIN.fullmatch(sheet) and not re.fullmatch(r"[A-Za-z]{1,3}\d+|[rRcC]", sheet):
        return sheet
    return "'" + sheet.replace("'", "''") + "'"


@lru_cache(1 << 16)
def relative(formula: str, row: int, column: int) -> str:
    """The formula with its references as steps from its own cell (`RC[-1]`): equal for a formula and its copies."""

    def stepped(found: re.Match[str]) -> str:
        if not found["row"]:
            return found[0]
        at_row, at_column = int(found["row"]) - 1, column_number(found["col"])
        down = f"R{at_row + 1}" if found["dr"] else _step("R", at_row - row)
        across = f"C{at_column + 1}" if found["da"] else _step("C", at_column - column)
        return f"{found['sheet'] or ''}{down}{across}"

    return _TOKEN.sub(stepped, formula)


def _step(letter: str, steps: int) -> str:
    return f"{letter}[{steps}]" if steps else letter


def moved(
    formula: str,
    sheet: str,
    shift: Callable[[str, Place], Place | None],
    renamed: Mapping[str, str] | None = None,
) -> str:
    """The formula as it reads after rows and columns were put in or taken out, and sheets renamed (old → new name).

    `sheet` is where it stands; `shift(sheet, place)` says where a cell is now, None where it is gone.
    """
    last = sheet

    def turned(found: re.Match[str]) -> str:
        nonlocal last
        if not found["row"]:
            return found[0]
        named = found["sheet"]
        # The end of a range such as Other!B2:B9 is on the sheet that its beginning names.
        before = formula[found.start() - 1 : found.start()]
        last = _bare(named[:-1]) if named else (last if before == ":" else sheet)
        now = shift(last, (int(found["row"]) - 1, column_number(found["col"])))
        if now is None:
            return "#REF!"
        shown = f"{quoted(renamed[last])}!" if named and renamed and last in renamed else named or ""
        return f"{shown}{found['da']}{column_name(now[1])}{found['dr']}{now[0] + 1}"

    return _TOKEN.sub(turned, formula)


def copied(formula: str, down: int, across: int) -> str:
    """The formula as it reads when its cell is copied so many rows down and columns across."""

    def turned(found: re.Match[str]) -> str:
        if not found["row"]:
            return found[0]
        row = int(found["row"]) - 1 + (0 if found["dr"] else down)
        column = column_number(found["col"]) + (0 if found["da"] else across)
        if not (0 <= row < MOST_ROWS and 0 <= column < MOST_COLUMNS):
            return "#REF!"
        return f"{found['sheet'] or ''}{found['da']}{column_name(column)}{found['dr']}{row + 1}"

    return _TOKEN.sub(turned, formula)


def functions(formula: str) -> list[str]:
    """The functions a formula calls, in order of the alphabet."""
    if not formula.startswith(("=", "{=")):
        return []
    return sorted({found[1].upper() for found in _FUNCTION.finditer(formula) if found[1]})


def _bare(sheet: str) -> str:
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
