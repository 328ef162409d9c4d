"""Slack: who wrote in which channel to whom, and when; what they wrote only where it is asked for.

The export is a zip file, or the folder it unpacks to: `users.json`, `channels.json` (and `groups.json`, `dms.json`,
`mpims.json` in larger exports), and a folder for each conversation with a file for each day. Format as Slack's help
page "How to read Slack data exports" describes it, and the reference of message events for subtypes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._chat_archive import Archive, names_in, opened
from guildbook.record.importers._chat_rows import (
    FIELDS,
    Message,
    Person,
    Writer,
    listed,
    named,
    text_in,
    texts_asked,
    thread,
)
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._json_stream import JsonStream
from guildbook.record.importers._rows import SHOWN, Rows, plain

_PEOPLE: Final = ("users.json", "org_users.json")
_ROOMS: Final = {"channels.json": "#", "groups.json": "#", "dms.json": "", "mpims.json": ""}
_DAY: Final = re.compile(r"^([^/]+)/\d{4}-\d\d-\d\d\.json$")
_ZIP: Final = b"PK\x03\x04"
_TS: Final = re.compile(r"^(\d{1,11})(?:\.(\d{1,6}))?$")
_MENTION: Final = re.compile(r"<@([A-Z0-9]{2,30})(?:\|[^<>]*)?>")
_ALL: Final = re.compile(r"<!(?:channel|here|everyone|group)(?:\|[^<>]*)?>")
_SUBTYPES: Final = {
    "thread_broadcast": "reply",
    "bot_message": "post",
    "file_share": "post",
    "me_message": "post",
    "channel_join": "join",
    "group_join": "join",
    "channel_leave": "leave",
    "group_leave": "leave",
    "pinned_item": "pin",
}
_PROGRAM: Final = frozenset({"bot_message"})


@dataclass(frozen=True, slots=True)
class _Room:
    """A conversation."""

    id: str
    label: str | None
    """`#name`; None for what is said between two or a few."""
    members: tuple[str, ...] = ()
    """Of a direct conversation: the ids of who is in it."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Who and what the messages refer to by id."""

    people: dict[str, Person] = field(default_factory=dict[str, Person])
    rooms: dict[str, _Room] = field(default_factory=dict[str, _Room])
    """Folder → conversation."""

    def person(self, key: str) -> Person:
        return self.people.get(key) or Person(key)


