"""Files that appear whole or not at all, and go for good, in step with the ledger.

To publish: write to `tmp/`, flush to the disk, note the path in `strays`, rename into place, flush the folder, then
commit the rows that refer to the files and take the notes away in one transaction. To drop: commit the change and
note the paths, unlink, take the notes away. Whenever a process dies, each path still noted is a file that nothing
refers to, and `recover` removes it. A file that the store did not note is never removed: `check` reports it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select

from guildbook.model.ids import uuid7
from guildbook.store import ledger, tables

TMP: Final = "tmp"
# Flushes wait for the disk, not for a core: side by side the file system joins them into few journal commits.
_FLUSHERS: Final = 8
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

Change = Callable[[Connection], None]
Transact = Callable[[Change], None]
"""Makes a change in one transaction, perhaps with something else in it."""


class Publication:
    """A batch of new files that become visible together with one change of the ledger. Needs the writer lock."""

    def __init__(self, home: Path, engine: Engine) -> None:
        self._home = home
        self._engine = engine
        self._drafts: list[tuple[Path, str]] = []
        self.bytes = 0

    def __len__(self) -> int:
        """How many files wait."""
        return len(self._drafts)

    def add(self, path: str, parts: Sequence[bytes]) -> None:
        """Write a file that is to stand at `path` (relative to the book's folder)."""
        self.note(self.write(parts), path, sum(map(len, parts)))

    def write(self, parts: Sequence[bytes]) -> Path:
        """Write a file that has no place yet; `note` gives it one. Several threads may do this."""
        draft = self._home / TMP / uuid7().hex
        try:
            descriptor = os.open(draft, _NEW, 0o666)
        except FileNotFoundError:
            draft.parent.mkdir(exist_ok=True)
            descriptor = os.open(draft, _NEW, 0o666)
        try:
            _write_all(descriptor, parts)
        finally:
            os.close(descriptor)
        return draft

    def note(self, draft: Path, path: str, size: int) -> None:
        """A written file is to stand at `path`."""
        self._drafts.append((draft, path))
        self.bytes += size

    def commit(self, change: Change, drop: Iterable[str] = (), transact: Transact | None = None) -> None:
        """Publish the files with `change`, which also stops referring to the files in `drop`; those go.

        `transact` makes the change, in a transaction of its own unless something is to be committed with it.
        """
        paths = [path for _, path in self._drafts]
        _flush([draft for draft, _ in self._drafts])
        if paths:
            with ledger.change(self._engine) as connection:
                connection.execute(insert(tables.strays), [{"path": path} for path in paths])
        folders: set[Path] = set()
        for draft, path in self._drafts:
            target = self._home / path
            if target.parent not in folders:
                _make_folder(self._home, target.parent)
                folders.add(target.parent)
            draft.rename(target)
        for folder in folders:
            sync_folder(folder)
        dropped = sorted(set(drop))

        def whole(connection: Connection) -> None:
            change(connection)
            _forget(connection, paths)
            if dropped:
                connection.execute(insert(tables.strays), [{"path": path} for path in dropped])

        if transact is not None:
            transact(whole)
        else:
            with ledger.change(self._engine) as connection:
                whole(connection)
        self._drafts.clear()
        self.bytes = 0
        _unlink(self._home, self._engine, dropped)


def drop(home: Path, engine: Engine, change: Change, paths: Iterable[str], transact: Transact | None = None) -> None:
    """Commit a change that stops referring to the files at `paths`, then remove them. Needs the writer lock."""
    Publication(home, engine).commit(change, paths, transact)


def recover(home: Path, engine: Engine) -> int:
    """Clear away what a killed writer left; returns how many files went. Needs the writer lock."""
    gone = 0
    folder = home / TMP
    if folder.is_dir():
        for draft in folder.iterdir():
            draft.unlink()
            gone += 1
    with engine.connect() as connection:
        noted = list(connection.execute(select(tables.strays.c.path)).scalars())
    gone += sum((home / path).exists() for path in noted)
    _unlink(home, engine, noted)
    return gone


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    _sync(folder)


def _unlink(home: Path, engine: Engine, paths: Sequence[str]) -> None:
    if not paths:
        return
    for path in paths:
        (home / path).unlink(missing_ok=True)
    for folder in {(home / path).parent for path in paths}:
        if folder.is_dir():
            sync_folder(folder)
    with ledger.change(engine) as connection:
        _forget(connection, paths)


def _forget(connection: Connection, paths: Sequence[str]) -> None:
    for start in range(0, len(paths), 400):
        connection.execute(delete(tables.strays).where(tables.strays.c.path.in_(paths[start : start + 400])))


def _flush(paths: Sequence[Path]) -> None:
    if len(paths) <= 1:
        for path in paths:
            _sync(path)
        return
    with ThreadPoolExecutor(_FLUSHERS) as pool:
        for _ in pool.map(_sync, paths):
            pass


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(home: Path, folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(home, folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _write_all(descriptor: int, parts: Sequence[bytes]) -> None:
    views = [memoryview(part) for part in parts if part]
    while views:
        done = os.writev(descriptor, views)
        while views and done >= len(views[0]):
            done -= len(views.pop(0))
        if done:
            views[0] = views[0][done:]
