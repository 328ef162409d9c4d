"""Office Open XML workbooks (ECMA-376 part 1, SpreadsheetML) as `Book`s: streamed, cell by cell, nothing evaluated."""

from __future__ import annotations

import posixpath
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from guildbook.record.sources._files_packages import RefusedError, TornError, package, parse
from guildbook.record.sources._sheets_book import Book, Cell, Filling, Sheet, number
from guildbook.record.sources._sheets_formulas import copied, place_of, plain

_FORMATS: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""ECMA-376 part 1, 18.8.30: the number formats that files name by number only."""
_NOT_DATES: Final = re.compile(r"\"[^\"]*\"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general", re.IGNORECASE)
_DATES: Final = re.compile(r"[ymdhs]", re.IGNORECASE)
_LEAP: Final = 60
"""Serial 60 is the 29 February 1900 that never was; smaller ones count from a day later."""
_LAST_SERIAL: Final = 2_958_466
_COUNTED: Final = {"chart": "charts", "pivotTable": "pivot tables", "table": "tables"}
_SHEET_PARTS: Final = {
    "conditionalFormatting": "conditional formats", "dataValidation": "validations", "mergeCell": "merged cells"
}  # fmt: skip


def read_xlsx(path: Path) -> Book:
    """The workbook. Raises `RefusedError`, or `TornError` for one that is not whole."""
    with package(path) as pack:
        root = _relations(pack, "")
        main = next((target for kind, target in root.values() if kind == "officeDocument"), None)
        if main is None:
            raise TornError("it names no workbook")
        workbook = _Workbook()
        parse(pack, main, workbook.start, _nothing, _nothing)
        relations = _relations(pack, main)
        shared = _Shared()
        formats = _Formats()
        for kind, target in relations.values():
            if kind == "sharedStrings":
                parse(pack, target, shared.start, shared.end, shared.text)
            elif kind == "styles":
                parse(pack, target, formats.start, _nothing, _nothing)
        book, filling = Book(), Filling()
        for name, key in workbook.sheets:
            sheet = Sheet(name)
            book.sheets.append(sheet)
            kind, target = relations.get(key, ("", ""))
            if kind == "worksheet":
                reading = _Cells(sheet, filling, shared.texts, formats.codes(), epoch_1904=workbook.epoch_1904)
                parse(pack, target, reading.start, reading.end, reading.text)
                reading.finish()
        book.features = _counted(pack)
        book.app, book.by = _properties(pack, root)
        return book


def properties(pack: zipfile.ZipFile) -> tuple[str, str]:
    """Which program saved the package, and who did, as it says itself."""
    return _properties(pack, _relations(pack, ""))


def _properties(pack: zipfile.ZipFile, root: dict[str, tuple[str, str]]) -> tuple[str, str]:
    found = {"Application": "", "lastModifiedBy": ""}
    for kind, target in root.values():
        if kind in {"extended-properties", "core-properties"}:
            texts = _Texts(found)
            try:
                parse(pack, target, texts.start, texts.end, texts.text)
            except TornError:
                continue
    return found["Application"], found["lastModifiedBy"]


def _counted(pack: zipfile.ZipFile) -> dict[str, str]:
    """Charts and the like, by the names of the parts that hold them."""
    found: dict[str, int] = {}
    for name in pack.namelist():
        stem, dot, ending = posixpath.basename(name).partition(".")
        kind = _COUNTED.get(stem.rstrip("0123456789"))
        if kind and dot and ending == "xml":
            found[kind] = found.get(kind, 0) + 1
    return {kind: str(count) for kind, count in found.items()}


def _relations(pack: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Id → (kind, part) of what a part is related to (ECMA-376 part 2, 9.3)."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, has: dict[str, str]) -> None:
        if tag == "Relationship" and has.get("TargetMode") != "External":
            kind = has.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, has.get("Target", ""))).lstrip("/")
            found[has.get("Id", "")] = (kind, target)

    parse(pack, posixpath.join(folder, "_rels", f"{name}.rels"), start, _nothing, _nothing)
    return found


def _nothing(*_: object) -> None:
    return


class _Texts:
    """The texts of a few elements."""

    def __init__(self, wanted: dict[str, str]) -> None:
        self._wanted = wanted
        self._now = ""

    def start(self, tag: str, _: dict[str, str]) -> None:
        self._now = tag

    def end(self, _: str) -> None:
        self._now = ""

    def text(self, text: str) -> None:
        if self._now in self._wanted:
            self._wanted[self._now] += text


class _Workbook:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        """Name and relation."""
        self.epoch_1904 = False

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "sheet":
            self.sheets.append((has.get("name", ""), has.get("id", "")))
        elif tag == "workbookPr":
            self.epoch_1904 = has.get("date1904") in {"1", "true"}


class _Shared:
    """The texts that cells name by number; readings of characters (`rPh`) are none of them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._in_text = False
        self._aside = False

    def start(self, tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            self._parts = []
        elif tag == "rPh":
            self._aside = True
        elif tag == "t":
            self._in_text = not self._aside

    def end(self, tag: str) -> None:
        if tag == "si":
            self.texts.append("".join(self._parts))
        elif tag == "rPh":
            self._aside = False
        elif tag == "t":
            self._in_text = False

    def text(self, text: str) -> None:
        if self._in_text:
            self._parts.append(text)


class _Formats:
    """The number format of each cell style."""

    def __init__(self) -> None:
        self._own: dict[int, str] = {}
        self._numbers: list[int] = []
        self._in_cells = False

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "numFmt":
            self._own[_int(has.get("numFmtId", ""))] = has.get("formatCode", "")
        elif tag in {"cellXfs", "cellStyleXfs", "cellStyles"}:
            self._in_cells = tag == "cellXfs"
        elif tag == "xf" and self._in_cells:
            self._numbers.append(_int(has.get("numFmtId", "")))

    def codes(self) -> list[str]:
        """By style; empty for the general format."""
        found = [self._own.get(n, _FORMATS.get(n, "")) for n in self._numbers]
        return ["" if code.lower() == "general" else code for code in found]


def is_date(code: str) -> bool:
    """Whether a number format shows dates or times (ECMA-376 part 1, 18.8.31)."""
    return _DATES.search(_NOT_DATES.sub("", code.partition(";")[0])) is not None


class _Cells:
    """One sheet's cells (ECMA-376 part 1, 18.3.1.4): `<c r="B2" s="1" t="s"><f>…</f><v>…</v></c>`."""

    def __init__(
        self, sheet: Sheet, filling: Filling, shared: list[str], formats: list[str], *, epoch_1904: bool
    ) -> None:
        self._sheet, self._filling, self._shared, self._formats = sheet, filling, shared, formats
        self._dates = [is_date(code) for code in formats]
        self._epoch_1904 = epoch_1904
        self._row = self._column = -1
        self._kind, self._style = "", 0
        self._formula: dict[str, str] | None = None
        self._parts: dict[str, list[str]] = {"f": [], "v": [], "t": []}
        self._into: list[str] | None = None
        self._masters: dict[str, tuple[int, int, str]] = {}
        self._counts: dict[str, int] = {}

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "c":
            self._cell(has)
        elif tag in {"v", "t"}:
            self._into = self._parts[tag]
        elif tag == "f":
            self._formula, self._into = has, self._parts["f"]
        elif tag == "row":
            self._row = _int(has.get("r", "")) - 1 if "r" in has else self._row + 1
            self._column = -1
        elif tag in _SHEET_PARTS:
            self._counts[tag] = self._counts.get(tag, 0) + 1
        elif tag == "autoFilter":
            self._sheet.features["filter"] = has.get("ref", "")
        elif tag == "filterColumn":
            self._counts[tag] = self._counts.get(tag, 0) + 1
        elif tag == "pane" and has.get("state") in {"frozen", "frozenSplit"}:
            self._sheet.features["frozen"] = has.get("topLeftCell", "")

    def _cell(self, has: dict[str, str]) -> None:
        self._kind, self._style = has.get("t", "n"), _int(has.get("s", ""))
        self._formula, self._into = None, None
        for parts in self._parts.values():
            parts.clear()
        if "r" in has:
            try:
                self._row, self._column = place_of(has["r"])
            except ValueError:
                raise RefusedError("it has a cell without a place") from None
        else:
            self._column += 1

    def text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def end(self, tag: str) -> None:
        if tag in {"v", "t", "f"}:
            self._into = None
        elif tag == "c":
            formula, value = self._formula_text(), self._value()
            if formula or value:
                code = self._formats[self._style] if self._style < len(self._formats) else ""
                self._filling.put(self._sheet, (self._row, self._column), Cell(formula, value, code))

    def finish(self) -> None:
        """Features that were counted."""
        for tag, name in _SHEET_PARTS.items():
            if tag in self._counts:
                self._sheet.features[name] = str(self._counts[tag])
        if "filterColumn" in self._counts and "filter" in self._sheet.features:
            self._sheet.features["filter"] += f" ({self._counts['filterColumn']} columns)"

    def _formula_text(self) -> str:
        if self._formula is None:
            return ""
        text = "".join(self._parts["f"])
        kind, key = self._formula.get("t"), self._formula.get("si", "")
        if kind == "shared":
            if text:
                self._masters[key] = (self._row, self._column, text)
            elif key in self._masters:
                row, column, master = self._masters[key]
                text = copied(master, self._row - row, self._column - column)
        if not text:
            return ""
        return "{" + plain(text) + "}" if kind == "array" else plain(text)

    def _value(self) -> str:
        if self._kind == "inlineStr":
            return "".join(self._parts["t"])
        text = "".join(self._parts["v"])
        if not text:
            return ""
        if self._kind == "s":
            place = _int(text)
            return self._shared[place] if 0 <= place < len(self._shared) else ""
        if self._kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        if self._kind != "n":
            return text
        found = number(text)
        if self._style < len(self._dates) and self._dates[self._style]:
            return _date(found, epoch_1904=self._epoch_1904)
        return found


def _date(text: str, *, epoch_1904: bool) -> str:
    """A serial day number in ISO 8601 (ECMA-376 part 1, 18.17.4); a time of day where it is below one."""
    try:
        serial = float(text)
    except ValueError:
        return text
    if not 0 <= serial < _LAST_SERIAL:
        return text
    if serial < 1:
        start, form = datetime(1900, 1, 1, tzinfo=UTC), "%H:%M:%S"
    else:
        day = datetime(1904, 1, 1, tzinfo=UTC) if epoch_1904 else datetime(1899, 12, 30, tzinfo=UTC)
        start = day if epoch_1904 or serial >= _LEAP else day + timedelta(days=1)
        form = "%Y-%m-%d" if serial.is_integer() else "%Y-%m-%dT%H:%M:%S"
    return (start + timedelta(seconds=round(serial * 86_400))).strftime(form)


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0
