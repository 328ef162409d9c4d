"""One recorder a folder: an advisory lock that a killed process gives up, so that nothing stale can mislead."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

_FILE: Final = "lock"
_PATIENCE: Final = 0.5
"""Seconds: whoever asks whether it is held holds it for an instant."""
_PAUSE: Final = 0.02


class FolderLock:
    """Held by whoever writes in a recorder's folder: the recorder, or a command while none runs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take it; False where somebody else holds it."""
        until = time.monotonic() + _PATIENCE
        while (descriptor := _locked(self._path, fcntl.LOCK_EX)) is None:
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let it go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def held(folder: Path) -> bool:
    """Whether anybody holds the lock of a folder now."""
    if not (folder / _FILE).exists():
        return False
    descriptor = _locked(folder / _FILE, fcntl.LOCK_SH)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _locked(path: Path, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
