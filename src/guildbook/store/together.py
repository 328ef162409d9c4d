"""Connections to the ledger that see one state of it, so that several threads can read it together."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, Engine, text


@contextmanager
def together(engine: Engine, count: int) -> Generator[list[Connection]]:
    """So many connections, to read with. What is committed meanwhile none of them sees."""
    with ExitStack() as stack:
        if engine.dialect.name == "postgresql":
            steady = engine.execution_options(isolation_level="REPEATABLE READ")
            made = [stack.enter_context(steady.connect()) for _ in range(count)]
            snapshot = made[0].execute(text("SELECT pg_export_snapshot()")).scalar_one()
            for each in made[1:]:
                each.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")  # takes no parameters
        else:
            guard, *made = (stack.enter_context(engine.connect()) for _ in range(count + 1))
            _begin(guard, made)
        yield made


def _begin(guard: Connection, made: list[Connection]) -> None:
    """SQLite hands no snapshot on. So all begin while one more connection sees that nobody commits."""
    while True:
        before = _version(guard)
        for each in made:
            each.rollback()
            each.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar()  # a transaction begins by reading
        if _version(guard) == before:
            return


def _version(guard: Connection) -> int:
    """A number that is another one after any other connection has committed something."""
    found = guard.exec_driver_sql("PRAGMA data_version").scalar_one()
    guard.rollback()
    return int(found)
