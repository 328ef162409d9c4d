"""An interactive bash at a pseudo-terminal, as in a terminal window."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from contextlib import suppress

from day_desk import Desk

PROMPT = "READY> "


class Shell:
    """What is typed here is run; the start file is the person's own."""

    def __init__(self, desk: Desk) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", "bash", "--noprofile", "-i"], stdin=slave, stdout=slave, stderr=slave,
            cwd=desk.home, env=desk.environment,
        )  # fmt: skip
        os.close(slave)
        os.set_blocking(self._master, False)
        self._heard = ""
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while not self._heard.endswith(PROMPT):
            assert time.monotonic() < until, self._heard
            with suppress(BlockingIOError):
                self._heard += os.read(self._master, 65536).decode("utf-8", "replace")
                continue
            time.sleep(0.01)

    def run(self, line: str) -> str:
        """Type a line; what it said."""
        self._heard = ""
        os.write(self._master, f"{line}\n".encode())
        self._wait()
        return self._heard

    def close(self) -> None:
        """Close the window."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)
