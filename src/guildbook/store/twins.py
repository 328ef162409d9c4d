"""Two connections to the ledger that see one state of it, so that two threads can read it together."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text


@contextmanager
def twins(engine: Engine) -> Generator[tuple[Connection, Connection]]:
    """Two connections, to read with. What is committed meanwhile neither of them sees."""
    with _postgresql(engine) if engine.dialect.name == "postgresql" else _sqlite(engine) as both:
        yield both


@contextmanager
def _postgresql(engine: Engine) -> Generator[tuple[Connection, Connection]]:
    steady = engine.execution_options(isolation_level="REPEATABLE READ")
    with steady.connect() as one, steady.connect() as other:
        snapshot = one.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        other.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")  # takes no parameters
        yield one, other


@contextmanager
def _sqlite(engine: Engine) -> Generator[tuple[Connection, Connection]]:
    """SQLite hands no snapshot on. So both begin while a third sees that nobody commits."""
    with engine.connect() as guard, engine.connect() as one, engine.connect() as other:
        while True:
            before = _version(guard)
            for each in (one, other):
                each.rollback()
                each.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar()  # a transaction begins by reading
            if _version(guard) == before:
                break
        yield one, other


def _version(guard: Connection) -> int:
    """A number that is another one after any other connection has committed something."""
    found = guard.exec_driver_sql("PRAGMA data_version").scalar_one()
    guard.rollback()
    return int(found)
