"""What the mail source keeps to go on where it was: encrypted, since it names people and mails.

One file under AES-256-GCM, its key beside it for its owner alone, written whole or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guildbook.record.secret_file import secret_in

KEPT: Final = 5_000
"""Mails of one folder that are remembered, the newest."""
REMEMBERED: Final = 50_000
"""Threads and names that are remembered, the newest."""
_NONCE: Final = 12
_BOUND: Final = b"guildbook mail state 1"


@dataclass(slots=True)
class Known:
    """One mail in a folder."""

    id: str
    case: str
    flags: int


@dataclass(slots=True)
class Stand:
    """How far a folder was seen."""

    validity: int = 0
    next: int = 0
    modseq: int = 0
    known: dict[int, Known] = field(default_factory=dict[int, Known])
    """UID → mail."""

    def trim(self) -> None:
        """Forget the oldest beyond `KEPT`."""
        for uid in sorted(self.known)[: max(len(self.known) - KEPT, 0)]:
            del self.known[uid]


@dataclass(slots=True)
class Memory:
    """All that is kept."""

    account: str = ""
    saved: int = 0
    """µs UTC."""
    folders: dict[str, Stand] = field(default_factory=dict[str, Stand])
    own: dict[str, str] = field(default_factory=dict[str, str])
    """Address → the first name it wrote under."""
    given: dict[str, str] = field(default_factory=dict[str, str])
    """Address → the first name it was written to under."""
    threads: dict[str, str] = field(default_factory=dict[str, str])
    """Mail → the mail that its thread began with."""
    sent: dict[str, int] = field(default_factory=dict[str, int])
    """Mails that were seen in the folder of sent ones."""

    @property
    def labels(self) -> dict[str, str]:
        """What each address is called, as the importer of mail calls it."""
        return self.given | self.own

    def trim(self) -> None:
        """Forget the oldest."""
        for table in (self.own, self.given, self.threads, self.sent):
            for key in list(table)[: max(len(table) - REMEMBERED, 0)]:
                del table[key]


class Keeper:
    """Reads and writes the memory in a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "mail.state"
        self._gcm = AESGCM(secret_in(folder / "mail.key"))

    def load(self, account: str) -> Memory:
        """What was kept of the account; nothing where there is none, or what there is cannot be read any more."""
        try:
            sealed = self._path.read_bytes()
            found = json.loads(self._gcm.decrypt(sealed[:_NONCE], sealed[_NONCE:], _BOUND))
            memory = _memory(found)
        except (OSError, InvalidTag, ValueError, TypeError, KeyError, AttributeError):
            return Memory(account)
        return memory if memory.account == account else Memory(account)

    def save(self, memory: Memory) -> None:
        """Keep it, whole or not at all."""
        memory.trim()
        nonce = secrets.token_bytes(_NONCE)
        text = json.dumps(_json(memory), separators=(",", ":")).encode("utf-8", "replace")
        unfinished = self._path.with_suffix(".part")
        with unfinished.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(nonce + self._gcm.encrypt(nonce, text, _BOUND))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._path)


def _json(memory: Memory) -> dict[str, Any]:
    return {
        "account": memory.account,
        "saved": memory.saved,
        "own": memory.own,
        "given": memory.given,
        "threads": memory.threads,
        "sent": memory.sent,
        "folders": {
            name: {
                "validity": stand.validity,
                "next": stand.next,
                "modseq": stand.modseq,
                "known": [[uid, one.id, one.case, one.flags] for uid, one in stand.known.items()],
            }
            for name, stand in memory.folders.items()
        },
    }


def _memory(found: dict[str, Any]) -> Memory:
    folders = {
        name: Stand(
            one["validity"],
            one["next"],
            one["modseq"],
            {uid: Known(mail, case, flags) for uid, mail, case, flags in one["known"]},
        )
        for name, one in found["folders"].items()
    }
    return Memory(
        found["account"], found["saved"], folders, found["own"], found["given"], found["threads"], found["sent"]
    )
