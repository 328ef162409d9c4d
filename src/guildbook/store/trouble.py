"""What the disk and the database complain about, said so that a person can mend it."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from guildbook.model.errors import BookBusyError, GuildbookError, StoreError

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS: Final = ("disk is full", "disk full", "no space left", "disk i/o error", "diskfull")
_BUSY_WORDS: Final = ("database is locked", "database table is locked")
_DAMAGED_WORDS: Final = ("malformed", "not a database", "file is encrypted")


@contextmanager
def explained(home: Path) -> Generator[None]:
    """Turns errors of the file system and the ledger's database into `StoreError`s that name the remedy."""
    try:
        yield
    except OSError as error:
        raise _of_system(error, home) from error
    except DBAPIError as error:
        raise _of_database(error, home) from error


def _of_system(error: OSError, home: Path) -> StoreError:
    where = error.filename or home
    if error.errno in _FULL:
        return _full(home)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StoreError(f"{where} may not be written or read.", "Check who owns the book's folder.", "no-access")
    return StoreError(f"{where}: {error.strerror or error}.", "Run `guildbook doctor`.", "file")


def _of_database(error: DBAPIError, home: Path) -> GuildbookError:
    said = f"{type(error.orig).__name__} {error.orig}".lower()
    if any(word in said for word in _FULL_WORDS):
        return _full(home)
    if any(word in said for word in _BUSY_WORDS):
        return BookBusyError(str(home))
    if any(word in said for word in _DAMAGED_WORDS):
        return StoreError(
            f"The ledger of the book at {home} is damaged: {error.orig}.",
            "Restore ledger.sqlite from a backup; the segments beside it are untouched.",
            "ledger-damaged",
        )
    return StoreError(f"The ledger of the book at {home} failed: {error.orig}.", "Run `guildbook doctor`.", "ledger")


def _full(home: Path) -> StoreError:
    return StoreError(
        f"There is no room left to write to the book at {home}.",
        "Free some space and run the same command again; nothing acknowledged was lost.",
        "disk-full",
    )
