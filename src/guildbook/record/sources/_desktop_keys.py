"""What keys are called, and which of them are commands. X's own numbers: keysyms and the modifiers' bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SHIFT, CONTROL, ALT, SUPER, ALTGR = 1, 4, 8, 64, 128
"""Bits of an event's state (X11 protocol, SETofKEYBUTMASK; Mod1, Mod4 and Mod5 as every usual keymap has them)."""
_MODIFIERS: Final = (range(0xFFE1, 0xFFEF), range(0xFE01, 0xFE14), range(0xFF7E, 0xFF80))
_NAMES: Final[Mapping[int, str]] = {
    0x20: "Space", 0xFF08: "Backspace", 0xFF09: "Tab", 0xFE20: "Tab", 0xFF0D: "Return", 0xFF1B: "Escape",
    0xFF50: "Home", 0xFF51: "Left", 0xFF52: "Up", 0xFF53: "Right", 0xFF54: "Down", 0xFF55: "PageUp",
    0xFF56: "PageDown", 0xFF57: "End", 0xFF61: "Print", 0xFF63: "Insert", 0xFF67: "Menu", 0xFF8D: "Return",
    0xFFFF: "Delete", 0xFFAB: "+", 0xFFAD: "-", 0xFFAA: "*", 0xFFAF: "/",
} | {0xFFBE + n: f"F{n + 1}" for n in range(24)} | {0xFFB0 + n: str(n) for n in range(10)}  # fmt: skip
_LATIN: Final = range(0x21, 0x7F)
_COMMANDS: Final[Mapping[str, str]] = {
    "Ctrl+C": "copy", "Ctrl+Insert": "copy", "Ctrl+X": "cut", "Shift+Delete": "cut",
    "Ctrl+V": "paste", "Shift+Insert": "paste", "Ctrl+Shift+V": "paste",
    "Ctrl+S": "save", "Ctrl+Shift+S": "save", "Ctrl+O": "open", "Ctrl+N": "new", "Ctrl+W": "close", "Alt+F4": "close",
    "Ctrl+P": "print", "Ctrl+F": "find", "Ctrl+H": "replace", "Ctrl+Z": "undo", "Ctrl+Y": "redo",
    "Ctrl+Shift+Z": "redo", "Ctrl+A": "select", "Alt+Tab": "switch", "Alt+Shift+Tab": "switch",
}  # fmt: skip
_IN_TERMINALS: Final[Mapping[str, str]] = {
    "Ctrl+C": "interrupt", "Ctrl+X": "press", "Ctrl+V": "press", "Ctrl+S": "press", "Ctrl+Z": "suspend",
    "Ctrl+A": "press", "Ctrl+W": "press", "Ctrl+F": "press", "Ctrl+P": "press", "Ctrl+N": "press", "Ctrl+O": "press",
    "Ctrl+H": "press", "Ctrl+Y": "press", "Ctrl+Shift+C": "copy",
}  # fmt: skip
_TERMINALS: Final = frozenset({
    "xterm", "uxterm", "urxvt", "alacritty", "kitty", "konsole", "foot", "st", "terminator", "tilix", "wezterm",
    "gnome-terminal", "xfce4-terminal", "mate-terminal", "lxterminal", "qterminal", "ptyxis", "kgx", "ghostty",
})  # fmt: skip
_APPS: Final[Mapping[str, str]] = {
    "soffice": "libreoffice", "firefox-esr": "firefox", "navigator": "firefox", "google-chrome": "chrome",
    "chromium-browser": "chromium", "gnome-terminal-server": "gnome-terminal", "code-oss": "code",
}  # fmt: skip


def is_modifier(keysym: int) -> bool:
    """Whether a key only changes what others do."""
    return any(keysym in group for group in _MODIFIERS)


def keysym_of(keysyms: Sequence[int]) -> int:
    """The keysym by which a command names a key: the first Latin one among those on the key, else the first."""
    for keysym in keysyms:
        if keysym in _LATIN or keysym in _NAMES:
            return keysym
    return keysyms[0] if keysyms else 0


def shortcut(keysym: int, state: int) -> str:
    """`Ctrl+Shift+S`, `F5`; empty for what is typing, or moves about in text."""
    if keysym in _LATIN:
        name = chr(keysym).upper()
    elif keysym in _NAMES:
        name = _NAMES[keysym]
    else:
        return ""
    plain = not state & (CONTROL | ALT | SUPER)
    editing = state & SHIFT and name in {"Insert", "Delete"}
    if state & ALTGR or (plain and not editing and (len(name) == 1 or name[0] != "F")):
        return ""
    held = ((CONTROL, "Ctrl"), (ALT, "Alt"), (SHIFT, "Shift"), (SUPER, "Super"))
    return "+".join([*(word for bit, word in held if state & bit), name])


def command(keys: str, app: str) -> str:
    """What a shortcut does as a verb: `copy`, `save`; `press` where that is the application's own affair."""
    if app in _TERMINALS and keys in _IN_TERMINALS:
        return _IN_TERMINALS[keys]
    return _COMMANDS.get(keys, "press")


def app_name(name: str) -> str:
    """What people call an application, from its window's class or its name on the accessibility bus."""
    short = name.strip().lower()
    if short.startswith("libreoffice"):
        return "libreoffice"
    parts = short.split(".")
    if len(parts) > 2 and parts[0] in {"org", "com", "net", "io", "de"}:  # noqa: PLR2004 — org.gnome.TextEditor
        short = parts[-1]
    return _APPS.get(short, short)
