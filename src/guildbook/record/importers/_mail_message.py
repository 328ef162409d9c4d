"""One mail, from bytes to what an event needs. Its text is never kept, only how long it is."""

from __future__ import annotations

import binascii
import email.errors
import email.header
import email.parser
import email.utils
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from email.message import Message
from itertools import islice
from typing import Final

from guildbook.model import time as clock
from guildbook.record.importers._rows import plain

_MOST_PEOPLE: Final = 200
_MOST_PARTS: Final = 1_000
_LONGEST_HEADER: Final = 64 * 1024
_ID: Final = re.compile(r"<([^<>\s]{1,512})>")
# Reply and forward marks of the usual mail programs' languages, with Outlook's and Apple's counters.
_REPLY: Final = r"re|aw|sv|vs|antw|rif|odp|rép|ref"
_FORWARD: Final = r"fwd?|wg|tr|vb|vl|doorst|rv|i|pd|enc"
_MARK: Final = re.compile(
    rf"\s*(?:(?P<reply>{_REPLY})|(?P<forward>{_FORWARD}))\s*(?:\[\d+\]|\(\d+\))?\s*:\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Mail:
    """The facts of one mail. Addresses are in lower case; `name` may be empty."""

    sender: tuple[str, str] | None
    """Name and address."""
    to: list[tuple[str, str]]
    cc: list[tuple[str, str]]
    time: int | None
    subject: str
    action: str
    """`send`, `reply` or `forward`."""
    message_id: str
    """Its own, or a hash of its headers."""
    parents: list[str]
    """Message ids of the mails it follows, the oldest first."""
    automatic: bool
    length: int = 0
    """Bytes of text."""
    attachments: Counter[str] = field(default_factory=Counter[str])
    """Content type → how many."""


def read_mail(data: bytes, *, headers_only: bool = False) -> Mail:
    """Read one message; whatever is broken in it is missing in the result."""
    message = _parsed(data, headers_only=headers_only)
    subject = _text(message, "Subject")
    bare, mark = without_marks(subject)
    parents = list(dict.fromkeys(_ID.findall(_raw(message, "References")) + _ID.findall(_raw(message, "In-Reply-To"))))
    own = _ID.search(_raw(message, "Message-ID"))
    senders = _people(message, "From") or _people(message, "Sender")
    length, attachments = (0, Counter[str]()) if headers_only else _content(message)
    return Mail(
        sender=senders[0] if senders else None,
        to=_people(message, "To"),
        cc=_people(message, "Cc"),
        time=_time(_raw(message, "Date")),
        subject=bare,
        action="forward" if mark == "forward" else "reply" if parents or mark else "send",
        message_id=plain(own[1]) if own else _hash(message),
        parents=[plain(p) for p in parents],
        automatic=_raw(message, "Auto-Submitted").strip().lower().startswith("auto-"),
        length=length,
        attachments=attachments,
    )


def _parsed(data: bytes, *, headers_only: bool) -> Message:
    parser = email.parser.BytesParser()
    try:
        return parser.parsebytes(data, headersonly=headers_only)
    except RecursionError:  # hundreds of mails in mails: the headers of the outermost say enough
        return parser.parsebytes(data, headersonly=True)


def without_marks(subject: str) -> tuple[str, str]:
    """The subject without `Re:`, `Fwd:` and the like, and what the first of them was (`reply`, `forward` or empty)."""
    first = ""
    while match := _MARK.match(subject):
        first = first or ("reply" if match["reply"] else "forward")
        subject = subject[match.end() :]
    return subject.strip(), first


def _raw(message: Message, name: str) -> str:
    value = message.get(name, "")
    return str(value)[:_LONGEST_HEADER]


def _text(message: Message, name: str) -> str:
    """A header with its encoded words (RFC 2047) read, on one line."""
    return decoded(_raw(message, name))


def decoded(raw: str) -> str:
    """Text with its encoded words read; those in unknown encodings stay as they are."""
    if "=?" not in raw:
        return " ".join(_from_bytes(raw).split())
    try:
        parts = email.header.decode_header(raw)
    except (email.errors.HeaderParseError, binascii.Error, ValueError):
        return " ".join(_from_bytes(raw).split())
    return " ".join("".join(_part(data, charset) for data, charset in parts).split())


def _part(data: str | bytes, charset: str | None) -> str:
    if isinstance(data, str):
        return _from_bytes(data)
    try:
        return plain(data.decode(charset or "utf-8", "replace"))
    except (LookupError, ValueError, UnicodeError):
        return data.decode("utf-8", "replace")


def _from_bytes(raw: str) -> str:
    # The parser hands undeclared bytes on as surrogates; today they are UTF-8.
    return plain(raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")) if not raw.isascii() else raw


def _people(message: Message, name: str) -> list[tuple[str, str]]:
    values = [str(v)[:_LONGEST_HEADER] for v in message.get_all(name, [])]
    found: dict[str, str] = {}
    try:
        pairs = email.utils.getaddresses(values)
    except RecursionError:  # a header of thousands of brackets names nobody
        return []
    for label, address in pairs:
        key = " ".join(_from_bytes(address).lower().split())
        if "@" in key and len(found) < _MOST_PEOPLE:
            found.setdefault(key, decoded(label).strip("\"' "))
    return [(label, address) for address, label in found.items()]


def _time(date: str) -> int | None:
    try:
        return clock.to_micros(email.utils.parsedate_to_datetime(date))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _hash(message: Message) -> str:
    parts = (f"{name}:{value}" for name, value in message.items())
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _content(message: Message) -> tuple[int, Counter[str]]:
    length = 0
    attachments: Counter[str] = Counter()
    for part in islice(message.walk(), _MOST_PARTS):
        if part.is_multipart():
            continue
        kind = plain(part.get_content_type())[:100]
        if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            payload = part.get_payload()
            length += len(payload) if isinstance(payload, str) else 0
        else:
            attachments[kind] += 1
    return length, attachments
