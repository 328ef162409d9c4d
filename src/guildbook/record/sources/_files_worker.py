"""The other end of `_files_child`: starts it, asks it, ends it when it takes too long or when the source stops."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO, Any, Final

LONGEST: Final = 120.0
"""Seconds that one file may take."""
_TICK: Final = 0.2
_PIECE: Final = 1 << 16


class StoppedError(Exception):
    """The source is to end."""


class Worker:
    """A process that reads documents, there while it is needed."""

    def __init__(self, stop: threading.Event, longest: float = LONGEST) -> None:
        self._stop = stop
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self._used = 0.0

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a job; `refused` where there is none in time. Raises `StoppedError`."""
        into, out = self._started()
        try:
            into.write(json.dumps(job).encode() + b"\n")
            into.flush()
            line = self._line(out)
        except OSError:
            line = b""
        finally:
            self._used = time.monotonic()
        if not line.endswith(b"\n"):
            self.close()
            return {"refused": f"its reader did not end within {self._longest:.0f} s, or was killed"}
        return json.loads(line)

    def rest(self, seconds: float = 10.0) -> None:
        """End the process where it has had nothing to do for so long."""
        if self._process is not None and time.monotonic() - self._used > seconds:
            self.close()

    def close(self) -> None:
        """End the process now."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:
                pass

    def _started(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            command = [sys.executable, "-m", "guildbook.record.sources._files_child"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise StoppedError
        return process.stdin, process.stdout

    def _line(self, out: IO[bytes]) -> bytes:
        """One line, or what there was of it when the time was up or the process ended."""
        until = time.monotonic() + self._longest
        parts: list[bytes] = []
        with selectors.DefaultSelector() as ready:
            ready.register(out, selectors.EVENT_READ)
            while time.monotonic() < until:
                if self._stop.is_set():
                    self.close()
                    raise StoppedError
                if not ready.select(_TICK):
                    continue
                piece = os.read(out.fileno(), _PIECE)
                if not piece:
                    break
                parts.append(piece)
                if piece.endswith(b"\n"):
                    break
        return b"".join(parts)
