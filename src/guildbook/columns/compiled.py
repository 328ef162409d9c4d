"""Making Numba ready before its first kernel runs."""

from __future__ import annotations

import sys
from typing import Any, Final

import numba

_BLAS: Final = "scipy.linalg.cython_blas"


def prepare() -> None:
    """Load the parts of Numba that any kernel needs; the first call of any kernel would else do so.

    On the way Numba looks for SciPy's BLAS, which takes a third of the time to load and which no kernel here calls;
    so here it does not find it. A kernel that calls BLAS still does: Numba looks again when it compiles one. Fit for
    a thread of its own beside work that lets go of the interpreter.
    """
    if _BLAS in sys.modules:
        _nothing()
        return
    modules: dict[str, Any] = sys.modules  # None is how Python says that a module is not to be found
    modules[_BLAS] = None
    try:
        _nothing()
    finally:
        modules.pop(_BLAS, None)


@numba.njit(cache=True)
def _nothing() -> None:
    """The smallest kernel."""
