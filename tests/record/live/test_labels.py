"""Threads are called by what they do."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from guildbook.record.live.labels import label


@pytest.mark.skipif(sys.platform != "linux", reason="Linux names threads")
def test_a_thread_and_those_it_begins_are_called_so() -> None:
    found: list[str] = []

    def look() -> None:
        found.append(Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().strip())

    def outer() -> None:
        label("a-name-of-more-than-fifteen")
        look()
        inner = threading.Thread(target=look)
        inner.start()
        inner.join()

    thread = threading.Thread(target=outer)
    thread.start()
    thread.join()
    assert found == ["a-name-of-more-"] * 2
