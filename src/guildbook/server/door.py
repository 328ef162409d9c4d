"""Where sources that live in other programs hand in events: the browser's extension, a shell's prompt."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from guildbook.app.recorder import Recorder
from guildbook.columns import RAW_SCHEMA
from guildbook.plugins import Spoken, sources
from guildbook.server._trouble import HANDLERS

DOOR: Final = "/guildbook/0/events/"
MOST_BYTES: Final = 4 << 20
MOST_ROWS: Final = 10_000
_NAMES: Final = frozenset(RAW_SCHEMA.names) - {"worker", "source", "seq", "redactions"} | {"clip"}
_LATEST: Final = 1 << 53
"""µs; what JSON's numbers hold exactly, and the year 2255."""
_FAR: Final = 1 << 31
_SIDES: Final = 4


def door(recorder: Recorder) -> ASGIApp:
    """`POST /guildbook/0/events/SOURCE` with a list of rows, as `plugins.Sink.write` takes them.

    Answered when they are durable: `{"recorded": n}`. 401 without the door's token, 403 for a source that is not
    switched on, 400 for what are no rows, 413 for too much at once, 507 or 503 while they cannot be kept.
    """

    async def take(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {recorder.door}".encode()):
            return _no(401, "Whose events are these?")
        source = request.path_params["source"]
        if source not in recorder.chosen.sources:
            return _no(403, f"{source} is not switched on: guildbook record on {source}.")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return _no(413, f"At most {MOST_BYTES} bytes at once.")
        try:
            rows = _rows(_said(source, bytes(body)))
        except (ValueError, RecursionError) as error:
            return _no(400, f"These are no events: {error}.")
        taken = await asyncio.to_thread(recorder.intake.write, source, rows)
        return JSONResponse({"recorded": taken})

    return Starlette(routes=[Route(f"{DOOR}{{source}}", take, methods=["POST"])], exception_handlers=dict(HANDLERS))


def _said(name: str, body: bytes) -> Any:
    """What a body says, in the source's own form where it has one, else as JSON. Raises `ValueError`."""
    made = sources().get(name)
    return made.rows(body) if isinstance(made, Spoken) else json.loads(body)


def _rows(given: Any) -> list[dict[str, Any]]:
    """The rows, with nothing in them that an event has not. Raises `ValueError`."""
    rows = cast("list[Any]", given) if isinstance(given, list) else None
    if rows is None or len(rows) > MOST_ROWS:
        raise ValueError(f"not a list of at most {MOST_ROWS}")
    return [_row(row) for row in rows]


def _row(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or "time" not in row:
        raise ValueError("not an object with a time")
    given = cast("dict[str, Any]", row)
    kept = {name: given[name] for name in _NAMES if given.get(name) is not None}
    for name, value in kept.items():
        if not _FITS.get(name, _is_text)(value):
            raise ValueError(f"{name} is not what it should be")
    return kept


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LATEST


def _is_box(value: Any) -> bool:
    numbers = cast("list[Any]", value) if isinstance(value, list) else []
    return len(numbers) == _SIDES and all(isinstance(n, int) and abs(n) < _FAR for n in numbers)


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(_is_object(each) for each in cast("list[Any]", value))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name in {"id", "type", "qualifier"} and isinstance(text, str)
        for name, text in cast("dict[Any, Any]", value).items()
    )


def _no(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)


_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "time": _is_count, "duration": _is_count, "recorded_at": _is_count, "media_offset": _is_count,
    "element_bounds": _is_box, "objects": _is_objects,
}  # fmt: skip
