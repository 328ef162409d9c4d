"""Mail: who wrote to whom, when, about what; never what they wrote.

Each message is an event of its sender (`send`, `reply`, `forward`), its receivers are objects, its thread the case.
What the thread is about is said by the content words of the subject (`case:subject`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from guildbook.columns.schema import SAME
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._mail_files import Raw, is_folder_of_eml, is_maildir, message_files, messages
from guildbook.record.importers._mail_message import Mail, read_mail
from guildbook.record.importers._mail_subject import subject_words
from guildbook.record.importers._rows import Rows

_FIELDS: Final = (
    "worker", "time", "app", "action", "window", "objects", "case", "origin", "attributes", "derived_from",
)  # fmt: skip
_HEADER: Final = re.compile(rb"(?:[!-9;-~]{1,76}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){3}")
_MAIL_ONLY: Final = re.compile(rb"(?im)^(?:from|date|received|message-id|return-path|subject|to):")
_FROM_LINE: Final = re.compile(rb"From [^\r\n]*\r?\n[!-9;-~]{1,76}:")
_MOST_REMEMBERED: Final = 2_000_000


class MailImporter:
    """An mbox file, a Maildir, one `.eml` file or a folder of them."""

    name = "mail"
    title = "mailbox (mbox, Maildir, .eml)"

    def sniff(self, path: Path, head: bytes) -> float:
        """Maildirs by their folders, mbox by its first line, single mails by three headers."""
        if path.is_dir():
            return 0.95 if is_maildir(path) else 0.8 if is_folder_of_eml(path) else 0.0
        if _FROM_LINE.match(head):
            return 0.95
        if _HEADER.match(head) and len(_MAIL_ONLY.findall(head)) > 1:
            return 0.9 if path.suffix.lower() == ".eml" else 0.6
        return 0.3 if path.suffix.lower() in {".eml", ".mbox"} and head.strip() else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`mail in Maildir: 312 messages`; texts are not kept."""
        if path.is_dir():
            kind = "Maildir" if is_maildir(path) else "folder of .eml files"
            return f"{kind}: {len(message_files(path))} messages, their texts are not kept"
        return f"mail file of {path.stat().st_size / 1e6:.1f} MB, the texts are not kept"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes of every message, in their order."""
        if not path.is_dir():
            return file_fingerprint(path, options, "mail 2")
        digest = hashlib.sha256(b"mail 2\0")
        for file in message_files(path):
            digest.update(bytes.fromhex(file_fingerprint(file, options, "mail 2")))
        return digest.hexdigest()

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Messages in the order of the file, or of the file names; those without sender or date are rejected."""
        labels = _labels(path)
        threads: dict[str, str] = {}
        rows = Rows(self.name, _FIELDS)
        seen = False
        for raw in messages(path):
            seen = True
            _add(rows, raw, labels, threads)
            if rows.full:
                yield rows.take(raw.progress)
        if not seen:
            raise InputError(f"{path} holds no mail.", "Give an mbox file, a Maildir or .eml files.", "input-empty")
        yield rows.take(1.0)


def _labels(path: Path) -> dict[str, str]:
    """How each address is called: by the first name it wrote under, else the first it was written to under."""
    own: dict[str, str] = {}
    given: dict[str, str] = {}
    for raw in messages(path, headers_only=True):
        mail = read_mail(raw.data, headers_only=True)
        for names, people in ((own, [mail.sender] if mail.sender else []), (given, [*mail.to, *mail.cc])):
            for name, address in people:
                if name and address not in names:
                    names[address] = name
    return given | own


def _add(rows: Rows, raw: Raw, labels: dict[str, str], threads: dict[str, str]) -> None:
    mail = read_mail(raw.data)
    if mail.sender is None:
        rows.reject(raw.number, "no sender", _headers(raw.data))
    elif mail.time is None:
        rows.reject(raw.number, "no readable date", _headers(raw.data))
    elif mail.message_id in threads:
        rows.reject(raw.number, "the same message again", f"<{mail.message_id}>")
    else:
        rows.add(
            worker=labels.get(mail.sender[1], mail.sender[1]),
            time=mail.time,
            app="mail",
            action=mail.action,
            window=mail.subject or None,
            objects=receivers(mail, labels) or None,
            case=thread_of(mail, threads),
            origin="agent" if mail.automatic else "unknown",
            attributes=canonical(
                {
                    "length": mail.length,
                    "attachments": dict(mail.attachments) or None,
                    "case:subject": words_of(mail, labels) or None,
                }
            ),
            derived_from=sent(mail.message_id),
        )


def sent(message_id: str) -> str:
    """Which fact the sending of a mail is, so that it is one event whether it was seen live, imported, or both."""
    return f"{SAME}mail:{hashlib.blake2b(message_id.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def words_of(mail: Mail, labels: Mapping[str, str]) -> list[str]:
    """The content words of a mail's subject."""
    people = [person for person in (mail.sender, *mail.to, *mail.cc) if person]
    return subject_words(mail.subject, (text for name, key in people for text in (name, labels.get(key, ""), key)))


def _headers(data: bytes) -> bytes:
    # the quarantine keeps no texts of mails either
    return re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]


def receivers(mail: Mail, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Whom a mail is to, as objects, by what they are called."""
    found: dict[str, str] = {}
    for qualifier, people in (("to", mail.to), ("cc", mail.cc)):
        for _, address in people:
            found.setdefault(labels.get(address, address), qualifier)
    return [{"id": name, "type": "person", "qualifier": qualifier} for name, qualifier in found.items()]


def thread_of(mail: Mail, threads: dict[str, str]) -> str:
    """The case: the thread of a parent that was seen before, else that of the oldest parent named, else its own."""
    known = (threads[parent] for parent in mail.parents if parent in threads)
    root = next(known, None) or (mail.parents[0] if mail.parents else mail.message_id)
    if len(threads) < _MOST_REMEMBERED:
        threads[mail.message_id] = root
    return f"thread:{hashlib.blake2b(root.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
