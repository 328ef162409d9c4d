"""Checkpoints: how long the log was and what its root was, signed, for others to keep.

A log can be checked against itself, but nothing in it can show that its tail was cut off or that it was written anew
from the start. A checkpoint somewhere else can. It is a text file: a signed note whose first three lines are those of
C2SP's tlog-checkpoint (origin, size, root), then the time and the log's own verifier key. Whoever else has looked (a
steward, an auditor) may add a signature.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from guildbook.govern.audit.log import Log
from guildbook.govern.audit.note import Note, Verifier
from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.store import Store

SECRET: Final = "log-signing"  # noqa: S105 - the name of a secret of the book, not the secret
_ORIGIN: Final = "guildbook/"
_FORM: Final = re.compile(
    r"guildbook/([0-9a-f]{32})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\ntime (0|[1-9][0-9]{0,17})\nkey (\S+)\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One signed statement about the log of one book."""

    book: str
    size: int
    root: bytes
    time: int
    """When it was made, µs UTC."""
    log: Verifier
    """The key the log signs with, as the log says."""
    note: Note

    @classmethod
    def parse(cls, data: str) -> Self:
        """A checkpoint from its file. Raises `InputError` when it is none, or the log's own signature does not hold.

        That signature holds against the key in the checkpoint: whoever wants to know whose it is compares `log` with
        the key they were given.
        """
        note = Note.parse(data)
        form = _FORM.fullmatch(note.text)
        if form is None:
            raise InputError("This is no checkpoint of an audit log.", "Make one: guildbook audit checkpoint.", _BAD)
        book, size, root, time, key = form.groups()
        log = Verifier.parse(key)
        if log.name != _ORIGIN + book or not note.signed_by(log):
            raise InputError(
                "The checkpoint does not bear the signature of the log it speaks of: it was changed.",
                "Use the copy that was handed out.",
                _BAD,
            )
        return cls(book, int(size), b64decode(root), int(time), log, note)

    def __str__(self) -> str:
        """The file."""
        return str(self.note)

    def cosigned_by(self, verifier: Verifier) -> bool:
        """Whether that key has signed it (the log's own or somebody else's)."""
        return self.note.signed_by(verifier)


_BAD: Final = "bad-checkpoint"


def take(store: Store, log: Log, ledger: Connection, time: int | None = None) -> Checkpoint:
    """A checkpoint of the log as it stands. `ledger`: a connection of `Store.change`, since the first makes the key."""
    key = _key(store, ledger)
    size, when = log.size(ledger), clock.now() if time is None else time
    root, verifier = log.root(ledger, size), _verifier(store, key)
    text = f"{_ORIGIN}{store.book_id}\n{size}\n{b64encode(root).decode()}\ntime {when}\nkey {verifier}\n"
    note = Note(text).signed(verifier, key.sign)
    return Checkpoint(store.book_id, size, root, when, verifier, note)


def signing_key(store: Store, ledger: Connection) -> Ed25519PrivateKey:
    """The key this book signs with. `ledger`: a connection of `Store.change`, since the first use makes the key.

    Whoever signs anything but a checkpoint with it begins the message with a context of its own.
    """
    return _key(store, ledger)


def log_key(store: Store, ledger: Connection) -> Verifier | None:
    """The key that this book's checkpoints are signed with; None before the first."""
    secret = store.secret(ledger, SECRET)
    return None if secret is None else _verifier(store, Ed25519PrivateKey.from_private_bytes(secret))


def _key(store: Store, ledger: Connection) -> Ed25519PrivateKey:
    secret = store.secret(ledger, SECRET, make=True)
    assert secret is not None  # made if there was none
    return Ed25519PrivateKey.from_private_bytes(secret)


def _verifier(store: Store, key: Ed25519PrivateKey) -> Verifier:
    return Verifier(_ORIGIN + store.book_id, key.public_key().public_bytes_raw())
