"""Which windows are nobody's business: private ones, and those of programs that keep secrets.

Most browsers say in a window's title that it is private. Chromium and its kin say so only to the accessibility bus,
where the same window's name ends in `(Incognito)`; so until the bus has shown a window of just that title, only that
the browser was in front is told.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from guildbook.record.sources._desktop_display import Window
from guildbook.record.sources._desktop_elements import Elements
from guildbook.record.sources._desktop_settings import is_private, keeps_secrets

_RETICENT: Final = re.compile(r"\b(?:chromium|chrome|msedge|microsoft-edge|brave|vivaldi|opera)\b")


class Discretion:
    """Judges windows."""

    def __init__(self, elements: Elements | None) -> None:
        self._elements = elements
        self._shown: tuple[int, str] = (0, "")

    def seen(self, window: Window) -> Window:
        """The window as it may be told of: a hidden one has no title, and a private one no application either."""
        if is_private(window.title):
            return replace(window, app="", title="", hidden=True)
        if keeps_secrets(window.app):
            return replace(window, title="", hidden=True)
        if self._shown == (window.id, window.title) or not _RETICENT.search(window.app):
            return window
        names = self._elements.titles(window.pid) if self._elements is not None and window.pid else []
        if any(is_private(name) and name.startswith(window.title) for name in names):
            return replace(window, app="", title="", hidden=True)
        if window.title not in names:
            return replace(window, title="", hidden=True)
        self._shown = window.id, window.title
        return window
