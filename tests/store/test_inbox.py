from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from guildbook.columns import raw_table
from guildbook.model.errors import InputError, StoreError
from guildbook.plugins import Rejected
from guildbook.store import ImportState

Make = Callable[..., pa.Table]


def test_an_import_remembers_how_far_it_came(books: Any, events: Make, everything: Any) -> None:
    table = events(50, worker=["Ann", "Bob"])
    store = books.open()
    begun = store.begin_import(source="test", fingerprint="f", path="/in/ä", terms=("research", "coach"))
    assert (begun.state, begun.chunks_done, begun.terms) == (ImportState.NEW, 0, ("coach", "research"))
    assert store.append(begun.id, 0, table.slice(0, 20), []).rows == 20
    again = books.open()
    half = again.begin_import(source="test", fingerprint="f", path="/in/other", terms=None)
    assert (half.id, half.state, half.chunks_done, half.path) == (begun.id, ImportState.PARTIAL, 1, "/in/ä")
    assert half.terms == ("coach", "research")
    repeated = again.append(begun.id, 0, table.slice(0, 20), [])
    assert repeated.repeated
    assert not again.append(begun.id, 1, table.slice(20), []).repeated
    again.finish_import(begun.id)
    (done,) = again.imports()
    assert (done.state, done.chunks_done, done.rows, done.rejected) == (ImportState.DONE, 2, 50, 0)
    assert done.finished is not None
    again.seal()
    assert len(everything(again)) == 50


def test_chunks_come_in_order(books: Any, events: Make) -> None:
    store = books.open()
    begun = store.begin_import(source="test", fingerprint="f", path="p", terms=None)
    with pytest.raises(StoreError) as caught:
        store.append(begun.id, 1, events(3), [])
    assert caught.value.code == "import-gap"
    store.append(begun.id, 0, events(3), [])
    # After opening again the ids of chunk 1 need chunk 0 first.
    again = books.open()
    with pytest.raises(StoreError) as caught:
        again.append(begun.id, 1, events(3), [])
    assert caught.value.code == "import-gap"
    again.append(begun.id, 0, events(3), [])
    again.append(begun.id, 1, events(3), [])


def test_resumed_ids_are_those_of_an_unbroken_import(book: Any, events: Make, everything: Any) -> None:
    """Equal rows in different chunks get occurrence numbers that depend on the chunks before."""
    same = raw_table({"worker": ["Ann"] * 6, "time": [10**15] * 6, "action": ["a"] * 6})
    store = book.open()
    begun = store.begin_import(source="test", fingerprint="f", path="p", terms=None)
    store.append(begun.id, 0, same.slice(0, 3), [])
    store.close()
    again = book.open()
    again.append(begun.id, 0, same.slice(0, 3), [])
    again.append(begun.id, 1, same.slice(3), [])
    assert again.seal().duplicates == 0
    assert len(set(everything(again))) == 6


def test_events_need_worker_time_and_schema(books: Any) -> None:
    store = books.open()
    begun = store.begin_import(source="test", fingerprint="f", path="p", terms=None)
    for table, code in (
        (raw_table({"worker": ["Ann", None], "time": [0, 1]}), "no-worker"),
        (raw_table({"worker": ["Ann", "Bob"], "time": [0, None]}), "no-time"),
        (pa.table({"worker": ["Ann"]}), "schema"),
    ):
        with pytest.raises(InputError) as caught:
            store.append(begun.id, 0, table, [])
        assert caught.value.code == code
    assert store.append(begun.id, 0, raw_table({}, rows=0), []).rows == 0


def test_rejected_rows_are_listed(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    bad = [Rejected(3, "no time", "a;b;;ü"), Rejected(None, "NUL \x00 byte", "x" * 500)]
    begun, _ = take(store, events(2), rejected=bad)
    take(store, events(2), "other", rejected=bad[:1])
    rows = store.quarantine(begun.id)
    assert [(r.line, r.reason, r.text, r.chunk) for r in rows] == [(b.line, b.reason, b.text, 0) for b in bad]
    assert len(store.quarantine()) == 3
    assert [i.rejected for i in store.imports()] == [2, 1]


def test_one_dictionary_for_many_workers_leaks_nothing(books: Any, events: Make, take: Any) -> None:
    """A worker's segment holds that worker's strings only, though the chunk's dictionary held all."""
    store = books.open()
    take(store, events(20, worker=["Ann", "Bob"], value_after=[f"secret {i % 2}" for i in range(20)]))
    store.seal()
    for row in store.segments():
        table = store.read(row.id, ["action", "value_after", "case"])
        assert len(set(table["value_after"].to_pylist())) == 1
        for name in ("action", "case"):
            words = table[name].chunk(0)
            assert sorted(set(words.dictionary.to_pylist())) == sorted(set(words.to_pylist()))
