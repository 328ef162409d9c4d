"""Signed notes: a text for people and programs, with the signatures of those who vouch for it.

The format is C2SP's signed-note (c2sp.org/signed-note), which transparency logs exchange: the text, an empty line, and
for each signature a line of an em dash, the signer's name, and in base64 four bytes that tell the key, then the
signature. Only Ed25519 (type 1) is used. A verifier key is written NAME+HASH+KEY as there.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildbook.model.errors import InputError

_ED25519: Final = b"\x01"
_DASH: Final = "— "
_KEY, _ID, _SIGNATURE = 32, 4, 64
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name."""

    name: str
    """Without spaces and plus signs."""
    key: bytes
    """Ed25519, 32 bytes."""

    @property
    def id(self) -> bytes:
        """Four bytes that tell the key among those of a note."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_ID]

    def __str__(self) -> str:
        """As it is handed out."""
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.key).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote. Raises `InputError`."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = _decoded(encoded)
        if named(name) and len(key) == _KEY + 1 and key[:1] == _ED25519:
            found = cls(name, key[1:])
            if found.id.hex() == key_id:
                return found
        raise InputError(
            f"{text.strip()[:120]!r} is no verifier key.",
            "It looks like NAME+HASH+KEY; get it from whoever signs: guildbook audit show, guildbook identity show.",
            "bad-key",
        )

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        """The line, without its end."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.value).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (it ends with a line feed) and its signatures."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        """The file."""
        return self.text + "\n" + "".join(f"{one}\n" for one in self.signatures)

    @classmethod
    def parse(cls, data: str) -> Self:
        """What `str` wrote. Raises `InputError`."""
        text, gap, below = data.rpartition("\n\n")
        lines = below.split("\n")
        if not gap or lines[-1] or len(data) > _MOST or "\r" in data:
            raise _malformed()
        return cls(text + "\n", tuple(_signature(line) for line in lines[:-1]))

    def signed(self, verifier: Verifier, sign: Callable[[bytes], bytes]) -> Self:
        """With one signature more (in the place of an earlier one by the same key)."""
        made = Signature(verifier.name, verifier.id, sign(self.text.encode()))
        kept = tuple(s for s in self.signatures if (s.name, s.key_id) != (made.name, made.key_id))
        return type(self)(self.text, (*kept, made))

    def signed_by(self, verifier: Verifier) -> bool:
        """Whether it bears that key's signature, and a right one."""
        message = self.text.encode()
        mine = [s for s in self.signatures if (s.name, s.key_id) == (verifier.name, verifier.id)]
        return bool(mine) and all(verifier.holds(message, s.value) for s in mine)


def named(name: str) -> bool:
    """Whether a signer can be called so."""
    return bool(name) and "+" not in name and not any(c.isspace() or not c.isprintable() for c in name)


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = _decoded(encoded)
    if not line.startswith(_DASH) or not named(name) or len(data) != _ID + _SIGNATURE:
        raise _malformed()
    return Signature(name, data[:_ID], data[_ID:])


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _malformed() -> InputError:
    return InputError("This is no signed note.", "Give the file as it was handed out, unchanged.", "bad-note")
