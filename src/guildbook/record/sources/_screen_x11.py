"""The screen of an X server: which window is in front, what changed in it, and its pixels.

Changes are told by the DAMAGE extension, so a screen that stands still costs nothing. Only the window in front is
looked at, and what windows of other applications cover of it is blanked.
"""

from __future__ import annotations

import select
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from guildbook.model.errors import InputError
from guildbook.record.seeing.lines import Box, Gray

_DEEP: Final = 32
"""Bits a pixel; nothing else is met since about 2000."""
_HEAD: Final = 32
"""Bytes of a reply before what was asked for."""
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Front:
    """The window in front."""

    id: int
    app: str
    """Its class, in lower case."""
    title: str
    box: Box
    """Where it is on the screen, as far as it is on it."""


class Screen:
    """A connection to the X server named by `DISPLAY`. For one thread. Raises what xcffib raises when it is gone."""

    def __init__(self, display: str | None = None) -> None:
        """Connect. Raises `InputError` where there is no such server or it cannot tell changes."""
        from guildbook.record.sources._x11 import xcffib  # noqa: PLC0415 - of the extra, for who switches it on

        self._x: Any = xcffib
        try:
            self._connection: Any = xcffib.connect(display=display)
        except xcffib.ConnectionException:
            raise InputError(
                "There is no X server to watch.", "Start the recorder within the session; see DISPLAY."
            ) from None
        self._core: Any = self._connection.core
        self._root: Any = self._connection.get_setup().roots[self._connection.pref_screen]
        self._atoms: dict[str, int] = {}
        try:
            self._damages: Any = self._connection(xcffib.damage.key)
            self._fixes: Any = self._connection(xcffib.xfixes.key)
        except xcffib.XcffibException:
            self._connection.disconnect()
            raise InputError(
                "The X server does not tell what changes on the screen.", "It needs its extensions DAMAGE and XFIXES."
            ) from None
        self._begin()

        self.fronted = False
        """Whether another window came in front since this was last set to False."""

    def close(self) -> None:
        """Let go of the server."""
        self._connection.disconnect()

    def _begin(self) -> None:
        self._damages.QueryVersion(1, 1).reply()
        self._fixes.QueryVersion(5, 0).reply()
        self._damage: int = self._connection.generate_id()
        self._region: int = self._connection.generate_id()
        self._damages.Create(self._damage, self._root.root, self._x.damage.ReportLevel.NonEmpty)
        self._fixes.CreateRegion(self._region, 0, [])
        events = self._x.xproto.EventMask
        self._core.ChangeWindowAttributes(self._root.root, self._x.xproto.CW.EventMask, [events.PropertyChange])
        self._connection.flush()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long for something to change; whether it did."""
        if self._drained():
            return True
        ready, _, _ = select.select([self._connection.get_file_descriptor()], [], [], seconds)
        return bool(ready) and self._drained()

    def _drained(self) -> bool:
        found = False
        while (event := self._connection.poll_for_event()) is not None:
            if isinstance(event, self._x.damage.NotifyEvent):
                found = True
            elif isinstance(event, self._x.xproto.PropertyNotifyEvent):
                self.fronted |= event.atom == self._atom("_NET_ACTIVE_WINDOW")
                found |= self.fronted
        return found

    def changed(self) -> Box | None:
        """What covers all that changed on the screen since this was last asked; None where nothing did."""
        self._damages.Subtract(self._damage, 0, self._region)
        extents = self._fixes.FetchRegion(self._region).reply().extents
        return Box(extents.x, extents.y, extents.width, extents.height) if extents.width else None

    def front(self) -> Front | None:
        """The window in front; None where there is none, or it went while it was asked about."""
        try:
            held = self._property(self._root.root, "_NET_ACTIVE_WINDOW", "WINDOW")
            window = int(np.frombuffer(held[:4], "<u4")[0]) if len(held) >= 4 else 0  # noqa: PLR2004 - a window's id
            if not window:
                return None
            size = self._core.GetGeometry(window).reply()
            place = self._core.TranslateCoordinates(window, self._root.root, 0, 0).reply()
            box = self._on_screen(Box(place.dst_x, place.dst_y, size.width, size.height))
            return Front(window, self._app(window), self._title(window), box) if box else None
        except self._x.ProtocolException:
            return None

    def grab(self, front: Front, part: Box) -> Gray | None:
        """The pixels of a part of the window in front, what other applications cover blank; None where it went."""
        try:
            kind = self._x.xproto.ImageFormat.ZPixmap
            asked = self._core.GetImage(
                kind, self._root.root, part.left, part.top, part.width, part.height, ~0 & 0xFFFFFFFF
            )
            answer = self._connection.wait_for_reply(asked.sequence)
            # xcffib's own class for this reply makes a list of its bytes, one by one: 60 ms and 40 MB for a screen.
            raw = self._x.ffi.buffer(answer.cdata, answer.known_max)[_HEAD:]
            covers = self._covers(front, part)
        except self._x.ProtocolException:
            return None
        if len(raw) * 8 != part.width * part.height * _DEEP:
            raise InputError("The screen has another depth than 24 bits.", "Set it to millions of colours.")
        pixels = np.frombuffer(raw, np.uint8).reshape(part.height, part.width, 4)
        # A half of green and a quarter each of red and blue: no wider than a byte on the way.
        picture: Gray = np.right_shift(pixels[..., 1], 1, dtype=np.uint8)
        for colour in (0, 2):
            picture += np.right_shift(pixels[..., colour], 2, dtype=np.uint8)
        for box in covers:
            top, left = max(box.top - part.top, 0), max(box.left - part.left, 0)
            picture[top : max(box.bottom - part.top, 0), left : max(box.right - part.left, 0)] = 0
        return picture

    def _covers(self, front: Front, part: Box) -> list[Box]:
        """Windows of other applications that lie above the one in front and reach into the part."""
        tops = list(self._core.QueryTree(self._root.root).reply().children)
        frame = front.id
        while frame not in tops:
            frame = self._core.QueryTree(frame).reply().parent
            if not frame:
                return []
        found: list[Box] = []
        for window in tops[tops.index(frame) + 1 :]:
            try:
                shown = self._core.GetWindowAttributes(window).reply().map_state
                size = self._core.GetGeometry(window).reply()
                box = Box(size.x, size.y, size.width + 2 * size.border_width, size.height + 2 * size.border_width)
                if shown == self._x.xproto.MapState.Viewable and box.shares(part) and not self._same(window, front):
                    found.append(box)
            except self._x.ProtocolException:
                continue
        return found

    def _same(self, window: int, front: Front) -> bool:
        """Whether a window is of the application in front, as its menus are."""
        inside = [window, *self._core.QueryTree(window).reply().children]
        return any(self._app(each) == front.app for each in inside if front.app)

    def _app(self, window: int) -> str:
        words = self._property(window, "WM_CLASS", "STRING").decode("latin-1").split("\0")
        return words[1].strip().lower() if len(words) > 1 else ""

    def _title(self, window: int) -> str:
        found = self._property(window, "_NET_WM_NAME", "UTF8_STRING").decode("utf-8", "replace")
        return found or self._property(window, "WM_NAME", "STRING").decode("latin-1")

    def _property(self, window: int, name: str, kind: str) -> bytes:
        answer = self._core.GetProperty(False, window, self._atom(name), self._atom(kind), 0, _LONGEST)  # noqa: FBT003 - X's own order
        return bytes(answer.reply().value.buf())

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            self._atoms[name] = self._core.InternAtom(False, len(name), name).reply().atom  # noqa: FBT003 - X's own order
        return self._atoms[name]

    def _on_screen(self, box: Box) -> Box | None:
        left, top = max(box.left, 0), max(box.top, 0)
        right = min(box.right, self._root.width_in_pixels)
        bottom = min(box.bottom, self._root.height_in_pixels)
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None
