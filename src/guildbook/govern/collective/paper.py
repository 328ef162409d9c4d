"""A voter's side of a ballot: their token, how they ask for its paper, and the vote they cast with it.

All of it follows from the voter's own keys and the ballot, so nothing has to be kept between asking and voting, and
the voter finds their vote on the board whenever they like. Whoever has a voter's keys can find it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guildbook.govern.collective.blind import Blinded, PublicKey, SecretKey, blind, finalize
from guildbook.govern.collective.board import Vote, blinded_digest, paper_text, request_text, vote_text
from guildbook.govern.identity.boxes import open_sealed, seal
from guildbook.govern.identity.signing import Identity
from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError

_SEED: Final = 32
_SALT: Final = 48
_PLACE: Final = 32
_WIDTH: Final = 8
_MORE: Final = 16
"""Bytes more than a number has, so that the remainder is as good as uniform."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What one voter does in one ballot."""

    book: str
    ballot: str
    key: PublicKey
    place: bytes
    """Where the sealed vote lies until the count. Nobody else can tell it, not from the token either."""
    blinded: Blinded
    _once: Ed25519PrivateKey

    @classmethod
    def of(cls, identity: Identity, book: str, ballot: str, key: PublicKey) -> Paper:
        """The paper of somebody whose keys are unlocked; always the same."""
        info = b"guildbook-ballot-secrets-1\n" + canonical({"book": book, "ballot": ballot, "key": f"{key.n:x}"})
        length = _SEED + _SALT + _PLACE + key.size + _MORE
        secret = HKDF(SHA256(), length=length, salt=None, info=info).derive(identity.secret())
        seed, rest = secret[:_SEED], secret[_SEED:]
        once = Ed25519PrivateKey.from_private_bytes(seed)
        salt, place, mask = rest[:_SALT], rest[_SALT : _SALT + _PLACE], int.from_bytes(rest[_SALT + _PLACE :])
        text = paper_text(book, ballot, once.public_key().public_bytes_raw())
        return cls(book, ballot, key, place, blind(key, text, salt=salt, mask=mask), once)

    @property
    def token(self) -> str:
        """The public half of the key this voter uses once, hex."""
        return self._once.public_key().public_bytes_raw().hex()

    def asked_by(self, identity: Identity, member: str) -> bytes:
        """The member's signature under their request for this paper."""
        return identity.sign(request_text(self.book, self.ballot, member, blinded_digest(self.blinded.message)))

    def vote(self, choice: str, signed: bytes) -> Vote:
        """The vote, with the paper as it came back. Raises `DeniedError` when the paper is none of this ballot."""
        text = paper_text(self.book, self.ballot, bytes.fromhex(self.token))
        paper = finalize(self.key, text, signed, self.blinded.inverse)
        signature = self._once.sign(vote_text(self.book, self.ballot, choice))
        return Vote(self.token, choice, paper.hex(), signature.hex())


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the ballot's steward holds: the key that signs papers, and the one that opens the votes."""

    key: SecretKey
    box: X25519PrivateKey

    @classmethod
    def make(cls) -> Secrets:
        """New ones, for one ballot."""
        return cls(SecretKey.make(), X25519PrivateKey.generate())

    def sealed_for(self, box: str, ballot: str) -> str:
        """Closed for the one person with that X25519 key (hex)."""
        held = self.key.to_dict() | {"box": self.box.private_bytes_raw().hex()}
        return seal(bytes.fromhex(box), canonical(held), _context(ballot)).hex()

    @classmethod
    def opened(cls, identity: Identity, sealed: str, ballot: str) -> Secrets:
        """What `sealed_for` closed. Raises `InputError` for anybody else."""
        held = cast("Mapping[str, Any]", json.loads(identity.open(bytes.fromhex(sealed), _context(ballot))))
        return cls(SecretKey.from_dict(held), X25519PrivateKey.from_private_bytes(bytes.fromhex(held["box"])))

    def said(self) -> dict[str, Any]:
        """The public halves, as the opening of a ballot states them."""
        return {
            "key": f"{self.key.public.n:x}", "roots": self.key.roots(),
            "box": self.box.public_key().public_bytes_raw().hex(),
        }  # fmt: skip

    def votes(self, ballot: str, boxes: Sequence[bytes]) -> tuple[list[Vote], int]:
        """The votes in sealed boxes, sorted, and how many boxes held none. Whether a vote counts is not asked here."""
        found: list[Vote] = []
        for box in boxes:
            try:
                token, choice, *rest = json.loads(open_sealed(self.box, box, _context(ballot)))
                found.append(Vote.of([token, choice.rstrip(), *rest]))
            except (AttributeError, InputError, TypeError, ValueError, RecursionError):
                continue
        return sorted(found), len(boxes) - len(found)


def sealed_vote(vote: Vote, box: str, ballot: str) -> bytes:
    """A vote, closed until the count. `box`: the ballot's X25519 key, hex."""
    # All boxes are of one length, whatever was chosen.
    token, choice, *rest = vote.line()
    return seal(bytes.fromhex(box), canonical([token, choice.ljust(_WIDTH), *rest]), _context(ballot))


def _context(ballot: str) -> str:
    return f"ballot/{ballot}"
