from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildbook.columns import EVENT_SCHEMA
from guildbook.columns.ids import IdAssigner, digest
from guildbook.model.errors import StoreError, UnknownNameError, UsageError
from guildbook.store import Severity, Store, WorkerState

Make = Callable[..., pa.Table]


def test_a_book_opens_again_as_itself(books: Any) -> None:
    store = books.open()
    ann = store.add_worker("Ann")
    again = books.open(create=False)
    assert again.book_id == store.book_id
    assert again.worker_id("Ann") == ann
    assert [(w.id, w.name, w.state) for w in again.workers()] == [(ann, "Ann", WorkerState.ACTIVE)]
    assert stat.S_IMODE((books.home / "book.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(books.home.stat().st_mode) == 0o700


def test_pseudonyms_differ_between_books_and_asking_leaves_no_trace(books: Any, tmp_path: Path) -> None:
    store = books.open()
    assert store.worker_id("Ann").startswith("w-")
    assert len(store.worker_id("Ann")) == 22
    assert store.workers() == []
    with Store.open(tmp_path / "other") as other:
        assert other.worker_id("Ann") != store.worker_id("Ann")
    assert store.add_worker("Ann") == store.add_worker("Ann") == store.worker_id("Ann")
    assert len(store.workers()) == 1


def test_names_of_any_kind_come_back(books: Any) -> None:
    store = books.open()
    names = ["Ünï Côdé", "数 学", "a\x00b", "", "x" * 5000, "Robert'); DROP TABLE workers;--"]
    for name in names:
        store.add_worker(name)
    assert [w.name for w in sorted(store.workers(), key=lambda w: names.index(w.name or ""))] == names


def test_no_book_is_made_unasked(book: Any) -> None:
    with pytest.raises(StoreError, match="no book") as caught:
        book.open(create=False)
    assert caught.value.code == "no-book"
    book.home.mkdir()
    with pytest.raises(StoreError, match="no book"):
        book.open(create=False)
    assert list(book.home.iterdir()) == []


@pytest.mark.postgres
@pytest.mark.parametrize("books", ["postgres"], indirect=True)
def test_no_book_in_an_empty_database(books: Any) -> None:
    books.home.mkdir()
    with pytest.raises(StoreError, match="no book"):
        books.open(create=False)


def test_a_ledger_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Store.open(tmp_path, ledger_url="mysql://nobody@nowhere/x")


def test_events_come_back_as_they_went_in(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    table = events(
        40,
        worker=["Ann", "Bob"],
        objects=[[{"id": "c1", "type": "claim", "qualifier": None}, {"id": "Bob", "type": "person", "qualifier": "to"}]]
        * 40,
        element_bounds=[[i, 2, 3, 4] if i % 2 else None for i in range(40)],
        value_after=[f"v{i}" if i % 3 else None for i in range(40)],
        attributes=['{"a":1}'] * 40,
    )
    expected = table.append_column("id", IdAssigner().assign(table)).to_pylist()
    take(store, table, chunk_rows=7)
    store.seal()
    found: list[dict[str, Any]] = []
    names = {w.id: w.name for w in store.workers()}
    for row, part in store.read_many([s.id for s in store.segments()], EVENT_SCHEMA.names):
        assert part.schema.equals(EVENT_SCHEMA)
        assert part.num_rows == row.rows
        assert digest(part["id"]) == row.digest
        assert (part["time"][0].value, part["time"][-1].value) == (row.first, row.last)
        found.extend({**one, "worker": names[row.worker]} for one in part.to_pylist())
    by_id = {one["id"]: one for one in found}
    assert len(found) == len(by_id) == 40
    for one in expected:
        assert by_id[one["id"]] == one


def test_reading_some_columns_and_cases(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(8))
    store.seal()
    (segment,) = store.segments()
    table = store.read(segment.id, ["action", "url", "time"])
    assert table.column_names == ["action", "url", "time"]
    assert table["url"].null_count == 8
    assert store.cases(segment.id).tolist() == sorted(store.cases(segment.id).tolist())
    assert len(store.cases(segment.id)) == 2
    assert list(store.read_many([], ["id"])) == []
    with pytest.raises(StoreError, match="not in the book") as caught:
        store.read("0" * 32, ["id"])
    assert caught.value.code == "segment-gone"


def test_what_was_sealed_just_now_reads_as_from_its_file(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(9, worker=["Ann", "Bob"], attributes=['{"a":1}'] * 9, value_after=["v", None, "w"] * 3))
    store.seal(keep=True)
    ids = [s.id for s in store.segments()]
    first = [table for _, table in store.read_many(ids, EVENT_SCHEMA.names)]
    (store.home / "segments").rename(store.home / "elsewhere")
    with pytest.raises(StoreError, match="missing"):  # it stays in memory for one reading
        list(store.read_many(ids, EVENT_SCHEMA.names))
    (store.home / "elsewhere").rename(store.home / "segments")
    for again, (_, table) in zip(first, store.read_many(ids, EVENT_SCHEMA.names), strict=True):
        assert again.schema.equals(table.schema)
        assert again.equals(table)


def test_what_is_kept_in_memory_goes_with_its_key(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(9, worker=["Ann", "Bob"]))
    store.seal(keep=True)
    ids = [s.id for s in store.segments()]
    store.erase(store.worker_id("Ann"))
    with pytest.raises(StoreError):
        list(store.read_many(ids, ["time"]))


def test_reading_can_be_broken_off(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(60, step=32 * 86_400_000_000))
    store.seal()
    reading = store.read_many([s.id for s in store.segments()], ["time"])
    next(reading)
    reading.close()


def test_nothing_readable_lies_in_the_folder(book: Any, events: Make, take: Any) -> None:
    """Neither names nor paths nor words of events, sealed or waiting."""
    store = book.open()
    take(store, events(50, worker="Ann Marker", action=["marker-act"] * 50, value_after=["marker-val"] * 50), "one")
    store.seal()
    take(store, events(50, worker="Ann Marker", action=["marker-two"] * 50), "two-marker")
    store.put_artefact("model", "sums", b"marker-sum" * 100, "g")
    with store.change():
        pass
    for path in book.home.rglob("*"):
        if path.is_file():
            assert b"marker" not in path.read_bytes().lower().replace(b"two-marker", b""), path


def test_a_good_book_has_no_findings(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(50, worker=["Ann", "Bob"]))
    store.put_artefact("model", "sums", b"x", "g")
    assert {f.severity for f in store.check()} <= {Severity.INFO}
    store.seal()
    assert store.check() == []


def test_unknown_ids_are_named(books: Any, events: Make) -> None:
    store = books.open()
    for call in (store.erase, store.readmit):
        with pytest.raises(UnknownNameError):
            call("w-nobody")
    with pytest.raises(UnknownNameError), store.change() as told:
        store.begin_erase("w-nobody", told)
    with pytest.raises(UnknownNameError):
        store.append("nothing", 0, events(1), [])
    with pytest.raises(UnknownNameError):
        store.finish_import("nothing")
