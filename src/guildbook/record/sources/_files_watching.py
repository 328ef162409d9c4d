"""What happens to documents in folders that the worker named: saved, renamed, deleted, opened in a program.

The kernel tells (inotify, through watchfiles); nothing is polled. Programs save by writing a new file and renaming it
over the old one, keep swap files and backups beside it, and say that they hold it open by a lock file: that is sorted
out here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from guildbook.model.errors import InputError, UsageError

_SETTLES: Final = 0.4
"""Seconds in which a file must have kept still before it is read."""
_GONE: Final = 2.0
"""Seconds after which a file that is not there was deleted, and not about to be renamed into place."""
_STEP: Final = 250
"""ms between looks at whether to stop."""
_WAITS: Final = 1_000
"""ms after which `waited` returns, whatever happened."""
_IGNORED: Final = frozenset({"node_modules", "__pycache__", "lost+found"})
_LIBREOFFICE: Final = (".~lock.", "#")
_OFFICE: Final = "~$"
_HOST: Final = 2


class Stat(NamedTuple):
    """By which a file is known again."""

    inode: int
    stamp: int
    """When it was written, ns."""
    size: int


@dataclass(slots=True)
class Happened:
    """What happened since one asked last."""

    saved: list[Path] = field(default_factory=list[Path])
    renamed: list[tuple[Path, Path]] = field(default_factory=list[tuple[Path, Path]])
    deleted: list[Path] = field(default_factory=list[Path])
    opened: list[Path] = field(default_factory=list[Path])
    closed: list[Path] = field(default_factory=list[Path])


def folders_of(settings: Mapping[str, Any]) -> tuple[Path, ...]:
    """The folders of `--set folders=A,B`. Raises `UsageError` for none, `InputError` for one that is not there."""
    names = [name.strip() for name in str(settings.get("folders", "")).split(",") if name.strip()]
    if not names:
        raise UsageError("No folder is named.", NAME_FOLDERS)
    found = tuple(Path(name).expanduser().absolute() for name in names)
    for folder in found:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder.", "Name one that is there: --set folders=…", "folders")
    return found


NAME_FOLDERS: Final = "Name the folders to watch: --set folders=~/Documents,~/Work."


def documents_in(folders: Iterable[Path], endings: Collection[str]) -> Iterator[tuple[Path, Stat]]:
    """All documents there are, without following links."""
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _IGNORED:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif is_document(entry.name, endings) and (stat := stat_of(Path(entry.path))):
                yield Path(entry.path), stat


def is_document(name: str, endings: Collection[str]) -> bool:
    """Whether a name is a document's, and no lock's, swap file's or backup's."""
    stem, dot, ending = name.rpartition(".")
    return bool(stem and dot) and f".{ending.lower()}" in endings and not name.startswith((".", "~", "#"))


def stat_of(path: Path) -> Stat | None:
    """None where it is no file, or not there."""
    try:
        found = path.lstat()
    except OSError:
        return None
    if not path.is_file() or path.is_symlink():
        return None
    return Stat(found.st_ino, found.st_mtime_ns, found.st_size)


def locked_elsewhere(path: Path, host: str) -> bool:
    """Whether somebody at another machine holds the document open, as LibreOffice's lock file says."""
    lock = path.with_name(f"{_LIBREOFFICE[0]}{path.name}{_LIBREOFFICE[1]}")
    try:
        said = lock.read_text("utf-8", "replace").split(",")
    except OSError:
        return False
    return len(said) > _HOST and bool(said[_HOST].strip()) and said[_HOST].strip().casefold() != host.casefold()


def has_lock(path: Path) -> bool:
    """Whether a program holds the document open and says so."""
    locks = (f"{_LIBREOFFICE[0]}{path.name}{_LIBREOFFICE[1]}", f"{_OFFICE}{path.name}", f"{_OFFICE}{path.name[2:]}")
    return any(path.with_name(lock).exists() for lock in locks)


def lock_of(path: Path, endings: Collection[str]) -> Path | None:
    """The document that a lock file is about; None where it is none. Word cuts two letters off long names."""
    name = path.name
    if name.startswith(_LIBREOFFICE[0]) and name.endswith(_LIBREOFFICE[1]):
        of = name[len(_LIBREOFFICE[0]) : -len(_LIBREOFFICE[1])]
    elif name.startswith(_OFFICE):
        of = name[len(_OFFICE) :]
        if not path.with_name(of).exists():
            cut = [p.name for p in path.parent.glob(f"??{_escaped(of)}") if not p.name.startswith(_OFFICE)]
            of = cut[0] if len(cut) == 1 else of
    else:
        return None
    return path.with_name(of) if is_document(of, endings) else None


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


