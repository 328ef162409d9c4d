"""The process of the page with sliders, as tests start and end it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def process(*words: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The page's process on a free port, and where it is."""
    command = [sys.executable, "-m", "guildbook.server.explore", "--no-open", "--port", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        where = running.stderr.readline().strip()
        try:
            yield running, where
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)
            running.stderr.close()
