"""The X server: which window is in front, what it is called, and what the mouse is over.

The X library is xcffib (Apache-2.0), libxcb's own binding. Windows vanish while one asks about them; that is an answer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import xcffib.xproto as x

from guildbook.record.sources._desktop_keys import app_name, keysym_of
from guildbook.record.sources._x11 import xcffib

_ATOMS: Final = (
    "_NET_ACTIVE_WINDOW", "_NET_WM_NAME", "_NET_WM_PID", "WM_STATE", "UTF8_STRING", "CLIPBOARD", "TARGETS", "INCR",
    "x-kde-passwordManagerHint", "GUILDBOOK_CLIP",
)  # fmt: skip
_LONGEST_TITLE: Final = 1_000
_DEEP: Final = 6
Gone = xcffib.Error
"""What the server says of a window that is there no more."""


@contextmanager
def present() -> Generator[None]:
    """Turns xcffib's word for a lost server into Python's own."""
    try:
        yield
    except xcffib.ConnectionException as error:
        raise ConnectionError("The X server is gone, or lets nobody in.") from error


@dataclass(frozen=True, slots=True)
class Window:
    """A window of some application."""

    id: int
    app: str
    title: str
    pid: int
    popup: bool = False
    """A menu or the like, which no window manager knows."""
    hidden: bool = False
    """Nothing may be told of it but that its program was in front."""


@dataclass(frozen=True, slots=True)
class Happened:
    """`front` (another window), `title` (another title), `owner` (of the clipboard), `clip` (what was asked came)."""

    what: str
    event: Any = None


class Display:
    """A connection to the X server. Whatever is asked once the server is gone raises `ConnectionError`."""

    def __init__(self, name: str) -> None:
        """Connect. Raises `ConnectionError` where no server listens."""
        with present():
            self.connection: Any = xcffib.connect(display=name or None)
            screens: Any = self.connection.get_setup().roots
            self.root: int = screens[self.connection.pref_screen].root
            asked = {name: self.connection.core.InternAtom(False, len(name), name) for name in _ATOMS}  # noqa: FBT003
            self.atoms: dict[str, int] = {name: each.reply().atom for name, each in asked.items()}
            self._hear(self.root)
            self.window: int = self._own_window()
            self._hear_clipboard()
            self._keys: tuple[int, list[list[int]]] | None = None
            self._heard = 0
            self.connection.flush()

    def fileno(self) -> int:
        """What becomes readable when something happened."""
        return int(self.connection.get_file_descriptor())

    def close(self) -> None:
        """Let go."""
        self.connection.disconnect()

    def happened(self) -> Iterator[Happened]:
        """What happened since this was asked last."""
        while True:
            try:
                with present():
                    event: Any = self.connection.poll_for_event()
            except Gone:
                continue
            if event is None:
                return
            if isinstance(event, x.PropertyNotifyEvent):
                if event.window == self.window:
                    yield Happened("clip", event)
                elif event.atom == self.atoms["_NET_ACTIVE_WINDOW"]:
                    yield Happened("front", event)
                elif event.atom in {self.atoms["_NET_WM_NAME"], x.Atom.WM_NAME}:
                    yield Happened("title", event)
            elif isinstance(event, x.SelectionNotifyEvent):
                yield Happened("clip", event)
            elif isinstance(event, xcffib.xfixes.SelectionNotifyEvent):
                yield Happened("owner")
            elif isinstance(event, x.MappingNotifyEvent):
                self._keys = None

    def front_id(self) -> int:
        """The number of the window in front; 0 where there is none."""
        found = self._numbers(self.root, "_NET_ACTIVE_WINDOW")
        return found[0] if found else 0

    def front(self) -> Window | None:
        """The window in front, as it is now; its title is listened to from then on."""
        found = self.front_id()
        if not found:
            return None
        if found != self._heard:
            self._hear(found)
            self._heard = found
        return self.named(found)

    def named(self, window: int) -> Window | None:
        """What a window is called; None where it is gone."""
        classes = self.read(window, x.Atom.WM_CLASS)
        if classes is None:
            return None
        app = app_name(classes.rstrip(b"\0").rpartition(b"\0")[2].decode("latin1"))
        title = self.read(window, self.atoms["_NET_WM_NAME"]) or self.read(window, x.Atom.WM_NAME) or b""
        pid = self._numbers(window, "_NET_WM_PID")
        return Window(window, app, title.decode("utf-8", "replace"), pid[0] if pid else 0)

    def under(self, at_x: int, at_y: int) -> Window | None:
        """The application's window at a point; None where there is the bare desktop."""
        top = found = self._child_at(self.root, at_x, at_y)
        for _ in range(_DEEP):
            if not found:
                break
            if self.read(found, self.atoms["WM_STATE"]):
                return self.named(found)
            found = self._child_at(found, at_x, at_y)
        if not top:
            return None
        framed = next((child for child in self._children(top) if self.read(child, self.atoms["WM_STATE"])), 0)
        return self.named(framed) if framed else Window(top, "", "", 0, popup=True)

    def keysym(self, keycode: int) -> int:
        """By which keysym a command names a key."""
        if self._keys is None:
            with present():
                setup: Any = self.connection.get_setup()
                first, last = setup.min_keycode, setup.max_keycode
                reply: Any = self.connection.core.GetKeyboardMapping(first, last - first + 1).reply()
                each, syms = reply.keysyms_per_keycode, list(reply.keysyms)
                self._keys = first, [syms[at : at + each] for at in range(0, len(syms), each)]
        first, table = self._keys
        return keysym_of(table[keycode - first]) if 0 <= keycode - first < len(table) else 0

    def read(self, window: int, atom: int, *, delete: bool = False, most: int = _LONGEST_TITLE) -> bytes | None:
        """A property's bytes, at most `most`; None where there is none, or no such window."""
        with present(), suppress(Gone):
            reply: Any = self.connection.core.GetProperty(delete, window, atom, 0, 0, most // 4).reply()
            return bytes(reply.value.buf()) if reply.type else None
        return None

    def _numbers(self, window: int, name: str) -> tuple[int, ...]:
        found = self.read(window, self.atoms[name]) or b""
        return tuple(int.from_bytes(found[at : at + 4], "little") for at in range(0, len(found) - 3, 4))

    def _child_at(self, window: int, at_x: int, at_y: int) -> int:
        with present(), suppress(Gone):
            reply: Any = self.connection.core.TranslateCoordinates(self.root, window, at_x, at_y).reply()
            return int(reply.child)
        return 0

    def _children(self, window: int) -> list[int]:
        with present(), suppress(Gone):
            reply: Any = self.connection.core.QueryTree(window).reply()
            return list(reply.children)
        return []

    def _hear(self, window: int) -> None:
        """Have changes of a window's properties told; one that is gone says so among the events, and is passed over."""
        with present():
            self.connection.core.ChangeWindowAttributes(window, x.CW.EventMask, [x.EventMask.PropertyChange])
            self.connection.flush()

    def _own_window(self) -> int:
        """A window that is never shown: the clipboard is handed over at one."""
        made: int = self.connection.generate_id()
        kind, mask = x.WindowClass.InputOutput, [x.EventMask.PropertyChange]
        self.connection.core.CreateWindow(0, made, self.root, 0, 0, 1, 1, 0, kind, 0, x.CW.EventMask, mask)
        return made

    def _hear_clipboard(self) -> None:
        fixes: Any = self.connection(xcffib.xfixes.key)
        fixes.QueryVersion(5, 0).reply()
        fixes.SelectSelectionInput(self.window, self.atoms["CLIPBOARD"], 1)
