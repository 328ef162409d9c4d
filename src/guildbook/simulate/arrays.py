"""Columns and numbers as kernels take them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Of any type: Numba compiles for what it is given."""
Real = float | np.floating[Any]
Whole = int | np.integer[Any]
