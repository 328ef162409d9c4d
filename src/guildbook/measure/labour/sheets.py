"""Tables as others publish them: CSV, TSV, JSON and the first sheet of an .xlsx workbook, as lists of named rows.

A workbook is read with the standard library: only cells, no formulas, links or macros; nothing outside it is opened.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from guildbook.model.errors import InputError

Row = dict[str, str]

LARGEST: Final = 256 << 20
"""Bytes of one part of a workbook, unpacked, and of any other table."""
_COLUMN: Final = re.compile(r"[A-Z]+")


def rows(path: Path) -> list[Row]:
    """The rows of a table, by the names in its first line. Raises `InputError` for what cannot be read as one."""
    try:
        kind = path.suffix.lower()
        if kind == ".xlsx":
            return list(_named(_workbook(path)))
        if path.stat().st_size > LARGEST:
            raise _unfit(path, f"is larger than {LARGEST >> 20} MiB")
        text = path.read_text(encoding="utf-8-sig")
        if kind == ".json":
            return _listed(path, json.loads(text))
        return list(csv.DictReader(text.splitlines(), delimiter="\t" if kind in {".tsv", ".txt"} else ","))
    except OSError as error:
        raise _unfit(path, f"cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, ValueError, csv.Error, zipfile.BadZipFile, expat.ExpatError, LookupError) as error:
        raise _unfit(path, f"is no such table: {error}") from error


def _listed(path: Path, found: Any) -> list[Row]:
    listed = found.get("tasks") if isinstance(found, dict) else found
    if not isinstance(listed, list):
        raise _unfit(path, "holds no list")
    out: list[Row] = []
    for each in listed:
        said = each if isinstance(each, dict) else {"Task": each}
        out.append({str(k): "" if v is None else str(v) for k, v in said.items()})
    return out


def _named(cells: Iterator[dict[int, str]]) -> Iterator[Row]:
    head = next(cells, {})
    for row in cells:
        if row:
            yield {name: row.get(column, "") for column, name in head.items() if name}


def _workbook(path: Path) -> Iterator[dict[int, str]]:
    with zipfile.ZipFile(path) as book:
        names = set(book.namelist())
        texts = _texts(_part(book, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else []
        yield from _cells(_part(book, "xl/worksheets/sheet1.xml"), texts)


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    if book.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} is larger than {LARGEST >> 20} MiB")
    return book.read(name)


def _texts(data: bytes) -> list[str]:
    """The strings that cells point at."""
    found: list[str] = []
    held: list[str] = []
    inside = [False]

    def start(name: str, _: dict[str, str]) -> None:
        inside[0] = name == "t"
        if name == "si":
            held.clear()

    def end(name: str) -> None:
        inside[0] = False
        if name == "si":
            found.append("".join(held))

    def characters(text: str) -> None:
        if inside[0]:
            held.append(text)

    _parse(data, start, end, characters)
    return found


def _cells(data: bytes, texts: list[str]) -> list[dict[int, str]]:
    """Each row as column → text."""
    found: list[dict[int, str]] = []
    held: list[str] = []
    cell: dict[str, str] = {}
    inside = [False]

    def start(name: str, said: dict[str, str]) -> None:
        inside[0] = name in {"v", "t"}
        if name == "row":
            found.append({})
        elif name == "c":
            cell.clear()
            cell.update(said)
            held.clear()

    def end(name: str) -> None:
        inside[0] = False
        if name == "c" and held and found:
            text = "".join(held)
            found[-1][_column(cell.get("r", "A"))] = texts[int(text)] if cell.get("t") == "s" else text

    def characters(text: str) -> None:
        if inside[0]:
            held.append(text)

    _parse(data, start, end, characters)
    return found


def _parse(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    characters: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _no_doctype  # entities could make a small file a large one
    last = True
    parser.Parse(data, last)


def _no_doctype(*_: Any) -> None:
    raise ValueError("it declares a document type")


def _column(place: str) -> int:
    found = _COLUMN.match(place)
    number = 0
    for letter in found.group() if found else "A":
        number = 26 * number + ord(letter) - 64
    return number


def _unfit(path: Path, why: str) -> InputError:
    return InputError(f"{path} {why}.", "Give a CSV, TSV, JSON or .xlsx table with a first line of names.", "bad-table")
