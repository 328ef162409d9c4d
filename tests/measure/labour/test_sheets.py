"""Tables as others publish them, and some that nobody should."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from guildbook.measure.labour.sheets import rows
from guildbook.model import InputError

SHEET = "<worksheet><sheetData>{}</sheetData></worksheet>"
TEXTS = "<sst><si><t>code</t></si><si><r><t>a</t></r><r><t> b</t></r></si><si><t>pay &amp; more</t></si></sst>"


def workbook(path: Path, sheet: str, texts: str = TEXTS) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/sharedStrings.xml", texts)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def test_a_workbook(tmp_path: Path) -> None:
    sheet = SHEET.format(
        '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
        '<row><c r="A2" t="s"><v>2</v></c><c r="C2"><v>12.5</v></c></row>'
        '<row><c r="C3" t="inlineStr"><is><t>here</t></is></c></row><row></row>'
    )
    found = rows(workbook(tmp_path / "t.xlsx", sheet))
    assert found == [{"code": "pay & more", "a b": "12.5"}, {"code": "", "a b": "here"}]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("t.csv", '\ufeffTask,n\n"a, b",2\n', [{"Task": "a, b", "n": "2"}]),
        ("t.tsv", "Task\tn\na, b\t2\n", [{"Task": "a, b", "n": "2"}]),
        ("t.json", '["one", "two"]', [{"Task": "one"}, {"Task": "two"}]),
        ("t.json", '{"tasks": [{"Task": "one", "n": null}]}', [{"Task": "one", "n": ""}]),
    ],
)
def test_plain_tables(tmp_path: Path, name: str, text: str, found: list[dict[str, str]]) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert rows(path) == found


def _bomb(path: Path) -> None:
    lol = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    workbook(path, lol + SHEET.format('<row><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'))


def _pointing_nowhere(path: Path) -> None:
    workbook(path, SHEET.format('<row><c r="A1" t="s"><v>99</v></c></row>'))


def _no_zip(path: Path) -> None:
    path.write_bytes(b"no zip")


def _no_sheet(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("x", "y")


def _cut(path: Path) -> None:
    workbook(path, "<worksheet><sheetData><row>")


@pytest.mark.parametrize("make", [_bomb, _pointing_nowhere, _no_zip, _no_sheet, _cut])
def test_what_is_no_workbook_is_an_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "t.xlsx"
    make(path)
    with pytest.raises(InputError, match="is no such table"):
        rows(path)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        rows(tmp_path / "none.csv")
    (tmp_path / "t.json").write_text("3")
    with pytest.raises(InputError, match="holds no list"):
        rows(tmp_path / "t.json")
