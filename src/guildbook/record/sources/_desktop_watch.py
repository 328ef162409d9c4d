"""The loop: X server, RECORD and accessibility bus in one thread, asleep until one of them has something to say."""

from __future__ import annotations

import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Container
from contextlib import ExitStack, closing
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.plugins import Sink
from guildbook.record.importers._attributes import canonical
from guildbook.record.sources._desktop_access import Access
from guildbook.record.sources._desktop_discretion import Discretion
from guildbook.record.sources._desktop_display import Display, Window
from guildbook.record.sources._desktop_focus import Focus
from guildbook.record.sources._desktop_input import Input, Pressed, earlier
from guildbook.record.sources._desktop_presses import Presses
from guildbook.record.sources._desktop_settings import Settings

BEAT: Final = 5.0
"""Seconds after which a window that stays in front is said to be there still: so much is lost where a machine stops."""
GAP: Final = 30.0
"""Seconds without that after which it counts as gone: programs that are slow to answer hold this up."""
IDLE: Final = 120.0
"""Seconds without anything done after which nobody is taken to be there."""
DOUBT: Final = 3.0
"""Seconds after which a hidden window is looked at again: a browser may have said more by then."""
TICK: Final = 0.8
BUSY_TICK: Final = 0.3
"""Seconds until what is counted is looked at again, and until `stop` is noticed."""
GATHERED: Final = 1.0
"""Seconds for which events are gathered, so that they are written at once."""
VERSION: Final = "1"


