"""A real LibreOffice: what it writes is read, and what is done in it is recorded while it is done, once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from watched_folder import Row, Watched, watched

from guildbook.model.errors import InputError
from guildbook.plugins import SourceOptions
from guildbook.record.sources import _libreoffice_setup as setting
from guildbook.record.sources._documents_blocks import Block, read_text
from guildbook.record.sources._files_packages import RefusedError
from guildbook.record.sources._libreoffice_live import PYTHON, lacking, pipe_path
from guildbook.record.sources._sheets_ods import read_ods
from guildbook.record.sources._sheets_xlsx import read_xlsx
from guildbook.record.sources.sheets import SheetsSource

PLAYER = Path(__file__).parents[1] / "office_player.py"
XLSX, ODS = "Calc MS Excel 2007 XML", "calc8"
FLAT = """<?xml version="1.0"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:mimetype="application/vnd.oasis.opendocument.text">
<office:body><office:text><text:h text:outline-level="1">Claim 17</text:h>
<text:p>Seen on<text:s text:c="2"/>Monday.</text:p>
<text:h text:outline-level="2">Sum</text:h><text:p>We pay.</text:p></office:text></office:body></office:document>
"""


class Office:
    """A LibreOffice without a screen, and somebody at it."""

    def __init__(self, pipe: str, player: subprocess.Popen[str]) -> None:
        self.pipe, self._player = pipe, player

    def act(self, *acts: list[Any]) -> None:
        for act in acts:
            assert self._player.stdin is not None
            assert self._player.stdout is not None
            self._player.stdin.write(json.dumps(act) + "\n")
            self._player.stdin.flush()
            assert self._player.stdout.readline() == "done\n", act


@pytest.fixture(scope="module")
def office(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Office]:
    """It takes connections because its options say so, as `guildbook record libreoffice` writes them."""
    if shutil.which("soffice") is None or lacking(PYTHON):
        missing_part("office", "soffice or python3-uno not present")
    home, pipe = Path(tempfile.mkdtemp(prefix="gb-office-")), f"gb-{uuid4().hex[:12]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setting, "pipe_name", lambda: pipe)
        setting.set_up(home / "profile" / "user")
    command = [
        "soffice",
        f"-env:UserInstallation={(home / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nologo",
    ]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        for _ in range(600):
            if pipe_path(pipe) is not None:
                break
            time.sleep(0.1)
        player = subprocess.Popen(
            [PYTHON, str(PLAYER), pipe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
        )
        with player:
            made = Office(pipe, player)
            yield made
            made.act(["quit"])
        running.wait(30)
    finally:
        running.kill()
        running.wait()
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.office
def test_both_formats_say_the_same(office: Office, tmp_path: Path) -> None:
    cells = {
        "A1": "Item", "B1": "Größe & <x>", "A2": "'0123", "B2": "3.5", "C2": "=SUM(B2:B3)*$B$2",
        "C3": '=IF(B2>1;"yes; A1";"no")', "D3": "=Sheet1.A1", "B4": "=1/0", "D4": "=B2>1",
    }  # fmt: skip
    office.act(["new"], ["write", cells], ["enter", "B3", "2026-11-22"], ["enter", "A4", "12:30"])
    office.act(["enter", "C4", "TRUE"], ["save", str(tmp_path / "a.ods"), ODS])
    office.act(["save", str(tmp_path / "a.xlsx"), XLSX], ["close"])
    ods, xlsx = read_ods(tmp_path / "a.ods"), read_xlsx(tmp_path / "a.xlsx")
    assert "LibreOffice" in ods.app
    assert "LibreOffice" in xlsx.app
    texts = {place: cell.text for place, cell in ods.sheets[0].cells.items()}
    assert texts == {place: cell.text for place, cell in xlsx.sheets[0].cells.items()}
    assert texts == {
        (0, 0): "Item", (0, 1): "Größe & <x>", (1, 0): "0123", (1, 1): "3.5", (1, 2): "=SUM(B2:B3)*$B$2",
        (2, 1): "2026-11-22", (2, 2): '=IF(B2>1,"yes; A1","no")', (2, 3): texts[2, 3], (3, 0): "12:30:00",
        (3, 1): "=1/0", (3, 2): "TRUE", (3, 3): "=B2>1",
    }  # fmt: skip
    values = {place: cell.value for place, cell in ods.sheets[0].cells.items()}
    assert values == {place: cell.value for place, cell in xlsx.sheets[0].cells.items()}
    assert values[3, 1] == "#DIV/0!"


@pytest.mark.office
def test_locked_ones_are_refused_and_texts_are_read(office: Office, tmp_path: Path) -> None:
    office.act(["new"], ["write", {"A1": "hidden"}], ["save", str(tmp_path / "a.ods"), ODS, "word"])
    office.act(["close"])
    with pytest.raises(RefusedError, match="password"):
        read_ods(tmp_path / "a.ods")
    (tmp_path / "a.fodt").write_text(FLAT)
    for name, form in (("a.odt", "writer8"), ("a.docx", "MS Word 2007 XML")):
        office.act(["convert", str(tmp_path / "a.fodt"), str(tmp_path / name), form])
        read = read_text(tmp_path / name)
        assert "LibreOffice" in read.app
        assert read.blocks == [
            Block(1, "Claim 17"), Block(0, "Seen on  Monday."), Block(2, "Sum"), Block(0, "We pay.")
        ]  # fmt: skip


def brought(seen: Watched, before: int, wanted: Callable[[Row], bool]) -> list[Row]:
    return seen.until(lambda rows: any(wanted(row) for row in rows[before:]))[before:]


def told(rows: list[Row]) -> list[tuple[Any, ...]]:
    return [
        (r["action"], r.get("element_id"), r.get("value_before"), r.get("value_after"), r["attributes"].get("command"))
        for r in rows if r["action"] not in {"select", "focus"}
    ]  # fmt: skip


@pytest.mark.office
def test_what_is_done_is_recorded_as_it_is_done_and_once(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "documents" / "bill.ods"
    path.parent.mkdir()
    source = SheetsSource()
    settings = {"libreoffice": office.pipe}
    assert source.missing(SourceOptions(tmp_path, settings)) == ""
    with watched(source, tmp_path, settings) as seen:
        office.act(["wait", 5], ["new"], ["wait", 1])
        for n, (item, quantity) in enumerate((("Item", "Qty"), ("pear", "5"), ("apple", "3"), ("fig", "9")), start=1):
            office.act(["enter", f"A{n}", item], ["enter", f"B{n}", quantity])
        rows = seen.until(lambda rows: sum(row["action"] == "edit" for row in rows) >= 8)
        assert ("edit", "Sheet1!B4", None, "9", "Input") in told(rows)
        steps: list[tuple[list[list[Any]], tuple[Any, ...]]] = [
            ([["enter", "C2", "=B2*2"]], ("edit", "Sheet1!C2", None, "=B2*2", "Input")),
            ([["go", "C2:C4"], ["do", "FillDown"]], ("fill", "Sheet1!C3:C4", None, "=B3*2", "Fill")),
            ([["go", "A2:C4"], ["do", "SortAscending"]], ("sort", "Sheet1!A2:B4", None, None, "Sort")),
            ([["go", "A3"], ["do", "InsertRowsBefore"]], ("insert", "Sheet1!3:3", None, None, "Insert")),
            ([["enter", "D2", "2026-11-22"]], ("edit", "Sheet1!D2", None, "2026-11-22", "Input")),
            ([["do", "Undo"]], ("clear", "Sheet1!D2", "2026-11-22", None, None)),
            ([["go", "B2"], ["do", "NumberFormatPercent"]], ("format", "Sheet1!B2", None, None, "Attributes")),
            ([["do", "Insert", {"Name": "New", "Index": 2}]], ("add", "New", None, None, "Append sheet")),
        ]
        for acts, wanted in steps:
            before = len(seen.rows())
            office.act(*acts)
            brought(seen, before, lambda row, wanted=wanted: told([row]) == [wanted])
        before = len(seen.rows())
        office.act(["save", str(path), ODS])
        brought(seen, before, lambda row: row["action"] == "save")
        seen.ready(1)
        office.act(["enter", "B1", "later"], ["wait", 1], ["save", "", ""], ["wait", 1], ["close"])
        rows = brought(seen, before, lambda row: row["action"] == "close")
        (version,) = (seen.kept / "versions").glob("*.version")
        seen.until(lambda _: version.stat().st_mtime_ns == path.stat().st_mtime_ns)
        after = told(seen.rows()[before:])
        assert [row for row in after if row[0] != "format"] == [
            ("save", None, None, None, None),
            ("edit", "New!B1", None, "later", "Input"),
            ("save", None, None, None, None),
            ("close", None, None, None, None),
        ]
        # What somebody else does to the file afterwards is told by its save again.
        rows = seen.rows()
        assert {row["app"] for row in rows} == {"libreoffice"}
        assert rows[0]["action"] == "open"


def test_the_option_is_written_and_taken_away(tmp_path: Path) -> None:
    profile = tmp_path / "4" / "user"
    path = setting.set_up(profile)
    first = path.read_text()
    assert "ooSetupConnectionURL" in first
    assert setting.set_up(profile).read_text() == first
    assert "ooSetupConnectionURL" not in setting.set_up(profile, remove=True).read_text()
    path.write_text(first.replace("guildbook-", "other-"))
    with pytest.raises(InputError, match="already"):
        setting.set_up(profile)
    (tmp_path / "4" / ".lock").touch()
    with pytest.raises(InputError, match="running"):
        setting.set_up(profile)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    source = SheetsSource()
    assert "is not there" in source.missing(SourceOptions(tmp_path, {"libreoffice": "on", "python": "/no/python"}))
    assert "apt install python3-uno" in source.missing(
        SourceOptions(tmp_path, {"libreoffice": "on", "python": sys.executable})
    )
    assert "no choice" in source.missing(SourceOptions(tmp_path, {"libreoffice": "a;b"}))
