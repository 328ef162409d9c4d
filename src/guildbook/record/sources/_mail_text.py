"""The text of a mail, where the worker asked for it to be kept."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from html.parser import HTMLParser
from typing import Final

from guildbook.record.importers._rows import plain
from guildbook.record.sources._mail_parts import Part

LONGEST: Final = 64 << 10
"""Bytes of a text that are fetched; the book keeps 8 KiB of it."""
_ARMOURED: Final = re.compile(r"-----BEGIN PGP MESSAGE-----")
_UNSEEN: Final = frozenset({"script", "style", "head", "title"})
_BLOCKS: Final = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote"})


def text_of(data: bytes, part: Part) -> str:
    """What a fetched part says; empty where it is encrypted or cannot be read."""
    raw = _decoded(data, part.encoding)
    try:
        text = raw.decode(part.charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    if part.kind == "text/html":
        text = _unmarked(text)
    lines = [" ".join(line.split()) for line in plain(text).replace("\0", " ").splitlines()]
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return "" if _ARMOURED.search(joined) else joined


def _decoded(data: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding == "base64":
        packed = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        try:
            return base64.b64decode(packed + b"=" * (-len(packed) % 4))
        except binascii.Error:  # cut in the middle of a group
            return base64.b64decode(packed[: len(packed) // 4 * 4])
    return data


class _Unmarked(HTMLParser):
    """Text of HTML, a line a block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(self._unseen - (tag in _UNSEEN), 0)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def _unmarked(text: str) -> str:
    reader = _Unmarked()
    reader.feed(text)
    reader.close()
    return "".join(reader.parts)
