"""The clipboard, read when somebody copies, cuts or pastes, and at no other time.

What a password manager put there says so (the target `x-kde-passwordManagerHint`), and is not read.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import xcffib.xproto as x

from guildbook.record.sources._desktop_display import Display, present

PATIENCE: Final = 1.0
"""Seconds within which what is copied has to arrive, and its owner to hand it over."""
EARLY: Final = 0.3
"""How long before the key is heard of the clipboard may already have changed."""
LONGEST: Final = 1 << 20
"""Bytes that are read; what is longer has no mark."""

Then = Callable[[str | None], None]


@dataclass(slots=True)
class _Wish:
    then: Then
    since: float
    fresh: bool
    """Wait until the clipboard has a new owner: what was there before is not what is copied."""
    asked: str = ""
    parts: bytes | None = None
    """What came so far of what comes in parts (INCR); None where it comes at once."""


class Clipboard:
    """Hands over what is on the clipboard, one wish after the other."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._wishes: deque[_Wish] = deque()
        self._changed = 0.0

    @property
    def busy(self) -> bool:
        """Whether something is still waited for."""
        return bool(self._wishes)

    def read(self, then: Then, *, fresh: bool) -> None:
        """Have `then` called with the text, or with None where there is none that may be read in time."""
        self._wishes.append(_Wish(then, time.monotonic(), fresh))
        self._next()

    def owned(self) -> None:
        """The clipboard has a new owner."""
        self._changed = time.monotonic()
        self._next()

    def came(self, event: Any) -> None:
        """An answer of the owner's, or a part of one."""
        if not self._wishes or not self._wishes[0].asked:
            return
        wish = self._wishes[0]
        if isinstance(event, x.SelectionNotifyEvent):
            if not event.property:
                self._done(None)
            elif wish.asked == "TARGETS":
                self._chosen()
            elif wish.parts is None:
                self._text(wish)
        elif wish.parts is not None and event.state == x.Property.NewValue:
            self._part(wish)

    def tick(self) -> None:
        """Give up on what did not come in time."""
        while self._wishes and time.monotonic() - self._wishes[0].since > PATIENCE:
            self._done(None)

    def _next(self) -> None:
        if self._wishes and not self._wishes[0].asked:
            wish = self._wishes[0]
            if not wish.fresh or self._changed >= wish.since - EARLY:
                self._ask(wish, "TARGETS")

    def _ask(self, wish: _Wish, target: str) -> None:
        wish.asked, atoms, display = target, self._display.atoms, self._display
        with present():
            display.connection.core.ConvertSelection(
                display.window, atoms["CLIPBOARD"], atoms[target], atoms["GUILDBOOK_CLIP"], 0
            )
            display.connection.flush()

    def _taken(self) -> bytes:
        window, atom = self._display.window, self._display.atoms["GUILDBOOK_CLIP"]
        return self._display.read(window, atom, delete=True, most=LONGEST + 4) or b""

    def _chosen(self) -> None:
        offered, atoms = self._taken(), self._display.atoms
        targets = {int.from_bytes(offered[at : at + 4], "little") for at in range(0, len(offered), 4)}
        if atoms["x-kde-passwordManagerHint"] in targets or atoms["UTF8_STRING"] not in targets:
            self._done(None)
        else:
            self._ask(self._wishes[0], "UTF8_STRING")

    def _text(self, wish: _Wish) -> None:
        display = self._display
        with present():
            kind: Any = display.connection.core.GetProperty(
                False, display.window, display.atoms["GUILDBOOK_CLIP"], 0, 0, 0  # noqa: FBT003
            ).reply()  # fmt: skip
        found = self._taken()
        if kind.type == display.atoms["INCR"]:
            wish.parts = b""
        else:
            self._done(found)

    def _part(self, wish: _Wish) -> None:
        part = self._taken()
        if not part:
            self._done(wish.parts)
        elif wish.parts is not None:
            wish.parts = (wish.parts + part)[: LONGEST + 1]

    def _done(self, found: bytes | None) -> None:
        wish = self._wishes.popleft()
        wish.then(found.decode("utf-8", "replace") if found and len(found) <= LONGEST else None)
        self._next()
