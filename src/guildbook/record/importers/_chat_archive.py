"""The files of a chat's export, in a zip file or unpacked in a folder, as pieces of bytes with bounds.

Nothing is ever unpacked onto the disk, so what a zip file says its members are called leads nowhere.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError
from guildbook.record.importers._fingerprint import unreadable
from guildbook.record.importers._pieces import PIECE, Limits

MOST_FILES: Final = 500_000
"""Files an export may hold: a workspace of 100 channels over ten years has 365,000 days in it."""
DEEPEST: Final = 2
"""Levels of folders that an export has."""
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 1


class Archive:
    """Names and bytes of an export's files; names have forward slashes and no folder of their own around them."""

    def __init__(self, path: Path, packed: zipfile.ZipFile | None) -> None:
        self._path = path
        self._packed = packed
        self._given = 0
        self.names = sorted(_listed(path) if packed is None else _members(path, packed))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, `PIECE` at most at a time. Raises `InputError` where they cannot be read."""
        try:
            if self._packed is None:
                with (self._path / name).open("rb") as file:
                    while piece := file.read(PIECE):
                        yield piece
                return
            yield from self._unpacked(self._packed, name)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(f"{name} in {self._path} is damaged: {error}.", "Export it again.") from error
        except OSError as error:
            raise unreadable(self._path / name, error) from error

    def _unpacked(self, packed: zipfile.ZipFile, name: str) -> Iterator[bytes]:
        info = packed.getinfo(name)
        bounds, given = Limits(), 0
        with packed.open(info) as file:
            while piece := file.read(PIECE):
                given += len(piece)
                self._given += len(piece)
                blown = given > bounds.grace and given > bounds.ratio * max(info.compress_size, 1)
                if blown or self._given > bounds.total:
                    raise InputError(
                        f"{name} in {self._path} unpacks to over {given >> 20} MiB, as a zip bomb does.",
                        "If it is a real export, unpack it yourself and import the folder.",
                        "input-bomb",
                    )
                yield piece


@contextmanager
def opened(path: Path) -> Generator[Archive]:
    """An export to read from. Raises `InputError` for what is neither a folder nor a zip file that can be read."""
    if path.is_dir():
        yield Archive(path, None)
        return
    try:
        packed = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{path} is no readable zip file: {error}.", "Export it again.", "input-zip") from error
    except OSError as error:
        raise unreadable(path, error) from error
    with packed:
        yield Archive(path, packed)


def names_in(path: Path) -> frozenset[str]:
    """The names in an export, for whoever only wants to know what it is; none where it cannot be read."""
    try:
        with opened(path) as archive:
            return frozenset(archive.names)
    except InputError:
        return frozenset()


def _members(path: Path, packed: zipfile.ZipFile) -> list[str]:
    infos = [info for info in packed.infolist() if not info.is_dir()]
    _must_be_few(path, len(infos))
    for info in infos:
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise InputError(
                f"{info.filename} in {path} is encrypted or packed in an unusual way.",
                "Unpack it yourself and import the folder.",
                "input-zip",
            )
    return [info.filename for info in infos]


def _listed(path: Path) -> list[str]:
    found: list[str] = []
    folders = [(path, 1)]
    while folders:
        folder, level = folders.pop()
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            raise unreadable(folder, error) from error
        for entry in entries:
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir() and level < DEEPEST:
                folders.append((entry, level + 1))
            elif entry.is_file():
                found.append(entry.relative_to(path).as_posix())
        _must_be_few(path, len(found))
    return found


def _must_be_few(path: Path, files: int) -> None:
    if files > MOST_FILES:
        raise InputError(f"{path} holds more than {MOST_FILES:,} files.", "Import it in parts.", "input-too-many")
