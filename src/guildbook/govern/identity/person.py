"""The public part of an identity: who somebody is, and the two keys by which others check and reach them."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildbook.govern.audit.note import Verifier
from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError

FORMAT: Final = "guildbook-identity-1"
KEY: Final = 32
"""Bytes of a key of either kind."""
_CONTEXT: Final = b"guildbook-identity-1\n"
_MOST: Final = 200

_P: Final = 2**255 - 19
_EIGHTH: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL: Final = (0, 1, _P - 1, _EIGHTH, _P - _EIGHTH)
WEAK: Final = frozenset({*_SMALL, *(y + _P for y in _SMALL if y + _P < 2**255)})
"""The points of edwards25519 of order 1, 2, 4 and 8 without the sign bit, as y and where it fits as y + p.

Under such a key signatures hold that nobody made.
"""


class Role(StrEnum):
    """What somebody is to the collective. A role alone allows nothing: offices are filled by ballot."""

    WORKER = "worker"
    STEWARD = "steward"
    LICENSEE = "licensee"
    AUDITOR = "auditor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Public:
    """What everybody may know of an identity."""

    name: str
    role: Role
    sign: bytes
    """Ed25519."""
    box: bytes
    """X25519."""
    created: int
    """µs UTC."""
    proof: bytes = b""
    """Signature by `sign` over the rest: nobody can put another box key beside it."""

    @property
    def fingerprint(self) -> str:
        """100 bits of both keys for people to compare, in groups of four: `k3qd-7xwa-…`."""
        digest = hashlib.sha256(_CONTEXT + self.sign + self.box).digest()
        letters = b32encode(digest)[:20].decode().lower()
        return "-".join(letters[i : i + 4] for i in range(0, 20, 4))

    @property
    def verifier(self) -> Verifier:
        """As a signer of notes, for example of checkpoints."""
        return Verifier(f"{self.role}/{self.fingerprint}", self.sign)

    def to_prove(self) -> bytes:
        """What `proof` signs."""
        return _CONTEXT + canonical(self._said())

    def proved(self, proof: bytes) -> Self:
        """With the proof."""
        return replace(self, proof=proof)

    def to_dict(self) -> dict[str, Any]:
        """As it is handed out."""
        return {"format": FORMAT, **self._said(), "proof": self.proof.hex()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `InputError`: no identity, changed on the way, or a key that proves nothing."""
        try:
            name, role, created = data["name"], Role(data["role"]), data["created"]
            found = cls(name, role, _hex(data["sign"]), _hex(data["box"]), created, bytes.fromhex(data["proof"]))
        except (KeyError, TypeError, ValueError):
            raise _bad("it has not the fields of one") from None
        if data.get("format") != FORMAT or not isinstance(created, int) or not isinstance(name, str):
            raise _bad("it has not the fields of one")
        if not 0 < len(name) <= _MOST:
            raise _bad("its name is empty or too long")
        if weak(found.sign) or not found._holds():
            raise _bad("its keys were changed, or are nobody's")
        return found

    def _said(self) -> dict[str, Any]:
        return {
            "name": self.name, "role": str(self.role), "sign": self.sign.hex(), "box": self.box.hex(),
            "created": self.created,
        }  # fmt: skip

    def _holds(self) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.sign).verify(self.proof, self.to_prove())
        except (InvalidSignature, ValueError):
            return False
        return True


def weak(sign: bytes) -> bool:
    """Whether an Ed25519 key is a point of small order, under which anybody's signature may hold."""
    return int.from_bytes(sign, "little") & ~(1 << 255) in WEAK


def _hex(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != KEY:
        raise ValueError(text)
    return key


def _bad(why: str) -> InputError:
    return InputError(
        f"This is no public part of an identity: {why}.",
        "Ask them for: guildbook identity export NAME.",
        "bad-identity",
    )
