"""One save of a workbook compared with the one before, in the process that is there for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guildbook.record.importers._attributes import canonical
from guildbook.record.sources._sheets_book import Book, dumped, loaded
from guildbook.record.sources._sheets_diff import Changed, Changes, changes
from guildbook.record.sources._sheets_formulas import functions, place_name, quoted
from guildbook.record.sources._sheets_ods import read_ods
from guildbook.record.sources._sheets_rows import MOST, Row, rows_of
from guildbook.record.sources._sheets_xlsx import read_xlsx


class SheetsJob:
    """`.xlsx`, `.xlsm`, `.ods`."""

    def __init__(self, path: Path) -> None:
        self.book = read_ods(path) if path.suffix.lower() == ".ods" else read_xlsx(path)
        self.by = self.book.by

    @property
    def app(self) -> str:
        """The program, as people call it."""
        said = self.book.app.lower()
        return next((name for name in ("libreoffice", "excel", "gnumeric", "calligra") if name in said), "spreadsheet")

    def dumped(self) -> bytes:
        """For the next comparison."""
        return dumped(self.book)

    def first(self) -> dict[str, Any]:
        """What is said of a workbook whose last version is not known."""
        used = {name for sheet in self.book.sheets for cell in sheet.cells.values() for name in functions(cell.formula)}
        cells = sum(len(sheet.cells) for sheet in self.book.sheets)
        return {"sheets": len(self.book.sheets), "cells": cells, "functions": sorted(used) or None}

    def rows(self, before: bytes | None, job: Mapping[str, Any]) -> list[Row]:
        """What changed, and the save itself. Without a version before, everything is new."""
        found = changes(Book() if before is None else loaded(before), self.book)
        found.cells = [cell for cell in found.cells if _differs(cell)]
        acts: set[tuple[str, str]] = {(action, sheet) for action, sheet in job.get("acts") or ()}
        if before is None:  # of a new file that was followed live, the sheets are no news either
            acts |= {("sheet", sheet.name) for sheet in self.book.sheets} if acts else set()
        told = _without(found, job.get("seen") or {}, acts)
        rows = rows_of(told, self.book, values=job.get("values", "all") == "all")
        save = {
            "cells": len(found.cells), "recalculated": found.recalculated or None,
            "more": max(len(rows) - MOST, 0) or None, "live": (len(found.cells) - len(told.cells)) or None,
        }  # fmt: skip
        return [*rows[:MOST], {"action": "save", "attributes": canonical(save)}]


def _differs(cell: Changed) -> bool:
    return cell.before.text != cell.after.text or cell.before.format != cell.after.format


def _without(found: Changes, seen: Mapping[str, str], acts: set[tuple[str, str]]) -> Changes:
    """What a live source has not told already: cells with the text that it said, acts on rows, columns and sheets."""
    if not seen and not acts:
        return found
    kept = [c for c in found.cells if seen.get(f"{quoted(c.sheet)}!{place_name(c.place)}") != c.after.text]
    return Changes(
        [s for s in found.sheets if ("sheet", s.after or s.before) not in acts],
        [line for line in found.lines if ("insert" if line.inserted else "delete", line.sheet) not in acts],
        [s for s in found.sorted if ("sort", s.sheet) not in acts],
        kept, found.features, found.recalculated,
    )  # fmt: skip
