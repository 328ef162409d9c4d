"""Text that comes onto the screen, read from its pixels: for applications that say nothing of themselves.

What changed in the window in front is cut into lines, lines never seen before wait in memory, and now and then, within
a budget of processor time, a short-lived child reads them. Pictures are never written down.
"""

from __future__ import annotations

import os
import re
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import UsageError
from guildbook.plugins import Sink, SourceOptions
from guildbook.record.seeing.budget import START, Budget
from guildbook.record.seeing.lines import Box, Gray
from guildbook.record.seeing.looking import RESTS, Eyes, Line, Look, Waiting
from guildbook.record.seeing.reading import Read, Reader, ReadingError, lacking
from guildbook.record.seeing.telling import learnt, of, unread
from guildbook.record.sources._desktop_settings import is_private, keeps_secrets
from guildbook.record.sources._screen_x11 import Front, Screen

MEMORY: Final = 24 << 20
"""Bytes of pictures that wait to be read."""
LOOKS: Final = 1.0
"""Seconds between two looks at the least."""
UNSEEN: Final = 5.0
"""Seconds until a window that may not be looked at is asked about again: a rule for a time, or a pause, may be over."""
SAVED_AT_FIRST: Final = 3.0
"""Processor seconds that may be used before any were saved, so that the first text comes soon."""
LOOKING_AT_FIRST: Final = 1.0
"""As many of looking alone."""
AT_ONCE: Final = 60.0
"""Processor seconds for one child."""
_KEYS: Final = ("cpu", "display", "every")
_RETICENT: Final = re.compile(r"chrom(?:e|ium)\b|msedge|microsoft-edge|brave|vivaldi|\bopera\b|\btor\b")
"""Browsers that do not tell X which of their windows are private. What is done in them our extension sees."""
_SHARE: Final = re.compile(r"^(\d+(?:\.\d+)?)\s*%?$")
_PATIENCE: Final = 600.0
"""Seconds after which reading no longer waits for the machine to be idle."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings."""

    cpu: float = 0.01
    """Share of one core, averaged."""
    every: float = 300.0
    """Seconds between readings at the least."""
    display: str | None = None
    """The X server; the session's own where there is none."""


def chosen(options: SourceOptions) -> Chosen:
    """The settings of a source. Raises `UsageError` naming the one that is wrong."""
    given = dict(options.settings)
    unknown = sorted(set(given) - set(_KEYS))
    if unknown:
        raise UsageError(f"The screen has no setting {unknown[0]!r}.", f"Settings: {', '.join(_KEYS)}.")
    cpu = _number(given, "cpu", "1%", 0.1, 100.0, "a share of one core, like 1%")
    every = _number(given, "every", "300", 1.0, 86_400.0, "seconds, like 300")
    return Chosen(cpu / 100, every, str(given["display"]) if given.get("display") else None)


def _number(given: dict[str, Any], name: str, default: str, low: float, high: float, what: str) -> float:
    found = _SHARE.match(str(given.get(name, default)).strip())
    if found is None or not low <= float(found[1]) <= high:
        raise UsageError(f"The setting {name} is {what}, not {given.get(name)!r}.", f"Between {low:g} and {high:g}.")
    return float(found[1])


