"""What the outbox's file complains about, said so that a person can mend it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from guildbook.model.errors import StoreError

FULL: Final = "outbox-full"
"""Code of the error that there is no room: what is sent again later may well be taken."""


def told(error: sqlite3.Error, path: Path) -> StoreError:
    """The error of SQLite as one that says what to do. What was acknowledged before it is kept either way."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return StoreError(
            f"There is no room left for what is recorded ({path}).",
            "Free some space: recording goes on by itself, and nothing that was acknowledged is lost.",
            FULL,
        )
    return StoreError(
        f"{path} cannot be written or read just now: {error}.",
        "It is tried again; should it last, look at the disk, and at who owns the folder.",
        "outbox",
    )
