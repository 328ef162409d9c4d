"""The threads of the agents."""

from __future__ import annotations

import threading
from typing import Any, Final

import numba
from numba.core import config

from guildbook.model.errors import UsageError

ONE_WORLD: Final = threading.Lock()
"""Held while a world's workers pass a month: of Numba's kinds of threads not all bear two callers at once."""
_SLEEPERS: Final = ["tbb", "workqueue", "omp"]


def use(count: int | None = None) -> None:
    """So many threads, else as many as there are; the outcome is the same. Raises `UsageError` where there are fewer.

    For programs of our own, before they use any: of Numba's kinds of threads it then takes one that sleeps while it
    waits. Those of OpenMP spin, which on a busy machine makes two threads slower than one. What the variable
    NUMBA_THREADING_LAYER says, and threads that are there already, stay as they are.
    """
    settings: Any = config
    settings.THREADING_LAYER_PRIORITY = _SLEEPERS
    if count is None:
        return
    try:
        numba.set_num_threads(count)
    except ValueError:
        raise UsageError(f"There are fewer than {count} threads here.", "Ask for fewer.") from None
