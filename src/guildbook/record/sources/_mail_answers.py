"""What an IMAP server answers (RFC 9051), as nested lists: bounded in depth, so that no mail's structure breaks it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from guildbook.record.importers._rows import plain

DEEPEST: Final = 200
"""Levels of brackets that are followed; servers give up on parts in parts much earlier."""
_TOKEN: Final = re.compile(rb'BODY\[[^\]]*\](?:<\d+>)?|[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+', re.DOTALL | re.IGNORECASE)
_LITERAL: Final = re.compile(rb"~?\{\d+\+?\}$")
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_RANGE: Final = re.compile(rb"(\d{1,10})(?::(\d{1,10}))?")

Answer = Any
"""`bytes` (an atom, a string, a literal), `None` for NIL, or a list of answers."""


def lists(data: Iterable[Any]) -> list[Answer]:
    """What `imaplib` gives as untagged data, as one list. What is too deep is left out."""
    top: list[Answer] = []
    stack = [top]
    too_deep = 0
    for token, is_text in _tokens(data):
        if not is_text and token == b"(":
            if len(stack) > DEEPEST:
                too_deep += 1
                continue
            inner: list[Answer] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif not is_text and token == b")":
            if too_deep:
                too_deep -= 1
            elif len(stack) > 1:
                stack.pop()
        elif not too_deep:
            stack[-1].append(None if not is_text and token.upper() == b"NIL" else token)
    return top


def fetched(data: Iterable[Any]) -> dict[int, dict[str, Answer]]:
    """Answers to `UID FETCH` by UID; names are in upper case, `BODY[…]` whatever was asked of it."""
    found: dict[int, dict[str, Answer]] = {}
    for item in lists(data):
        if not isinstance(item, list):
            continue
        one: dict[str, Answer] = {}
        for name, value in zip(item[::2], item[1::2], strict=False):
            if isinstance(name, bytes):
                key = name.decode("ascii", "replace").upper()
                one["BODY[]" if key.startswith("BODY[") else key] = value
        uid = one.get("UID")
        if isinstance(uid, bytes) and uid.isdigit():
            found.setdefault(int(uid), {}).update(one)
    return found


def text(value: Answer) -> str:
    """A string of an answer; empty where it is none."""
    return plain(value.decode("utf-8", "replace")) if isinstance(value, bytes) else ""


def number(value: Answer) -> int:
    """A number of an answer; 0 where it is none."""
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 20 else 0  # noqa: PLR2004 - 64 bits


def ranges(data: Iterable[Any]) -> list[tuple[int, int]]:
    """The ranges of UIDs in `VANISHED (EARLIER) 41,43:116` and the like."""
    found: list[tuple[int, int]] = []
    for item in data:
        for one in _RANGE.finditer(item if isinstance(item, bytes) else b""):
            low, high = int(one[1]), int(one[2] or one[1])
            found.append((min(low, high), max(low, high)))
    return found


def folder_name(raw: bytes) -> str:
    """A folder's name from modified UTF-7 (RFC 3501, section 5.1.3); as it is where that cannot be read."""
    out: list[str] = []
    for place, part in enumerate(re.split(rb"&([A-Za-z0-9+,]*)-", raw)):
        if place % 2 == 0:
            out.append(part.decode("utf-8", "replace"))
        elif not part:
            out.append("&")
        else:
            try:
                packed = base64.b64decode(part.replace(b",", b"/") + b"=" * (-len(part) % 4))
                out.append(packed.decode("utf-16-be"))
            except (binascii.Error, ValueError):
                out.append(part.decode("ascii"))
    return plain("".join(out))


def _tokens(data: Iterable[Any]) -> Iterator[tuple[bytes, bool]]:
    """(token, whether it is a string, which is never a bracket or NIL)."""
    for item in data:
        if isinstance(item, Sequence) and not isinstance(item, bytes | str) and len(item) > 1:
            yield from _split(_LITERAL.sub(b"", item[0]))
            yield bytes(item[1]), True
        elif isinstance(item, bytes):
            yield from _split(item)


def _split(line: bytes) -> Iterator[tuple[bytes, bool]]:
    for found in _TOKEN.finditer(line):
        token = found[0]
        if token.startswith(b'"'):
            yield _ESCAPED.sub(rb"\1", token[1:-1]), True
        else:
            yield token, False
