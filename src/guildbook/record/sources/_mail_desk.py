"""What the watchers of an account's folders share: memory, what is missing somewhere, and the way to the recorder."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from guildbook.model import time as clock
from guildbook.plugins import Sink
from guildbook.record.importers._mail_message import Mail
from guildbook.record.sources._mail_imap import Folder, Imap
from guildbook.record.sources._mail_rows import Row
from guildbook.record.sources._mail_settings import Settings
from guildbook.record.sources._mail_state import Keeper, Known, Memory

SENT_NAMES: Final = frozenset({
    "sent", "sent items", "sent mail", "sent messages", "gesendet", "gesendete elemente", "gesendete objekte",
    "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "inviata", "posta inviata",
    "verzonden", "verzonden items", "skickat", "sendt", "wysłane", "odeslané",
})  # fmt: skip
"""What mail programs call it, for servers that do not say which folder it is."""
_PRIVATE: Final = re.compile(rb"(?im)^sensitivity:[ \t]*(?:private|personal|company-confidential)")
_VIRTUAL: Final = frozenset({"\\all", "\\flagged", "\\important", "\\drafts"})
"""Folders that show mails of others, or are rewritten all the time."""
_FIRST: Final = ("\\trash", "\\archive", "\\junk")
_MOST_OTHERS: Final = 200


@dataclass(frozen=True, slots=True)
class Missing:
    """A mail that is gone from a folder."""

    folder: str
    known: Known
    estimated: bool
    """Whether it went while nobody watched."""


@dataclass(slots=True)
class Desk:
    """Shared; `lock` is held while `memory` or `missing` is looked at or changed."""

    settings: Settings
    keeper: Keeper
    memory: Memory
    sink: Sink
    stop: threading.Event
    folders: Sequence[Folder] = ()
    """All of the account."""
    watched: Sequence[Folder] = ()
    lock: threading.RLock = field(default_factory=threading.RLock)
    missing: dict[str, Missing] = field(default_factory=dict[str, Missing])
    """By mail."""
    late: bool = False
    """Whether something was seen when it was over: then nothing is kept, so that it is seen again."""
    open: list[Imap] = field(default_factory=list[Imap])

    @property
    def watches_sent(self) -> bool:
        """Whether replies are seen as mails that were sent, so that the mark on what they answer says nothing new."""
        return any(self.is_sent(folder) for folder in self.watched)

    def is_sent(self, folder: Folder) -> bool:
        """Whether what is in a folder was sent by the worker."""
        return "\\sent" in folder.marks or folder.name.rpartition("/")[2].rpartition(".")[2].lower() in SENT_NAMES

    def others(self) -> list[Folder]:
        """Folders that nobody watches, to which mails may have been moved; the likeliest first."""
        watched = {folder.name for folder in self.watched}
        found = [f for f in self.folders if f.name not in watched and not f.marks & _VIRTUAL]
        found.sort(key=lambda f: (not any(mark in f.marks for mark in _FIRST), f.name))
        return found[:_MOST_OTHERS]

    def elsewhere(self, mail: str, folder: Folder) -> str:
        """The watched folder, besides this one and that of the sent ones, where a mail is too; empty where none is."""
        for other in self.watched:
            stand = self.memory.folders.get(other.name)
            if other.name == folder.name or self.is_sent(other) or stand is None:
                continue
            if any(known.id == mail for known in stand.known.values()):
                return other.name
        return ""

    def everything(self) -> Folder | None:
        """The folder that shows the mails of all others, where there is one."""
        return next((folder for folder in self.folders if "\\all" in folder.marks), None)

    def write(self, rows: Sequence[Row]) -> None:
        """Hand in what happened, unless it is over."""
        if not rows:
            return
        if self.stop.is_set():
            self.late = True
        else:
            self.sink.write(rows)

    def save(self) -> None:
        """Keep how far everything was seen; after what was seen was handed in, never before."""
        with self.lock:
            if not self.late:
                self.memory.saved = clock.now()
                self.keeper.save(self.memory)

    def silent(self, folder: Folder, mail: Mail) -> bool:
        """Whether the worker said that such mails are never recorded."""
        return _fits(self.settings.without, folder, mail)

    def wants_text(self, folder: Folder, mail: Mail, header: bytes) -> bool:
        """Whether the worker asked for the texts of such mails."""
        return _fits(self.settings.bodies, folder, mail) and not _PRIVATE.search(header)


def _fits(patterns: tuple[str, ...], folder: Folder, mail: Mail) -> bool:
    if not patterns:
        return False
    people = [address for _, address in (*([mail.sender] if mail.sender else []), *mail.to, *mail.cc)]
    return any(
        pattern in {"*", folder.name.lower()} or any(pattern in address for address in people) for pattern in patterns
    )