class Watch:
    """What is open, and what was in front."""

    def __init__(self, sink: Sink, settings: Settings, *, display: bool, lacking: str) -> None:
        """Connect to what the settings and the machine allow. Raises `ConnectionError` where that is not there."""
        self._sink = sink
        self._rows: list[dict[str, Any]] = []
        self._oldest = 0.0
        self._front: Window | None = None
        self._waiting: deque[Pressed] = deque()
        """What was pressed and not told of yet."""
        self._judged = 0.0
        self._beat: dict[str, Any] | None = None
        self._beaten = 0.0
        self._done = time.monotonic()
        """When somebody last did anything."""
        with ExitStack() as opened:
            self._display = opened.enter_context(closing(Display(settings.display))) if display else None
            access = (
                opened.enter_context(closing(Access(settings.bus, values=settings.values)))
                if settings.elements
                else None
            )
            heard = self._display is not None and settings.input
            self._input = (
                opened.enter_context(closing(Input(self._display, settings.display)))
                if heard and self._display is not None
                else None
            )
            self._access = access
            self._opened = opened.pop_all()
        elements = None if access is None else access.elements
        self._discretion = Discretion(elements)
        self._focus = (
            None
            if elements is None
            else Focus(elements, self._emit, self._newest, values=settings.values, typed=settings.typed)
        )
        self._presses = (
            None
            if self._display is None
            else Presses(self._display, self._emit, self._focus, elements, self._discretion)
        )
        if self._focus is not None and self._presses is not None:
            self._focus.leaving = self._presses.flush
        if self._focus is not None and access is not None:
            self._focus.curious = lambda on: access.want_text(on=on)
        if lacking:
            self._emit(
                {
                    "time": clock.now(),
                    "app": "guildbook",
                    "action": "note",
                    "attributes": canonical({"lacking": lacking}),
                }
            )

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set. Raises `ConnectionError` once the X server or the bus is gone."""
        with self._opened, selectors.DefaultSelector() as ready:
            for source in (self._input, self._display, self._access and self._access.bus):
                if source is not None:
                    ready.register(source, selectors.EVENT_READ)
            self._fronted()
            while not stop.is_set():
                found = ready.select(BUSY_TICK if self._waits else TICK)
                self._step({key.fileobj for key, _ in found})
            if self._focus is not None:
                self._focus.leave()
            if self._presses is not None:
                self._presses.flush()
            self._beat_now()
            self._write()

    @property
    def _waits(self) -> bool:
        """Whether something is to be told soon."""
        visit = self._focus.visit if self._focus is not None else None
        asking = self._presses is not None and self._presses.clipboard.busy
        return (
            asking
            or bool(self._rows)
            or (self._focus is not None and self._focus.owes)
            or (visit is not None and not visit.told)
        )

    def _step(self, ready: Container[object]) -> None:
        """Look at what came: first which window is in front, then what is pressed in it, then what comes of that."""
        self._hear()
        if self._access is not None and self._focus is not None:
            for signal in self._access.signals(readable=self._access.bus in ready):
                self._focus.take(signal)
            self._focus.tick()
            self._done = max(self._done, self._focus.busy)
            if self._display is None:
                self._fronted()
        if self._presses is not None:
            self._presses.tick()
        now = time.monotonic()
        if self._front is not None and self._front.hidden and now - self._judged > DOUBT:
            self._fronted()
        if self._beat is not None and now - self._beaten > BEAT and now - self._done < IDLE:
            self._beat_now()
        if self._rows and now - self._oldest > GATHERED:
            self._write()

    def _hear(self) -> None:
        """Take what was pressed, each in the window that was in front then; and learn which is in front now.

        By the server's own time: while a program is asked for its windows, one may go to another window and type there.
        """
        self._waiting += self._input.pressed() if self._input is not None else ()
        while (since := self._changed()) is not None:
            self._take(lambda press, since=since: earlier(press.stamp, since))
            self._fronted()
            self._waiting += self._input.pressed() if self._input is not None else ()
        self._take(lambda _: True)

    def _take(self, wanted: Callable[[Pressed], bool]) -> None:
        """What was pressed, up to the first that is not wanted."""
        while self._presses is not None and self._waiting and wanted(self._waiting[0]):
            self._done = time.monotonic()
            self._presses.take(self._waiting.popleft(), self._front)

    def _changed(self) -> int | None:
        """When, in the server's time, another window came in front or got another title; None where none did.

        Of several such times the last at which the window manager named a window: it names one more than once.
        """
        if self._display is None or self._presses is None:
            return None
        named = titled = None
        for happened in self._display.happened():
            if happened.what == "front":
                named = int(happened.event.time)
            elif happened.what == "title":
                titled = int(happened.event.time)
            elif happened.what == "owner":
                self._presses.clipboard.owned()
            elif happened.what == "clip":
                self._presses.clipboard.came(happened.event)
        return titled if named is None else named

    def _newest(self) -> Window | None:
        """The window in front, asked anew: what is told next must not be told of the one before."""
        if self._display is not None and self._other(self._display):
            self._hear()
            if self._other(self._display):
                self._fronted()
        return self._front

    def _other(self, display: Display) -> bool:
        return display.front_id() != (self._front.id if self._front else 0)

    def _fronted(self) -> None:
        """Another window is in front, or it has another title."""
        if self._display is not None:
            front = self._display.front()
        elif self._focus is not None and self._focus.active is not None:
            front = Window(0, *self._focus.active, 0)
        else:
            front = None
        self._judged = time.monotonic()
        front = None if front is None else self._discretion.seen(front)
        if front == self._front:
            return
        if self._presses is not None:
            self._presses.flush()
        self._beat_now()
        self._front, self._beat = front, None
        if front is not None and front.app:
            self._beat = {"app": front.app, "action": "focus", "window": front.title or None}
            self._done = time.monotonic()
            self._beat_now()

    def _beat_now(self) -> None:
        """Say that the window in front is there still."""
        if self._beat is not None and time.monotonic() - self._done < IDLE:
            self._beaten = time.monotonic()
            self._sink.pulse({"time": clock.now(), "source_version": VERSION, **self._beat}, GAP)

    def _emit(self, row: dict[str, Any]) -> None:
        if not self._rows:
            self._oldest = time.monotonic()
        kept = {name: value for name, value in row.items() if value is not None}
        self._rows.append(kept | {"source_version": VERSION})

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._sink.write(rows)
