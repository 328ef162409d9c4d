"""What Arrow takes from a whole command: one heap for it and NumPy, and no pandas."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, Final

import pyarrow as pa

_PANDAS: Final = "pandas"


def one_heap() -> None:
    """Let Arrow allocate where NumPy does, so that either uses again what the other has let go of.

    Arrow's own allocator keeps what is freed to itself, and pages that come fresh from the system cost more than most
    of what is done with them, above all in a virtual machine. It holds for the whole process from then on, so it is for
    a program to ask for and not for a library.
    """
    pa.set_memory_pool(pa.system_memory_pool())


def without_pandas() -> None:
    """Spare Arrow from loading pandas, which it does where pandas is there, to know its missing values.

    That takes as long as half of all else that a short command loads. Arrow looks twice, once in Python and once in
    C++, before it makes its first array from Python's objects, stumbles over the None and looks no more; pandas can be
    loaded afterwards, and `to_pandas` works. For a program to ask for that is given no table of pandas, and not for a
    library.
    """
    if _PANDAS in sys.modules:
        return
    modules: dict[str, Any] = sys.modules  # None is how Python says that a module is not to be found
    modules[_PANDAS] = None
    try:
        for _ in range(2):
            with suppress(AttributeError, ImportError):
                pa.array([""])
    finally:
        modules.pop(_PANDAS, None)
