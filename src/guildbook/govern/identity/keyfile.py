"""The key file: an identity with its private keys encrypted under a passphrase.

JSON. The passphrase (NFKC) goes through scrypt (RFC 7914) to an AES-256-GCM key; everything else in the file is bound
to the ciphertext, so that nothing in it can be exchanged. A checksum tells damage from a wrong passphrase.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from guildbook.govern.identity.person import KEY, Public
from guildbook.govern.identity.signing import Identity
from guildbook.model.canonical import canonical, digest
from guildbook.model.errors import DeniedError, InputError, UsageError
from guildbook.store import Sealer, UndecipherableError

LEAST: Final = 8
"""Characters of a passphrase (NIST SP 800-63B, 5.1.1.1)."""
COST: Final = 17
"""Binary logarithm of scrypt's N: 128 MiB and some tenths of a second for each guess."""
COSTS: Final = range(10, 22)
"""Costs that are accepted from a file."""
_BLOCK, _PARALLEL, _SALT = 8, 1, 16
_BOUND: Final = "identity"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key file as it is on the disk."""

    public: Public
    keyring: bool
    """Whether the passphrase is kept in the system's keyring."""
    cost: int
    salt: bytes
    sealed: bytes

    @classmethod
    def lock(cls, identity: Identity, passphrase: str, *, keyring: bool = False, cost: int = COST) -> Self:
        """The identity under a passphrase. Raises `UsageError` for one that is too short."""
        if len(passphrase) < LEAST:
            raise UsageError(
                f"A passphrase has at least {LEAST} characters.",
                "Four or five random words are good.",
                "weak-passphrase",
            )
        salt = os.urandom(_SALT)
        bare = cls(identity.public, keyring, cost, salt, b"")
        sealed = bare._sealer(passphrase).seal(identity.secret())
        return cls(identity.public, keyring, cost, salt, sealed)

    def unlock(self, passphrase: str) -> Identity:
        """The identity. Raises `DeniedError` for a wrong passphrase."""
        try:
            secret = self._sealer(passphrase).open(self.sealed, "A key file")
        except UndecipherableError:
            raise DeniedError(
                f"That is not the passphrase of {self.public.name}.", "Try again; nobody can reset it.", "passphrase"
            ) from None
        sign = Ed25519PrivateKey.from_private_bytes(secret[:KEY])
        return Identity(self.public, sign, X25519PrivateKey.from_private_bytes(secret[KEY:]))

    def __str__(self) -> str:
        """The file."""
        said = {**self._bound(), "sealed": self.sealed.hex()}
        return json.dumps({**said, "check": digest(said)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, text: str, where: str) -> Self:
        """What `str` wrote. Raises `InputError` for anything else."""
        try:
            data = cast("dict[str, Any]", json.loads(text))
            told = data.pop("check")
            if told != digest(data):
                raise _damaged(where)
            kdf = cast("Mapping[str, Any]", data["kdf"])
            found = cls(
                Public.from_dict(data), data["keyring"], kdf["cost"], bytes.fromhex(kdf["salt"]),
                bytes.fromhex(data["sealed"]),
            )  # fmt: skip
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            raise _damaged(where) from None
        if canonical({**found._bound(), "sealed": found.sealed.hex()}) != canonical(data) or found.cost not in COSTS:
            raise _damaged(where)
        return found

    def _bound(self) -> dict[str, Any]:
        """Everything but the ciphertext."""
        kdf = {"name": "scrypt", "cost": self.cost, "block": _BLOCK, "parallel": _PARALLEL, "salt": self.salt.hex()}
        return {**self.public.to_dict(), "keyring": self.keyring, "kdf": kdf}

    def _sealer(self, passphrase: str) -> Sealer:
        words = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
        key = Scrypt(salt=self.salt, length=KEY, n=1 << self.cost, r=_BLOCK, p=_PARALLEL).derive(words)
        return Sealer(key, _BOUND, digest(self._bound()))


def _damaged(where: str) -> InputError:
    return InputError(f"{where} is no key file, or it is damaged.", "Restore it from a backup.", "identity-damaged")