class Watch:
    """The documents of a few folders."""

    def __init__(self, folders: Collection[Path], endings: Collection[str], stop: threading.Event) -> None:
        self._folders, self._endings, self._stop = folders, endings, stop
        self.known: dict[Path, Stat] = {}
        """As they were when they were last told of."""
        self._pending: dict[Path, float] = {}
        self._open: set[Path] = set()

    def happened(self) -> Iterator[Happened]:
        """What happened, about once a second, until it is to stop. Raises `OSError` where folders cannot be watched."""
        from watchfiles import watch  # noqa: PLC0415 - heavy, and only needed where the source runs

        self.known = dict(documents_in(self._folders, self._endings))
        for found in watch(
            *self._folders, watch_filter=None, debounce=1_000, step=_STEP, stop_event=self._stop,
            rust_timeout=_WAITS, yield_on_timeout=True, raise_interrupt=False, ignore_permission_denied=True,
        ):  # fmt: skip
            if self._stop.is_set():
                return
            out = Happened()
            self._take({Path(path) for _, path in found}, out)
            if self._pending:
                self._stop.wait(_SETTLES)
            self._settle(out)
            yield out

    def again(self, path: Path, seconds: float) -> None:
        """Tell of the file as saved once more, after so long."""
        self._pending[path] = time.monotonic() + seconds
        self.known.pop(path, None)

    def _take(self, paths: set[Path], out: Happened) -> None:
        for path in sorted(paths):
            if self._hidden(path):
                continue
            if (document := lock_of(path, self._endings)) is not None:
                self._lock(document, path.exists(), out)
            elif is_document(path.name, self._endings):
                self._pending.setdefault(path, time.monotonic())
            elif path.suffix == "" and (path.is_dir() or self._has_under(path)):
                self._folder(path)

    def _hidden(self, path: Path) -> bool:
        """Whether a folder on the way is hidden or of no interest; the file itself may be a lock."""
        base = next((folder for folder in self._folders if path.is_relative_to(folder)), None)
        parts = path.parent.relative_to(base).parts if base else ()
        return any(part.startswith(".") or part in _IGNORED for part in parts)

    def _has_under(self, folder: Path) -> bool:
        return any(known.is_relative_to(folder) for known in self.known)

    def _folder(self, folder: Path) -> None:
        """A folder that came, went or was renamed: all that is, and was, in it."""
        soon = time.monotonic()
        for path, _ in documents_in([folder], self._endings) if folder.is_dir() else ():
            self._pending.setdefault(path, soon)
        for path in self.known:
            if path.is_relative_to(folder):
                self._pending.setdefault(path, soon)

    def _lock(self, document: Path, locked: bool, out: Happened) -> None:  # noqa: FBT001 - a state, not a switch
        if locked and document not in self._open:
            self._open.add(document)
            out.opened.append(document)
        elif not locked and document in self._open:
            self._open.discard(document)
            out.closed.append(document)

    def _settle(self, out: Happened) -> None:
        now = time.monotonic()
        due = [path for path, when in self._pending.items() if when <= now]
        here = {path: stat for path in due if (stat := stat_of(path))}
        names = {s.inode: p for p, s in self.known.items()} if here.keys() - self.known.keys() else {}
        for path, stat in here.items():
            if self._renamed(path, stat, names.get(stat.inode), out):
                continue
            if stat.stamp > time.time_ns() - int(_SETTLES * 1e9) and self.known.get(path) != stat:
                self._pending[path] = now + _SETTLES
                continue
            self._pending.pop(path, None)
            if self.known.get(path) != stat:
                out.saved.append(path)
                self.known[path] = stat
        for path in due:
            if path in here or path not in self._pending:
                continue
            if path not in self.known:
                del self._pending[path]
            elif now - self._pending[path] >= _GONE:
                del self._pending[path]
                del self.known[path]
                out.deleted.append(path)

    def _renamed(self, path: Path, stat: Stat, old: Path | None, out: Happened) -> bool:
        """Whether the file is one that was known by another name, which is no longer there, and nothing else is new."""
        if old is None or path in self.known or old not in self.known or old.exists():
            return False
        self.known[path] = was = self.known.pop(old)
        self._pending.pop(old, None)
        out.renamed.append((old, path))
        return was == stat and self._pending.pop(path, None) is not None
