from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text

from guildbook.model.errors import StoreError
from guildbook.store import Store, ledger, tables


def test_the_migrations_build_the_tables(books: Any) -> None:
    with books.open().engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
        assert ledger.revision(connection) == ledger.HEAD


def test_the_last_migration_is_the_one_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == ledger.HEAD
    assert {script.revision for script in scripts.walk_revisions()} == set(ledger.KNOWN)


def test_a_newer_ledger_is_refused_and_left_alone(books: Any) -> None:
    store = books.open()
    with store.change() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer Guildbook") as caught:
        books.open()
    assert caught.value.code == "ledger-newer"


def test_sqlite_is_set_for_durability_and_erasure(book: Any) -> None:
    with book.open().engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "auto_vacuum")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "auto_vacuum": 2}


def test_a_damaged_ledger_is_explained(book: Any) -> None:
    book.open().close()
    (book.home / "ledger.sqlite").write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreError) as caught:
        book.open()
    assert caught.value.code == "ledger-damaged"


def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("CREATE TABLE workers (other)")
    connection.close()
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path)
    assert caught.value.code == "ledger"
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    connection.close()
    assert names == ["workers"]


def _told_to_connect(url: str, home: Path) -> dict[str, Any]:
    """What PostgreSQL's driver is given for a URL; nothing is connected to."""
    engine, given = ledger.connect(home, url, 1), dict[str, Any]()

    def note(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        given.update(named)
        raise ConnectionAbortedError

    event.listen(engine, "do_connect", note)
    with pytest.raises(ConnectionAbortedError):
        engine.connect()
    return given


def test_a_silent_network_to_postgresql_is_an_error_within_half_a_minute(tmp_path: Path) -> None:
    given = _told_to_connect("postgresql://ada@example.org/book", tmp_path)
    assert given["host"] == "example.org"
    assert ledger.STALLED.items() <= given.items()
    assert given["keepalives_idle"] + given["keepalives_interval"] * given["keepalives_count"] <= 30
    assert max(given["connect_timeout"], given["tcp_user_timeout"] / 1000) <= 30


def test_what_a_url_says_of_waiting_counts(tmp_path: Path) -> None:
    given = _told_to_connect("postgresql://h/book?connect_timeout=90&keepalives=0", tmp_path)
    assert (given["connect_timeout"], given["keepalives"]) == ("90", "0")
    assert given["tcp_user_timeout"] == ledger.STALLED["tcp_user_timeout"]


def test_a_server_that_says_nothing_is_a_store_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ada@127.0.0.1:{silent.getsockname()[1]}/book?connect_timeout=2"
        with pytest.raises(StoreError) as caught:
            Store.open(tmp_path, ledger_url=url)
    assert caught.value.code == "ledger"
