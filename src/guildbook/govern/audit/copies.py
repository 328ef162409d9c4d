"""Copies of the log that others hold: what anybody may see of it, or, for an auditor, with what was done.

A copy is a text file of canonical JSON, a line each: a head that names the book, the size and the root, then the
entries in order. With *openings* each entry also shows its salt and act, which is all that a replay of decisions needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, cast

from sqlalchemy import Connection

from guildbook.govern.audit.entry import Entry, Opening
from guildbook.govern.audit.log import Log
from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError

_FORMAT: Final = "guildbook-log-1"


def write(log: Log, ledger: Connection, out: BinaryIO, *, openings: bool) -> int:
    """Write a copy of the whole log; returns how many entries."""
    size = log.size(ledger)
    head = {"format": _FORMAT, "book": log.book, "size": size, "root": log.root(ledger, size).hex()}
    out.write(_line(head))
    if openings:
        out.writelines(_line(_shown(one)) for one in log.openings(ledger, 0, size))
    else:
        for rows in log.rows(ledger, 0, size):
            out.writelines(_line(_seen(Entry(r.seq, r.time, r.commitment))) for r in rows)
    return size


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy in a file; only its head is in memory."""

    path: Path
    book: str
    size: int
    root: bytes

    @classmethod
    def find(cls, path: Path) -> Self:
        """The copy in that file. Raises `InputError` when it is none."""
        try:
            with path.open("rb") as file:
                head = _object(path, 1, file.readline())
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.", "Give a copy of the log.") from error
        book, size, root = head.get("book"), head.get("size"), _bytes(head.get("root"))
        if head.get("format") != _FORMAT or not isinstance(book, str) or not isinstance(size, int) or root is None:
            raise _bad(path, 1)
        return cls(path, book, size, root)

    def entries(self) -> Iterator[tuple[Entry, Opening | None]]:
        """The entries in order, opened where the copy shows what was done. Raises `InputError` with the line."""
        with self.path.open("rb") as file:
            file.readline()
            for number, line in enumerate(file, 2):
                data = _object(self.path, number, line)
                seq, time, commitment = data.get("seq"), data.get("time"), _bytes(data.get("commitment"))
                if not isinstance(seq, int) or not isinstance(time, int) or commitment is None:
                    raise _bad(self.path, number)
                entry = Entry(seq, time, commitment)
                salt, act = _bytes(data.get("salt")), data.get("act")
                if salt is None or not isinstance(act, dict):
                    yield entry, None
                else:
                    yield entry, Opening(entry, salt, cast("dict[str, Any]", act))


def _seen(entry: Entry) -> dict[str, Any]:
    return {"seq": entry.seq, "time": entry.time, "commitment": entry.commitment.hex()}


def _shown(opening: Opening) -> dict[str, Any]:
    return {**_seen(opening.entry), "salt": opening.salt.hex(), "act": dict(opening.act)}


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise _bad(path, number) from None
    if not isinstance(found, dict):
        raise _bad(path, number)
    return cast("dict[str, Any]", found)


def _bytes(value: Any) -> bytes | None:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        return None


def _bad(path: Path, number: int) -> InputError:
    return InputError(
        f"{path}, line {number}: this is no line of a copy of an audit log.",
        "Make a copy: guildbook audit export.",
        "bad-copy",
    )
