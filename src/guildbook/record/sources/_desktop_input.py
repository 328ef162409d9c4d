"""Keys and buttons as the X server's RECORD extension tells them, from whatever window they go to.

RECORD answers one request again and again, for as long as it listens; so it has a connection and a thread of its own.
"""

from __future__ import annotations

import os
import struct
import threading
from collections import deque
from contextlib import suppress
from typing import Any, Final, NamedTuple

import xcffib.record as r
from xcffib.ffi import ffi

from guildbook.model import time as clock
from guildbook.record.sources._desktop_display import Display, present
from guildbook.record.sources._x11 import xcffib

KEY, BUTTON = 2, 4
"""X11's codes of KeyPress and ButtonPress; releases and movements are not asked for."""
_FROM_SERVER, _END = 0, 5
_SIZE: Final = 32
"""Bytes of a reply's head, and of an event."""
_CATEGORY, _SWAPPED = 1, 9
"""Where a reply's head says what it brings, and whether its bytes are the other way round."""
_ROUND: Final = 0xFFFF_FFFF
_EVENT: Final = struct.Struct("=BBHIIIIhhhhHBx")


class Pressed(NamedTuple):
    """A key or button that went down."""

    time: int
    """µs UTC."""
    stamp: int
    """The server's own time, ms, which begins anew after 49.7 days."""
    kind: int
    detail: int
    """The keycode, or the button's number."""
    state: int
    """Modifiers that were held."""
    x: int
    y: int


def earlier(one: int, other: int) -> bool:
    """Whether a time of the server's is before another."""
    return (one - other) & _ROUND > _ROUND >> 1


class Input:
    """What is pressed, while it is open."""

    def __init__(self, display: Display, name: str) -> None:
        """Begin to listen. Raises `ConnectionError` for a server that is gone or has no RECORD."""
        self._display = display
        self._pressed: deque[Pressed] = deque()
        self._ears, self._mouth = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._gone = False
        with present():
            self._told: Any = xcffib.connect(display=name or None)
            self._record: Any = display.connection(r.key)
            self._context: int = display.connection.generate_id()
            try:
                self._record.CreateContext(
                    self._context, 0, 1, 2, [r.CS.AllClients], _wanted(), is_checked=True
                ).check()
            except xcffib.Error as error:
                raise ConnectionError("The X server has no RECORD extension.") from error
            self._cookie: Any = self._told(r.key).EnableContext(self._context)
            self._told.flush()
        self._thread = threading.Thread(target=self._listen, name="X RECORD", daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        """What becomes readable when something was pressed."""
        return self._ears

    def pressed(self) -> list[Pressed]:
        """What was pressed since this was asked last. Raises `ConnectionError` once the server is gone."""
        with suppress(BlockingIOError):
            os.read(self._ears, 4096)
        if self._gone:
            raise ConnectionError("The X server is gone.")
        return [self._pressed.popleft() for _ in range(len(self._pressed))]

    def close(self) -> None:
        """Stop listening."""
        try:
            with present():
                self._record.DisableContext(self._context, is_checked=True).check()
        except (ConnectionError, xcffib.Error):
            self._gone = True
        self._thread.join(2.0)
        if not self._thread.is_alive():
            self._told.disconnect()
        os.close(self._ears)
        os.close(self._mouth)

    def _listen(self) -> None:
        while True:
            try:
                reply: Any = self._told.wait_for_reply(self._cookie.sequence)
            except xcffib.XcffibException:
                self._gone = True
                self._wake()
                return
            # xcffib's own class for this reply makes a list of its bytes, one by one; this is some of every keystroke.
            data = bytes(ffi.buffer(reply.cdata, reply.known_max))
            if data[_CATEGORY] == _END:
                return
            if data[_CATEGORY] == _FROM_SERVER and not data[_SWAPPED]:
                self._take(data, clock.now())

    def _take(self, data: bytes, now: int) -> None:
        for at in range(_SIZE, len(data) - _SIZE + 1, _SIZE):
            kind, detail, _, stamp, _, _, _, x, y, _, _, state, _ = _EVENT.unpack_from(data, at)
            if kind in {KEY, BUTTON}:
                self._pressed.append(Pressed(now, stamp, kind, detail, state, x, y))
        if self._pressed:
            self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._mouth, b".")
        except OSError:  # full, so somebody is woken; or closed, so nobody listens
            return


def _wanted() -> list[Any]:
    """Keys and buttons that go down."""
    return [_only(KEY), _only(BUTTON)]


def _only(kind: int) -> Any:
    none, wide = r.Range8.synthetic(0, 0), r.Range16.synthetic(0, 0)
    other = r.ExtRange.synthetic(none, wide)
    return r.Range.synthetic(none, none, other, other, none, r.Range8.synthetic(kind, kind), none, False, False)  # noqa: FBT003
