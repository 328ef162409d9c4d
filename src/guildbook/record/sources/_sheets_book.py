"""A workbook as what a person put into it: cells with their formulas, values, formats, and what else is on a sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from guildbook.record.sources._files_packages import RefusedError
from guildbook.record.sources._sheets_formulas import Place

MOST_CELLS: Final = 500_000
"""Cells of one workbook that are compared: about 200 MB in the process that does it, which then ends."""


_EXACT: Final = 1e15


class Cell(NamedTuple):
    """One cell."""

    formula: str
    """With `=`; empty where there is none."""
    value: str
    """What it holds, or what the formula gave: numbers as Python writes them, dates in ISO 8601, TRUE, #REF!."""
    format: str
    """The number format, where it is not the general one."""

    @property
    def text(self) -> str:
        """What was put in: the formula, else the value."""
        return self.formula or self.value


@dataclass(slots=True)
class Sheet:
    """One sheet."""

    name: str
    cells: dict[Place, Cell] = field(default_factory=dict[Place, Cell])
    features: dict[str, str] = field(default_factory=dict[str, str])
    """What else is on it, and how: `filter` → `A1:D40`, `merged cells` → `3`."""


@dataclass(slots=True)
class Book:
    """A workbook."""

    sheets: list[Sheet] = field(default_factory=list[Sheet])
    features: dict[str, str] = field(default_factory=dict[str, str])
    """What it holds beside cells: `charts` → `2`."""
    app: str = ""
    """The program that saved it."""
    by: str = ""
    """Who saved it last, as the program says."""


class Filling:
    """Puts cells into sheets and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def put(self, sheet: Sheet, place: Place, cell: Cell) -> None:
        """Raises `RefusedError` when there are too many."""
        self.count += 1
        if self.count > MOST_CELLS:
            raise RefusedError(f"it has more than {MOST_CELLS:,} cells")
        sheet.cells[place] = cell


def number(text: str) -> str:
    """A number as Python writes the shortest that is equal; other texts stay."""
    try:
        found = float(text)
    except ValueError:
        return text
    return str(int(found)) if found.is_integer() and abs(found) < _EXACT else repr(found)


def dumped(book: Book) -> bytes:
    """The book as bytes, for `loaded`."""
    sheets: list[Any] = []
    for sheet in book.sheets:
        rows, columns = ([place[n] for place in sheet.cells] for n in (0, 1))
        known: dict[Cell, int] = {}
        which = [known.setdefault(cell, len(known)) for cell in sheet.cells.values()]
        sheets.append([sheet.name, sheet.features, rows, columns, which, list(known)])
    return json.dumps([sheets, book.features, book.app, book.by], separators=(",", ":")).encode()


def loaded(data: bytes) -> Book:
    """What `dumped` wrote."""
    sheets, features, app, by = json.loads(data)
    return Book([_sheet(*each) for each in sheets], features, app, by)


def _sheet(
    name: str,
    features: Mapping[str, str],
    rows: list[int],
    columns: list[int],
    which: list[int],
    cells: list[list[str]],
) -> Sheet:
    known = [Cell(*cell) for cell in cells]
    places = zip(rows, columns, strict=True)
    return Sheet(name, {place: known[n] for place, n in zip(places, which, strict=True)}, dict(features))
