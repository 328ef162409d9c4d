"""Whole processes measured by the operating system's own accounting."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process."""

    wall: float
    """Seconds."""
    cpu: float
    """User and system seconds."""
    peak: float
    """Largest resident size, MiB."""
    out: str


def run(command: Sequence[str | Path]) -> Measured:
    """Run a command to its end; raises `RuntimeError` with what it complained of when it fails."""
    began = os.times().elapsed
    # Into files, not pipes: a pipe that fills up while the other is read would stop the process.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = os.times().elapsed - began
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command}: {err.read()}")
        peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        return Measured(wall, usage.ru_utime + usage.ru_stime, peak, out.read())


def guildbook(home: Path, *words: str | Path) -> tuple[Measured, Any]:
    """Run the command line on a book with --json; gives the measurement and the data."""
    measured = run([sys.executable, "-m", "guildbook", "--home", home, *words, "--json"])
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
