"""Mattermost: who wrote in which channel to whom, and when; what they wrote only where it is asked for.

The export is what `mmctl export create` gives: a zip file with one JSONL file in it, or that file; each line is one
object with its `type`. Format: version 1 of Mattermost's bulk loading data ("Data format" in its documentation).
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._chat_archive import names_in, opened
from guildbook.record.importers._chat_rows import (
    FIELDS,
    Message,
    Person,
    Writer,
    listed,
    text_in,
    texts_asked,
    thread,
)
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._pieces import Pieces
from guildbook.record.importers._rows import Rows, plain

LONGEST_LINE: Final = 16 << 20
"""Bytes of one line that are read; a post has at most 16,383 characters, its replies are on the same line."""
_MOST_REPLIES: Final = 100_000
_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b"
_VERSION: Final = re.compile(rb'^\s*\{[^\n]{0,500}"type"\s*:\s*"version"')
_MENTION: Final = re.compile(r"(?<![\w@.])@([a-z0-9][a-z0-9._-]{0,63})", re.IGNORECASE)
_ALL: Final = frozenset({"all", "channel", "here"})
_SYSTEM: Final = {
    "join_channel": "join",
    "add_to_channel": "join",
    "join_team": "join",
    "add_to_team": "join",
    "leave_channel": "leave",
    "remove_from_channel": "leave",
    "leave_team": "leave",
    "remove_from_team": "leave",
}


@dataclass(slots=True)
class _Known:
    """Who and what the lines so far have told of."""

    people: dict[str, Person] = field(default_factory=dict[str, Person])
    """By account."""
    taken: set[str] = field(default_factory=set[str])
    rooms: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """(team, channel) → what it is called."""

    def person(self, account: str) -> Person:
        return self.people.get(account.lower()) or Person(account)

    def meet(self, account: str, name: str, *, program: bool) -> None:
        label = " ".join(name.split())[:200] or account
        if label in self.taken:
            label = f"{label} ({account})"
        self.taken.add(label)
        self.people[account.lower()] = Person(label, program)


class MattermostImporter:
    """A server's bulk export, packed or not."""

    name = "mattermost"
    title = "Mattermost export (.zip or .jsonl)"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the first line, which gives the version; of a zip file by that of the JSONL file at its top."""
        if path.is_dir():
            return 0.0
        if head.startswith(_ZIP):
            with suppress(InputError):
                if inside := _inside(path):
                    with opened(path) as archive:
                        return 0.95 if _VERSION.match(next(archive.pieces(inside), b"")) else 0.0
            return 0.0
        return 0.95 if _VERSION.match(_unpacked(head).removeprefix(b"\xef\xbb\xbf")) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`Mattermost export: 12.3 MB`; says whether the texts are kept."""
        kept = "are kept" if texts_asked(options, "message") else "are not kept"
        return f"Mattermost export: {path.stat().st_size / 1e6:.1f} MB; the texts {kept}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes."""
        return file_fingerprint(path, options, "mattermost 1")

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Line by line; lines that are no objects are rejected."""
        rows = Rows(self.name, FIELDS)
        writer = Writer(rows, "mattermost", texts=texts_asked(options, "message"))
        known = _Known()
        seen = False
        for number, line, progress in _lines(path):
            seen = True
            item = _object(line)
            if item is None:
                rows.reject(number, "no readable JSON object" if line is not None else "the line is too long", "")
                continue
            _take(writer, rows, known, number, item)
            if rows.full:
                yield rows.take(progress)
        if not seen:
            raise InputError(f"{path} holds no export.", "Export it again from Mattermost.", "input-empty")
        yield rows.take(1.0)


def _inside(path: Path) -> str | None:
    return next((name for name in sorted(names_in(path)) if "/" not in name and name.endswith(".jsonl")), None)


def _unpacked(head: bytes) -> bytes:
    if not head.startswith(_GZIP):
        return head
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 64 * 1024)
    except zlib.error:
        return b""


def _lines(path: Path) -> Iterator[tuple[int, bytes | None, float]]:
    """Number from 1, bytes (None for a line that is too long) and the share of the input read."""
    plain_pieces = Pieces(path)
    head = next(iter(Pieces(path)), b"")
    if not head.startswith(_ZIP):
        for number, line in enumerate(_split(plain_pieces), start=1):
            yield number, line, plain_pieces.progress
        return
    inside = _inside(path)
    if inside is None:
        raise InputError(f"{path} holds no .jsonl file.", "Export it again from Mattermost.", "input-empty")
    with opened(path) as archive:
        for number, line in enumerate(_split(archive.pieces(inside)), start=1):
            yield number, line, 0.0


def _split(pieces: Iterable[bytes]) -> Iterator[bytes | None]:
    """Lines that are not blank."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        parts = piece.split(b"\n")
        for part in parts[:-1]:
            line = b"".join([*held, part])
            too_long = size + len(part) > LONGEST_LINE
            held, size = [], 0
            if too_long:
                yield None
            elif line.strip():
                yield line
        size += len(parts[-1])
        if size <= LONGEST_LINE:
            held.append(parts[-1])
    if size > LONGEST_LINE:
        yield None
    elif (line := b"".join(held)).strip():
        yield line


