from __future__ import annotations

from typing import Any

import pytest

from guildbook.model.errors import StoreError
from guildbook.store import Severity, files


def test_an_artefact_is_replaced_as_a_whole(books: Any) -> None:
    store = books.open()
    assert store.get_artefact("model") is None
    store.put_artefact("model", "sums", b"one", "g1")
    store.put_artefact("people", "knowledge", b"", "g1")
    store.put_artefact("model", "sums", b"two" * 1000, "g2")
    again = books.open()
    assert again.get_artefact("model") == b"two" * 1000
    assert again.get_artefact("people") == b""
    assert [(a.name, a.kind, a.grant, a.bytes) for a in again.artefacts()] == [
        ("model", "sums", "g2", 3000),
        ("people", "knowledge", "g1", 0),
    ]
    assert len(list((books.home / "artefacts").iterdir())) == 2
    again.drop_artefact("model")
    again.drop_artefact("model")
    assert again.get_artefact("model") is None
    assert len(list((books.home / "artefacts").iterdir())) == 1
    assert again.check() == []


def test_a_replacement_that_dies_leaves_the_old_one(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = books.open()
    store.put_artefact("model", "sums", b"one", "g1")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "_forget", die)
        with pytest.raises(KeyboardInterrupt):
            store.put_artefact("model", "sums", b"two", "g2")
    assert [f.code for f in store.check()] == ["write-interrupted"]
    again = books.open()
    assert again.get_artefact("model") == b"one"
    assert again.check() == []


def test_damage_to_an_artefact_is_found(book: Any) -> None:
    store = book.open()
    store.put_artefact("model", "sums", b"one" * 100, "g1")
    (path,) = (book.home / "artefacts").iterdir()
    good = path.read_bytes()
    path.write_bytes(good[:40] + b"\0" + good[41:])
    with pytest.raises(StoreError) as caught:
        store.get_artefact("model")
    assert caught.value.code == "damaged"
    assert [(f.code, f.severity) for f in store.check()] == [("artefact-damaged", Severity.ERROR)]
    assert store.check(deep=False) == []
    path.unlink()
    with pytest.raises(StoreError) as caught:
        store.get_artefact("model")
    assert caught.value.code == "artefact-missing"
    assert [f.code for f in store.check(deep=False)] == ["artefact-missing"]
