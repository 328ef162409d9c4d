"""Whole processes measured by the operating system's own accounting."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process."""

    wall: float
    """Seconds."""
    cpu: float
    """User and system seconds."""
    peak: float
    """Largest resident size of one process, MiB; with `tree` of all its processes together."""
    out: str


def run(command: Sequence[str | Path], *, tree: bool = False) -> Measured:
    """Run a command to its end; raises `RuntimeError` with what it complained of when it fails.

    With `tree` the memory of all its processes is added up, ten times a second (Linux).
    """
    began = os.times().elapsed
    # Into files, not pipes: a pipe that fills up while the other is read would stop the process.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err, env=_environment())
        with _Watch(process.pid) if tree else nullcontext() as watch:
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = os.times().elapsed - began
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command}: {err.read()}")
        peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        if watch is not None:
            peak = max(peak, watch.peak / 1024)
        return Measured(wall, usage.ru_utime + usage.ru_stime, peak, out.read())


def _environment() -> dict[str, str]:
    """Ours, but that Python keeps the modules it compiles, as it does for users, so that only the first start does."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class _Watch:
    """Samples the resident memory of a process and all its descendants while it is entered."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        """KiB."""
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, sum(map(_resident, _family(self._pid))))


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # gone meanwhile
            found += [each for child in children.read_text().split() for each in _family(int(child))]
    return found


def _resident(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def guildbook(home: Path, *words: str | Path, tree: bool = False) -> tuple[Measured, Any]:
    """Run the command line on a book with --json; gives the measurement and the data."""
    measured = run([sys.executable, "-m", "guildbook", "--home", home, *words, "--json"], tree=tree)
    return measured, json.loads(measured.out)


def median(values: Sequence[float]) -> float:
    """Median, rounded for reading."""
    return round(statistics.median(values), 3)


def machine() -> str:
    """What the figures were taken on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def report(title: str, figures: dict[str, Any]) -> None:
    """Print one benchmark's figures as JSON with date and machine."""
    day = datetime.now(UTC).date().isoformat()
    print(json.dumps({"benchmark": title, "date": day, "machine": machine(), **figures}, indent=2))