class SlackImporter:
    """A workspace's export, packed or not."""

    name = "slack"
    title = "Slack export (.zip or folder)"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the files every export has."""
        if not path.is_dir() and not head.startswith(_ZIP):
            return 0.0
        if path.is_dir() and not any((path / name).is_file() for name in _PEOPLE):
            return 0.0
        names = names_in(path)
        return 0.95 if names & set(_PEOPLE) and names & set(_ROOMS) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`Slack export: 12 conversations, 340 days`; says whether the texts are kept."""
        days = [found[1] for name in names_in(path) if (found := _DAY.match(name))]
        kept = "are kept" if texts_asked(options, "text") else "are not kept"
        return f"Slack export: {len(set(days))} conversations, {len(days)} files; their texts {kept}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes of the zip file, or of every file of the folder, in order of name."""
        if not path.is_dir():
            return file_fingerprint(path, options, "slack 1")
        digest = hashlib.sha256(b"slack 1\0")
        with opened(path) as archive:
            for name in archive.names:
                digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
                digest.update(bytes.fromhex(file_fingerprint(path / name, options, "slack 1")))
        return digest.hexdigest()

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Conversation by conversation, day by day."""
        rows = Rows(self.name, FIELDS)
        writer = Writer(rows, "slack", texts=texts_asked(options, "text"))
        with opened(path) as archive:
            known = _known(archive)
            days = [(name, found[1]) for name in archive.names if (found := _DAY.match(name))]
            if not days:
                raise InputError(f"{path} holds no messages.", "Export it again from Slack.", "input-empty")
            for done, (name, folder) in enumerate(days, start=1):
                room = known.rooms.get(folder) or _Room(folder, f"#{plain(folder)}")
                for number, item in _items(archive, name):
                    _add(writer, rows, known, room, number, item)
                    if rows.full:
                        yield rows.take((done - 1) / len(days))
        yield rows.take(1.0)


def _items(archive: Archive, name: str) -> Iterator[tuple[int, Any]]:
    text = JsonStream(archive.pieces(name), name)
    for number in text.elements():
        yield number, text.value()


def _known(archive: Archive) -> _Known:
    accounts = [
        item
        for name in _PEOPLE
        if name in archive.names
        for _, item in _items(archive, name)
        if isinstance(item, dict) and text_in(item, "id")
    ]
    labels = named((text_in(item, "id"), _called(item), text_in(item, "name")) for item in accounts)
    people = {text_in(item, "id"): item.get("is_bot") is True for item in accounts}
    known = _Known({key: Person(labels[key], program) for key, program in people.items()})
    for name, mark in _ROOMS.items():
        if name not in archive.names:
            continue
        for _, item in _items(archive, name):
            if not text_in(item, "id"):
                continue
            key, called = text_in(item, "id"), text_in(item, "name")
            members = () if mark else tuple(m for m in listed(item, "members") if isinstance(m, str))
            known.rooms[called or key] = known.rooms[key] = _Room(key, f"{mark}{called}" if mark else None, members)
    return known


def _called(account: dict[str, Any]) -> str:
    profile = account.get("profile")
    return (
        text_in(profile, "real_name")
        or text_in(account, "real_name")
        or text_in(profile, "display_name")
        or text_in(account, "name")
    )


def _add(writer: Writer, rows: Rows, known: _Known, room: _Room, number: int, item: Any) -> None:
    subtype = text_in(item, "subtype")
    when = _time(text_in(item, "ts"))
    author = _author(known, item, subtype)
    if not isinstance(item, dict) or item.get("type") != "message":
        rows.reject(number, "no message", _shown(item))
    elif subtype == "tombstone":
        rows.reject(number, "a deleted message", "")
    elif when is None:
        rows.reject(number, "no readable time", _shown(item))
    elif author is None:
        rows.reject(number, "no author", _shown(item))
    else:
        found = _message(known, room, item, subtype, author, when)
        writer.message(found)
        edited = item.get("edited")
        at = _time(text_in(edited, "ts"))
        if at is not None:
            writer.edit(found, known.person(text_in(edited, "user") or text_in(item, "user")), at)
        for reaction in listed(item, "reactions"):
            for user in listed(reaction, "users"):
                if isinstance(user, str):
                    writer.react(found, known.person(plain(user)), text_in(reaction, "name"), None)


def _message(known: _Known, room: _Room, item: dict[str, Any], subtype: str, author: Person, when: int) -> Message:
    text, began = text_in(item, "text"), text_in(item, "thread_ts")
    own = text_in(item, "user")
    to = [known.person(key).label for key in _MENTION.findall(text)]
    to += [known.person(plain(member)).label for member in room.members if member != own]
    is_reply = bool(began) and began != text_in(item, "ts")
    if is_reply and text_in(item, "parent_user_id"):
        to.append(known.person(text_in(item, "parent_user_id")).label)
    return Message(
        author=author,
        time=when,
        action=_SUBTYPES.get(subtype) or subtype.replace("_", " ")[:100] or ("reply" if is_reply else "post"),
        channel=room.label,
        text=text,
        to=to,
        everybody=bool(_ALL.search(text)),
        case=thread("slack", room.id, began) if began else None,
        attachments=Counter(
            (text_in(file, "mimetype") or "application/octet-stream")[:100] for file in listed(item, "files")
        ),
    )


def _author(known: _Known, item: Any, subtype: str) -> Person | None:
    user = text_in(item, "user")
    program = bool(text_in(item, "bot_id")) or subtype in _PROGRAM
    if user in known.people and not program:
        return known.people[user]
    profile = item.get("bot_profile") if isinstance(item, dict) else None
    label = (
        (known.people[user].label if user in known.people else "")
        or text_in(item, "username")
        or text_in(profile, "name")
        or text_in(item.get("user_profile") if isinstance(item, dict) else None, "real_name", "display_name", "name")
        or user
        or text_in(item, "bot_id")
    )
    return Person(label[:200], program) if label else None


def _time(text: str) -> int | None:
    found = _TS.match(text)
    return int(found[1]) * clock.SECOND + int((found[2] or "").ljust(6, "0")) if found else None


def _shown(item: Any) -> str:
    """What is broken, without what was said in it."""
    if isinstance(item, dict):
        item = {key: value for key, value in item.items() if key in {"type", "subtype", "user", "ts", "bot_id"}}
    return json.dumps(item, ensure_ascii=False)[:SHOWN] if isinstance(item, dict | int | float) else ""