class ScreenSource:
    """Reads what is new in the window in front."""

    name = "screen"
    title = "Text on the screen"

    def __init__(self) -> None:
        self.watching: Watching | None = None
        """The run that goes on."""

    def missing(self, options: SourceOptions) -> str:
        """The extra, or a session of X."""
        if find_spec("xcffib") is None:
            return "Watching the screen needs xcffib: pip install 'guildbook[screen]'."
        if found := lacking():
            return found
        if not chosen(options).display and not os.environ.get("DISPLAY"):
            return "There is no X display; under Wayland, macOS and Windows the screen cannot be watched yet."
        return ""

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch until `stop`. What was seen and not read by then is dropped."""
        wanted = chosen(options)
        with (
            closing(Screen(wanted.display)) as screen,
            closing(Reader()) as reader,
            ThreadPoolExecutor(1, "reading") as pool,
        ):
            self.watching = Watching(screen, reader, pool, sink, wanted)
            try:
                self.watching.run(stop)
            finally:
                self.watching = None
                reader.close()  # before the pool waits for it

    def forget(self, options: SourceOptions, since: int, until: int) -> None:
        """Nothing is kept in a folder; what waits in memory goes, and what windows looked like."""
        del options
        if (watching := self.watching) is not None:
            watching.forget(since, until)


class Watching:
    """One run of the source."""

    def __init__(self, screen: Screen, reader: Reader, pool: ThreadPoolExecutor, sink: Sink, wanted: Chosen) -> None:
        self._screen, self._reader, self._pool, self._sink = screen, reader, pool, sink
        self._every = wanted.every
        self.budget = Budget(wanted.cpu, time.monotonic(), at_first=SAVED_AT_FIRST)
        """What looking and reading may take, and have taken."""
        self._looking = Budget(wanted.cpu / 2, time.monotonic(), at_first=LOOKING_AT_FIRST)
        """Of which looking may take half, so that what was looked at is read, too."""
        self._eyes, self._waiting = Eyes(), Waiting(MEMORY)
        self._last: Front | None = None
        self._read_at = time.monotonic() - wanted.every
        self._reading: tuple[list[Look], list[Line], Future[Read]] | None = None
        self._forgetting: list[tuple[int, int]] = []
        self._failed = 0

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        due, changed = 0.0, True
        while not stop.is_set():
            changed |= self._screen.wait(LOOKS / 2)
            self._forget_asked()
            if changed and (self._screen.fronted or time.monotonic() >= due):
                # What changes mostly goes on changing for a moment, and is looked at once.
                stop.wait(LOOKS / 2)
                due, changed = self._looked()
            self._read()

    def forget(self, since: int, until: int) -> None:
        """From another thread: what was seen in that time is dropped before anything more is told of it."""
        self._forgetting.append((since, until))

    def _forget_asked(self) -> None:
        while self._forgetting:
            since, until = self._forgetting.pop()
            self._waiting.forget(since, until)
            self._eyes.forget()
            if self._reading is not None:
                looks, lines, future = self._reading
                self._reading = [look for look in looks if not since <= look.time <= until], lines, future

    # Looking

    def _looked(self) -> tuple[float, bool]:
        """Look; returns when to look again at the earliest if no other window comes in front, and whether to anyway."""
        begun = time.thread_time()
        self._screen.fronted = False
        seen = self._look()
        used, now = time.thread_time() - begun, time.monotonic()
        self.budget.spend(used)
        self._looking.spend(used)
        wait = max(self.budget.wait(2 * used, now), self._looking.wait(2 * used, now))
        return now + max(LOOKS if seen else UNSEEN, wait), not seen

    def _look(self) -> bool:
        """Whether there was anything that may be looked at."""
        front = self._screen.front()
        if front is None or not self._admitted(front):
            self._last = None
            return False  # and nothing is asked of what changed, so that the server tells no more of it
        damaged = self._screen.changed()
        picture = self._picture(front, damaged)
        if picture is None or self._screen.front() != front:  # another window came in front meanwhile
            self._last = None
            return True
        self._last = front
        lines = self._eyes.look(str(front.id), picture)
        if lines:
            about = {"app": front.app or None, "window": front.title or None}
            corner = (front.box.left, front.box.top)
            self._waiting.add(Look(str(front.id), clock.now(), about, corner, lines))
        return True

    def _admitted(self, front: Front) -> bool:
        """Asked before a single pixel is fetched."""
        if keeps_secrets(front.app) or is_private(front.title) or _RETICENT.search(front.app):
            return False
        return self._sink.admits({"time": clock.now(), "app": front.app, "window": front.title})

    def _picture(self, front: Front, damaged: Box | None) -> Gray | None:
        """The window as it is; only what changed is fetched where the rest is known."""
        before = self._eyes.last(str(front.id))
        box = front.box
        whole = before is None or before.shape != (box.height, box.width)
        if whole or self._last is None or (self._last.id, self._last.box) != (front.id, box):
            return self._screen.grab(front, box)
        if damaged is None or not damaged.shares(box) or before is None:
            return before
        left, top = max(damaged.left, box.left), max(damaged.top, box.top)
        part = Box(left, top, min(damaged.right, box.right) - left, min(damaged.bottom, box.bottom) - top)
        fresh = self._screen.grab(front, part)
        if fresh is None:
            return None
        picture = before.copy()
        picture[top - box.top : top - box.top + part.height, left - box.left : left - box.left + part.width] = fresh
        return picture

    # Reading

    def _read(self) -> None:
        if self._reading is not None:
            self._take()
            return
        now = clock.now()
        oldest = self._waiting.oldest
        if oldest is None or now - oldest < RESTS or time.monotonic() - self._read_at < self._every:
            return
        if not self._sink.admits({"time": now}):  # paused, or a time that is not recorded: it waits
            return
        wanted = START + min(self._waiting.cost, AT_ONCE)
        if self.budget.wait(wanted, time.monotonic()) or self._busy(now - oldest):
            return
        looks = self._waiting.take(now - RESTS, max(self.budget.left(time.monotonic()) - START, 0.0))
        lines = unread(self._eyes, looks)
        self._read_at = time.monotonic()
        pictures = [line.picture for line in lines if line.picture is not None]
        self._reading = looks, lines, self._pool.submit(self._reader.read, pictures)

    def _busy(self, waited: int) -> bool:
        """Whether others want the processor; after a while that no longer counts."""
        return os.getloadavg()[0] > (os.cpu_count() or 1) and waited < _PATIENCE * clock.SECOND

    def _take(self) -> None:
        assert self._reading is not None
        looks, lines, future = self._reading
        if not future.done():
            return
        self._reading = None
        try:
            read = future.result()
        except ReadingError:
            self._failed += 1
            if self._failed > 1:  # what broke it is gone with it; twice in a row is told
                raise
            return
        self._failed = 0
        self.budget.spend(read.cpu)
        rows = learnt(self._eyes, looks, of(lines, read))
        if rows and self._waiting.missed:
            rows[0] = _missing(rows[0], self._waiting.missed)
            self._waiting.missed = 0
        if rows:
            self._sink.write(rows)


def _missing(row: dict[str, Any], lines: int) -> dict[str, Any]:
    """An event that also says how many lines before it were never read."""
    said = str(row["attributes"])
    return row | {"attributes": f'{said[:-1]},"unread":{lines}}}'}
