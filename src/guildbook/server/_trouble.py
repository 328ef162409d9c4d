"""What is answered while the outbox cannot be written or read: nothing was taken, try again."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from guildbook.model.errors import GuildbookError, StoreError
from guildbook.record.live.trouble import FULL, told

_FULL_STATUS: Final = 507
_STATUS: Final = 503


def trouble(error: BaseException) -> Response:
    """507 where there is no room, 503 for any other trouble of the file."""
    why = told(error, Path("outbox.sqlite")) if isinstance(error, sqlite3.Error) else error
    code, what = (why.code, str(why)) if isinstance(why, GuildbookError) else ("outbox", "")
    status = _FULL_STATUS if code == FULL else _STATUS
    return JSONResponse({"message": what, "code": code}, status_code=status, headers={"Retry-After": "10"})


async def unavailable(_: Request, error: Exception) -> Response:
    """The same as a handler of Starlette's."""
    return trouble(error)


_Handler = Callable[[Request, Exception], Awaitable[Response]]
HANDLERS: Final[Mapping[Any, _Handler]] = {StoreError: unavailable, sqlite3.Error: unavailable}
"""For Starlette's `exception_handlers`."""
