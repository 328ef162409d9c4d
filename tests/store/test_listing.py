"""Columns of all segments are their rows, on both ledgers; several connections see one state."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, func, insert, select

from guildbook.store import Store, listing, tables, together
from guildbook.store.listing import Marks, about, columns, joined_columns, spans

S = tables.segments.c
KEYS = (S.worker, S.terms, S.classes)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with Store.open(tmp_path / "book", ledger_url=url) as opened:
        yield opened


def fill(store: Store, count: int, *, even: bool) -> list[dict[str, Any]]:
    dice = random.Random(count)
    rows = [
        {
            "id": f"{dice.getrandbits(128):032x}" if even else f"s{i}", "worker": dice.choice(["ann", "bo", "çağ"]),
            "month": dice.choice(["2026-01", "2026-02"]), "terms": dice.choice(["unstated", "stated:coach"]),
            "rows": dice.randint(0, 9), "first": dice.choice([-1, 0, 2**62]) + i, "last": dice.randint(-(2**62), 2**62),
            "digest": f"{i:064x}" if even else f"{i * 7:x}", "bytes": 1, "created": 1,
            "classes": dice.choice(["mail", "a\nb", "Büro, links"]), "parts": dice.choice(["", "[[1,2]]"]),
            "leaving": "",
        }
        for i in range(count)
    ]  # fmt: skip
    with store.change() as ledger:
        ledger.execute(delete(tables.segments))
        if rows:
            ledger.execute(insert(tables.segments), rows)
            ledger.execute(delete(tables.segments).where(S.id == rows[count // 2]["id"]))  # a gap
    return rows[: count // 2] + rows[count // 2 + 1 :]


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_columns_are_the_rows(store: Store, monkeypatch: pytest.MonkeyPatch, count: int, *, even: bool) -> None:
    monkeypatch.setattr(listing, "_STEP", {"sqlite": 7, "postgresql": 1})
    rows = fill(store, count, even=even)
    with store.look() as ledger:
        marks = Marks(ledger.dialect.name, KEYS)
        found = joined_columns([columns(ledger, marks, span) for span in spans(ledger, 3)])
        grouped = select(*KEYS, marks.of_group(*KEYS)).group_by(*KEYS)
        groups = [tuple(row) for row in ledger.execute(grouped)]
    place = marks.places([mark for *_, mark in groups], found.marks)
    assert place is not None
    names = ("ids", "digests", "months", "rows", "first", "last")
    got = {
        each[0].decode(): (*(v.decode() if isinstance(v, bytes) else v for v in each[1:]), *groups[at][:3])
        for *each, at in zip(*(getattr(found, name).tolist() for name in names), place.tolist(), strict=True)
    }
    assert got == {
        r["id"]: tuple(r[n] for n in ("digest", "month", "rows", "first", "last", "worker", "terms", "classes"))
        for r in rows
    }


def test_segments_of_groups_that_nobody_asked_about_have_no_place(store: Store) -> None:
    fill(store, 30, even=True)
    with store.look() as ledger:
        marks = Marks(ledger.dialect.name, KEYS)
        found = joined_columns([columns(ledger, marks, span) for span in spans(ledger, 3)])
        query = select(marks.of_group(*KEYS), func.count()).where(S.worker == "ann").group_by(*KEYS)
        groups = [tuple(row) for row in ledger.execute(query)]
    place = marks.places([mark for mark, _ in groups], found.marks)
    assert place is not None
    assert np.bincount(place[place >= 0]).tolist() == [count for _, count in groups]
    nowhere = marks.places([], found.marks)
    assert nowhere is not None
    assert set(nowhere.tolist()) == {-1}


def test_marks_that_are_not_unlike_are_refused() -> None:
    assert Marks("postgresql", KEYS).places([1, 2, 1], np.array([1])) is None


def test_about_is_about(store: Store) -> None:
    fill(store, 30, even=True)
    with store.look() as ledger:
        assert 1 <= about(ledger) <= 300


def test_all_see_one_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, 30, even=True)
    count = select(func.count()).select_from(tables.segments)
    version, late = getattr(together, "_version"), [True]  # noqa: B009 - what is within

    def meddling(guard: Any) -> int:
        """Somebody commits while they begin, once."""
        found = version(guard)
        if late and late.pop():
            with store.change() as ledger:
                ledger.execute(delete(tables.segments).where(S.worker == "ann"))
        return found

    monkeypatch.setattr(together, "_version", meddling)
    with together.together(store.engine, 2) as (one, other):
        seen = one.execute(count).scalar()
        with store.change() as ledger:
            ledger.execute(delete(tables.segments).where(S.worker == "bo"))
        assert [each.execute(count).scalar() for each in (one, other, other, one)] == [seen] * 4
    with store.look() as ledger:
        assert ledger.execute(count).scalar() != seen
