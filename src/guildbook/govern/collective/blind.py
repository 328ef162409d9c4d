"""Blind signatures: the signer never sees what is signed, and cannot tell later which signature was whose.

RSABSSA-SHA384-PSS-Deterministic of RFC 9474. What is signed here holds 32 random bytes, which is what the RFC asks of
the deterministic variant (section 5); the PSS salt is 48 bytes.

Whoever makes a ballot key could choose it so that blinding leaks: if 65537 divides φ(n), the blinded message tells
which class its message is in. So a key comes with roots of numbers that a hash fixes: for such a key each of them has
a root with probability 1/65537 only (Bellare and Yung, Certifying permutations, J. Cryptology 9, 1996).
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA384

from guildbook.model.errors import DeniedError, InputError

BITS: Final = 2048
"""Of a ballot key: nothing depends on it once the ballot is closed, and secrecy never does."""
_LEAST: Final = 2048
_E: Final = 65537
_HASH: Final = 48
_SALT: Final = 48
_ROOTS: Final = 8
"""Each is a chance of 1 in 65537 for a bad key: 2⁻¹²⁸ together."""
_CONTEXT: Final = b"guildbook-ballot-key-1\n"
_PSS: Final = padding.PSS(mgf=padding.MGF1(SHA384()), salt_length=_SALT)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What papers are checked with."""

    n: int

    @property
    def size(self) -> int:
        """Bytes of a signature."""
        return (self.n.bit_length() + 7) // 8

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is one of this key on that message."""
        if len(signature) != self.size:
            return False
        try:
            rsa.RSAPublicNumbers(_E, self.n).public_key().verify(signature, message, _PSS, SHA384())
        except (InvalidSignature, ValueError):
            return False
        return True

    def sound(self, roots: Sequence[str]) -> bool:
        """Whether blinding under this key hides what is blinded, as its maker shows with these roots (hex)."""
        if self.n.bit_length() < _LEAST or self.n % 2 == 0 or len(roots) != _ROOTS:
            return False
        wanted = [challenge(self.n, place) for place in range(_ROOTS)]
        return all(
            0 < root < self.n and pow(root, _E, self.n) == goal and math.gcd(goal, self.n) == 1
            for root, goal in zip((int(r, 16) for r in roots), wanted, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Blinded:
    """A message on its way to the signer, and what takes the blinding off again."""

    message: bytes
    """Blinded: tells nothing."""
    inverse: int


@dataclass(frozen=True, slots=True)
class SecretKey:
    """What signs blindly."""

    p: int
    q: int

    @classmethod
    def make(cls) -> Self:
        """A new key, for one ballot."""
        made = rsa.generate_private_key(public_exponent=_E, key_size=BITS).private_numbers()
        return cls(made.p, made.q)

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return PublicKey(self.p * self.q)

    def roots(self) -> list[str]:
        """What shows everybody that the key is sound, hex."""
        return [f"{self._root(challenge(self.public.n, place)):x}" for place in range(_ROOTS)]

    def sign(self, blinded: bytes) -> bytes:
        """`BlindSign`: the signature of a blinded message. Raises `InputError` for what is none."""
        n, number = self.public.n, int.from_bytes(blinded)
        if len(blinded) != self.public.size or number >= n:
            raise InputError("What was asked to be signed is no blinded message.", "Ask again.", "bad-paper")
        # Blinded once more, so that the time it takes says nothing about the key.
        mask = _unit(n)
        signed = self._root(number * pow(mask, _E, n) % n) * pow(mask, -1, n) % n
        if pow(signed, _E, n) != number:
            raise InputError("The ballot key is damaged.", "Open another ballot.", "bad-key")
        return signed.to_bytes(self.public.size)

    def to_dict(self) -> dict[str, str]:
        """For sealing."""
        return {"p": f"{self.p:x}", "q": f"{self.q:x}"}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(int(data["p"], 16), int(data["q"], 16))

    def _root(self, number: int) -> int:
        p, q = self.p, self.q
        at_p = pow(number, pow(_E, -1, p - 1), p)
        at_q = pow(number, pow(_E, -1, q - 1), q)
        return at_q + q * ((at_p - at_q) * pow(q, -1, p) % p)


def blind(key: PublicKey, message: bytes, *, salt: bytes | None = None, mask: int | None = None) -> Blinded:
    """`Blind`: hide a message for the signer. `salt` and `mask`: both can be given, to blind alike again."""
    n = key.n
    encoded = _encode(message, n.bit_length() - 1, secrets.token_bytes(_SALT) if salt is None else salt)
    number = int.from_bytes(encoded)
    hidden = _unit(n) if mask is None else mask % n
    if math.gcd(number, n) != 1 or math.gcd(hidden, n) != 1:
        raise InputError("Nothing can be blinded for this key.", "Open another ballot.", "bad-key")
    return Blinded((number * pow(hidden, _E, n) % n).to_bytes(key.size), pow(hidden, -1, n))


def finalize(key: PublicKey, message: bytes, signed: bytes, inverse: int) -> bytes:
    """`Finalize`: the signature of the message. Raises `DeniedError` when the signer signed something else."""
    made = (int.from_bytes(signed) * inverse % key.n).to_bytes(key.size)
    if len(signed) != key.size or not key.verify(message, made):
        raise DeniedError("The paper was not signed with the ballot's key.", "Ask whoever issued it.", "bad-paper")
    return made


def _encode(message: bytes, bits: int, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 (RFC 8017, 9.1.1)."""
    size = (bits + 7) // 8
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(size - len(salt) - _HASH - 2) + b"\x01" + salt
    masked = bytearray(a ^ b for a, b in zip(block, _mgf1(digest, len(block)), strict=True))
    masked[0] &= 0xFF >> (8 * size - bits)
    return bytes(masked) + digest + b"\xbc"


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = (hashlib.sha384(seed + i.to_bytes(4)).digest() for i in range(-(-length // _HASH)))
    return b"".join(blocks)[:length]


def challenge(n: int, place: int) -> int:
    """The number below n whose root a key's maker has to show at this place."""
    size = (n.bit_length() + 7) // 8
    seed = _CONTEXT + place.to_bytes(4) + n.to_bytes(size)
    # 16 bytes more than n has, so that the remainder is as good as uniform.
    return int.from_bytes(hashlib.shake_256(seed).digest(size + 16)) % n


def _unit(n: int) -> int:
    """A random number that can be divided by."""
    while True:
        found = secrets.randbelow(n)
        if math.gcd(found, n) == 1:
            return found
