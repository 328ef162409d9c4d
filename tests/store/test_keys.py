from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select, update

from guildbook.model.errors import StoreError
from guildbook.store import Store, tables


def test_the_key_is_needed_and_must_be_this_books(books: Any, tmp_path: Path) -> None:
    books.open().close()
    key = books.home / "book.key"
    good = key.read_text()
    for text, code in (("ab" * 32, "book-key-wrong"), ("zz", "book-key-wrong"), ("", "book-key-wrong")):
        key.write_text(text)
        with pytest.raises(StoreError) as caught:
            books.open()
        assert caught.value.code == code
    key.unlink()
    with pytest.raises(StoreError) as caught:
        books.open()
    assert caught.value.code == "book-key-missing"
    assert not key.exists()
    elsewhere = tmp_path / "safe.key"
    elsewhere.write_text(good)
    assert books.open(key_file=elsewhere).book_id


def test_a_key_kept_elsewhere_is_made_there(tmp_path: Path) -> None:
    with Store.open(tmp_path / "book", key_file=tmp_path / "safe.key") as store:
        assert not (tmp_path / "book" / "book.key").exists()
        (tmp_path / "safe.key").chmod(0o644)
        assert [f.code for f in store.check()] == ["book-key-open"]


def test_a_key_left_by_a_killed_beginning_is_used(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "book.key").write_text("ab" * 32)
    (tmp_path / "book" / "book.key").chmod(0o600)
    (tmp_path / "book" / ".book.key.new").write_text("ab")
    with Store.open(tmp_path / "book") as store:
        assert store.check() == []
    assert (tmp_path / "book" / "book.key").read_text() == "ab" * 32


def test_every_worker_and_month_has_a_key_of_its_own(books: Any, events: Callable[..., pa.Table], take: Any) -> None:
    store = books.open()
    take(store, events(64, worker=["Ann", "Bob"], step=86_400_000_000))
    store.seal()
    with store.engine.connect() as connection:
        rows = connection.execute(select(tables.keys)).all()
    periods = [row.period for row in rows if row.owner == store.worker_id("Ann")]
    assert sorted(periods) == ["2026-01", "2026-02", "2026-03", "inbox", "name"]
    assert len({row.wrapped for row in rows}) == len(rows)


def test_a_key_moved_to_another_owner_does_not_open(books: Any, events: Callable[..., pa.Table], take: Any) -> None:
    store = books.open()
    take(store, events(6, worker=["Ann", "Bob"]))
    store.seal()
    table = tables.keys
    with store.change() as connection:
        mine = (table.c.owner == store.worker_id("Ann")) & (table.c.period == "2026-01")
        wrapped = connection.execute(select(table.c.wrapped).where(mine)).scalar_one()
        theirs = (table.c.owner == store.worker_id("Bob")) & (table.c.period == "2026-01")
        connection.execute(update(table).where(theirs).values(wrapped=wrapped))
    again = books.open()
    assert [f.code for f in again.check()] == ["damaged"]


def test_two_stores_agree_on_keys_after_one_erases_and_readmits(
    books: Any, events: Callable[..., pa.Table], take: Any, everything: Any
) -> None:
    """Keys are remembered by what the ledger holds, so a new key is never mistaken for the erased one."""
    first, second = books.open(), books.open()
    take(first, events(5), "a")
    first.seal()
    ann = first.worker_id("Ann")
    second.erase(ann)
    second.readmit(ann)
    take(first, events(7), "b")
    first.seal()
    assert len(everything(books.open())) == 7
    assert second.check() == []


def test_a_secret_of_the_book_is_made_once_and_wrapped(books: Any) -> None:
    store = books.open()
    with store.look() as ledger:
        assert store.secret(ledger, "log") is None
    with store.change() as ledger:
        made = store.secret(ledger, "log", make=True)
        assert len(made) == 32
        assert store.secret(ledger, "other", make=True) != made
    again = books.open()
    with again.change() as ledger:
        assert again.secret(ledger, "log", make=True) == made
        kept = ledger.execute(select(tables.book.c.value)).scalars().all()
        assert not any(made in value for value in kept)


def test_a_secret_moved_to_another_name_does_not_open(books: Any) -> None:
    store = books.open()
    with store.change() as ledger:
        store.secret(ledger, "log", make=True)
        ledger.execute(update(tables.book).where(tables.book.c.key == "secret:log").values(key="secret:other"))
    with store.look() as ledger, pytest.raises(StoreError) as caught:
        store.secret(ledger, "other")
    assert caught.value.code == "damaged"
