"""A PostgreSQL server of a benchmark's own, on a Unix socket, gone when it is done."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of an empty database; None where PostgreSQL is not installed."""
    found = {name: _program(name) for name in ("initdb", "pg_ctl")}
    if None in found.values():
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="gb-pg-"))
    user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        user = ["runuser", "-u", "nobody", "--"]

    def call(name: str, *words: str) -> None:
        command = [*user, str(found[name]), "-D", str(folder / "data"), *words]
        with (folder / f"{name}.out").open("wb") as out:
            subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=True)

    try:
        call("initdb", "-U", "guildbook", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=128MB"
        call("pg_ctl", "-w", "-t", "60", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://guildbook@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> Path | None:
    """Debian keeps the server's programs off the path."""
    on_path = shutil.which(name)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[-3]))
    return Path(on_path) if on_path else installed[-1] if installed else None
