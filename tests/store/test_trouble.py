from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from guildbook.model.errors import GuildbookError, StoreError
from guildbook.store.trouble import explained

_HOME = Path("/home/ann/book")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "disk-full"),
        (PermissionError(errno.EACCES, "Permission denied", "/home/ann/book/lock"), "no-access"),
        (OSError(errno.EIO, "Input/output error", "/home/ann/book/x"), "file"),
        (OperationalError("", {}, sqlite3.OperationalError("database or disk is full")), "disk-full"),
        (OperationalError("", {}, sqlite3.OperationalError("database is locked")), "book-busy"),
        (OperationalError("", {}, sqlite3.DatabaseError("database disk image is malformed")), "ledger-damaged"),
        (OperationalError("", {}, sqlite3.OperationalError("no such table: x")), "ledger"),
    ],
)
def test_each_complaint_has_a_remedy(error: Exception, code: str) -> None:
    with pytest.raises(GuildbookError) as caught, explained(_HOME):
        raise error
    assert caught.value.code == code
    assert caught.value.fix


def test_own_errors_pass_through() -> None:
    with pytest.raises(StoreError, match="mine"), explained(_HOME):
        raise StoreError("mine", "")
