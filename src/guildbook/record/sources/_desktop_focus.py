"""What a person does in elements: goes to one, changes it, chooses in it, opens what it shows.

A change is told once, when the element is left: that it changed and how long it is now, or with `values` what stood
there before and after. Of a password nothing is asked and nothing is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.importers._attributes import canonical
from guildbook.record.sources._desktop_bus import Ref, Signal
from guildbook.record.sources._desktop_display import Window
from guildbook.record.sources._desktop_elements import Element, Elements, row_of
from guildbook.record.sources._desktop_settings import is_private, keeps_secrets

DWELL: Final = 0.5
"""Seconds after which somebody who went to an element is said to have gone there; less is on the way."""
AGAIN: Final = 0.5
GIVEN_UP: Final = 30.0
"""Seconds after which a program that was too busy to say what has the focus is asked again, and for how long."""
SETTLED: Final = 1.0
"""Seconds without a change after which a field is read, since what is left may be gone."""
_FRAMES: Final = frozenset({
    "frame", "window", "dialog", "alert", "rootpane", "panel", "filler", "scrollpane", "viewport", "application",
    "unknown", "layeredpane", "splitpane",
})  # fmt: skip
"""Roles of what only holds other elements: that the focus is there says nothing."""
_PASSED: Final = _FRAMES | {"menu", "menubar", "menuitem", "menuitemcheckbox", "menuitemradio"}
"""What one passes on the way to something else."""
_ONE_CHOICE: Final = frozenset({"combobox", "list", "listbox", "tablist", "tree", "iconpane"})
_TYPED_AT_ONCE: Final = 4
"""Characters that one key brings at most (an accent, an emoji); what is longer was pasted or filled in."""

Emit = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Visit:
    """An element while it has the focus."""

    element: Element
    app: str
    window: str
    since: int
    """µs UTC."""
    begun: float
    """As `time.monotonic`."""
    told: bool = False
    length: int | None = None
    before: str | None = None
    after: str | None = None
    grown: int = 0
    edited: float = 0.0
    """When it was changed last; 0 where it was not."""
    read: bool = True
    typed: str = ""

    def row(self, action: str, when: int) -> dict[str, Any]:
        """An event in this element."""
        return {"time": when, "app": self.app, "window": self.window or None, "action": action, **row_of(self.element)}


class Focus:
    """Follows the focus through the elements of all programs."""

    def __init__(
        self, elements: Elements, emit: Emit, front: Callable[[], Window | None], *, values: bool, typed: bool
    ) -> None:
        self._elements = elements
        self._emit = emit
        self._front = front
        """The window in front as the X server says it, or None where there is no X server."""
        self._values = values
        self._typed = typed
        self._inside: dict[Ref, bool] = {}
        self._chosen: tuple[Ref, float] | None = None
        self.visit: Visit | None = None
        self.leaving: Callable[[], None] = lambda: None
        """Called before the focus is said to be elsewhere."""
        self.curious: Callable[[bool], None] = lambda _: None
        """Told whether changes of text are of interest."""
        self.blind_pid = 0
        """The process in which the focus is where nothing may be told of it: a password, a private window."""
        self._owed: tuple[Signal, float] | None = None
        """A focus or a window in front of which nothing could be learnt yet, since its program was busy; and since."""
        self._asked = 0.0
        self.page: tuple[int, str] | None = None
        """(process, address) of the page in which the focus is: what is done there the browser's own source tells."""
        self.clicked: Element | None = None
        self.active: tuple[str, str] | None = None
        """(application, title) of the window that says of itself that it is in front."""
        self.busy = 0.0
        """When anything was last done in an element, as `time.monotonic`."""

    def take(self, signal: Signal) -> None:
        """One thing that a program told."""
        kind, body = signal.member, signal.body
        if kind == "StateChanged" and body[0] == "focused":
            if body[1]:
                self._enter(signal.ref, signal)
            elif self.visit is not None and self.visit.element.ref == signal.ref:
                self.leave()
        elif kind == "ActiveDescendantChanged":
            if (child := _ref(body[3])) is not None:
                self._enter(child, signal)
        elif kind == "TextChanged":
            self._changed(signal.ref, str(body[0]), int(body[2]), body[3][1])
        elif kind == "PropertyChange":
            self._changed(signal.ref, "", 0, None)
        elif kind == "SelectionChanged":
            self._choose(signal.ref)
        elif kind == "StateChanged" and body[0] == "checked":
            self._check(signal.ref, on=bool(body[1]))
        elif kind == "Activate" or (kind == "StateChanged" and body[0] == "active" and body[1]):
            self._activated(signal)
        elif kind == "LoadComplete":
            self._opened(signal.ref)

    @property
    def owes(self) -> bool:
        """Whether a program is to be asked again."""
        return self._owed is not None

    def tick(self) -> None:
        """Tell that somebody went to an element, and read a field that was changed, once that has settled."""
        visit, now = self.visit, time.monotonic()
        if self._owed is not None and now - self._asked >= AGAIN:
            signal, since = self._owed
            self._owed = None
            if now - since < GIVEN_UP:
                self.take(signal)
                self._owed = None if self._owed is None else (signal, since)
        if visit is None:
            return
        if not visit.told and now - visit.begun >= DWELL:
            self._arrived(visit)
        if self._values and not visit.read and now - visit.edited >= SETTLED:
            visit.read = True
            visit.after = self._elements.text(visit.element)

    def leave(self) -> None:
        """The focus went elsewhere: tell what was changed."""
        if self.visit is not None:
            self.leaving()
        visit, self.visit = self.visit, None
        self._inside.clear()
        if visit is None or not visit.edited:
            return
        length = self._elements.length(visit.element)
        if length is None and visit.length is not None:
            length = max(0, visit.length + visit.grown)
        if self._values and not visit.read:
            visit.after = self._elements.text(visit.element)
        sizes = {"length": length, "length_before": visit.length}
        row = visit.row("change", clock.now()) | {"attributes": canonical(sizes)}
        if self._values:
            row |= {"value_before": visit.before, "value_after": visit.after}
        self._emit(row)

    def element(self, pid: int, title: str) -> Element | None:
        """The element that has the focus, where it is one of that process's, or of the window of that title."""
        if self.visit is None or self.visit.element.role in _FRAMES:
            return None
        element = self.visit.element
        return element if (pid == element.pid if pid else title == element.window) else None

    def address(self, pid: int) -> str:
        """The page that has the focus in a process; empty where none has."""
        return self.page[1] if self.page is not None and self.page[0] == pid else ""

    def typed(self) -> str:
        """What was typed into the field since this was asked last; empty unless typed text is recorded."""
        if self.visit is None:
            return ""
        text, self.visit.typed = self.visit.typed, ""
        return text

    def tell(self) -> None:
        """Something happens in the element that has the focus, so somebody is there."""
        if self.visit is not None and not self.visit.told:
            self._arrived(self.visit)

    def admitted(self, element: Element) -> bool:
        """Whether anything may be told of an element."""
        return not element.secret and not keeps_secrets(element.app) and not is_private(element.window)

    def _enter(self, ref: Ref, signal: Signal) -> None:
        if self.visit is not None and self.visit.element.ref == ref:
            return
        self._front()  # what was pressed so far was pressed in the element before
        self.leave()
        element = self._elements.element(ref)
        front, self.page = self._front(), None
        self._owed = None
        if element is None:
            self.blind_pid = self._elements.pid(ref.owner)
            self._owe(signal)
            return
        app, window, hidden = element.app, element.window, False
        if front is not None and front.pid == element.pid:
            app, window, hidden = front.app, window or front.title, front.hidden and window in {"", front.title}
        if hidden or not self.admitted(element) or keeps_secrets(app) or is_private(window):
            self.blind_pid = element.pid
            return
        self.blind_pid = 0
        if element.url:
            self.page = element.pid, element.url
            return
        self.curious(True)  # noqa: FBT003
        self.visit = Visit(element, app, window, clock.now(), time.monotonic())
        self.active = (app, window) if window else self.active  # a new window may have said so before it was heard
        self.busy = time.monotonic()
        if element.role not in _PASSED:
            self.visit.length = self._elements.length(element)
            self.visit.before = self._elements.text(element) if self._values else None

    def _owe(self, signal: Signal) -> None:
        self._asked = time.monotonic()
        self._owed = signal, self._asked

    def _arrived(self, visit: Visit) -> None:
        visit.told = True
        if visit.element.role not in _PASSED:
            self._emit(visit.row("focus", visit.since))

    def _changed(self, ref: Ref, how: str, size: int, text: Any) -> None:
        visit = self.visit
        if visit is None:
            return
        if visit.element.role == "terminal":  # what runs in it changes its text; what was run, the shell's hook tells
            self.curious(False)  # noqa: FBT003 — its only argument
            return
        if ref not in self._inside:
            self._inside[ref] = self._elements.lies_in(ref, visit.element.ref)
        if not self._inside[ref]:
            return
        self.tell()
        if not visit.edited and not self._values and not self._typed:
            self.curious(False)  # noqa: FBT003
        self.busy = visit.edited = time.monotonic()
        visit.read = False
        visit.grown += size if how.startswith("insert") else -size if how.startswith("delete") else 0
        if self._typed and how.startswith("insert") and isinstance(text, str) and size <= _TYPED_AT_ONCE:
            visit.typed += text

    def _here(self, ref: Ref) -> Visit | None:
        """The visit, where an element has the focus, or what has it lies in it."""
        visit = self.visit
        return visit if visit is not None and (visit.element.ref == ref or ref in visit.element.chain[:4]) else None

    def _touched(self, ref: Ref) -> tuple[Element, str, str] | None:
        """The element with its application and window, where a person just did something in it."""
        visit = self._here(ref)
        clicked = self.clicked is not None and (self.clicked.ref == ref or ref in self.clicked.chain[:4])
        if visit is None and not clicked:
            return None
        element = self._elements.element(ref)
        if element is None or element.url or not self.admitted(element):
            return None
        return (element, visit.app, visit.window) if visit else (element, element.app, element.window)

    def _choose(self, ref: Ref) -> None:
        now = time.monotonic()
        if self._chosen is not None and self._chosen[0] == ref and now - self._chosen[1] < DWELL:
            return
        found = self._touched(ref)
        if found is None or found[0].role not in _ONE_CHOICE:
            return
        self._chosen, self.busy = (ref, now), now
        element, app, window = found
        row = {"time": clock.now(), "app": app, "window": window or None, "action": "select", **row_of(element)}
        if self._values:
            row["value_after"] = self._elements.chosen(ref)
        self._emit(row)

    def _check(self, ref: Ref, *, on: bool) -> None:
        found = self._touched(ref)
        if found is None:
            return
        element, app, window = found
        self.busy = time.monotonic()
        self._emit({
            "time": clock.now(), "app": app, "window": window or None, "action": "change", **row_of(element),
            "attributes": canonical({"checked": on}),
        })  # fmt: skip

    def _activated(self, signal: Signal) -> None:
        title, app = self._elements.title(signal.ref)
        if not app:
            self._owe(signal)
            return
        self.active, self.busy = (app, title), time.monotonic()

    def _opened(self, ref: Ref) -> None:
        visit = self.visit
        if visit is None or visit.element.ref.owner != ref.owner:
            return
        element = self._elements.element(ref)
        if element is None or not self.admitted(element) or element.url or not element.document:
            return
        row = row_of(element)
        for each in row.get("objects", ()):
            each["qualifier"] = "opened"
        self._emit({"time": clock.now(), "app": visit.app, "window": element.window or None, "action": "open", **row})


def _ref(value: Any) -> Ref | None:
    """The element that an event carries."""
    if not isinstance(value, tuple) or len(value) != 2 or value[0] != "(so)":  # noqa: PLR2004 — (signature, value)
        return None
    owner, path = value[1]
    return None if str(path).endswith("/null") else Ref(str(owner), str(path))
