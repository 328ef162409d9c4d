"""A page with sliders on the simulator, for one person on one machine.

`GET /` is the page, whose link holds every setting; `GET /api/world` what there is to set, `GET /api/twin?LINK` the
world without chance, `POST /api/agents?LINK` begins a run agent by agent, `GET /api/agents/ID` tells how far it is and
what came of it, `DELETE` ends it. Only this machine is answered, and only its own page.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guildbook import __version__
from guildbook.model.errors import GuildbookError, UsageError
from guildbook.server.explore.agents import Agents
from guildbook.simulate.answer import LAST, without_chance
from guildbook.simulate.question import LIMITS, Question, question
from guildbook.simulate.running import FIELDS
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.sliders import sliders

__all__ = ["explorer"]

MOST_BYTES: Final = 8_192
"""Of a link's words."""
_KEPT: Final = 32
"""Answers without chance that are kept: who moves one slider asks for the other policy again and again."""
_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_FILES: Final = ("page.html", "style.css", "main.js", "state.js", "panel.js", "chart.js", "figures.js", "agents.js")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
_HOST: Final = re.compile(r"(?:localhost|127\.0\.0\.1)(?::\d{1,5})?", re.IGNORECASE)


def explorer(base: Scenario, agents: Agents) -> ASGIApp:
    """The application; `base` is what a link without words shows."""
    twins = _Twins()

    async def world(_: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(_world, base))

    async def twin(request: Request) -> Response:
        asked = _asked(request, base)
        return JSONResponse({"policies": [await twins.answer(each) for each in asked.scenarios]})

    async def begin(request: Request) -> Response:
        asked = _asked(request, base)
        return JSONResponse({"id": await asyncio.to_thread(agents.begin, asked)}, status_code=202)

    async def look(request: Request) -> Response:
        return JSONResponse(agents.told(request.path_params["run"]))

    async def cancel(request: Request) -> Response:
        await asyncio.to_thread(agents.cancel, request.path_params["run"])
        return JSONResponse({"state": "cancelled"})

    routes = [
        Route("/", partial(_file, "page.html")),
        *[Route(f"/{name}", partial(_file, name)) for name in _FILES if not name.endswith("html")],
        Route("/api/world", world), Route("/api/twin", twin), Route("/api/agents", begin, methods=["POST"]),
        Route("/api/agents/{run}", look, methods=["GET"]), Route("/api/agents/{run}", cancel, methods=["DELETE"]),
    ]  # fmt: skip
    return _Guard(Starlette(routes=routes, exception_handlers={GuildbookError: _wrong}))


class _Twins:
    """Answers without chance: one is computed at a time, the last ones are kept."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._kept: dict[str, dict[str, Any]] = {}

    async def answer(self, scenario: Scenario) -> dict[str, Any]:
        key = scenario.digest()
        async with self._one:
            found = self._kept.pop(key, None)
            if found is None:
                found = await asyncio.to_thread(without_chance, scenario)
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return found | {"hash": key}


def _asked(request: Request, base: Scenario) -> Question:
    words = request.scope["query_string"]
    if len(words) > MOST_BYTES:
        raise UsageError(f"The link is {len(words)} bytes long.", f"At most {MOST_BYTES}.")
    return question(base, parse_qsl(words.decode("latin-1"), keep_blank_values=True))


def _world(base: Scenario) -> dict[str, Any]:
    """What the page is made of."""
    start = base.parameters.to_dict()
    return {
        "name": base.name, "about": base.about, "version": __version__, "occupations": len(base.occupations()),
        "parameters": [each.to_dict() | {"start": start[each.name]} for each in sliders()],
        "changes": [
            {"month": month, "name": name, "value": value}
            for month in sorted(base.changes) for name, value in base.changes[month].items()
        ],
        "fields": [{"name": name, "unit": unit} for name, unit in FIELDS.items()],
        "limits": {
            name: {"low": min(low, own), "high": max(high, own), "start": own}
            for name, (low, high) in LIMITS.items() for own in [getattr(base, name, 0)]
        },
        "last": LAST,
    }  # fmt: skip


async def _file(name: str, _: Request) -> Response:
    body = resources.files(__name__).joinpath(name).read_bytes()
    return Response(body, media_type=_TYPES[name.rpartition(".")[2]])


async def _wrong(_: Request, error: Exception) -> Response:
    assert isinstance(error, GuildbookError)
    return JSONResponse({"message": error.what, "fix": error.fix, "code": error.code}, status_code=400)


class _Guard:
    """Answers this machine only, and what asks for data must be its own page; says what the page may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *own]
            await send(message)

        refused = _refusal(
            scope["path"], {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        )
        app = self._app if refused is None else JSONResponse({"message": refused}, status_code=403)
        await app(scope, receive, guarded)


def _refusal(path: str, headers: Mapping[str, str]) -> str | None:
    """Why nothing is answered: a name that is not this machine's (DNS rebinding), or another site's page that asks."""
    host = headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        return f"{host[:100]!r} is no name of this machine."
    origin = headers.get("origin", f"http://{host}")
    site = headers.get("sec-fetch-site", "none")
    if path.startswith("/api/") and (origin.lower() != f"http://{host}".lower() or site not in {"same-origin", "none"}):
        return "Other pages get nothing here."
    return None
