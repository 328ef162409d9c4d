"""Statements that run thousands of times: compiled once, then handed to the database's driver past SQLAlchemy.

An execution through SQLAlchemy costs 70 to 100 µs of processor time, one of these 5. They run in the transaction of
the connection they are given, and what the driver raises comes out as SQLAlchemy's errors, as from any other statement.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from sqlalchemy import Connection, Dialect, Insert, Select
from sqlalchemy.exc import DBAPIError

_STYLE: Final = {"sqlite": "qmark", "postgresql": "format"}


class Quick:
    """One statement. Values are of types that the driver takes as they are: whole numbers, text, bytes."""

    def __init__(self, statement: Insert | Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._texts: dict[str, str] = {}

    def one(self, ledger: Connection) -> tuple[Any, ...] | None:
        """The first row, None when there is none. The statement has no values."""
        with self._cursor(ledger) as (cursor, text):
            cursor.execute(text)
            return cursor.fetchone()

    def many(self, ledger: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of all columns, in the order of the table."""
        with self._cursor(ledger) as (cursor, text):
            if len(rows) == 1:
                cursor.execute(text, rows[0])
            elif rows:
                cursor.executemany(text, rows)

    @contextmanager
    def _cursor(self, ledger: Connection) -> Generator[tuple[Any, str]]:
        assert ledger.in_transaction(), "on SQLite it would be committed by itself"
        dialect = ledger.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            kind = cast("Callable[..., Dialect]", type(dialect))
            values_within = {"literal_binds": isinstance(self._statement, Select)}
            made = self._statement.compile(dialect=kind(paramstyle=_STYLE[dialect.name]), compile_kwargs=values_within)
            text = self._texts[dialect.name] = made.string
        cursor = ledger.connection.cursor()
        try:
            yield cursor, text
        except ledger.dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                text, None, error, ledger.dialect.loaded_dbapi.Error, dialect=ledger.dialect
            ) from error
        finally:
            cursor.close()
