"""OpenDocument spreadsheets (ODF 1.3 part 3) as `Book`s: `content.xml` streamed, nothing evaluated."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

from guildbook.record.sources._files_packages import RefusedError, package, parse, read
from guildbook.record.sources._sheets_book import Book, Cell, Filling, Sheet, number
from guildbook.record.sources._sheets_formulas import MOST_COLUMNS, MOST_ROWS, from_open_formula

_TIME: Final = re.compile(r"(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?")
_ENCRYPTED: Final = re.compile(rb"<(?:\w+:)?encryption-data[\s>]")
_FORMATS: Final = frozenset({"percentage", "currency", "date", "time", "boolean"})
_MOST_REPEATED: Final = 100_000
_CACHED: Final = "'file:"
"""How LibreOffice names the tables in which it keeps what cells of other files held."""


def read_ods(path: Path) -> Book:
    """The workbook. Raises `RefusedError`, or `TornError` for one that is not whole."""
    with package(path) as pack:
        refuse_encrypted(pack)
        reading = _Content()
        parse(pack, "content.xml", reading.start, reading.end, reading.text)
        book = reading.book
        book.app, book.by = properties(pack)
        return book


def refuse_encrypted(pack: zipfile.ZipFile) -> None:
    """Raises `RefusedError` for a package whose manifest speaks of encryption (ODF 1.3 part 2, 4.4)."""
    if _ENCRYPTED.search(read(pack, "META-INF/manifest.xml")):
        raise RefusedError("it is protected by a password")


def properties(pack: zipfile.ZipFile) -> tuple[str, str]:
    """Which program saved the package, and who did, as it says itself."""
    found = {"generator": "", "creator": ""}
    now = ""

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal now
        now = tag

    def text(text: str) -> None:
        if now in found:
            found[now] += text

    if "meta.xml" in pack.namelist():
        parse(pack, "meta.xml", start, lambda _: start("", {}), text)
    return found["generator"], found["creator"]


class _Content:
    """`content.xml`: tables of rows of cells, where equal neighbours are written once with a count."""

    def __init__(self) -> None:
        self.book = Book()
        self._filling = Filling()
        self._sheet: Sheet | None = None
        self._depth = 0
        self._row = self._column = 0
        self._rows = 1
        self._cells: list[tuple[int, int, Cell]] = []
        self._cell: dict[str, str] | None = None
        self._cell_depth = 0
        self._parts: list[str] = []
        self._in_text = False
        self._counts: dict[str, int] = {}

    def start(self, tag: str, has: dict[str, str]) -> None:
        self._depth += 1
        if tag in {"table-cell", "covered-table-cell"}:
            self._cell, self._cell_depth = has, self._depth
            self._parts.clear()
        elif self._cell is not None:
            self._inside(tag, has)
        elif tag == "table-row":
            self._rows, self._column = _count(has, "number-rows-repeated"), 0
            self._cells.clear()
        elif tag == "table" and "name" in has and not has["name"].startswith(_CACHED):
            self._sheet = Sheet(has["name"])
            self.book.sheets.append(self._sheet)
            self._row = 0
        elif tag == "table":
            self._sheet = None
        else:
            self._feature(tag, has)

    def _inside(self, tag: str, has: dict[str, str]) -> None:
        """In a cell: its paragraphs are its text; notes and shapes in it are not."""
        if tag == "p" and self._depth == self._cell_depth + 1:
            if self._parts:
                self._parts.append("\n")
            self._in_text = True
        elif self._in_text and tag == "s":
            self._parts.append(" " * min(_count(has, "c"), _MOST_REPEATED))
        elif self._in_text and tag in {"tab", "line-break"}:
            self._parts.append("\t" if tag == "tab" else "\n")
        else:
            self._feature(tag, has)

    def _feature(self, tag: str, has: dict[str, str]) -> None:
        features = self._sheet.features if self._sheet else {}
        if tag == "object" and has.get("notify-on-update-of-ranges") is not None:
            self._add("charts")
        elif tag == "data-pilot-table":
            self._add("pivot tables")
        elif tag == "database-range" and has.get("display-filter-buttons") == "true":
            self._filter(has.get("target-range-address", ""))
        elif tag in {"conditional-format", "content-validation"}:
            name = "conditional formats" if tag == "conditional-format" else "validations"
            features[name] = str(int(features.get(name, "0")) + 1)

    def _add(self, name: str) -> None:
        self.book.features[name] = str(int(self.book.features.get(name, "0")) + 1)

    def _filter(self, target: str) -> None:
        """Database ranges come after all tables and name theirs: `Sheet1.A1:Sheet1.D40`."""
        name, _, cells = target.partition(":")[0].rpartition(".")
        _, _, end = target.partition(":")[2].rpartition(".")
        bare = name.lstrip("$").strip("'").replace("''", "'")
        for sheet in self.book.sheets:
            if sheet.name == bare:
                sheet.features["filter"] = f"{cells}:{end}".replace("$", "")

    def text(self, text: str) -> None:
        if self._in_text:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        if self._cell is not None and self._depth == self._cell_depth:
            self._put(self._cell)
            self._cell, self._in_text = None, False
        elif tag == "p" and self._depth == self._cell_depth + 1:
            self._in_text = False
        elif tag == "table-row" and self._cell is None:
            self._put_rows()
        self._depth -= 1

    def _put(self, has: dict[str, str]) -> None:
        repeated = min(_count(has, "number-columns-repeated"), MOST_COLUMNS)
        kind = has.get("value-type", "")
        formula = has.get("formula", "")
        value = _value(kind, has, "".join(self._parts))
        if _count(has, "number-columns-spanned") > 1 or _count(has, "number-rows-spanned") > 1:
            merged = self._sheet.features if self._sheet else {}
            merged["merged cells"] = str(int(merged.get("merged cells", "0")) + 1)
        if formula or value:
            text = from_open_formula(formula) if formula else ""
            if has.get("number-matrix-rows-spanned"):
                text = "{" + text + "}"
            cell = Cell(text, value, kind if kind in _FORMATS else "")
            self._cells.append((self._column, repeated, cell))
        self._column += repeated

    def _put_rows(self) -> None:
        sheet = self._sheet
        if sheet is not None and self._cells:
            for row in range(self._row, self._row + min(self._rows, MOST_ROWS)):
                for column, repeated, cell in self._cells:
                    for across in range(repeated):
                        self._filling.put(sheet, (row, column + across), cell)
        self._row += self._rows


def _value(kind: str, has: dict[str, str], shown: str) -> str:
    """A cell's value (ODF 1.3 part 3, 19.387 and what stands beside it)."""
    if kind in {"float", "percentage", "currency"}:
        # calcext says of an error that it is one, and shows which; its value is 0.
        return shown if shown.startswith(("#", "Err:")) else number(has.get("value", ""))
    if kind == "date":
        return has.get("date-value", "").removesuffix("T00:00:00")
    if kind == "time":
        return _time(has.get("time-value", ""))
    if kind == "boolean":
        return has.get("boolean-value", "").upper()
    return has.get("string-value") or shown


def _time(text: str) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return f"{found[1]}{hours:02d}:{minutes:02d}:{seconds:02d}"


def _count(has: dict[str, str], name: str) -> int:
    text = has.get(name, "1")
    return max(int(text), 1) if text.isdecimal() else 1
