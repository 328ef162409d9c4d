"""The board of cast votes, and what makes each line of it count.

A vote is signed with a key that is used once, and that key's public half, the *token*, bears a blind signature of the
ballot's key. So nobody can tell whose a token is, nobody can change a vote, and nobody votes without having asked
under their own name for the one paper they are due. Nothing here is secret: anybody who has the board counts again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildbook.govern.collective.blind import PublicKey
from guildbook.govern.identity.person import weak
from guildbook.model.canonical import canonical, digest

YES: Final = "yes"
NO: Final = "no"
OPTIONS: Final = (YES, NO)
"""What can be voted. Who would rather say nothing does not vote."""


@dataclass(frozen=True, slots=True, order=True)
class Vote:
    """One line of the board; all of it hex but the choice."""

    token: str
    """Public Ed25519 key, used for this vote alone."""
    choice: str
    paper: str
    """The blind signature on the token."""
    signature: str
    """Of the choice, by the token's key."""

    @classmethod
    def of(cls, line: Sequence[Any]) -> Self:
        """From a line of the board. Raises `TypeError` or `ValueError` for what is none."""
        token, choice, paper, signature = line
        if not all(isinstance(part, str) for part in line):
            raise TypeError("a line of the board is four texts")
        return cls(token, choice, paper, signature)

    def line(self) -> list[str]:
        """As it stands on the board."""
        return [self.token, self.choice, self.paper, self.signature]

    def holds(self, book: str, ballot: str, key: PublicKey) -> bool:
        """Whether it was cast with a paper of this ballot, for this choice."""
        try:
            token, paper, signature = map(bytes.fromhex, (self.token, self.paper, self.signature))
            Ed25519PublicKey.from_public_bytes(token).verify(signature, vote_text(book, ballot, self.choice))
        except (InvalidSignature, ValueError):
            return False
        plain = self.token == token.hex() and not weak(token) and self.choice in OPTIONS
        return plain and key.verify(paper_text(book, ballot, token), paper)


def counts(votes: Iterable[Vote]) -> dict[str, int]:
    """How many chose what."""
    found = Counter(vote.choice for vote in votes)
    return {option: found[option] for option in OPTIONS}


def board_root(votes: Iterable[Vote]) -> str:
    """One hash over the whole board, hex."""
    return digest(tuple(tuple(vote.line()) for vote in votes))


def paper_text(book: str, ballot: str, token: bytes) -> bytes:
    """What a paper's blind signature is on. The token is random, as the blind signature needs it."""
    return b"guildbook-ballot-paper-1\n" + canonical({"book": book, "ballot": ballot, "token": token.hex()})


def vote_text(book: str, ballot: str, choice: str) -> bytes:
    """What a token's key signs."""
    return b"guildbook-ballot-vote-1\n" + canonical({"book": book, "ballot": ballot, "choice": choice})


def request_text(book: str, ballot: str, member: str, blinded: str) -> bytes:
    """What a member signs who asks for a paper; `blinded`: `blinded_digest`."""
    said = {"book": book, "ballot": ballot, "member": member, "blinded": blinded}
    return b"guildbook-ballot-request-1\n" + canonical(said)


def blinded_digest(blinded: bytes) -> str:
    """What a request names instead of the whole blinded token."""
    return hashlib.sha256(blinded).hexdigest()
