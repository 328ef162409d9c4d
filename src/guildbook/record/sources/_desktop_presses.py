"""What keys and buttons say: how much is typed and scrolled, which commands are given, what is clicked.

Of typing only the number of keys is told, a few seconds at a time. In a password field, in a private window and in a
program that keeps secrets not even that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.importers._attributes import canonical
from guildbook.record.sources._desktop_clipboard import Clipboard
from guildbook.record.sources._desktop_discretion import Discretion
from guildbook.record.sources._desktop_display import Display, Window
from guildbook.record.sources._desktop_elements import Element, Elements, row_of
from guildbook.record.sources._desktop_focus import Focus
from guildbook.record.sources._desktop_input import KEY, Pressed
from guildbook.record.sources._desktop_keys import command, is_modifier, shortcut

LONGEST_BURST: Final = 10 * clock.SECOND
PAUSE: Final = 2 * clock.SECOND
"""Typing is told once it rests for so long, and at the latest every `LONGEST_BURST`."""
_BUTTONS: Final = {1: "left", 2: "middle", 3: "right", 8: "back", 9: "forward"}
_SCROLLS: Final = range(4, 8)
_ENTER: Final = frozenset({0xFF0D, 0xFF8D, 0x20})
_PUSHED: Final = frozenset({"button", "link", "menuitem", "menuitemcheckbox", "menuitemradio"})
_MOVES: Final = frozenset({0xFF09, 0xFE20, 0xFF1B, 0xFF63, 0xFF67, *range(0xFF50, 0xFF59), *range(0xFF95, 0xFF9F)})
"""Tab, Escape, Insert, Menu, Home to Begin, and the same on the keypad."""

Emit = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Burst:
    """Keys or turns of the wheel in one place."""

    action: str
    place: dict[str, Any]
    since: int
    until: int
    count: int = 0
    keys: str = ""
    """The shortcut, where it is one that is pressed again and again."""
    moves: int = 0
    """Keys that move about (arrows, Tab) among those that write; by themselves they are not told."""


class Presses:
    """Turns what is pressed into events."""

    def __init__(
        self, display: Display, emit: Emit, focus: Focus | None, elements: Elements | None, discretion: Discretion
    ) -> None:
        self._display = display
        self._discretion = discretion
        self._emit = emit
        self._focus = focus
        self._elements = elements
        self.clipboard: Final = Clipboard(display)
        """Where what is copied and pasted comes from."""
        self._burst: Burst | None = None

    def take(self, press: Pressed, front: Window | None) -> None:
        """One key or button, while that window was in front."""
        if press.kind == KEY:
            self._key(press, front)
        elif press.detail in _SCROLLS:
            if not self._blind(front):
                self._count("scroll", self._place(front), press.time)
        else:
            self._click(press, front)

    def tick(self) -> None:
        """Tell what has come to rest."""
        self.clipboard.tick()
        burst, now = self._burst, clock.now()
        if burst is not None and (now - burst.until > PAUSE or now - burst.since > LONGEST_BURST):
            self.flush()

    def flush(self) -> None:
        """Tell what was counted so far."""
        burst, self._burst = self._burst, None
        if burst is None or not burst.count:
            return
        typed = self._focus.typed() if self._focus is not None and burst.action == "type" else ""
        said: dict[str, Any] = (
            {"keys": burst.keys, "times": burst.count} if burst.keys else {_COUNTED[burst.action]: burst.count}
        )
        if burst.keys and burst.count == 1:
            del said["times"]
        if burst.moves:
            said["moves"] = burst.moves
        row = {"time": burst.since, "duration": burst.until - burst.since, "action": burst.action, **burst.place}
        self._emit(row | {"attributes": canonical(said), "value_after": typed or None})

    def _key(self, press: Pressed, front: Window | None) -> None:
        keysym = self._display.keysym(press.detail)
        if is_modifier(keysym) or self._blind(front):
            return
        keys = shortcut(keysym, press.state)
        if keys:
            self._command(keys, press, front)
            return
        element = self._element(front)
        if keysym in _ENTER and element is not None and element.role in _PUSHED:
            self.flush()
            self._emit(
                {"time": press.time, "action": "click", **self._place(front), "attributes": canonical({"by": "key"})}
            )
            return
        self._count("type", self._place(front), press.time, moves=keysym in _MOVES)

    def _command(self, keys: str, press: Pressed, front: Window | None) -> None:
        place = self._place(front)
        action = command(keys, str(place.get("app", "")))
        if action not in {"copy", "cut", "paste"}:
            self._count(action, place, press.time, keys)
            return
        self.flush()
        row = {"time": press.time, "action": action, **place, "attributes": canonical({"keys": keys})}

        def told(text: str | None) -> None:
            self._emit(row | {"clip": text})

        self.clipboard.read(told, fresh=action != "paste")

    def _click(self, press: Pressed, front: Window | None) -> None:
        self.flush()
        found = self._display.under(press.x, press.y)
        window = front if found is None or found.popup else self._discretion.seen(found)
        if window is None or window.hidden:
            return
        element = self._hit(window, front, press)
        place = self._shown(window, element)
        attributes = canonical({"button": _BUTTONS.get(press.detail, str(press.detail)), "x": press.x, "y": press.y})
        if self._focus is not None:
            self._focus.clicked = element
        self._emit({"time": press.time, "action": "click", **place, "attributes": attributes})

    def _hit(self, window: Window, front: Window | None, press: Pressed) -> Element | None:
        if self._elements is None or self._focus is None:
            return None
        here = self._element(front)
        if here is not None and here.role in _IN_MENUS and _holds(here, press):
            return here  # a menu tells which of its items the pointer is on, and is gone before one can ask
        element = self._elements.at(window.pid, window.title, press.x, press.y) if window.pid else None
        return element if element is not None and self._focus.admitted(element) else None

    def _count(self, action: str, place: dict[str, Any], when: int, keys: str = "", *, moves: bool = False) -> None:
        burst = self._burst
        if burst is None or burst.action != action or burst.keys != keys or burst.place != place:
            self.flush()
            burst = self._burst = Burst(action, place, when, when, keys=keys)
        if moves:
            burst.moves += 1
        else:
            burst.count += 1
        burst.until = when

    def _blind(self, front: Window | None) -> bool:
        """Whether nothing may be told of what is typed."""
        if front is None:
            return False
        hidden = self._focus is not None and self._focus.blind_pid != 0 and self._focus.blind_pid == front.pid
        return hidden or front.hidden

    def _element(self, front: Window | None) -> Element | None:
        """The element that has the focus, where it is one of the window in front."""
        if self._focus is None or front is None:
            return None
        return self._focus.element(front.pid, front.title)

    def _place(self, front: Window | None) -> dict[str, Any]:
        return self._shown(front, self._element(front))

    def _shown(self, window: Window | None, element: Element | None) -> dict[str, Any]:
        if window is None:
            return {}
        if element is not None and element.url:
            return {"app": window.app, "window": window.title or None, "url": element.url}
        address = "" if element is not None or self._focus is None else self._focus.address(window.pid)
        fields = {"url": address or None} if element is None else row_of(element)
        title = window.title if element is None or not element.window else element.window
        return {"app": window.app, "window": title or None, **fields}


def _holds(element: Element, press: Pressed) -> bool:
    if element.bounds is None:
        return False
    left, top, width, height = element.bounds
    return left <= press.x < left + width and top <= press.y < top + height


_IN_MENUS: Final = frozenset({"menuitem", "menuitemcheckbox", "menuitemradio", "menu"})
_COUNTED: Final = {"type": "keys", "scroll": "steps"}
