"""The desktop: which window is in front, what is pressed there, and in which elements."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from ctypes.util import find_library
from typing import Final

from guildbook.plugins import Sink, SourceOptions
from guildbook.record.sources._desktop_settings import Settings, settings

_PLATFORMS: Final = {"darwin": "macOS", "win32": "Windows"}
_EXTRA: Final = "pip install 'guildbook[desktop]'"


class DesktopSource:
    """X11's windows and input, and the elements of programs through the accessibility bus (AT-SPI)."""

    name = "desktop"
    title = "windows, input and elements of the desktop"

    def missing(self, options: SourceOptions) -> str:
        """A session, the libraries, and the accessibility bus where elements are wanted."""
        chosen = settings(options.settings)
        if sys.platform != "linux":
            system = _PLATFORMS.get(sys.platform, sys.platform)
            return (
                f"Windows and elements are recorded on Linux only, not yet on {system}; "
                "ActivityWatch's window watcher works there: guildbook record on activitywatch."
            )
        lacking = [name for name in ("xcffib", "jeepney") if importlib.util.find_spec(name) is None]
        if lacking:
            return f"The Python package {lacking[0]} is not installed: {_EXTRA}."
        if find_library("xcb") is None:
            return "libxcb is not installed: apt install libxcb1."
        if not _shows(chosen) and not chosen.elements:
            return f"There is no X server to record ({_why_not(chosen)}), and elements=off leaves nothing else."
        if not chosen.elements:
            return ""
        from guildbook.record.sources._desktop_access import lacks_bus  # noqa: PLC0415 — of the extra

        trouble = lacks_bus(chosen.bus)
        if not trouble:
            return ""
        rest = ", or --set elements=off to record windows and input only" if _shows(chosen) else ""
        return f"Elements cannot be recorded: {trouble}{rest}."

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch until `stop` is set. Raises `ConnectionError` when the X server or the bus goes away."""
        from guildbook.record.sources._desktop_watch import Watch  # noqa: PLC0415 — of the extra

        chosen = settings(options.settings)
        shows = _shows(chosen)
        lacking = "" if shows else f"windows by the X server, keys, clicks and the clipboard: {_why_not(chosen)}"
        Watch(sink, chosen, display=shows, lacking=lacking).run(stop)


def _shows(chosen: Settings) -> bool:
    """Whether there is an X server that sees everything: under Wayland it sees only programs that still speak X."""
    return bool(chosen.display) and not _wayland(chosen)


def _wayland(chosen: Settings) -> bool:
    if chosen.display and chosen.display != os.environ.get("DISPLAY"):
        return False
    return os.environ.get("XDG_SESSION_TYPE") == "wayland" or bool(os.environ.get("WAYLAND_DISPLAY"))


def _why_not(chosen: Settings) -> str:
    if _wayland(chosen):
        return "Wayland lets no program listen to others' input; log in to an X11 session to record it"
    return "no DISPLAY is known: start the recorder within the desktop session, or --set display=:0"
