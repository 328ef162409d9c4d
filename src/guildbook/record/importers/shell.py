"""Shell histories: the commands somebody typed, in bash, zsh, fish, or kept by atuin.

The action is the program and its subcommand; the whole line, redacted, is the value.
"""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers import _shell_atuin as atuin
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._rows import Rows
from guildbook.record.importers._shell_command import action_of
from guildbook.record.importers._shell_history import Entry, entries, kind_of

_FIELDS: Final = (
    "worker", "time", "duration", "seq", "device", "session", "app", "action", "document", "value_after", "outcome",
    "origin", "attributes",
)  # fmt: skip
_SQLITE: Final = b"SQLite format 3\0"
_NAMES: Final = frozenset(
    {".bash_history", ".zsh_history", ".zhistory", ".histfile", ".history", ".sh_history", ".ash_history"}
)
_TITLES: Final = {"bash": "bash history", "zsh": "zsh history", "fish": "fish history"}


class ShellImporter:
    """The history file of a shell, or atuin's `history.db`."""

    name = "shell"
    title = "shell history (bash, zsh, fish, atuin)"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the form of the entries; a file without times only by its name."""
        if head.startswith(_SQLITE):
            return 0.95 if b"CREATE TABLE history" in head and b"cwd" in head and b"session" in head else 0.0
        if not head or b"\0" in head:
            return 0.0
        if kind_of(head):
            return 0.9
        return 0.85 if path.name in _NAMES or path.name.lstrip(".") in {"bash_history", "zsh_history"} else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`zsh history`; says so when times are guessed."""
        if _is_atuin(path):
            return "atuin history"
        found = entries(path)
        kind = _TITLES.get(kind_of(path.read_bytes()[: 64 * 1024]), "shell history")
        guessed = ", which has no times: they are guessed" if any(e.estimated for e in found) else ""
        return f"{kind}: {len(found)} commands{guessed}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes, with atuin's write-ahead journal."""
        own = file_fingerprint(path, options, "shell 1")
        journal = path.with_name(f"{path.name}-wal")
        if not (_is_atuin(path) and journal.is_file()):
            return own
        return hashlib.sha256(f"{own} {file_fingerprint(journal, options, 'shell 1')}".encode()).hexdigest()

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Commands in the order of the file; those without a time in a file that has times are rejected.

        A history is the importing person's own: without a worker in the options it is theirs who is logged in.
        """
        worker = options.worker or _login()
        found: Iterable[Entry] = atuin.entries(path) if _is_atuin(path) else entries(path)
        total = len(found) if isinstance(found, list) else 0
        rows = Rows(self.name, _FIELDS)
        last, place = None, 0
        for done, entry in enumerate(found, start=1):
            # Shells drop old lines, so that a line number would change; the place within the second stays.
            last, place = entry.time, place + 1 if entry.time == last else 0
            _add(rows, entry, worker, place)
            if rows.full:
                yield rows.take(done / total if total else 0.5)
        yield rows.take(1.0)


def _add(rows: Rows, entry: Entry, worker: str | None, place: int) -> None:
    if entry.time is None:
        rows.reject(entry.line, "no time", entry.command)
    elif not entry.command:
        rows.reject(entry.line, "no command", "")
    else:
        rows.add(
            worker=worker,
            time=entry.time,
            duration=entry.duration,
            seq=place,
            device=entry.host,
            session=entry.session,
            app="shell",
            action=action_of(entry.command),
            document=entry.directory,
            value_after=entry.command,
            outcome=None if entry.exit is None else "bad" if entry.exit else "good",
            origin="person",
            attributes=canonical({"exit": entry.exit or None, "time": "estimated" if entry.estimated else None}),
        )


def _is_atuin(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None
