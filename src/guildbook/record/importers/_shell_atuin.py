"""The history database of atuin: commands with directory, exit status, duration and session."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from guildbook.model.errors import InputError
from guildbook.record.importers._shell_history import Entry

_NEEDED: Final = ("timestamp", "duration", "exit", "command", "cwd", "session", "hostname")
_LONGEST: Final = 16 << 20
_NANOS: Final = 1000  # in a microsecond


def entries(path: Path) -> Iterator[Entry]:
    """Every command that was not deleted, oldest first; the file is only read.

    Raises `InputError` when it is no readable atuin database.
    """
    try:
        with closing(_open(path)) as database:
            yield from _entries(database)
    except sqlite3.Error as error:
        raise InputError(f"{path} is no readable atuin history: {error}.", "Give atuin's history.db.") from error


def _open(path: Path) -> sqlite3.Connection:
    # Without a journal to take in, the file can be read as it lies; nothing is created beside it.
    journal = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if journal.is_file() and journal.stat().st_size else "mode=ro&immutable=1"
    database = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True)
    database.text_factory = _text
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _entries(database: sqlite3.Connection) -> Iterator[Entry]:
    tables = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'history'").fetchall()
    columns = {row[1] for row in database.execute("PRAGMA table_info(history)")}
    if not tables or not columns.issuperset(_NEEDED):
        raise sqlite3.DatabaseError("it has no table of commands")
    kept = "WHERE deleted_at IS NULL" if "deleted_at" in columns else ""
    rows = database.execute(f"SELECT {', '.join(_NEEDED)} FROM history {kept} ORDER BY timestamp, rowid")  # noqa: S608 - both parts are this module's own
    for number, row in enumerate(rows, start=1):
        nanos, length, status, command, directory, session, host = row
        yield Entry(
            number,
            command.strip() if isinstance(command, str) else "",
            nanos // _NANOS if isinstance(nanos, int) else None,
            length // _NANOS if isinstance(length, int) and length >= 0 else None,
            _word(directory),
            status if isinstance(status, int) and status >= 0 else None,
            _word(session),
            (_word(host) or "").partition(":")[0] or None,  # `host:user`
        )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value and value != "unknown" else None
