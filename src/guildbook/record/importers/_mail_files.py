"""Mail as it lies on disk: mbox files, Maildirs, `.eml` files and folders of them, message by message."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from guildbook.record.importers._fingerprint import unreadable

LONGEST_MESSAGE: Final = 64 << 20
"""Bytes of one message that are read; what lies beyond is not looked at."""
_HEADERS: Final = 1 << 20
_READ: Final = 1 << 20


class Raw(NamedTuple):
    """One message as bytes. `number` counts from 1; `progress` is the share of the input read."""

    number: int
    data: bytes
    progress: float


def is_maildir(path: Path) -> bool:
    """A folder with `cur` and `new` in it."""
    return (path / "cur").is_dir() and (path / "new").is_dir()


def is_folder_of_eml(path: Path) -> bool:
    """A folder whose visible content is `.eml` files only, one at least."""
    try:
        entries = [e for e in os.scandir(path) if not e.name.startswith(".")]
    except OSError:
        return False
    return bool(entries) and all(e.name.lower().endswith(".eml") and e.is_file() for e in entries)


def message_files(path: Path) -> list[Path]:
    """The message files of a Maildir (with its subfolders, named with a dot) or of a folder, in order of name."""
    if not is_maildir(path):
        return sorted(p for p in _listed(path) if p.name.lower().endswith(".eml") and p.is_file())
    boxes = [path, *(p for p in _listed(path) if p.name.startswith(".") and is_maildir(p))]
    found = [p for box in boxes for part in ("cur", "new") for p in _listed(box / part) if p.is_file()]
    # A mail keeps its name up to the colon for good; what follows are flags.
    return sorted(found, key=lambda p: (p.name.partition(":")[0], p.as_posix()))


def messages(path: Path, *, headers_only: bool = False) -> Iterator[Raw]:
    """Every message of the input, in its order. Raises `InputError` when a file cannot be read."""
    most = _HEADERS if headers_only else LONGEST_MESSAGE
    if path.is_dir():
        files = message_files(path)
        for number, file in enumerate(files, start=1):
            yield Raw(number, _read(file, most), number / len(files))
        return
    try:
        with path.open("rb") as file:
            is_box = file.read(5) == b"From "
    except OSError as error:
        raise unreadable(path, error) from error
    if is_box:
        yield from _mbox(path, most, headers_only=headers_only)
    else:
        yield Raw(1, _read(path, most), 1.0)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise unreadable(path, error) from error


def _mbox(path: Path, most: int, *, headers_only: bool) -> Iterator[Raw]:
    """Messages begin at a line `From ` after an empty one (RFC 4155); `>From ` inside them is left quoted."""
    number = 0
    lines: list[bytes] = []
    kept = read = 0
    after_blank, in_headers = True, True
    try:
        with path.open("rb") as file:
            size = max(path.stat().st_size, 1)
            while line := file.readline(_READ):
                read += len(line)
                if after_blank and line.startswith(b"From "):
                    if number:
                        yield Raw(number, b"".join(lines), read / size)
                    number, lines, kept, in_headers = number + 1, [], 0, True
                elif kept < most and (in_headers or not headers_only):
                    lines.append(line)
                    kept += len(line)
                after_blank = line in {b"\n", b"\r\n"}
                in_headers = in_headers and not after_blank
    except OSError as error:
        raise unreadable(path, error) from error
    if number:
        yield Raw(number, b"".join(lines), 1.0)
