from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import delete

from guildbook.model.errors import StoreError
from guildbook.store import Severity, tables

Make = Callable[..., pa.Table]


@pytest.fixture
def sealed(books: Any, events: Make, take: Any) -> Any:
    """A book of two segments."""
    store = books.open()
    take(store, events(20, worker=["Ann", "Bob"]))
    store.seal()
    return store


def _segment(books: Any) -> Path:
    return min((books.home / "segments").rglob("*.gbseg"))


def _codes(store: Any, **options: Any) -> list[str]:
    findings = store.check(**options)
    assert all(f.what and f.fix for f in findings)
    return [f.code for f in findings]


def test_damage_to_segments(books: Any, sealed: Any) -> None:
    path = _segment(books)
    good = path.read_bytes()
    path.write_bytes(good[:-10])
    assert _codes(sealed) == _codes(sealed, deep=False) == ["segment-truncated"]
    path.write_bytes(good[:-10] + bytes(10))
    assert _codes(sealed) == ["damaged"]
    path.unlink()
    assert _codes(sealed) == ["segment-missing"]
    path.write_bytes(good)
    assert _codes(sealed) == []


def test_segments_swapped_by_hand(books: Any, sealed: Any) -> None:
    first, second = sorted((books.home / "segments").rglob("*.gbseg"))
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)
    assert _codes(sealed) == ["segment-foreign", "segment-foreign"]


def test_a_ledger_that_says_otherwise(sealed: Any) -> None:
    rows = sealed.segments()
    with sealed.change() as connection:
        connection.exec_driver_sql(f"UPDATE segments SET digest = '{'0' * 32}' WHERE id = '{rows[0].id}'")
        connection.exec_driver_sql(f"UPDATE segments SET rows = 11 WHERE id = '{rows[1].id}'")
    findings = sealed.check()
    assert [(f.code, f.severity) for f in findings] == [("segment-differs", Severity.ERROR)] * 2


def test_lost_keys(sealed: Any, events: Make, take: Any) -> None:
    take(sealed, events(3, source=["more"] * 3), "more")
    with sealed.change() as connection:
        connection.execute(delete(tables.keys).where(tables.keys.c.owner == sealed.worker_id("Ann")))
    with pytest.raises(StoreError):
        sealed.workers()
    codes = _codes(sealed)
    assert codes[:3] == ["key-missing"] * 3
    assert "inbox-waiting" in codes


def test_foreign_files_are_reported_and_left(books: Any, sealed: Any) -> None:
    path = books.home / "segments" / "2026-01" / "notes.txt"
    path.write_text("hello")
    copy = books.home / "segments" / f"{'0' * 32}.gbseg"
    shutil.copy(_segment(books), copy)
    assert _codes(sealed) == ["foreign-file", "foreign-file"]
    books.open().seal()
    assert path.exists()
    assert copy.exists()


def test_left_drafts_go_with_the_next_write(books: Any, sealed: Any) -> None:
    (books.home / "tmp" / "draft").write_bytes(b"half")
    assert _codes(sealed) == ["write-interrupted"]
    sealed.seal()
    assert _codes(sealed) == []


def test_unfinished_imports_are_a_remark(books: Any, sealed: Any, events: Make) -> None:
    begun = sealed.begin_import(source="t", fingerprint="g", path="p", terms=None)
    sealed.append(begun.id, 0, events(3, worker="Cy"), [])
    assert sorted(_codes(sealed)) == ["import-interrupted", "inbox-waiting"]
    assert {f.severity for f in sealed.check()} == {Severity.INFO}


def test_a_full_disk_is_foreseen(sealed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nearly_full(_: Path) -> Any:
        return SimpleNamespace(total=10**9, used=10**9 - 10**6, free=10**6)

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    assert _codes(sealed) == ["disk-low"]


def test_it_is_not_for_inside_a_write(sealed: Any) -> None:
    with sealed.writing(), pytest.raises(StoreError):
        sealed.check()


def test_a_damaged_ledger_page(book: Any, events: Make, take: Any) -> None:
    store = book.open()
    take(store, events(2000, worker=[f"w{i}" for i in range(100)]))
    store.seal()
    store.close()
    path = book.home / "ledger.sqlite"
    raw = bytearray(path.read_bytes())
    places = [i for i in range(4096, len(raw), 4096) if raw[i] == 13]
    for place in places[-6:]:
        raw[place + 8 : place + 24] = b"\xff" * 16
    path.write_bytes(bytes(raw))
    again = book.open()
    try:
        codes = _codes(again)
    except StoreError as error:
        codes = [error.code]
    assert "ledger-damaged" in codes
