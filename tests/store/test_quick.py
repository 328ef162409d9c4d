"""Statements past SQLAlchemy: in its transactions, with its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from guildbook.store import Store, tables
from guildbook.store.quick import Quick

ADD = Quick(insert(tables.log))
LAST = Quick(select(tables.log.c.seq, tables.log.c.sealed).order_by(tables.log.c.seq.desc()).limit(1))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with Store.open(tmp_path / "book", ledger_url=url) as opened:
        yield opened


def row(seq: int) -> tuple[int, int, bytes, bytes, bytes]:
    return seq, 2**60, b"\x00\xff%s", b"leaf", bytes([seq])


def test_rows_are_written_and_read_as_by_any_statement(store: Store) -> None:
    with store.change() as ledger:
        assert LAST.one(ledger) is None
        ADD.many(ledger, [])
        ADD.many(ledger, [row(0)])
        ADD.many(ledger, [row(1), row(2), row(3)])
        assert LAST.one(ledger) == (3, b"\x03")
    with store.look() as ledger:
        assert [tuple(each) for each in ledger.execute(select(tables.log))] == [row(i) for i in range(4)]


def test_they_are_in_the_transaction(store: Store) -> None:
    with store.change() as ledger:
        ADD.many(ledger, [row(0)])
        ledger.rollback()
    with store.look() as ledger:
        assert ledger.execute(select(func.count()).select_from(tables.log)).scalar() == 0
    with store.look() as ledger, pytest.raises(AssertionError):
        ADD.many(ledger, [row(0)])


@pytest.mark.parametrize("rows", [[row(0)], [row(1), row(0)]])
def test_errors_are_those_of_sqlalchemy(store: Store, rows: list[tuple[object, ...]]) -> None:
    with store.change() as ledger:
        ADD.many(ledger, [row(0)])
    with pytest.raises(IntegrityError), store.engine.begin() as ledger:
        ADD.many(ledger, rows)
