"""Finished runs, a line each as they end: whatever kills an experiment, the next one goes on where it was.

A run is known by the hash of its scenario (world and parameters) and its seed; what another version of Guildbook made
is not taken. The last line may be torn and is then cut off. One process writes at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from guildbook import __version__
from guildbook.model.errors import InputError
from guildbook.simulate.measures import MEASURES
from guildbook.simulate.scenario import Scenario

FILE: Final = "runs.jsonl"


def key(scenario: Scenario, seed: int | None) -> str:
    """By which a run is known; no seed: the twin."""
    return hashlib.sha256(f"{scenario.digest()} {seed}".encode()).hexdigest()[:32]


class Journal:
    """What has been run: in memory, and with a folder in a file there, too. A context, which holds the file."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = None if folder is None else folder / FILE
        self._descriptor = -1
        self._found: dict[str, dict[str, float]] = {}

    def __enter__(self) -> Self:
        """Raises `InputError` where another process writes in the folder, or the folder cannot be made."""
        if self._path is not None:
            self._open(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: str) -> dict[str, float] | None:
        """What came of a run, if it was run."""
        return self._found.get(key)

    def put(self, key: str, values: dict[str, float]) -> None:
        """Keep it: once this returns, the end of this process does not lose it."""
        self._found[key] = values
        if self._descriptor >= 0:
            line = json.dumps({"run": key, "version": __version__, "values": values}, separators=(",", ":"))
            _whole(self._descriptor, (line + "\n").encode())

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            self._descriptor = -1
            raise InputError(
                f"Another experiment is writing in {path.parent}.", "Wait for it, or name another folder.", "busy"
            ) from None
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error}.", "Name another folder.", "output") from None
        held = path.read_bytes()
        end = held.rfind(b"\n") + 1
        os.ftruncate(self._descriptor, end)
        for line in held[:end].splitlines():
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            said: Any = json.loads(line)
            run, version, values = said["run"], said["version"], said["values"]
            fits = version == __version__ and set(values) == set(MEASURES)
        except (ValueError, KeyError, TypeError):
            return  # damaged: that run is run again
        if fits:
            self._found[run] = values


def _whole(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
