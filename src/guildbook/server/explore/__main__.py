"""`python -m guildbook.server.explore`: the page's process, as `guildbook simulate explore` runs it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import uvicorn

from guildbook.model.errors import GuildbookError, InputError
from guildbook.server.explore import explorer
from guildbook.server.explore.agents import Agents
from guildbook.simulate.scenario import Scenario, load

PORT: Final = 5630
_GRACE: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; returns 0, or 1 with a clear error."""
    parser = argparse.ArgumentParser(prog="guildbook.server.explore", description="Sliders on the simulator.")
    parser.add_argument("scenario", type=Path, nargs="?", help="a YAML file; else the baseline")
    parser.add_argument("--port", type=int, help=f"where it listens; else {PORT}, or any that is free")
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")
    asked = parser.parse_args(arguments)
    try:
        base = Scenario() if asked.scenario is None else load(asked.scenario)
        base.occupations()  # files that cannot be read are better told of now
        door = _door(asked.port)
    except GuildbookError as error:
        sys.stderr.write(f"Error: {error.what}\n  {error.fix}\n")
        return 1
    where = f"http://127.0.0.1:{door.getsockname()[1]}/"
    sys.stderr.write(f"{where}\nEnd with Ctrl+C.\n")
    sys.stderr.flush()
    if not asked.no_open:
        # A browser of the terminal would only come back when it is closed.
        threading.Thread(target=webbrowser.open, args=(where,), daemon=True).start()
    agents = Agents()
    signal.signal(signal.SIGTERM, _end)  # uvicorn raises again what ended it
    try:
        asyncio.run(_serve(base, agents, door))
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        agents.close()
    return 0


def _end(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    sys.exit(0)


async def _serve(base: Scenario, agents: Agents, door: socket.socket) -> None:
    config = uvicorn.Config(
        explorer(base, agents), log_level="error", access_log=False, lifespan="off", proxy_headers=False,
        server_header=False, timeout_graceful_shutdown=_GRACE,
    )  # fmt: skip
    await uvicorn.Server(config).serve([door])


def _door(port: int | None) -> socket.socket:
    """A socket that listens on this machine alone. Raises `InputError` where the port asked for is taken."""
    for wanted in (PORT, 0) if port is None else (port,):
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", wanted))
            door.listen()
        except OSError:
            door.close()
        else:
            return door
    raise InputError(f"Port {port} of this machine is taken.", "Choose another, or leave --port out.", "port-taken")


if __name__ == "__main__":
    sys.exit(main())
