from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from guildbook.store import files, tables


def _nothing(_: Connection) -> None:
    return None


def _noted(store: Any) -> list[str]:
    with store.engine.connect() as connection:
        return list(connection.execute(select(tables.strays.c.path)).scalars())


def test_files_appear_whole_and_go_for_good(books: Any) -> None:
    store = books.open()
    publication = files.Publication(store.home, store.engine)
    for name in ("a/b/one", "a/two"):
        publication.add(name, [b"head", b"body" * 1000])
    assert len(publication) == 2
    assert not (store.home / "a").exists()
    publication.commit(_nothing)
    assert (store.home / "a/b/one").read_bytes() == b"head" + b"body" * 1000
    assert len(publication) == publication.bytes == 0
    files.drop(store.home, store.engine, _nothing, ["a/b/one"])
    assert not (store.home / "a/b/one").exists()
    assert (store.home / "a/two").exists()
    assert _noted(store) == []


def test_what_a_failed_change_published_is_cleared_away(books: Any) -> None:
    store = books.open()
    publication = files.Publication(store.home, store.engine)
    publication.add("a/one", [b"x"])

    def fail(_: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publication.commit(fail)
    assert _noted(store) == ["a/one"]
    (store.home / "a/mine").write_text("not the store's")
    assert files.recover(store.home, store.engine) == 1
    assert sorted(p.name for p in (store.home / "a").iterdir()) == ["mine"]
    assert _noted(store) == []
    assert files.recover(store.home, store.engine) == 0
