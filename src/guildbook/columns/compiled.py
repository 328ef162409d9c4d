"""Kernels: functions that Numba compiles when they are first called, and not before.

Numba takes a fifth of a second to load, and most commands call no kernel. What runs on several threads of Numba's own
(`simulate`) is written with Numba's decorator.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import update_wrapper
from types import CodeType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_BLAS: Final = "scipy.linalg.cython_blas"
_MAKING: Final = threading.RLock()


class Kernel(Generic[P, T]):
    """A function that is compiled, or loaded as it was compiled before, when it is first called."""

    def __init__(self, function: Callable[P, T], options: dict[str, Any]) -> None:
        update_wrapper(self, function)
        self._function: Any = function
        self._options = options
        self._begun: Callable[P, T] | None = None
        self._made: Callable[P, T] | None = None
        """The same, once all that it calls is Numba's, too: until then other threads wait."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what was compiled."""
        made = self._made
        return (self.made() if made is None else made)(*args, **kwargs)

    def made(self) -> Callable[P, T]:
        """Numba's own function. The kernels it calls become Numba's in its module, since Numba knows no others."""
        with _MAKING:
            if self._begun is None:
                from numba import njit as compiling  # noqa: PLC0415 - what this module is for

                begun: Any = compiling(**self._options)(self._function)
                self._begun = cast("Callable[P, T]", begun)
                space = vars(sys.modules[self._function.__module__])
                called = set(_names(self._function.__code__))
                space.update({name: space[name].made() for name in called if isinstance(space.get(name), Kernel)})
                self._made = self._begun
            return self._begun


def _names(code: CodeType) -> Iterator[str]:
    """All global names (and others) that some code, and the functions in it, speak of."""
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


def njit(**options: Any) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Numba's decorator with the same options (`cache`, `inline`, `nogil`, …), but that Numba is not loaded for it."""
    return lambda function: Kernel(function, options)


def prepare() -> None:
    """Load Numba and the parts of it that any kernel needs; the first call of any kernel would else do so.

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


@njit(cache=True)
def _nothing() -> None:
    """The smallest kernel."""
