"""What a worker may say about the desktop source, and what it leaves alone whatever the worker says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import UsageError
from guildbook.record.live.entry import Entry
from guildbook.record.live.guard import Guard

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "values": ("names-only", "all"),
    "content": ("none", "typed"),
    "input": ("on", "off"),
    "elements": ("on", "off"),
}
"""Settings that take one of a few words; the first is what holds where nothing is said."""
_KEEPERS: Final = (
    "keepass", "bitwarden", "1password", "seahorse", "kwallet", "pinentry", "lastpass", "enpass", "askpass",
    "polkit", "proton-pass", "protonpass", "secrets", "gcr-prompter", "buttercup",
)  # fmt: skip
"""Programs that keep or ask for secrets, by what their names contain: of them only that they were in front is kept."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`record on desktop --set NAME=VALUE`."""

    values: bool = False
    """Whether what stands in fields is recorded, or only that it changed and how long it is."""
    typed: bool = False
    """Whether typed text is recorded, as the field shows it."""
    input: bool = True
    elements: bool = True
    display: str = ""
    """The X server; the session's own where it is empty."""
    bus: str = ""
    """The address of the session's D-Bus; the session's own where it is empty."""


def settings(given: Mapping[str, Any]) -> Settings:
    """The settings as texts from the command line say them. Raises `UsageError` for an unknown name or value."""
    unknown = set(given) - {*_WORDS, "display", "bus"}
    if unknown:
        raise UsageError(
            f"The desktop source has no setting {min(unknown)!r}.",
            f"Settings: {', '.join([*_WORDS, 'display', 'bus'])}.",
        )
    said = {name: str(given.get(name) or words[0]) for name, words in _WORDS.items()}
    for name, word in said.items():
        if word not in _WORDS[name]:
            raise UsageError(
                f"{name}={word} is no setting of the desktop source.", f"One of: {', '.join(_WORDS[name])}."
            )
    return Settings(
        values=said["values"] == "all",
        typed=said["content"] == "typed",
        input=said["input"] == "on",
        elements=said["elements"] == "on",
        display=str(given.get("display") or os.environ.get("DISPLAY", "")),
        bus=str(given.get("bus") or os.environ.get("DBUS_SESSION_BUS_ADDRESS") or _usual_bus()),
    )


def keeps_secrets(app: str) -> bool:
    """Whether a program is known to keep or ask for secrets."""
    return any(part in app for part in _KEEPERS)


@lru_cache(maxsize=256)
def is_private(title: str) -> bool:
    """Whether a title says that its window is private: what the guard drops is not even read."""
    return Guard().admitted("desktop", Entry(clock.now(), 0, {"window": title})) is None


def _usual_bus() -> str:
    path = Path(f"/run/user/{os.getuid()}/bus")
    return f"unix:path={path}" if path.exists() else ""
