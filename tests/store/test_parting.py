from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from guildbook.columns.ids import add_digests
from guildbook.plugins import Rejected
from guildbook.store import ErasureReport, Scope, UndecipherableError, files, segment, tables
from guildbook.store.files import Change
from guildbook.store.keys import fingerprint
from guildbook.store.reading import address
from guildbook.store.segment import Address

Make = Callable[..., pa.Table]
DAY = 86_400_000_000
JANUARY = 1_767_225_600_000_000


def at_once(store: Any) -> Callable[[Any, Change], None]:
    def run(_: Any, change: Change) -> None:
        with store.change() as connection:
            change(connection)

    return run


def gone(store: Any, scope: Scope) -> ErasureReport | None:
    made = store.part(scope, at_once(store))
    return None if made is None else store.destroy(made.id, at_once(store))


def test_the_months_that_are_touched_come_under_a_new_key(books: Any, events: Make, take: Any, everything: Any) -> None:
    """An old copy of a segment, as a backup has it, opens with no key that is left in the book."""
    store: Any = books.open()
    take(store, events(70, worker=["Ann", "Bob"], step=DAY), "a")
    store.seal()
    ann = store.worker_id("Ann")
    rows = [row for row in store.segments() if row.worker == ann]
    copies = {row.id: (books.home / address(row).path).read_bytes() for row in rows}
    february = next(row for row in rows if row.month == "2026-02")
    whole = everything(store)
    scope = Scope(ann, first=february.first, until=february.first + 3 * DAY)
    with store.engine.connect() as connection:
        (old,) = [
            store._vault.keys.unwrap(row.wrapped, row.owner, row.period)
            for row in connection.execute(select(tables.keys))
            if (row.owner, row.period) == (ann, "2026-02")
        ]
    report = gone(store, scope)
    assert report is not None
    assert (report.rows, report.segments, report.rewritten) == (2, 1, 1)
    assert report.gone == (february.id,)
    assert fingerprint(old) in report.fingerprints
    after = [row for row in store.segments() if row.worker == ann]
    assert {row.id for row in rows} - {row.id for row in after} == {february.id}
    assert len(everything(store)) == len(whole) - 2
    assert set(everything(store)) < set(whole)
    assert store.check() == []
    place = Address(february.id, ann, "2026-02")
    (books.home / place.path).write_bytes(copies[february.id])
    with store.engine.connect() as connection:
        left = [
            store._vault.keys.unwrap(row.wrapped, row.owner, row.period)
            for row in connection.execute(select(tables.keys))
        ]
    assert segment.read_rows(books.home, place, old, ["id"]).num_rows == february.rows
    for key in left:
        with pytest.raises(UndecipherableError):
            segment.read_rows(books.home, place, key, ["id"])
        with pytest.raises(UndecipherableError):
            segment.read_cases(books.home, place, key)


def test_between_the_steps_what_goes_is_read_only_by_id(books: Any, events: Make, take: Any, everything: Any) -> None:
    store: Any = books.open()
    take(store, events(20), "a")
    store.seal()
    (row,) = store.segments()
    ann = store.worker_id("Ann")
    made = store.part(Scope(ann, until=JANUARY + 60_000_000 * 5), at_once(store))
    assert made is not None
    assert (made.rows, made.segments) == (5, 1)
    (pending,) = store.parts()
    (kept,) = store.segments()
    assert pending.taken == {row.id: kept.id}
    assert (kept.rows, store.read(row.id, ["id"]).num_rows) == (15, 20)
    went = store.read(row.id, ["id"])["id"].to_pylist()
    assert set(everything(store)) < set(went)
    assert add_digests([kept.digest]) != row.digest
    assert [f.code for f in store.check()] == ["erase-interrupted"]
    store.destroy(made.id, at_once(store))
    assert store.parts() == []
    assert store.check() == []
    assert gone(store, Scope(ann, until=JANUARY)) is None


