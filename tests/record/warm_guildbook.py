"""The `guildbook` command for pages that call it dozens of times: each call is a fork of a process that has loaded it.

Half of what a short command takes is loading libraries. The server loads them once and forks for each call: the child
gets the caller's arguments, folder, environment and standard streams, runs the command's own entry point, and ends with
its status. What a command opens, starts or remembers ends with the child, as with a process of its own.

    python warm_guildbook.py SOCKET     # serves until standard input ends
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

CLIENT = """#!{python} -IS
import json, os, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect({path!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(link, [len(said).to_bytes(4, "big")], [0, 1, 2])
link.sendall(said)
status = link.recv(1)
sys.exit(status[0] if status else 1)
"""
PARTS = ("app", "cli", "distil", "govern", "measure", "simulate", "store", "teach")
"""Packages whose modules nearly every command loads, or loads late."""


def client(folder: Path, path: Path) -> None:
    """Write the program that callers find as `guildbook`."""
    program = folder / "guildbook"
    program.write_text(CLIENT.format(python=sys.executable, path=str(path)))
    program.chmod(0o755)


def main() -> None:
    """Serve until standard input ends."""
    load()
    assert threading.active_count() == 1, "a thread would be lost in each fork"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children but their callers
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            link, _ = door.accept()
            with link:
                if os.fork() == 0:
                    door.close()
                    answer(link)


def load() -> None:
    """Import what commands do, but for what an extra brings."""
    import guildbook

    for part in PARTS:
        package = importlib.import_module(f"guildbook.{part}")
        for found in pkgutil.walk_packages(package.__path__, f"guildbook.{part}."):
            if not {"neural", "migrations"} & set(found.name.split(".")):
                importlib.import_module(found.name)
    assert guildbook.__version__


def answer(link: socket.socket) -> None:
    """In the child: be the command, and tell its status."""
    status = 1
    try:
        head, fds, _, _ = socket.recv_fds(link, 4, 3)
        said: Any = json.loads(exactly(link, int.from_bytes(head, "big")))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
            os.close(fd)
        arguments, folder, environment = said
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        time.tzset()
        sys.argv[:] = ["guildbook", *arguments]
        from guildbook.cli.main import main as command

        try:
            command()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage] - children of multiprocessing end so, too
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
            sys.stderr.flush()
        link.sendall(bytes([status]))
        os._exit(status)


def exactly(link: socket.socket, size: int) -> bytes:
    """So many bytes."""
    out = b""
    while len(out) < size:
        more = link.recv(size - len(out))
        if not more:
            raise EOFError
        out += more
    return out


if __name__ == "__main__":
    main()
