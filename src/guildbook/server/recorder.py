"""The recorder's process: ActivityWatch's API where it is switched on, and the door for whoever steers it."""

from __future__ import annotations

import asyncio
import hmac
import json
import signal
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from guildbook import __version__
from guildbook.app.recorder import Recorder, choose
from guildbook.model.errors import GuildbookError, InputError
from guildbook.record.live.trouble import told as explained
from guildbook.server._activitywatch_lean import Lane, protocol
from guildbook.server.activitywatch import About, Settings, api, refusal
from guildbook.server.door import ASKING, DOOR, door

PORT: Final = 5600
TESTING: Final = 5666
"""Where ActivityWatch's watchers look when they are started with --testing."""
STEER: Final = "/guildbook/0"


def run(
    recorder: Recorder, *, port: int, testing: bool, token: str = "", told: Callable[[], None] = lambda: None
) -> None:
    """Serve until told to stop. Raises `InputError` where the port is taken.

    `token`: wanted from watchers, too. `told` is called once everything runs.
    """
    # With its protocol named, asyncio sends small answers at once; else each waits for the client's delayed ACK.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
    except OSError:
        door.close()
        raise InputError(
            f"Port {port} of this machine is taken, perhaps by ActivityWatch or another recorder.",
            "End that, or choose another: guildbook record start --port N (browser watchers only know 5600).",
            "port-taken",
        ) from None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(recorder, door, testing=testing, token=token, told=told))


async def _serve(
    recorder: Recorder, door: socket.socket, *, testing: bool, token: str, told: Callable[[], None]
) -> None:
    stop = asyncio.Event()
    about = About(recorder.chosen.device, f"guildbook {__version__}", testing, token)
    lane = Lane(recorder.intake, lambda headers: refusal(headers, about) is None, lambda: recorder.takes_watchers)
    config = uvicorn.Config(
        _Both(recorder, stop, about), http=protocol(lane), log_level="error", lifespan="off", access_log=False,
        proxy_headers=False,
    )  # fmt: skip
    server, port = _Server(config), int(door.getsockname()[1])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    recorder.start()
    serving = asyncio.create_task(server.serve([door]))
    await _started(server, serving)
    recorder.listening(port, testing=testing)
    told()
    try:
        await recorder.kept(stop)
    finally:
        server.should_exit = True
        await serving
        await asyncio.to_thread(recorder.close)


class _Server(uvicorn.Server):
    """Leaves signals to us: what waits is delivered before it ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    """Uvicorn has no event to wait for."""
    for _ in range(1_000):
        if server.started or serving.done():
            return
        await asyncio.sleep(0.01)


class _Both:
    """The two doors by path, as one application."""

    def __init__(self, recorder: Recorder, stop: asyncio.Event, about: About) -> None:
        self._recorder = recorder
        self._watchers = api(recorder.intake, about, _settings(recorder.folder / "settings.json"))
        self._steer = steer(recorder, stop)
        self._door = door(recorder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._watchers
        if scope["type"] == "http" and scope["path"].startswith((DOOR, ASKING)):
            app = self._door
        elif scope["type"] == "http" and scope["path"].startswith(STEER):
            app = self._steer
        elif scope["type"] == "http" and not self._recorder.takes_watchers:
            app = JSONResponse(
                {"message": "ActivityWatch's door is closed: guildbook record on activitywatch"}, status_code=403
            )  # fmt: skip
        await app(scope, receive, send)


def _settings(path: Path) -> Settings:
    held: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return Settings(held, lambda text: _kept(path, text))


def _kept(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)


def steer(recorder: Recorder, stop: asyncio.Event) -> ASGIApp:
    """What `guildbook record` asks: everything needs the recorder's token."""

    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given, f"Bearer {recorder.token}"):
            return JSONResponse({"message": "Whose recorder is this?"}, status_code=401)
        body = await request.json() if request.method == "POST" else {}
        verb = request.path_params["verb"]
        if verb not in verbs:
            return JSONResponse({"message": f"There is no {verb}."}, status_code=404)
        try:
            return JSONResponse(await verbs[verb](body))
        except GuildbookError as error:
            return JSONResponse({"message": error.what, "fix": error.fix, "code": error.code}, status_code=400)
        except sqlite3.Error as error:
            why = explained(error, recorder.folder)
            return JSONResponse({"message": why.what, "fix": why.fix, "code": why.code}, status_code=503)

    async def status(_: Mapping[str, Any]) -> Any:
        return await asyncio.to_thread(recorder.status)

    async def pause(body: Mapping[str, Any]) -> Any:
        recorder.intake.pause(int(body["until"]))
        recorder.chosen = replace(recorder.chosen, paused_until=int(body["until"]))
        choose(recorder.folder, recorder.chosen)
        return await asyncio.to_thread(recorder.status)

    async def reload(_: Mapping[str, Any]) -> Any:
        await asyncio.to_thread(recorder.reload)
        return await asyncio.to_thread(recorder.status)

    async def forget(body: Mapping[str, Any]) -> Any:
        return {"entries": await asyncio.to_thread(recorder.forget, int(body["since"]), int(body["until"]))}

    async def delete(body: Mapping[str, Any]) -> Any:
        return {"deleted": await asyncio.to_thread(recorder.delete, [int(number) for number in body["entries"]])}

    async def deliver(_: Mapping[str, Any]) -> Any:
        sent = await asyncio.to_thread(lambda: recorder.deliver(everything=True))
        return {"delivered": sent, "trouble": recorder.trouble}

    async def end(_: Mapping[str, Any]) -> Any:
        stop.set()
        return {"stopping": True}

    verbs: dict[str, Callable[[Mapping[str, Any]], Awaitable[Any]]] = {
        "status": status, "pause": pause, "reload": reload, "forget": forget, "delete": delete, "deliver": deliver,
        "stop": end,
    }  # fmt: skip
    return Starlette(routes=[Route(f"{STEER}/{{verb}}", answer, methods=["GET", "POST"])])
