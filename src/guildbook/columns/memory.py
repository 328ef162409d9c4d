"""The memory of a whole command: one heap for Arrow and NumPy."""

from __future__ import annotations

import pyarrow as pa


def one_heap() -> None:
    """Let Arrow allocate where NumPy does, so that either uses again what the other has let go of.

    Arrow's own allocator keeps what is freed to itself, and pages that come fresh from the system cost more than most
    of what is done with them, above all in a virtual machine. It holds for the whole process from then on, so it is for
    a program to ask for and not for a library.
    """
    pa.set_memory_pool(pa.system_memory_pool())
