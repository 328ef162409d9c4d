"""When joint traces begin: the hour, and what can be said of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guildbook.model.time import EARLIEST, HOUR


def hour_number(micros: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Whole hours since 1900-01-01 00:00 UTC, a Monday."""
    return ((micros - EARLIEST) // HOUR).astype(np.uint64)
