from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from guildbook.columns import raw_table
from guildbook.columns.ids import IdAssigner, add_digests
from guildbook.model.errors import StoreError
from guildbook.store import SealReport, Store, compaction, drafting, sealing, tables

Make = Callable[..., pa.Table]
DAY = 86_400_000_000


def test_a_segment_has_one_worker_month_and_terms(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    table = events(90, worker=["Ann", "Bob"], step=DAY)
    take(store, table, "a")
    take(store, events(90, worker=["Ann", "Bob"], step=DAY, source=["other"] * 90), "b", terms=("research",))
    take(store, events(9, worker="Ann", source=["none"] * 9), "c", terms=())
    heard: list[tuple[int, int]] = []

    def hear(done: int, total: int) -> None:
        heard.append((done, total))

    report = store.seal(hear)
    assert report == SealReport(13, 189, 0)
    assert heard[-1] == (189, 189)
    rows = store.segments()
    assert len({(r.worker, r.month, r.terms) for r in rows}) == len(rows) == 13
    assert {r.stated for r in rows} == {None, ("research",), ()}
    assert {r.month for r in rows} == {"2026-01", "2026-02", "2026-03"}
    assert store.seal() == SealReport()


def test_months_before_1970_are_months(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(3, start=-DAY - 1, step=DAY))
    store.seal()
    assert [(r.month, r.rows) for r in store.segments()] == [("1969-12", 2), ("1970-01", 1)]


def test_rows_are_by_time_seq_and_id_whatever_the_order_of_import(books: Any, take: Any, tmp_path: Path) -> None:
    table = raw_table(
        {
            "worker": ["Ann"] * 7,
            "time": [5, 5, 5, 5, 1, 9, 5],
            "seq": [2, None, 1, None, 8, None, 1],
            "action": list("abcdefg"),
        }
    )
    store = books.open()
    take(store, table)
    store.seal()
    found = store.read(store.segments()[0].id, ["time", "seq", "id", "action"]).to_pylist()
    order = sorted(found, key=lambda r: (r["time"], -1 if r["seq"] is None else r["seq"]))
    assert [r["seq"] for r in found] == [r["seq"] for r in order]
    with Store.open(tmp_path / "other") as other:
        take(other, table.take(list(range(6, -1, -1))))
        other.seal()
        assert other.read(other.segments()[0].id, ["time", "seq", "id", "action"]).to_pylist() == found
        assert other.segments()[0].digest == store.segments()[0].digest


def test_importing_again_or_grown_adds_only_what_is_new(books: Any, events: Make, take: Any, everything: Any) -> None:
    store = books.open()
    whole = events(200, worker=["Ann", "Bob", "Cy"], step=DAY // 2)
    take(store, whole.slice(0, 120), "a", terms=("coach",))
    assert store.seal().rows == 120
    take(store, whole, "b")
    assert store.seal() == SealReport(6, 80, 120)
    take(store, whole, "c", chunk_rows=33)
    take(store, whole.slice(50), "d")
    assert store.seal() == SealReport(0, 0, 350)
    assert len(everything(store)) == len(set(everything(store))) == 200
    assert sum(r.rows for r in store.segments() if r.stated == ("coach",)) == 120


def test_copies_within_one_inbox_go_too(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(10), "a", terms=("coach",))
    take(store, events(10), "b", terms=("research",))
    assert store.seal() == SealReport(1, 10, 10)
    assert store.segments()[0].stated == ("coach",)


def test_a_large_inbox_is_sealed_in_rounds(
    books: Any, events: Make, take: Any, everything: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_ROUND", 25)
    store = books.open()
    take(store, events(100), chunk_rows=10)
    take(store, events(100), "again", chunk_rows=30)
    assert store.seal() == SealReport(5, 100, 100)
    assert len(set(everything(store))) == 100


@pytest.mark.parametrize("ahead", [1, 40, 10_000])
def test_many_workers_some_in_rounds_are_sealed_whole(
    books: Any, events: Make, take: Any, everything: Any, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    monkeypatch.setattr(sealing, "_ROUND", 25)
    monkeypatch.setattr(sealing, "_AHEAD", ahead)
    names = [f"worker {n}" for n in range(12)]
    store = books.open()
    take(store, events(120, worker=[*names, *["Ann"] * 12]), chunk_rows=30)
    take(store, events(120, worker=[*names, *["Ann"] * 12]), "again", chunk_rows=50)
    report = store.seal()
    assert (report.rows, report.duplicates) == (120, 120)
    assert len(set(everything(store))) == 120
    assert store.check() == []


_TAKEN = st.lists(
    st.tuples(st.sampled_from(["Ann", "Bob", "Cy"]), st.integers(0, 70), st.sampled_from(["Mail", "mail", "Sheets"])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=15)
@given(inboxes=st.lists(st.lists(_TAKEN, min_size=1, max_size=3), min_size=1, max_size=3))
def test_sealed_together_is_sealed_one_worker_at_a_time(
    inboxes: list[list[list[tuple[str, int, str]]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same segments, terms, classes and digests, copies told from segments sealed before too."""
    said: list[list[tuple[Any, ...]]] = []
    for together in (1, 4_096):
        with pytest.MonkeyPatch.context() as patch, Store.open(tmp_path_factory.mktemp("book")) as store:
            patch.setattr(sealing, "_TOGETHER", together)
            for number, inbox in enumerate(inboxes):
                for place, rows in enumerate(inbox):
                    begun = store.begin_import(
                        source="t", fingerprint=f"{number}-{place}", path="", terms=(("coach",), None, ())[place]
                    )
                    columns = zip(("worker", "time", "app"), zip(*rows, strict=True), strict=True)
                    table = {name: list(values) for name, values in columns}
                    table["time"] = [day * DAY for day in table["time"]]
                    store.append(begun.id, 0, raw_table(table), [])
                    store.finish_import(begun.id)
                store.seal()
            name = {row.id: row.name for row in store.workers()}
            said.append(
                sorted(
                    (
                        name[row.worker],
                        row.month,
                        row.terms,
                        row.rows,
                        row.first,
                        row.last,
                        row.digest,
                        row.classes,
                        row.parts,
                    )
                    for row in store.segments()
                )
            )
            assert store.check() == []
    assert said[0] == said[1]


def test_a_damaged_batch_among_others_is_named_and_nothing_is_sealed(books: Any, events: Make, take: Any) -> None:
    store = books.open()
    take(store, events(30, worker=["Ann", "Bob", "Cy"]))
    bob = next(row.id for row in store.workers() if row.name == "Bob")
    with store.change() as connection:
        held = connection.execute(select(tables.inbox.c.batch).where(tables.inbox.c.worker == bob)).scalar_one()
        bad = held[:-1] + bytes([held[-1] ^ 1])
        connection.execute(update(tables.inbox).where(tables.inbox.c.worker == bob).values(batch=bad))
    with pytest.raises(StoreError, match=f"A batch of {bob} in the inbox does not decrypt"):
        store.seal()
    assert store.segments() == []
    with store.change() as connection:
        connection.execute(update(tables.inbox).where(tables.inbox.c.worker == bob).values(batch=held))
    assert store.seal() == SealReport(3, 30, 0)
    assert store.check() == []


def test_compaction_keeps_every_event_and_its_digest(books: Any, events: Make, take: Any, everything: Any) -> None:
    store = books.open()
    for day in range(10):
        take(store, events(20, worker=["Ann", "Bob"], start=1_767_225_600_000_000 + day * DAY), f"d{day}")
        store.seal()
    before, ids = store.segments(), everything(store)
    assert len(before) == 20
    report = store.compact()
    after = store.segments()
    assert (report.before, report.after, report.rows) == (20, 2, 200)
    assert everything(store) == ids
    assert add_digests(r.digest for r in after) == add_digests(r.digest for r in before)
    assert len(list((books.home / "segments").rglob("*.gbseg"))) == 2
    assert store.compact().before == 0
    assert store.check() == []
    with pytest.raises(StoreError):
        store.read(before[0].id, ["id"])
    assert store.seal() == SealReport()


def test_compaction_of_a_false_digest_changes_nothing(book: Any, events: Make, take: Any) -> None:
    store = book.open()
    for day in range(4):
        take(store, events(5, start=1_767_225_600_000_000 + day * DAY), f"d{day}")
        store.seal()
    with store.change() as connection:
        connection.exec_driver_sql(f"UPDATE segments SET digest = '{'0' * 32}' WHERE id = '{store.segments()[0].id}'")
    before = store.segments()
    with pytest.raises(StoreError) as caught:
        store.compact()
    assert caught.value.code == "digest"
    assert store.segments() == before


def test_many_segments_are_compacted_in_several_runs(
    book: Any, events: Make, take: Any, everything: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = book.open()
    for day in range(8):
        take(store, events(10, start=1_767_225_600_000_000 + day * DAY), f"d{day}")
        store.seal()
    monkeypatch.setattr(compaction, "_MOST", 40)
    monkeypatch.setattr(drafting, "_BATCH_FILES", 1)
    assert store.compact().after == 2
    assert len(set(everything(store))) == 80


_EVENT = st.tuples(st.sampled_from(["Ann", "Bob"]), st.integers(0, 80), st.sampled_from("ab"))
_STEP = st.one_of(st.just("seal"), st.just("compact"), st.just("open"), st.lists(_EVENT, min_size=1, max_size=12))


@settings(max_examples=25)
@given(steps=st.lists(_STEP, max_size=10))
def test_any_order_of_importing_sealing_and_compacting_ends_the_same(
    steps: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The book holds the union of what was imported, once, however it was cut up."""
    home = tmp_path_factory.mktemp("book")
    expected: set[bytes] = set()
    store = Store.open(home)
    try:
        for number, step in enumerate(steps):
            if step == "seal":
                store.seal()
                assert store.seal() == SealReport()
            elif step == "compact":
                store.compact(at_least=2)
            elif step == "open":
                store.close()
                store = Store.open(home)
            else:
                table = raw_table(
                    {
                        "worker": [w for w, _, _ in step],
                        "time": [t * DAY for _, t, _ in step],
                        "action": [a for _, _, a in step],
                    }
                )
                begun = store.begin_import(source="t", fingerprint=str(number), path="", terms=None)
                store.append(begun.id, 0, table, [])
                store.finish_import(begun.id)
                expected |= set(IdAssigner().assign(table).to_pylist())
        store.seal()
        rows = store.segments()
        ids = [one for _, table in store.read_many([r.id for r in rows], ["id"]) for one in table["id"].to_pylist()]
        assert len(ids) == len(set(ids))
        assert set(ids) == expected
        assert store.check() == []
    finally:
        store.close()
