"""The keyring: data keys wrapped by the book's key, and the pseudonyms of workers."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, insert, select, tuple_

from guildbook.model.errors import StoreError
from guildbook.store import tables
from guildbook.store.cipher import KEY_BYTES, UndecipherableError, decrypt, encrypt, new_key

INBOX: Final = "inbox"
"""Period of the key of a worker's unsealed batches; those may span months."""
NAME: Final = "name"
"""Period of the key of a worker's name."""
IMPORT: Final = "import"
"""Period of the key of an import's path and quarantine; its owner is the import."""

Keys = dict[tuple[str, str], bytes]
"""Plain keys by (owner, period)."""

_CHECK: Final = b"guildbook"
_MANY: Final = 400  # SQLite takes 32,766 parameters; far fewer keep statements readable


class Keyring:
    """Makes, finds and unwraps data keys. Erasing is deleting their rows."""

    def __init__(self, book_key: bytes, secret: bytes) -> None:
        self._book_key = book_key
        self._secret = secret
        # By the wrapped bytes, never by owner: another process may erase a key and make a new one.
        self._open: dict[bytes, bytes] = {}

    @classmethod
    def load(cls, connection: Connection, key_file: Path) -> Self:
        """The keyring of an existing book; `StoreError` when its key file is missing or another book's."""
        facts = _facts(connection)
        book_key = read_key(key_file)
        try:
            decrypt(book_key, facts["key_check"], "check", what="The check value")
            secret = decrypt(book_key, facts["secret"], "secret", what="The secret")
        except UndecipherableError:
            raise StoreError(
                f"{key_file} is not the key of this book.",
                "Restore the right book.key from a backup; without it the traces cannot be read.",
                "book-key-wrong",
            ) from None
        return cls(book_key, secret)

    @classmethod
    def found(cls, connection: Connection, key_file: Path, book_id: str) -> Self:
        """Begin a book: its id, the check value and the secret go to the ledger, the key to `key_file` if new."""
        book_key = read_key(key_file) if key_file.exists() else _write_key(key_file)
        secret = new_key()
        facts = {
            "id": book_id.encode(),
            "key_check": encrypt(book_key, _CHECK, "check"),
            "secret": encrypt(book_key, secret, "secret"),
        }
        connection.execute(insert(tables.book), [{"key": k, "value": v} for k, v in facts.items()])
        return cls(book_key, secret)

    def pseudonym(self, name: str) -> str:
        """The worker's id in this book: 80 bits of HMAC-SHA256 under the book's secret."""
        mac = hmac.new(self._secret, name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return "w-" + mac.hexdigest()[:20]

    def ensure(self, connection: Connection, wanted: Iterable[tuple[str, str]]) -> Keys:
        """The keys of these (owner, period) pairs; those not there are made. Needs the writer lock."""
        pairs = list(dict.fromkeys(wanted))
        found = self.find(connection, pairs)
        made = {pair: new_key() for pair in pairs if pair not in found}
        self.add(connection, made)
        return found | made

    def add(self, connection: Connection, made: Keys) -> None:
        """Write new keys to the ledger, wrapped."""
        if made:
            rows = [
                {"owner": owner, "period": period, "wrapped": self.wrap(key, owner, period)}
                for (owner, period), key in made.items()
            ]
            connection.execute(insert(tables.keys), rows)

    def of(self, connection: Connection, owners: Sequence[str]) -> Keys:
        """All keys of these owners."""
        keys = tables.keys.c
        found: Keys = {}
        for start in range(0, len(owners), _MANY):
            query = select(keys.owner, keys.period, keys.wrapped).where(
                keys.owner.in_(owners[start : start + _MANY]), keys.period != NAME
            )
            for owner, period, wrapped in connection.execute(query):
                found[owner, period] = self.unwrap(wrapped, owner, period)
        return found

    def fetch(self, connection: Connection, wanted: Iterable[tuple[str, str]]) -> Keys:
        """The keys of these (owner, period) pairs; `StoreError` when one is gone."""
        pairs = list(dict.fromkeys(wanted))
        found = self.find(connection, pairs)
        for owner, period in pairs:
            if (owner, period) not in found:
                raise StoreError(
                    f"The key of {owner} for {period} is not in the ledger.",
                    "If the worker was forgotten meanwhile, run the command again; else restore the ledger.",
                    "key-missing",
                )
        return found

    def secret(self, connection: Connection, name: str, *, make: bool) -> bytes | None:
        """A secret of the whole book, 256 random bits wrapped by its key. None when there is none and not `make`."""
        table, row = tables.book, f"secret:{name}"
        wrapped = connection.execute(select(table.c.value).where(table.c.key == row)).scalar()
        if wrapped is not None:
            return decrypt(self._book_key, wrapped, "book-secret", name, what=f"The book's secret {name!r}")
        if not make:
            return None
        made = new_key()
        value = encrypt(self._book_key, made, "book-secret", name)
        connection.execute(insert(table), {"key": row, "value": value})
        return made

    def wrap(self, key: bytes, owner: str, period: str) -> bytes:
        """A data key under the book's key, bound to whose and which it is."""
        return encrypt(self._book_key, key, "key", owner, period)

    def unwrap(self, wrapped: bytes, owner: str, period: str) -> bytes:
        """The reverse of `wrap`."""
        key = self._open.get(wrapped)
        if key is None:
            key = decrypt(self._book_key, wrapped, "key", owner, period, what=f"The key of {owner} for {period}")
            self._open[wrapped] = key
        return key

    def find(self, connection: Connection, pairs: Sequence[tuple[str, str]]) -> Keys:
        """The keys of those of these (owner, period) pairs that have one."""
        keys = tables.keys.c
        found: Keys = {}
        for start in range(0, len(pairs), _MANY):
            some = pairs[start : start + _MANY]
            query = select(keys.owner, keys.period, keys.wrapped).where(tuple_(keys.owner, keys.period).in_(some))
            for owner, period, wrapped in connection.execute(query):
                found[owner, period] = self.unwrap(wrapped, owner, period)
        return found


def fingerprint(key: bytes) -> str:
    """Tells a key that somebody shows from another: 128 bits of a hash, from which nothing of the key can be had."""
    return hashlib.sha256(b"guildbook-key\n" + key).hexdigest()[:32]


def book_id(connection: Connection) -> str | None:
    """The id of the book in this ledger, None when there is none yet."""
    facts = _facts(connection)
    return facts["id"].decode() if "id" in facts else None


def read_key(path: Path) -> bytes:
    """The book's key from its file: 64 hex digits."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        raise StoreError(
            f"The book's key is missing: there is no {path}.",
            "Restore book.key from a backup; without it the traces cannot be read.",
            "book-key-missing",
        ) from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"{path} does not hold a key of 64 hex digits.", "Restore book.key from a backup.", "book-key-wrong"
        )
    return key


def _write_key(path: Path) -> bytes:
    """A new key, whole on the disk before any byte is encrypted with it."""
    key = new_key()
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(key.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key


def _facts(connection: Connection) -> dict[str, bytes]:
    return {row.key: row.value for row in connection.execute(select(tables.book.c.key, tables.book.c.value))}
