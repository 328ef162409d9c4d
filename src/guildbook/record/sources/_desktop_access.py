"""The accessibility bus: switched on while it is listened to, and told what is of interest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from guildbook.record.sources._desktop_bus import BUS, Bus, Signal
from guildbook.record.sources._desktop_elements import Elements

STATUS: Final = ("org.a11y.Bus", "/org/a11y/bus")
_REGISTRY: Final = ("org.a11y.atspi.Registry", "/org/a11y/atspi/registry")
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_OBJECT: Final = "type='signal',interface='org.a11y.atspi.Event.Object'"
_TEXT: Final = f"{_OBJECT},member='TextChanged'"
_EVENTS: Final = {
    "object:state-changed:focused": f"{_OBJECT},member='StateChanged',arg0='focused'",
    "object:state-changed:active": f"{_OBJECT},member='StateChanged',arg0='active'",
    "object:state-changed:checked": f"{_OBJECT},member='StateChanged',arg0='checked'",
    "object:active-descendant-changed": f"{_OBJECT},member='ActiveDescendantChanged'",
    "object:selection-changed": f"{_OBJECT},member='SelectionChanged'",
    "object:property-change:accessible-value": f"{_OBJECT},member='PropertyChange',arg0='accessible-value'",
    "object:text-changed": _TEXT,
    "window:activate": "type='signal',interface='org.a11y.atspi.Event.Window',member='Activate'",
    "document:load-complete": "type='signal',interface='org.a11y.atspi.Event.Document',member='LoadComplete'",
}
"""What programs are asked to tell, and the rule by which it is sent here and nothing else."""
_FLOOD: Final = 200
"""Changes of text in one second; a log that runs through a window, and no person who types."""
_DEAF: Final = 10.0
"""Seconds for which changes of text are then not listened to."""


class Access:
    """An open way to the elements of all programs of a session."""

    def __init__(self, session: str, *, values: bool) -> None:
        """Connect. Raises `ConnectionError` where there is no accessibility bus."""
        self._session = session
        self._was_on = _enabled(session, on=True)
        try:
            self.bus = Bus(_address(session))
        except (OSError, KeyError, RuntimeError) as error:
            raise ConnectionError(f"The accessibility bus cannot be reached: {error}.") from error
        self.elements = Elements(self.bus, values=values)
        for event, rule in _EVENTS.items():
            self.bus.demand(_REGISTRY, _REGISTRY[0], "RegisterEvent", "sass", event, [], "")
            self.bus.listen(rule)
        self._second, self._changes, self._deaf_until = 0.0, 0, 0.0
        self._hears = self._wanted = True

    def signals(self, *, readable: bool) -> Iterator[Signal]:
        """What programs told since this was asked last."""
        now = time.monotonic()
        if self._deaf_until and now > self._deaf_until:
            self._deaf_until = 0.0
            self._hear_text(on=self._wanted)
        for signal in self.bus.signals(readable=readable):
            if signal.member == "TextChanged" and self._floods(now):
                continue
            yield signal

    def want_text(self, *, on: bool) -> None:
        """Listen to changes of text or not: once one knows that a field was changed, the rest need not wake anybody."""
        self._wanted = on
        self._hear_text(on=on and not self._deaf_until)

    def _hear_text(self, *, on: bool) -> None:
        if on != self._hears:
            self._hears = on
            (self.bus.listen if on else self.bus.ignore)(_TEXT)

    def close(self) -> None:
        """Let go, and leave accessibility switched on only where it was."""
        self.bus.close()
        if not self._was_on:
            try:
                _enabled(self._session, on=False)
            except ConnectionError:  # the session is over, and its settings with it
                return

    def _floods(self, now: float) -> bool:
        if self._deaf_until:
            return True
        if now - self._second > 1.0:
            self._second, self._changes = now, 0
        self._changes += 1
        if self._changes > _FLOOD:
            self._deaf_until = now + _DEAF
            self._hear_text(on=False)
        return bool(self._deaf_until)


def lacks_bus(session: str) -> str:
    """Why there is no accessibility bus; empty where there is one, or where one starts when it is asked."""
    if not session:
        return "no D-Bus session is known: start the recorder within the desktop session, or --set bus=ADDRESS"
    try:
        bus = Bus(session)
    except (OSError, KeyError, RuntimeError, StopIteration):
        return f"nothing answers at the D-Bus session {session}"
    try:
        names = [name for ask in ("ListNames", "ListActivatableNames") for name in bus.call(BUS, BUS[0], ask) or ()]
    except ConnectionError:
        return f"the D-Bus session {session} went away"
    finally:
        bus.close()
    return "" if STATUS[0] in names else "the accessibility bus is not installed: apt install at-spi2-core"


def _address(session: str) -> str:
    bus = Bus(session)
    try:
        address = bus.demand(STATUS, STATUS[0], "GetAddress")
    finally:
        bus.close()
    if not address:
        raise ConnectionError("The session's D-Bus knows no accessibility bus: apt install at-spi2-core.")
    return str(address)


def _enabled(session: str, *, on: bool) -> bool:
    """Switch accessibility on or off for programs that ask (Qt, Firefox, LibreOffice); returns what it was."""
    try:
        bus = Bus(session)
    except (OSError, KeyError, RuntimeError, StopIteration) as error:
        raise ConnectionError(f"The D-Bus session {session} cannot be reached: {error}.") from error
    try:
        _, before = bus.demand(STATUS, _PROPERTIES, "Get", "ss", "org.a11y.Status", "IsEnabled")
        if before is not on:
            bus.demand(STATUS, _PROPERTIES, "Set", "ssv", "org.a11y.Status", "IsEnabled", ("b", on))
        return before is True
    finally:
        bus.close()
