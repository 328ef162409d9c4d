"""One heap for Arrow and NumPy."""

from __future__ import annotations

import pyarrow as pa

from guildbook.columns.memory import one_heap


def test_arrow_allocates_from_the_system() -> None:
    before = pa.default_memory_pool()
    try:
        one_heap()
        assert pa.default_memory_pool().backend_name == "system"
        assert pa.array([1, 2, 3]).to_pylist() == [1, 2, 3]
    finally:
        pa.set_memory_pool(before)