def test_what_was_erased_does_not_come_back_with_the_next_import(
    books: Any, events: Make, take: Any, everything: Any
) -> None:
    store: Any = books.open()
    apps = ["Mail", "Sheet"]
    table = events(20, app=[apps[i % 2] for i in range(20)])
    take(store, table, "a")
    store.seal()
    ann = store.worker_id("Ann")
    whole = everything(store)
    first = next(iter(store.read(store.segments()[0].id, ["id"])["id"].to_pylist()))
    report = gone(store, Scope(ann, until=JANUARY + DAY, trace_class="mail"))
    assert report is not None
    assert report.rows == 10
    sheet = next(each for each in whole if each != first and each in everything(store))
    assert gone(store, Scope(ann, event=store.event_known(sheet))) is not None
    assert len(everything(store)) == 9
    grown = events(30, app=[apps[i % 2] for i in range(30)])
    _, done = take(store, grown, "b")
    assert (done[0].rows, done[0].forgotten) == (14, 16)  # 15 of mail, less than a day later, and the one
    store.seal()
    assert sheet not in everything(store)
    store.readmit(ann)
    take(store, grown, "b")
    store.seal()
    assert set(whole) < set(everything(store))


def test_the_quarantine_and_the_inbox_go_too(books: Any, events: Make, take: Any) -> None:
    store: Any = books.open()
    bad = [Rejected(1, "no time", "x;ANN;y"), Rejected(2, "no time", "x;Bob;y")]
    take(store, events(10, worker=["Ann", "Bob"]), "a", rejected=bad)
    store.seal()
    ann = store.worker_id("Ann")
    with store.engine.connect() as connection:
        old = {(row.owner, row.period): row.wrapped for row in connection.execute(select(tables.keys))}
    report = gone(store, Scope(ann, first=JANUARY, until=JANUARY + DAY))
    assert report is not None
    assert (report.quarantined, report.rewritten, report.keys) == (1, 0, 2)
    assert [row.text for row in store.quarantine()] == ["x;Bob;y"]
    assert [row.path for row in store.imports()] == ["/in/a"]
    with store.engine.connect() as connection:
        new = {(row.owner, row.period): row.wrapped for row in connection.execute(select(tables.keys))}
    changed = {pair for pair in old if old[pair] != new.get(pair)}
    assert {pair for pair in changed if pair[0] == ann} == {(ann, "2026-01"), (ann, "inbox")}
    assert {period for owner, period in changed if owner != ann} == {"import"}
    assert store.check() == []


def test_nothing_in_scope_changes_nothing(book: Any, events: Make, take: Any) -> None:
    store: Any = book.open()
    take(store, events(10), "a")
    store.seal()
    before = store.segments()
    assert gone(store, Scope(store.worker_id("Ann"), until=JANUARY)) is None
    assert gone(store, Scope(store.worker_id("Ann"), trace_class="nothing of it")) is None
    assert store.segments() == before


@pytest.mark.parametrize(("step", "stage"), [("part", "before"), ("destroy", "before"), ("destroy", "after")])
def test_a_step_that_dies_is_finished_later(
    book: Any, events: Make, take: Any, everything: Any, monkeypatch: pytest.MonkeyPatch, step: str, stage: str
) -> None:
    store: Any = book.open()
    take(store, events(20), "a")
    store.seal()
    scope = Scope(store.worker_id("Ann"), until=JANUARY + 60_000_000 * 5)
    made = store.part(scope, at_once(store)) if step == "destroy" else None

    def die(*arguments: Any) -> None:
        if arguments[2]:  # the paths to remove
            raise KeyboardInterrupt

    def run(_: Any, change: Change) -> None:
        if stage == "before":
            raise KeyboardInterrupt
        at_once(store)(_, change)

    with monkeypatch.context() as patch:
        if stage == "after":
            patch.setattr(files, "_unlink", die)
        with pytest.raises(KeyboardInterrupt):
            store.destroy(made.id, run) if made else store.part(scope, run)
    store.close()
    again: Any = book.open()
    for pending in again.parts():
        again.destroy(pending.id, at_once(again))
    if step == "part" and stage == "before":
        assert len(everything(again)) == 20
        assert gone(again, scope) is not None
    assert len(everything(again)) == 15
    assert again.check() == []
