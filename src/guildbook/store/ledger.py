"""The ledger's database: how it is opened, and how its tables come to be and change."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text

from guildbook.model.errors import StoreError, UsageError

HEAD: Final = "0008"
"""The revision this code works with; the last one in `migrations/versions`."""
KNOWN: Final = frozenset({"0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"})
STALLED: Final = {
    "connect_timeout": 10, "keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}  # fmt: skip
"""What libpq is told so that a network that has gone silent is an error within half a minute; seconds, the last ms.

Source: PostgreSQL's manual, "Parameter Key Words" of libpq. A statement that takes long is none: the server's kernel
answers for it."""
_WRITES: Final = "guildbook_writes"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def connect(home: Path, url: str | None, wait: float) -> Engine:
    """An engine for the ledger: SQLite in the book's folder, or what `url` names (PostgreSQL through psycopg 3)."""
    target = make_url(url) if url else URL.create("sqlite", database=str(home / "ledger.sqlite"))
    if target.get_backend_name() == "sqlite":
        engine = create_engine(target, connect_args={"timeout": max(wait, 0.1)})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if target.get_backend_name() != "postgresql":
        raise UsageError(f"A ledger cannot be kept in {target.get_backend_name()}.", "Use SQLite or PostgreSQL.")
    given = {name: value for name, value in STALLED.items() if name not in target.query}
    return create_engine(target.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=given)


def change(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that will write. Needs the writer lock."""
    return engine.execution_options(**{_WRITES: True}).begin()


def revision(connection: Connection) -> str | None:
    """The revision of the ledger, None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def needs_upgrade(engine: Engine) -> bool:
    """Whether `upgrade` has work to do. Raises `StoreError` for a ledger that a later Guildbook has written."""
    with engine.connect() as connection:
        found = revision(connection)
    if found is not None and found not in KNOWN:
        raise StoreError(
            f"The ledger was written by a newer Guildbook (its revision is {found}, this one knows {HEAD}).",
            "Upgrade Guildbook: pip install --upgrade guildbook.",
            "ledger-newer",
        )
    return found != HEAD


def upgrade(engine: Engine) -> None:
    """Bring the tables to `HEAD` in one transaction."""
    # Alembic is slow to import and needed once in a ledger's life.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with change(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def scrub(engine: Engine) -> None:
    """Best effort that deleted rows cannot be read from the database's files any more.

    SQLite: `secure_delete` has overwritten them; this empties the write-ahead log too and gives free pages back.
    PostgreSQL: dead rows go with VACUUM; its own write-ahead log keeps them until it is recycled.
    """
    if engine.dialect.name == "sqlite":
        # Past SQLAlchemy, which would open a transaction first.
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            # Only a script steps `incremental_vacuum` to its end.
            cursor.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
            cursor.close()
        finally:
            raw.close()
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM keys, workers, inbox, quarantine, segments, erasures")


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # Python's driver must leave transactions alone, or DDL commits on its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        # Setting these again would write to the file, past the writer lock. auto_vacuum counts only in an empty file.
        if cursor.execute("PRAGMA page_count").fetchone() == (0,):
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode=WAL").fetchall()
        for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}").fetchall()
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails when another has written in between; IMMEDIATE waits.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
