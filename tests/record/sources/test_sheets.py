"""Real workbooks are saved in a watched folder, and what changed is recorded: by cell, once, and nowhere in clear."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from watched_folder import watched

from guildbook.plugins import Source, SourceOptions
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.sources import _files_source
from guildbook.record.sources._files_source import Live
from guildbook.record.sources._files_watching import is_document
from guildbook.record.sources._sheets_formulas import place_name
from guildbook.record.sources._sheets_job import SheetsJob
from guildbook.record.sources.sheets import ENDINGS, SheetsSource

LONG = 30


def bill(path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Bill"
    sheet.append(["Item", "Qty", "Price", "Total"])
    for n in range(LONG):
        sheet.append([f"item {n}", n, 2.5, f"=B{n + 2}*C{n + 2}"])
    book.save(path)


def changed(path: Path, act: Callable[[Any], object]) -> None:
    """Change the workbook as programs do: a new file, renamed over the old one."""
    book = load_workbook(path)
    act(book["Bill"])
    part = path.with_name("lu1234.tmp")
    book.save(part)
    part.replace(path)


def test_it_says_what_it_needs(tmp_path: Path) -> None:
    source = SheetsSource()
    assert isinstance(source, Source)
    assert "folders=" in source.missing(SourceOptions(tmp_path))
    assert "no folder" in source.missing(SourceOptions(tmp_path, {"folders": str(tmp_path / "none")}))
    assert "'colour'" in source.missing(SourceOptions(tmp_path, {"folders": str(tmp_path), "colour": "red"}))
    assert source.missing(SourceOptions(tmp_path, {"folders": str(tmp_path)})) == ""


def test_what_changed_is_recorded_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "documents" / "bill.xlsx"
    path.parent.mkdir()
    bill(path)
    with watched(SheetsSource(), tmp_path) as seen:
        seen.ready(1)

        def edit(sheet: Any) -> None:
            sheet["B3"] = 77
            sheet["D2"] = "=B2*C2*1.19"
            sheet["F1"] = "secret-in-the-vault"

        rows = seen.after(lambda: changed(path, edit))
        assert [(r["action"], r["element_id"], r.get("value_before"), r.get("value_after")) for r in rows[:-1]] == [
            ("edit", "Bill!F1", None, "secret-in-the-vault"),
            ("edit", "Bill!D2", "=B2*C2", "=B2*C2*1.19"),
            ("edit", "Bill!B3", "1", "77"),
        ]
        assert rows[1]["element_name"] == "Total / item 0"
        assert rows[1]["objects"] == [{"id": f"file:{path}", "type": "document", "qualifier": ""}]
        assert (rows[1]["document"], rows[1]["element_role"]) == (str(path), "cell")
        assert rows[-1]["attributes"] == {"cells": 3}
        assert rows[-1]["action"] == "save"

        # The kept version is no readable copy of the work.
        for kept in (tmp_path / "kept").rglob("*"):
            if kept.is_file():
                assert kept.stat().st_mode & 0o077 == 0
                assert b"secret-in-the-vault" not in kept.read_bytes()
                assert b"bill" not in kept.name.encode()

        # The same again changes nothing; a copy elsewhere is a new file, not what its cells say.
        rows = seen.after(lambda: shutil.copy(path, path.with_name("copy.xlsx")))
        assert [(r["action"], r["document"]) for r in rows] == [("create", str(path.with_name("copy.xlsx")))]
        assert rows[0]["attributes"]["cells"] == 4 * (LONG + 1) + 1
        rows = seen.after(lambda: path.rename(path.with_name("paid.xlsx")), lambda rows: len(rows) > 0)
        assert [(r["action"], r["value_before"], r["value_after"]) for r in rows] == [
            ("rename", str(path), str(path.with_name("paid.xlsx")))
        ]
        moved = path.with_name("paid.xlsx")
        rows = seen.after(lambda: changed(moved, lambda sheet: sheet.insert_rows(5)))
        assert rows[0]["element_id"] == "Bill!5:5"
        rows = seen.after(moved.unlink, lambda rows: len(rows) > 0)
        assert [r["action"] for r in rows] == ["delete"]
        seen.ready(1)


def test_files_that_cannot_be_read_are_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files_source, "_TRIES", (0.1, 0.2, 3.0))
    folder = tmp_path / "documents"
    folder.mkdir()
    bill(folder / "bill.xlsx")
    with watched(SheetsSource(), tmp_path) as seen:
        seen.ready(1)
        (folder / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048))
        (folder / "torn.xlsx").write_bytes((folder / "bill.xlsx").read_bytes()[:2000])
        rows = seen.until(lambda rows: len([r for r in rows if r["action"] == "skip"]) == 2)
        assert {Path(r["document"]).name: r["attributes"]["reason"] for r in rows} == {
            "locked.xlsx": "it is protected by a password, or of an old format under a new name",
            "torn.xlsx": "it is no whole package",
        }
        os.utime(folder / "locked.xlsx")
        # A file that is whole at last is read.
        (folder / "late.xlsx").write_bytes((folder / "bill.xlsx").read_bytes()[:2000])
        rows = seen.after(
            lambda: (folder / "late.xlsx").write_bytes((folder / "bill.xlsx").read_bytes()),
            lambda rows: any(Path(r["document"]).name == "late.xlsx" for r in rows),
        )
        assert [r["action"] for r in rows] == ["create"]


def test_rules_names_and_others_are_minded(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("bill.xlsx", "private.xlsx", "theirs.xlsx"):
        bill(folder / name)
    guard = Guard((Rule("title", r"private\.xlsx"),))
    settings = {"values": "names-only", "me": "Ada, openpyxl"}
    with watched(SheetsSource(), tmp_path, settings, guard) as seen:
        seen.ready(3)

        def by_grace(path: Path) -> None:
            book = load_workbook(path)
            book.properties.lastModifiedBy = "Grace"
            book["Bill"]["B2"] = 5
            book.save(path)

        changed(folder / "private.xlsx", lambda sheet: sheet.__setitem__("B3", 4711))
        by_grace(folder / "theirs.xlsx")
        rows = seen.after(lambda: changed(folder / "bill.xlsx", lambda sheet: sheet.__setitem__("B3", 4711)))
        assert [(r["action"], r.get("element_name"), r.get("value_after")) for r in rows] == [
            ("edit", "Qty", None),
            ("save", None, None),
        ]
        assert {Path(r["document"]).name for r in seen.rows()} == {"bill.xlsx"}


def test_locks_tell_who_has_it_open(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    path = folder / "bill.xlsx"
    bill(path)
    with watched(SheetsSource(), tmp_path) as seen:
        seen.ready(1)
        lock = folder / ".~lock.bill.xlsx#"
        rows = seen.after(lambda: lock.write_text(",ada,,22.11.2026 10:00,file:///home/ada;"), len)
        assert [(r["action"], r["app"]) for r in rows] == [("open", "excel")]
        assert [r["action"] for r in seen.after(lock.unlink, len)] == ["close"]
        lock.write_text(",grace,another-machine,22.11.2026 10:00,file:///home/grace;")
        before = len(seen.rows())
        changed(path, lambda sheet: sheet.__setitem__("B3", 5))
        (version,) = (tmp_path / "kept" / "versions").glob("*.version")
        seen.until(lambda _: version.stat().st_mtime_ns == path.stat().st_mtime_ns)
        lock.unlink()
        assert seen.rows()[before:] == []


@pytest.mark.parametrize("name", ["~$bill.xlsx", ".bill.xlsx", "bill.xlsx~", "bill.csv"])
def test_what_is_no_document_is_left_alone(name: str) -> None:
    assert not is_document(name, ENDINGS)
    assert is_document("Bill 2.XLSX", ENDINGS)


def test_what_was_told_live_is_not_told_by_the_save(tmp_path: Path) -> None:
    path = tmp_path / "bill.xlsx"
    bill(path)
    job = SheetsJob(path)
    seen = {
        f"Bill!{place_name(place)}": cell.text
        for place, cell in job.book.sheets[0].cells.items() if place != (2, 1)
    }  # fmt: skip
    rows = job.rows(None, {"seen": seen, "acts": [["save", ""]]})
    assert [(row["action"], row.get("element_id")) for row in rows] == [("edit", "Bill!B3"), ("save", None)]
    live = Live()
    live.tell(str(path), seen, [("save", "")])
    assert live.look(str(path)) == (seen, [("save", "")])
    live.close(str(path))
    live.done(str(path))
    assert live.look(str(path)) == ({}, [])
