"""Rows of what happens to mails, in the words that the importer of mail has for the same things."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._mail_message import Mail
from guildbook.record.importers.mail import receivers, sent, thread_of, words_of
from guildbook.record.sources._mail_parts import Structure
from guildbook.record.sources._mail_state import Known, Memory

_LONGEST_ID: Final = 500
_LONGEST_TEXT: Final = 1_024
Row = dict[str, Any]


def meet(memory: Memory, mail: Mail) -> str:
    """Learn from a mail what people are called and which thread it is of; returns the thread, the mail's case."""
    for names, people in ((memory.own, [mail.sender] if mail.sender else []), (memory.given, [*mail.to, *mail.cc])):
        for name, address in people:
            if name and address not in names:
                names[address] = name
    return thread_of(mail, memory.threads)


def received(mail: Mail, case: str, parts: Structure, labels: Mapping[str, str], time: int) -> Row:
    """A mail came in."""
    return {
        "time": time,
        "action": "receive",
        "origin": "agent" if mail.automatic else "unknown",
        **_shared(mail, case, labels),
        "objects": [_named(mail.message_id), *_sender(mail, labels), *_others(mail, labels)],
        "attributes": _attributes(mail, parts, labels),
        "derived_from": _fact("receive", mail.message_id),
    }


def wrote(mail: Mail, case: str, parts: Structure, labels: Mapping[str, str], time: int) -> Row:
    """The worker sent a mail: the event that the importer makes of it."""
    answered = [_named(parent, "answers") for parent in mail.parents[-1:]]
    return {
        "time": mail.time or time,
        "action": mail.action,
        "origin": "agent" if mail.automatic else "unknown",
        **_shared(mail, case, labels),
        "objects": [*receivers(mail, labels), _named(mail.message_id), *answered],
        "attributes": _attributes(mail, parts, labels),
        "derived_from": sent(mail.message_id),
    }


def did(action: str, mail: Mail, case: str, labels: Mapping[str, str], time: int, /, **said: Any) -> Row:
    """The worker did something to a mail whose headers are known."""
    row: Row = {"time": time, "action": action, **_shared(mail, case, labels)}
    row["objects"] = [_named(mail.message_id), *_sender(mail, labels)]
    row["attributes"] = canonical({**said, "case:subject": words_of(mail, labels) or None})
    return row


def did_away(action: str, known: Known, time: int, /, **said: Any) -> Row:
    """The same for a mail that is gone."""
    return {
        "time": time,
        "action": action,
        "app": "mail",
        "case": known.case,
        "objects": [_named(known.id)],
        "attributes": canonical(said),
    }


def _shared(mail: Mail, case: str, labels: Mapping[str, str]) -> Row:
    del labels
    return {"app": "mail", "window": mail.subject[:_LONGEST_TEXT] or None, "case": case}


def _attributes(mail: Mail, parts: Structure, labels: Mapping[str, str]) -> str | None:
    return canonical(
        {
            "length": parts.length or None,
            "attachments": dict(parts.attachments) or None,
            "files": parts.files() or None,
            "case:subject": words_of(mail, labels) or None,
        }
    )


def _named(message_id: str, qualifier: str = "") -> dict[str, str]:
    return {"id": f"mail:{message_id[:_LONGEST_ID]}", "type": "mail", "qualifier": qualifier}


def _sender(mail: Mail, labels: Mapping[str, str]) -> list[dict[str, str]]:
    if mail.sender is None:
        return []
    return [{"id": labels.get(mail.sender[1], mail.sender[1]), "type": "person", "qualifier": "from"}]


def _others(mail: Mail, labels: Mapping[str, str]) -> list[dict[str, str]]:
    people = {one["id"] for one in _sender(mail, labels)}
    return [one for one in receivers(mail, labels) if one["id"] not in people]


def _fact(what: str, message_id: str) -> str:
    digest = hashlib.blake2b(message_id.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"same:mail-{what}:{digest}"
