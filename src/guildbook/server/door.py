"""Where sources that live in other programs hand in events: the browser's extension, a shell's prompt."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from guildbook.app.recorder import Recorder
from guildbook.columns import RAW_SCHEMA
from guildbook.model.errors import UsageError
from guildbook.model.ids import uuid7
from guildbook.plugins import Halved, Spoken, sources
from guildbook.server._trouble import HANDLERS

DOOR: Final = "/guildbook/0/events/"
ASKING: Final = "/guildbook/0/source/"
BATCH: Final = "guildbook-batch"
"""A header: the name of a batch that is sent again when its answer is lost."""
MOST_BYTES: Final = 4 << 20
MOST_ROWS: Final = 10_000
_NAMES: Final = frozenset(RAW_SCHEMA.names) - {"worker", "source", "seq", "redactions"} | {"clip", "pulse"}
_LATEST: Final = 1 << 53
"""µs; what JSON's numbers hold exactly, and the year 2255."""
_FAR: Final = 1 << 31
_SIDES: Final = 4
_LONGEST_NAME: Final = 100
_LONGEST_PULSE: Final = 3_600


def door(recorder: Recorder) -> ASGIApp:
    """`POST /guildbook/0/events/SOURCE` with a list of rows, as `plugins.Sink.write` takes them.

    A row with `pulse` goes on for now: `plugins.Sink.pulse` with so many seconds. A batch with a name in the header
    `Guildbook-Batch` is taken once. `GET /guildbook/0/source/SOURCE` answers what the worker said about a source.
    Answered when they are durable: `{"recorded": n, "recording": whether anything is recorded now}`. 401 without the
    door's token, 403 for a source that is not switched on, 400 for what are no rows, 413 for too much at once, 507 or
    503 while they cannot be kept.
    """

    def refused(request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {recorder.door}".encode()):
            return _no(401, "Whose events are these?")
        name = request.path_params["source"]
        if name not in recorder.chosen.sources:
            return _no(403, f"{name} is not switched on: guildbook record on {name}.")
        return None

    async def ask(request: Request) -> Response:
        if (no := refused(request)) is not None:
            return no
        try:
            return JSONResponse(_told(recorder, request.path_params["source"]))
        except UsageError as error:  # settings that mean nothing: until they are mended nothing is recorded
            return _no(403, error.what)

    async def take(request: Request) -> Response:
        if (no := refused(request)) is not None:
            return no
        source = request.path_params["source"]
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return _no(413, f"At most {MOST_BYTES} bytes at once.")
        try:
            rows = _rows(_said(source, bytes(body)))
        except (ValueError, RecursionError) as error:
            return _no(400, f"These are no events: {error}.")
        batch = request.headers.get(BATCH, "")[:_LONGEST_NAME] or uuid7().hex
        taken = await asyncio.to_thread(recorder.intake.post, source, rows, batch)
        return JSONResponse({"recorded": taken, "recording": not recorder.intake.paused})

    routes = [Route(f"{DOOR}{{source}}", take, methods=["POST"]), Route(f"{ASKING}{{source}}", ask, methods=["GET"])]
    return Starlette(routes=routes, exception_handlers=dict(HANDLERS))


def _told(recorder: Recorder, name: str) -> dict[str, Any]:
    """What a source's other half is to know: whether anything is recorded, the rules, and what the source adds."""
    made = sources().get(name)
    chosen = recorder.chosen.sources[name]
    return {
        **(made.told(chosen) if isinstance(made, Halved) else {}),
        "recording": not recorder.intake.paused,
        "rules": [asdict(rule) for rule in recorder.intake.guard.rules],
    }


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


def _is_pulse(value: Any) -> bool:
    return _is_count(value) and 0 < value <= _LONGEST_PULSE


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
    "pulse": _is_pulse,
}  # fmt: skip
