"""Commands as they are run: a hook in the shell's prompt says each one when it has ended.

The hook says it at the recorder's door, as one body of fields that end with a NUL, which no command can hold: so the
shell escapes nothing. The words are those of the importer of shell histories.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from typing import Any, Final

from guildbook.plugins import Sink, SourceOptions
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._shell_command import action_of

SHELLS: Final = ("bash", "zsh", "fish")
LONGEST: Final = 64 << 10
"""Characters that are kept of a command."""
_FIELDS: Final = 7
_LATEST: Final = 1 << 53
_HIGHEST: Final = 255
_LONGEST_PATH: Final = 4_096


class ShellSource:
    """bash, zsh and fish, through `guildbook record shell-hook`."""

    name = "shell"
    title = "commands in bash, zsh and fish"

    def missing(self, options: SourceOptions) -> str:
        """A shell that the hook knows."""
        del options
        return "" if any(map(shutil.which, SHELLS)) else "There is neither bash nor zsh nor fish: apt install bash."

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Nothing to watch: the shells come to the door by themselves."""
        del sink, options
        stop.wait()

    def rows(self, body: bytes) -> list[dict[str, Any]]:
        """The commands that a hook says. Raises `ValueError` for what no hook would say."""
        fields = body.decode("utf-8", "replace").split("\0")
        if fields.pop() or len(fields) % _FIELDS:
            raise ValueError(f"not {_FIELDS} fields a command, each ended by a NUL")
        found = [_row(fields[at : at + _FIELDS]) for at in range(0, len(fields), _FIELDS)]
        return [row for row in found if row]


def _row(fields: Sequence[str]) -> dict[str, Any]:
    shell, start, length, status, directory, session, line = fields
    if shell not in SHELLS:
        raise ValueError(f"{shell[:20]!r} is no shell that has a hook")
    command, left = line[:LONGEST].strip(), _number(status, _HIGHEST)
    if not command or line[:1].isspace():
        return {}
    return {
        "time": _number(start, _LATEST),
        "duration": _number(length, _LATEST),
        "session": f"{shell}-{session[:40]}",
        "app": "shell",
        "action": action_of(command),
        "document": directory[:_LONGEST_PATH] or None,
        "value_after": command,
        "outcome": "bad" if left else "good",
        "attributes": canonical({"exit": left or None, "shell": shell}),
    }


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
        raise ValueError(f"{text[:20]!r} is no number that a hook would say")
    return int(text)
