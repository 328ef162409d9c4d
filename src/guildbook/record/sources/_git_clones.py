"""The clones that a worker names, where their reflogs lie, and how far they were read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from guildbook.record.importers._git_command import ask
from guildbook.record.sources._git_reflog import LONGEST, Line, lines

MOST: Final = 200
"""Clones that are followed."""
_DEEP: Final = 4
_BEFORE: Final = 64 << 10
_SKIPPED: Final = frozenset({"node_modules", "site-packages", "vendor"})


@dataclass(frozen=True, slots=True)
class Clone:
    """A working tree of a repository."""

    root: Path
    own: Path
    """Where this tree's HEAD lies: `.git`, or for a linked tree a folder inside the first one's."""
    shared: Path
    """Where branches and stash lie."""

    @property
    def name(self) -> str:
        """How people call it: its folder."""
        return self.root.name

    def logs(self) -> Iterator[tuple[str, str, Path]]:
        """(kind, name, file) of each log: `head`, `stash`, `remote`; whether or not the file is there."""
        yield "head", "", self.own / "logs" / "HEAD"
        yield "stash", "", self.shared / "logs" / "refs" / "stash"
        remotes = self.shared / "logs" / "refs" / "remotes"
        for path in sorted(remotes.glob("*/**/*")):
            if path.is_file() and path.name != "HEAD":
                yield "remote", str(path.relative_to(remotes)), path

    def folders(self) -> Iterator[Path]:
        """The folders in which a log may change or appear."""
        for path in (self.own, self.own / "logs", self.shared / "logs", self.shared / "logs" / "refs"):
            if path.is_dir():
                yield path
        remotes = self.shared / "logs" / "refs" / "remotes"
        yield from (path for path in (remotes, *sorted(remotes.glob("**/"))) if path.is_dir())


def clones(named: list[Path]) -> tuple[list[Clone], int]:
    """The clones at these paths and in the folders below them, up to `MOST`; and how many were left out."""
    found: dict[Path, Clone] = {}
    left = 0
    for top in named:
        for root in _trees(top, _DEEP):
            if root.resolve() in found:
                continue
            if len(found) >= MOST:
                left += 1
            elif made := _clone(root.resolve()):
                found[made.root] = made
    return list(found.values()), left


def _clone(root: Path) -> Clone | None:
    told = ask(root, "rev-parse", "--absolute-git-dir", "--git-common-dir")
    parts = os.fsdecode(told or b"").splitlines()
    if len(parts) != 2:  # noqa: PLR2004 - two were asked for
        return None
    return Clone(root, Path(parts[0]), (root / parts[1]).resolve())


def _trees(top: Path, deep: int) -> Iterator[Path]:
    try:
        if (top / ".git").exists():
            yield top
            return
        below = sorted(each for each in top.iterdir() if each.is_dir() and not each.is_symlink()) if deep else []
    except OSError:
        return
    for each in below:
        if not each.name.startswith(".") and each.name not in _SKIPPED:
            yield from _trees(each, deep - 1)


class Place(NamedTuple):
    """How far a log was read: nothing of what it says."""

    end: int
    """Bytes."""
    mark: str
    """A hash of the last line that was read."""
    time: int
    """When that was, µs UTC."""


_BEGIN: Final = Place(0, "", 0)


class Places:
    """How far each log was read, by hashes of their paths; kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            held: Any = json.loads(path.read_text("utf-8"))
            self._read = {str(key): Place(int(at), str(mark), int(time)) for key, (at, mark, time) in held.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._read: dict[str, Place] = {}  # lost or damaged: as when the clones are met for the first time

    def met(self, clone: Clone) -> bool:
        """Whether this clone was ever read."""
        return _key(clone.own) in self._read

    def meet(self, clone: Clone, *, whole: bool) -> None:
        """Follow a clone from now on, or with `whole` from its beginning."""
        self._read[_key(clone.own)] = _BEGIN
        for _, _, path in clone.logs():
            if not whole:
                self.took(path, self.new(path)[1])

    def new(self, path: Path) -> tuple[list[Line], Place]:
        """What the log has that was not read, and the place to take up (`took`) once that is safe."""
        place = self._read.get(_key(path), _BEGIN)
        try:
            size = path.stat().st_size
            if place.end <= size and self._mark(path, place.end) == place.mark:
                found = _lines(path, place.end, size)
            else:  # old entries expired, or the stash lost one: the file was written anew
                found = _lines(path, 0, size)
                marks = [_marked(line) for line in found]
                known = marks.index(place.mark) + 1 if place.mark in marks else 0
                last = _place(found[-1]) if found else _BEGIN
                fresh = found[known:] if known else [line for line in found if line.time > place.time]
                return fresh, last._replace(time=max(last.time, place.time))
        except OSError:
            return [], place
        return found, _place(found[-1]) if found else place

    def took(self, path: Path, place: Place) -> None:
        """What was new is safe."""
        self._read[_key(path)] = place

    def save(self) -> None:
        """Write down how far all was read, whole or not at all."""
        unfinished = self._path.with_suffix(".part")
        unfinished.write_text(json.dumps(self._read), "utf-8")
        unfinished.replace(self._path)

    @staticmethod
    def _mark(path: Path, end: int) -> str:
        """The mark of the line that ends there."""
        found = _lines(path, max(0, end - _BEFORE), end) if end else []
        return _marked(found[-1]) if found else ""


def _lines(path: Path, first: int, end: int) -> list[Line]:
    """The whole lines between two places; of more than `LONGEST` bytes the last ones."""
    first = max(first, end - LONGEST)
    with path.open("rb") as file:
        file.seek(first)
        return list(lines(file.read(end - first), first))


def _place(line: Line) -> Place:
    return Place(line.end, _marked(line), line.time)


def _marked(line: Line) -> str:
    """A mark of a line that does not depend on where it lies."""
    said = f"{line.old}{line.new}{line.mail}{line.time}{line.message}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def _key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()
