"""What a mail consists of, from the server's `BODYSTRUCTURE`: no part is ever fetched to learn that."""

from __future__ import annotations

import email.utils
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from guildbook.record.importers._mail_message import decoded
from guildbook.record.sources._mail_answers import Answer, number, text

_MOST_PARTS: Final = 1_000
_DEEPEST: Final = 50
_MOST_FILES: Final = 50
_LONGEST_NAME: Final = 200
_SEALED: Final = frozenset({
    "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted", "multipart/encrypted",
})  # fmt: skip
_PARAMETERS, _ENCODING, _SIZE, _LINES, _BODY = 2, 5, 6, 7, 8
_DISPOSITION: Final = {"text": 9, "message": 11}


@dataclass(frozen=True, slots=True)
class Part:
    """One part that has no parts itself."""

    section: str
    """By which it is fetched: `1.2`."""
    kind: str
    """`text/plain`, in lower case."""
    size: int
    """Bytes as they are sent."""
    lines: int
    charset: str
    encoding: str
    """`base64`, `quoted-printable`, …"""
    name: str
    attached: bool


@dataclass(frozen=True, slots=True)
class Structure:
    """All parts of a mail."""

    parts: tuple[Part, ...] = ()
    sealed: bool = False
    """Whether it is encrypted, in whole or in part."""

    @property
    def length(self) -> int:
        """Bytes of text, an end of line counted as one."""
        return sum(max(part.size - part.lines, 0) for part in self.parts if _is_text(part))

    @property
    def attachments(self) -> Counter[str]:
        """Content type → how many, as the importer counts them."""
        return Counter(part.kind for part in self.parts if not _is_text(part))

    def files(self) -> list[dict[str, Any]]:
        """Name, type and size of what is attached."""
        named = [part for part in self.parts if not _is_text(part)]
        return [{"name": p.name, "size": _bytes(p), "type": p.kind} for p in named[:_MOST_FILES] if p.name]

    def text(self) -> Part | None:
        """The part that is read first: plain text, else HTML."""
        texts = [part for part in self.parts if _is_text(part)]
        plain = [part for part in texts if part.kind == "text/plain"]
        return next(iter([*plain, *[p for p in texts if p.kind == "text/html"]]), None)


def structure_of(answer: Answer) -> Structure:
    """Read a `BODYSTRUCTURE`; whatever is broken in it is missing."""
    parts: list[Part] = []
    kinds: set[str] = set()
    _walk(answer, "", 0, parts, kinds)
    return Structure(tuple(parts), bool(kinds & _SEALED))


def _walk(node: Answer, section: str, level: int, parts: list[Part], kinds: set[str]) -> None:
    if not isinstance(node, list) or not node or level > _DEEPEST or len(parts) >= _MOST_PARTS:
        return
    if isinstance(node[0], list):
        inner = [part for part in node if isinstance(part, list)]
        several = next((place for place, part in enumerate(node) if not isinstance(part, list)), len(node))
        kinds.add(f"multipart/{_word(node, several)}")
        for place, part in enumerate(inner[:several], start=1):
            _walk(part, f"{section}.{place}" if section else str(place), level + 1, parts, kinds)
        return
    kind = f"{_word(node, 0) or 'application'}/{_word(node, 1) or 'octet-stream'}"[:100]
    kinds.add(kind)
    if kind == "message/rfc822" and len(node) > _BODY and isinstance(node[_BODY], list):
        _walk(node[_BODY], section or "1", level + 1, parts, kinds)
        return
    parts.append(_part(node, section or "1", kind))


def _part(node: list[Answer], section: str, kind: str) -> Part:
    said = _pairs(node[_PARAMETERS] if len(node) > _PARAMETERS else None)
    place = _DISPOSITION.get(_word(node, 0), 8)
    disposition = node[place] if len(node) > place and isinstance(node[place], list) else []
    more = _pairs(disposition[1] if len(disposition) > 1 else None)
    return Part(
        section=section,
        kind=kind,
        size=number(node[_SIZE]) if len(node) > _SIZE else 0,
        lines=number(node[_LINES]) if len(node) > _LINES and kind.startswith("text/") else 0,
        charset=said.get("charset", ""),
        encoding=_word(node, _ENCODING),
        name=_name(more, "filename") or _name(said, "name"),
        attached=_word(disposition, 0) == "attachment",
    )


def _word(node: list[Answer], place: int) -> str:
    return text(node[place]).strip().lower()[:100] if len(node) > place else ""


def _pairs(node: Answer) -> dict[str, str]:
    if not isinstance(node, list):
        return {}
    return {text(key).lower(): text(value) for key, value in zip(node[::2], node[1::2], strict=False)}


def _name(said: dict[str, str], key: str) -> str:
    """A file's name: as RFC 2231 writes it, in pieces or not, else with encoded words."""
    pieces = [said[each] for each in (f"{key}*", f"{key}*0*", f"{key}*0") if each in said]
    place = 1
    while pieces and place < _MOST_FILES and (f"{key}*{place}*" in said or f"{key}*{place}" in said):
        pieces.append(said.get(f"{key}*{place}*") or said.get(f"{key}*{place}", ""))
        place += 1
    if pieces:
        charset, _, value = email.utils.decode_rfc2231("".join(pieces))
        try:
            name = unquote_to_bytes(value).decode(charset or "utf-8", "replace")
        except (LookupError, ValueError):
            name = value
    else:
        name = decoded(said.get(key, ""))
    return "".join(sign if sign.isprintable() else " " for sign in name).strip()[:_LONGEST_NAME]


def _is_text(part: Part) -> bool:
    return part.kind.startswith("text/") and not part.attached


def _bytes(part: Part) -> int:
    """About how large the file is: base64 takes four characters, and line ends, for three bytes."""
    return part.size * 57 // 78 if part.encoding == "base64" else part.size
