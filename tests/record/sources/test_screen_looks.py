"""When the screen is looked at: a window that is kept out costs next to nothing, and is seen once it may be."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest

from guildbook.record.seeing.lines import Box, Gray
from guildbook.record.seeing.reading import Reader
from guildbook.record.sources import screen
from guildbook.record.sources._screen_x11 import Front, Screen
from guildbook.record.sources.screen import Chosen, Watching

BOX = Box(0, 0, 200, 100)


class Shown:
    """A screen with one window that changes all the time, as far as it is asked what changed."""

    def __init__(self) -> None:
        self.fronted, self.app = False, "claims"
        self.fronts = self.grabs = 0
        self.told = True
        self.number = 0

    def wait(self, seconds: float) -> bool:
        time.sleep(min(seconds, 0.02))
        told, self.told = self.told, False  # the server tells once, until it is asked what changed
        return told or self.fronted

    def changed(self) -> Box:
        self.told = True
        return BOX

    def front(self) -> Front:
        self.fronts += 1
        return Front(7, self.app, "Claims", BOX)

    def grab(self, front: Front, part: Box) -> Gray:
        self.grabs += 1
        self.number += 1
        picture = np.full((part.height, part.width), 255, np.uint8)
        picture[20:30, 20 : 60 + self.number % 50 : 2] = 0
        assert front.app == self.app
        return picture


class Desk:
    """A sink that admits what it is told to."""

    def __init__(self) -> None:
        self.open = False

    def admits(self, row: Mapping[str, Any]) -> bool:
        return bool(row) and self.open

    def write(self, rows: Sequence[Mapping[str, Any]]) -> int:
        return len(rows)

    def pulse(self, row: Mapping[str, Any], seconds: float) -> None:
        raise AssertionError((row, seconds))


def test_a_window_that_is_kept_out_is_left_alone_until_it_may_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "LOOKS", 0.02)
    monkeypatch.setattr(screen, "UNSEEN", 0.5)
    shown, desk, stop = Shown(), Desk(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        watching = Watching(cast("Screen", shown), cast("Reader", None), pool, desk, Chosen(cpu=1.0, every=1e9))
        thread = threading.Thread(target=watching.run, args=(stop,))
        thread.start()
        try:
            time.sleep(1.8)
            assert shown.grabs == 0
            assert 1 <= shown.fronts <= 5
            desk.open = True
            until = time.monotonic() + 20
            while shown.grabs < 3:  # nothing told of a change, and yet it is seen
                assert time.monotonic() < until
                time.sleep(0.02)
            desk.open = False
            asked, shown.fronted = shown.fronts, True  # another window comes in front: that is looked at without delay
            while shown.fronts == asked:
                assert time.monotonic() < until
                time.sleep(0.01)
        finally:
            stop.set()
            thread.join()
    assert watching.budget.spent > 0
