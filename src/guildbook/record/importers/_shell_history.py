"""History files of bash, zsh and fish, entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.record.importers._fingerprint import unreadable

LARGEST: Final = 256 << 20
"""Bytes of a history file; a century of typing does not fill it."""
_BASH_STAMP: Final = re.compile(rb"#([0-9]{9,11})\s*$")
_ZSH_STAMP: Final = re.compile(rb": {0,2}([0-9]{1,11}):([0-9]{1,9});")
_FISH_CMD: Final = b"- cmd: "
_META: Final = re.compile(rb"\x83(.)", re.DOTALL)
_FISH_ESCAPE: Final = re.compile(r"\\(\\|n)")
_STEP: Final = clock.MINUTE
"""Guessed time between two commands of a file without times."""


class Entry(NamedTuple):
    """One command. Times in µs; `time` is null when the file does not tell it."""

    line: int
    command: str
    time: int | None
    duration: int | None = None
    directory: str | None = None
    exit: int | None = None
    session: str | None = None
    host: str | None = None
    estimated: bool = False


def kind_of(head: bytes) -> str:
    """`zsh`, `fish`, `bash` (by their time stamps) or empty."""
    lines = head.split(b"\n")[:200]
    if lines[0].startswith(_FISH_CMD) and len(lines) > 1 and lines[1].startswith((b"  when: ", b"  paths:")):
        return "fish"
    if sum(bool(_ZSH_STAMP.match(line)) for line in lines) * 4 >= len(lines):
        return "zsh"
    return "bash" if sum(bool(_BASH_STAMP.match(line)) for line in lines) * 4 >= len(lines) else ""


def entries(path: Path) -> list[Entry]:
    """Every command of a history file in its order.

    When no entry has a time, times are guessed: a minute apart, the last one when the file was last written. When
    only some have none, theirs stays null. Raises `InputError` when the file cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is too large for a shell history.", "Give a file of at most 256 MiB.")
        data, written = path.read_bytes(), path.stat().st_mtime_ns // 1000
    except OSError as error:
        raise unreadable(path, error) from error
    match kind_of(data[: 64 * 1024]):
        case "fish":
            found = list(_fish(data))
        case "zsh":
            found = list(_zsh(data))
        case _:
            found = list(_bash(data if _is_text(data) else _plain_zsh(data)))
    if any(entry.time is not None for entry in found):
        return found
    last = len(found) - 1
    return [e._replace(time=written - (last - i) * _STEP, estimated=True) for i, e in enumerate(found)]


def _bash(data: bytes) -> Iterator[Entry]:
    """A line `#SECONDS` before each command, if `HISTTIMEFORMAT` was set; then a command may have several lines."""
    time: int | None = None
    start = 0
    command: list[bytes] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        stamp = _BASH_STAMP.match(line)
        if stamp or time is None:
            yield from _entry(start, b"\n".join(command), time)
            command = []
            start = number
        if stamp:
            time, start = int(stamp[1]) * clock.SECOND, number + 1
        else:
            command.append(line)
    yield from _entry(start, b"\n".join(command), time)


def _zsh(data: bytes) -> Iterator[Entry]:
    """`: SECONDS:LENGTH;COMMAND`; a newline in a command is written with a backslash before it."""
    lines = iter(enumerate(data.split(b"\n"), start=1))
    for number, first in lines:
        line = first
        while line.endswith(b"\\") and (following := next(lines, None)):
            line = line[:-1] + b"\n" + following[1]
        stamp = _ZSH_STAMP.match(line)
        command = _plain_zsh(line[stamp.end() :] if stamp else line)
        time, length = (int(stamp[1]) * clock.SECOND, int(stamp[2]) * clock.SECOND) if stamp else (None, 0)
        yield from _entry(number, command, time, length or None)  # 0 is also what zsh writes when it does not know


def _plain_zsh(data: bytes) -> bytes:
    # zsh writes bytes that mean something to itself as 0x83 and the byte with one bit turned
    return _META.sub(lambda m: bytes((m[1][0] ^ 32,)), data)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fish(data: bytes) -> Iterator[Entry]:
    """`- cmd: COMMAND` and `  when: SECONDS`; in commands a backslash is doubled and a newline is a backslash and n."""
    start, command, time = 0, "", None
    for number, raw in enumerate(data.split(b"\n"), start=1):
        line = raw.decode("utf-8", "replace")
        if raw.startswith(_FISH_CMD):
            yield from _entry(start, command.encode(), time)
            start, time = number, None
            command = _FISH_ESCAPE.sub(lambda m: "\n" if m[1] == "n" else "\\", line[len(_FISH_CMD) :])
        elif (when := re.fullmatch(r"  when: ([0-9]{1,11})\s*", line)) and time is None:
            time = int(when[1]) * clock.SECOND
    yield from _entry(start, command.encode(), time)


def _entry(line: int, command: bytes, time: int | None, duration: int | None = None) -> Iterator[Entry]:
    text = command.decode("utf-8", "replace").strip()
    if text:
        yield Entry(line, text, time, duration)