def _object(line: bytes | None) -> dict[str, Any] | None:
    try:
        found = json.loads(line.removeprefix(b"\xef\xbb\xbf")) if line is not None else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _take(writer: Writer, rows: Rows, known: _Known, number: int, item: dict[str, Any]) -> None:
    kind = text_in(item, "type")
    body = item.get(kind)
    if kind == "user":
        full = f"{text_in(body, 'first_name')} {text_in(body, 'last_name')}".strip()
        known.meet(text_in(body, "username"), full or text_in(body, "nickname"), program=False)
    elif kind == "bot":
        known.meet(text_in(body, "username"), text_in(body, "display_name"), program=True)
    elif kind == "channel":
        key = (text_in(body, "team").lower(), text_in(body, "name").lower())
        known.rooms[key] = f"#{text_in(body, 'display_name', 'name')}"
    elif kind in {"post", "direct_post"}:
        _post(writer, rows, known, number, body)


def _post(writer: Writer, rows: Rows, known: _Known, number: int, post: Any) -> None:
    when, account = _time(post, "create_at"), text_in(post, "user")
    if when is None or not account:
        rows.reject(number, "no readable time" if when is None else "no author", "")
        return
    team, channel = text_in(post, "team").lower(), text_in(post, "channel").lower()
    members = [plain(m).lower() for m in listed(post, "channel_members") if isinstance(m, str)]
    room = known.rooms.get((team, channel)) or (f"#{channel}" if channel else None)
    replies = listed(post, "replies")
    where = (team, channel) if channel else tuple(sorted(members))
    case = thread("mattermost", *where, account, str(when)) if replies else None
    first = _message(known, post, when, room, members, case)
    _written(writer, known, first, post)
    for reply in islice(replies, _MOST_REPLIES):
        at = _time(reply, "create_at")
        if at is None or not text_in(reply, "user"):
            rows.reject(number, "a reply without time or author", "")
            continue
        answered = [*members, account]
        _written(writer, known, _message(known, reply, at, room, answered, case, action="reply"), reply)


def _message(
    known: _Known, post: Any, when: int, room: str | None, to: list[str], case: str | None, *, action: str = "post"
) -> Message:
    text, account = text_in(post, "message"), text_in(post, "user").lower()
    kind = text_in(post, "type").removeprefix("system_")
    props = post.get("props") if isinstance(post, dict) else None
    author = known.person(account)
    if text_in(props, "from_webhook", "from_bot") == "true":
        author = Person(text_in(props, "override_username") or author.label, program=True)
    mentioned = [name.rstrip("._-").lower() for name in _MENTION.findall(text)]
    people = [name for name in mentioned if name in known.people] + [name for name in to if name != account]
    return Message(
        author=author,
        time=when,
        action=(_SYSTEM.get(kind) or kind.replace("_", " ")[:100] or action) if kind else action,
        channel=room,
        text=text,
        to=[known.person(name).label for name in people],
        everybody=not _ALL.isdisjoint(mentioned),
        case=case,
        attachments=Counter(
            guess_type(text_in(file, "path"))[0] or "application/octet-stream" for file in listed(post, "attachments")
        ),
    )


def _written(writer: Writer, known: _Known, found: Message, post: Any) -> None:
    writer.message(found)
    edited = _time(post, "edit_at")
    if edited:
        writer.edit(found, found.author, edited)
    for reaction in listed(post, "reactions"):
        if text_in(reaction, "user"):
            by = known.person(text_in(reaction, "user"))
            writer.react(found, by, text_in(reaction, "emoji_name"), _time(reaction, "create_at"))


def _time(item: Any, key: str) -> int | None:
    """Milliseconds since 1970, as µs; zero says that it never was."""
    value = item.get(key) if isinstance(item, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < clock.LATEST // 1_000:
        return None
    return value * 1_000
