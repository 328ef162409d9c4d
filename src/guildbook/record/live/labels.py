"""Threads called by what they do, for whoever asks the system which of them takes what (`top -H`)."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

_LONGEST: Final = 15
"""Characters that Linux keeps (TASK_COMM_LEN, with its closing zero)."""


def label(name: str) -> None:
    """Call this thread so, and those that it begins; does nothing where the system has no such names."""
    with suppress(OSError):
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name[:_LONGEST], "utf-8")
