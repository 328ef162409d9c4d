from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from guildbook.plugins import Rejected
from guildbook.store import ErasureReport, WorkerState, erasure, files, tables

Make = Callable[..., pa.Table]
_TWO = ["Ann Archer", "Bob"]


def test_nothing_of_an_erased_worker_is_left(books: Any, events: Make, take: Any, everything: Any) -> None:
    store = books.open()
    bad = [Rejected(1, "no time", "x;ANN ARCHER;y"), Rejected(2, "no time", "x;Bob;y")]
    take(store, events(60, worker=_TWO, step=86_400_000_000), "a", rejected=bad)
    store.seal()
    take(store, events(10, worker=_TWO, source=["later"] * 10), "b")
    ann = store.worker_id("Ann Archer")
    old = set((books.home / "segments").rglob("*.gbseg"))
    kept = sum(r.rows for r in store.segments() if r.worker != ann)
    with store.engine.connect() as connection:
        wrapped = list(connection.execute(select(tables.keys.c.wrapped).where(tables.keys.c.owner == ann)).scalars())
        sealed_name = connection.execute(select(tables.workers.c.name).where(tables.workers.c.id == ann)).scalar_one()
    report = store.erase(ann)
    assert report == ErasureReport(ann, batches=1, segments=3 - 1, rows=35, keys=4, quarantined=1)
    assert {r.worker for r in store.segments()} == {store.worker_id("Bob")}
    assert [(w.name, w.state) for w in store.workers() if w.id == ann] == [(None, WorkerState.FORGOTTEN)]
    assert [r.text for r in store.quarantine()] == ["x;Bob;y"]
    left = set((books.home / "segments").rglob("*.gbseg"))
    assert left < old
    assert store.check()[0].code == "inbox-waiting"
    assert len(store.check()) == 1
    store.seal()
    assert len(everything(store)) == kept + 5
    assert store.erase(ann) == ErasureReport(ann)
    if books.url is None:
        store.close()
        raw = b"".join(path.read_bytes() for path in books.home.glob("ledger.sqlite*"))
        assert not any(secret in raw for secret in [*wrapped, sealed_name])


def test_a_forgotten_worker_does_not_come_back_with_the_next_import(
    books: Any, events: Make, take: Any, everything: Any
) -> None:
    store = books.open()
    table = events(20, worker=_TWO)
    take(store, table, "a")
    store.seal()
    whole = everything(store)
    ann = store.worker_id("Ann Archer")
    store.erase(ann)
    _, done = take(store, events(30, worker=_TWO), "b")
    assert (done[0].rows, done[0].forgotten) == (15, 15)
    assert store.imports()[1].forgotten == 15
    assert store.add_worker("Ann Archer") == ann
    store.seal()
    assert {r.worker for r in store.segments()} == {store.worker_id("Bob")}
    # Readmitted, the same file brings back the same events.
    store.readmit(ann)
    store.readmit(ann)
    assert {i.chunks_done for i in store.imports()} == {0}
    take(store, table, "a")
    store.seal()
    assert set(whole) <= set(everything(store))
    assert {w.name for w in store.workers()} == set(_TWO)
    assert store.check() == []


def test_while_being_erased_a_worker_is_read_but_not_written(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(20, worker=_TWO), "a")
    store.seal()
    ann = store.worker_id("Ann Archer")
    for _ in range(2):
        with store.change() as told:
            store.begin_erase(ann, told)
    again = books.open()
    assert {w.state for w in again.workers()} == {WorkerState.ACTIVE, WorkerState.ERASING}
    assert [f.code for f in again.check()] == ["erase-interrupted"]
    _, done = take(again, events(4, worker="Ann Archer", source=["new"] * 4), "b")
    assert done[0].forgotten == 4
    (segment,) = [r.id for r in again.segments() if r.worker == ann]
    assert again.read(segment, ["time"]).num_rows == 10
    again.erase(ann)
    assert again.check() == []


def test_the_import_of_one_worker_alone_is_forgotten_with_them(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    mine, _ = take(store, events(5), "mine", rejected=[Rejected(1, "bad", "a line of theirs")])
    shared, _ = take(
        store, events(5, worker=["Ann", "Bob"], source=["s"] * 5), "shared", rejected=[Rejected(1, "b", "x")]
    )
    assert store.erase(store.worker_id("Ann")).quarantined == 1
    assert {i.id: i.path for i in store.imports()} == {mine.id: "", shared.id: "/in/shared"}
    assert store.quarantine(mine.id) == []
    assert len(store.quarantine(shared.id)) == 1


def test_short_names_do_not_take_half_the_quarantine(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    bad = [Rejected(1, "bad", "a banana"), Rejected(2, "bad", "nothing")]
    take(store, events(5, worker=["a", "Bob"]), "mine", rejected=bad)
    assert store.erase(store.worker_id("a")).quarantined == 1
    assert [r.line for r in store.quarantine()] == [2]


@pytest.mark.parametrize("stage", ["before", "after"])
def test_an_erasure_that_dies_is_finished_later(
    books: Any, events: Make, take: Any, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Before the transaction nothing is gone; after it the keys are, and the next opening removes the files."""
    store = books.open()
    take(store, events(20, worker=_TWO), "a")
    store.seal()
    ann = store.worker_id("Ann Archer")

    def die(*arguments: Any) -> None:
        if arguments[2]:  # the paths to remove, or the worker to erase
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if stage == "before":
            patch.setattr(erasure, "_erase_rows", die)
        else:
            patch.setattr(files, "_unlink", die)
        with pytest.raises(KeyboardInterrupt):
            store.erase(ann)
    codes = {f.code for f in store.check()}
    assert codes == (set() if stage == "before" else {"write-interrupted"})
    store.close()
    again = books.open()
    assert len(list((books.home / "segments").rglob("*.gbseg"))) == (2 if stage == "before" else 1)
    again.erase(ann)
    assert len(list((books.home / "segments").rglob("*.gbseg"))) == 1
    assert again.check() == []
