"""An unlocked identity: it signs acts and notes, and opens what was sealed for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from guildbook.govern.acts import Act
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.identity.boxes import open_sealed
from guildbook.govern.identity.person import Public, Role


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody's keys, unlocked. They live as long as this object and are never written."""

    public: Public
    _sign: Ed25519PrivateKey = field(repr=False)
    _box: X25519PrivateKey = field(repr=False)

    @classmethod
    def make(cls, name: str, role: Role, created: int) -> Self:
        """New keys."""
        return cls.of(name, role, created, Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def of(cls, name: str, role: Role, created: int, sign: Ed25519PrivateKey, box: X25519PrivateKey) -> Self:
        """These keys under that name."""
        keys = sign.public_key().public_bytes_raw(), box.public_key().public_bytes_raw()
        public = Public(name, role, *keys, created)
        return cls(public.proved(sign.sign(public.to_prove())), sign, box)

    def secret(self) -> bytes:
        """Both private keys, for sealing into the key file."""
        return self._sign.private_bytes_raw() + self._box.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature."""
        return self._sign.sign(message)

    def open(self, sealed: bytes, context: str) -> bytes:
        """What somebody sealed for this person. Raises `InputError`."""
        return open_sealed(self._box, sealed, context)

    def cosign(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint with this person's signature added."""
        return replace(checkpoint, note=checkpoint.note.signed(self.public.verifier, self.sign))


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A person of a book who acts with their own key (a `govern.signer.Signer`)."""

    identity: Identity
    person: str
    """Their id in the book."""

    def signed(self, act: Act, book: str) -> Act:
        """The act with their key and signature."""
        made = replace(act, by=self.person)
        signature = self.identity.sign(made.to_sign(book))
        return replace(made, key=self.identity.public.sign.hex(), signature=signature.hex())
