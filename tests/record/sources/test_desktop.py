"""What the desktop source decides without a desktop: settings, keys, discretion, and which names are content."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.errors import UsageError
from guildbook.plugins import SourceOptions, source
from guildbook.record.sources import _desktop_access, _desktop_elements
from guildbook.record.sources._desktop_bus import Ref, Signal
from guildbook.record.sources._desktop_discretion import Discretion
from guildbook.record.sources._desktop_display import Window
from guildbook.record.sources._desktop_elements import Element, Elements
from guildbook.record.sources._desktop_focus import Focus
from guildbook.record.sources._desktop_input import earlier
from guildbook.record.sources._desktop_keys import ALT, ALTGR, CONTROL, SHIFT, SUPER, app_name, command, shortcut
from guildbook.record.sources._desktop_settings import keeps_secrets, settings
from guildbook.record.sources.desktop import DesktopSource


def options(**given: str) -> SourceOptions:
    return SourceOptions(Path(), given)


def test_it_is_found_and_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    assert source("desktop").name == "desktop"
    chosen = settings({"values": "all", "content": "typed", "input": "off"})
    assert (chosen.values, chosen.typed, chosen.input, chosen.elements) == (True, True, False, True)
    assert settings({}).display == ":7"
    assert not settings({}).values
    for wrong in ({"values": "some"}, {"contents": "typed"}, {"elements": "yes"}):
        with pytest.raises(UsageError):
            settings(wrong)


def test_what_is_missing_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    desktop = DesktopSource()
    assert "--set display=:0" in desktop.missing(options(elements="off"))
    assert "--set elements=off" in desktop.missing(options(display=":9", bus="unix:path=/nowhere"))
    assert desktop.missing(options(display=":9", elements="off")) == ""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    assert "Wayland" in desktop.missing(options(elements="off"))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "macOS" in desktop.missing(options())


@given(st.integers(0, 0x1FFFFFF), st.sampled_from([0, SHIFT, ALTGR, SHIFT | ALTGR, 2, 16]))
def test_what_is_typed_is_never_named(keysym: int, state: int) -> None:
    named = shortcut(keysym, state)
    functions = {f"{held}F{n}" for n in range(1, 25) for held in ("", "Shift+")}
    assert named in functions | {"", "Shift+Insert", "Shift+Delete"}


@given(st.integers(0x21, 0x7E), st.sampled_from([CONTROL, ALT, SUPER, CONTROL | ALTGR]), st.sampled_from([0, SHIFT]))
def test_a_command_is_named_by_its_key_unless_it_makes_a_character(keysym: int, held: int, shift: int) -> None:
    named = shortcut(keysym, held | shift)
    assert (named == "") == bool(held & ALTGR)
    assert not named or (named.endswith(chr(keysym).upper()) and ("Shift+" in named) == bool(shift))


def test_commands_are_verbs_and_a_terminal_has_its_own() -> None:
    assert [command(keys, "gedit") for keys in ("Ctrl+C", "Shift+Insert", "Ctrl+S", "F5")] == [
        "copy", "paste", "save", "press",
    ]  # fmt: skip
    assert [command(keys, "xterm") for keys in ("Ctrl+C", "Ctrl+Shift+C", "Ctrl+Shift+V")] == [
        "interrupt", "copy", "paste",
    ]  # fmt: skip


def test_applications_have_the_names_that_people_use() -> None:
    named = {"libreoffice-calc": "libreoffice", "soffice": "libreoffice", "firefox-esr": "firefox",
             "org.gnome.TextEditor": "texteditor", "XTerm": "xterm"}  # fmt: skip
    assert {name: app_name(name) for name in named} == named
    assert keeps_secrets(app_name("KeePassXC"))
    assert not keeps_secrets("libreoffice")


class Tree:
    """An accessibility bus with one program, whose elements are (role, name, parent, label)."""

    def __init__(self, **elements: tuple[str, str, str, str]) -> None:
        self.elements = elements
        self.texts: dict[str, str] = {}

    def call(self, ref: tuple[str, str], interface: str, member: str, signature: str = "", *body: Any) -> Any:
        if member == "GetConnectionUnixProcessID":
            return 42
        if member == "GetChildren":
            above = "" if ref[1] == _desktop_elements.REGISTRY[1] else ref[1]
            return [(":1", path) for path, each in self.elements.items() if each[2] == above]
        role, _, _, label = self.elements[ref[1]]
        return {
            "GetRoleName": role,
            "GetRelationSet": [(2, [(":1", label)])] if label else [],
            "GetText": self.texts.get(ref[1]),
        }.get(member)

    def get(self, ref: tuple[str, str], interface: str, name: str) -> Any:
        if name == "Name":
            return "shop" if ref[1] == _desktop_elements.REGISTRY[1] else self.elements[ref[1]][1]
        if name == "Parent":
            above = self.elements[ref[1]][2]
            return (":1", above) if above else None
        return len(self.texts[ref[1]]) if name == "CharacterCount" and ref[1] in self.texts else None


def tree() -> Tree:
    return Tree(
        w=("frame", "Orders", "", ""), l=("label", "Customer:", "w", ""), t=("text", "", "w", "l"),
        p=("password text", "x", "w", ""), c=("combo box", "Motor", "w", "l"), i=("menu item", "Motor", "c", ""),
        b=("push button", "Send", "w", ""), d=("document spreadsheet", "file:///a/b%20c.ods - Calc", "w", ""),
        s=("table", "Sheet Claims", "d", ""), z=("table cell", "B3", "s", ""), e=("panel", "Cell B3", "d", ""),
        y=("table", "", "w", ""), x=("table cell", "Ada Lovelace", "y", ""),
    )  # fmt: skip


def element(path: str, *, values: bool = False) -> Element:
    elements: Any = Elements(tree(), values=values)  # pyright: ignore[reportArgumentType] — stands in for a bus
    elements.element(Ref(":1", "z"))  # the sheet is known by a cell of it
    found = elements.element(Ref(":1", path))
    assert found is not None
    return found


def test_names_of_elements_are_kept_and_names_that_are_content_are_not() -> None:
    assert (element("t").role, element("t").name, element("t").window) == ("textbox", "Customer", "Orders")
    assert (element("b").role, element("b").name) == ("button", "Send")
    assert [element(path).name for path in "cxi"] == ["Customer", "", ""]
    assert [element(path, values=True).name for path in "xi"] == ["Ada Lovelace", "Motor"]
    assert (element("p").secret, element("p", values=True).name) == (True, "")


def test_cells_have_addresses_and_documents_paths() -> None:
    for path in "ze":
        found = element(path)
        assert (found.role, found.name, found.id, found.document) == ("cell", "B3", "Claims!B3", "/a/b c.ods")


def focus(*, values: bool = False, typed: bool = False) -> tuple[Focus, Tree, list[dict[str, Any]]]:
    bus, rows = tree(), list[dict[str, Any]]()
    bus.texts.update(t="Ada", p="secret")
    elements: Any = Elements(bus, values=values)  # pyright: ignore[reportArgumentType]
    return Focus(elements, rows.append, lambda: None, values=values, typed=typed), bus, rows


def signal(path: str, member: str, *body: Any) -> Signal:
    return Signal(Ref(":1", path), "org.a11y.atspi.Event.Object", member, body)


def test_a_password_is_neither_read_nor_counted() -> None:
    followed, bus, rows = focus(values=True, typed=True)
    followed.take(signal("t", "StateChanged", "focused", 1, 0, ("i", 0)))
    followed.take(signal("p", "StateChanged", "focused", 1, 0, ("i", 0)))
    assert followed.blind_pid == 42
    followed.take(signal("p", "TextChanged", "insert", 0, 1, ("s", "q")))
    bus.texts["p"] = "secretq"
    followed.take(signal("b", "StateChanged", "focused", 1, 0, ("i", 0)))
    followed.leave()
    assert (rows, followed.blind_pid, followed.typed()) == ([], 0, "")


def test_a_change_elsewhere_is_not_the_persons() -> None:
    followed, _, rows = focus()
    followed.take(signal("b", "StateChanged", "focused", 1, 0, ("i", 0)))
    followed.take(signal("t", "TextChanged", "insert", 0, 9, ("s", "a message")))
    followed.take(signal("c", "SelectionChanged", "", 0, 0, ("i", 0)))
    followed.leave()
    assert rows == []


def test_typed_text_is_told_without_what_was_filled_in() -> None:
    followed, bus, rows = focus(values=True, typed=True)
    followed.take(signal("t", "StateChanged", "focused", 1, 0, ("i", 0)))
    for text in ("!", "a whole sentence", "?"):
        followed.take(signal("t", "TextChanged", "insert", 0, len(text), ("s", text)))
    bus.texts["t"] = "Ada!?"
    assert followed.typed() == "!?"
    followed.leave()
    assert [(row["action"], row.get("value_before"), row.get("value_after")) for row in rows] == [
        ("focus", None, None), ("change", "Ada", "Ada!?"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("app", "title", "names", "told"),
    [
        ("gedit", "Notes", [], ("gedit", "Notes")),
        ("gedit", "Search - Incognito", [], ("", "")),
        ("keepassxc", "Ada's vault", [], ("keepassxc", "")),
        ("chromium", "Page - Chromium", ["Page - Chromium"], ("chromium", "Page - Chromium")),
        ("chromium", "Page - Chromium", ["Page - Chromium (Incognito)"], ("", "")),
        ("chromium", "Page - Chromium", ["Page - Chromium", "Page - Chromium (Incognito)"], ("", "")),
        ("chromium", "Page - Chromium", [], ("chromium", "")),
    ],
)
def test_windows_that_are_nobodys_business(app: str, title: str, names: list[str], told: tuple[str, str]) -> None:
    bus = Tree(**{f"w{at}": ("frame", name, "", "") for at, name in enumerate(names)})
    judge = Discretion(Elements(bus, values=False))  # pyright: ignore[reportArgumentType]
    seen = judge.seen(Window(1, app, title, 42))
    assert (seen.app, seen.title) == told
    assert seen.hidden == (told != (app, title))


def test_a_flood_of_text_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    waiting: deque[Signal] = deque()

    class Listened:
        def __init__(self, address: str) -> None:
            del address

        def demand(self, *what: Any) -> Any:
            return ("b", True) if "Get" in what else "unix:path=/nowhere"

        def listen(self, rule: str) -> None:
            asked.append(("listen", rule))

        def ignore(self, rule: str) -> None:
            asked.append(("ignore", rule))

        def signals(self, *, readable: bool) -> Any:
            while waiting and readable:
                yield waiting.popleft()

        def close(self) -> None: ...

    now = [100.0]
    clock: Callable[[], float] = lambda: now[0]  # noqa: E731
    monkeypatch.setattr(_desktop_access, "Bus", Listened)
    monkeypatch.setattr(_desktop_access.time, "monotonic", clock)
    access = _desktop_access.Access("unix:path=/nowhere", values=False)
    asked.clear()
    waiting.extend(signal("t", "TextChanged", "insert", 0, 1, ("s", "x")) for _ in range(1_000))
    assert len(list(access.signals(readable=True))) == 200
    assert [what for what, _ in asked] == ["ignore"]
    now[0] += 11
    waiting.append(signal("t", "TextChanged", "insert", 0, 1, ("s", "x")))
    assert len(list(access.signals(readable=True))) == 1
    assert [what for what, _ in asked] == ["ignore", "listen"]


@given(st.integers(0, (1 << 32) - 1), st.integers(1, (1 << 31) - 1))
def test_the_servers_time_may_begin_anew(stamp: int, later: int) -> None:
    following = (stamp + later) % (1 << 32)
    assert earlier(stamp, following)
    assert not earlier(following, stamp)
    assert not earlier(stamp, stamp)
