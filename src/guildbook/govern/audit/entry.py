"""One entry of the audit log: what everybody may see of it, and what only an opening shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SALT: Final = 32
"""Bytes. Without a salt an act could be guessed and the guess checked against its commitment."""

LEAF: Final = b'\x00{"commitment":"%b","seq":%d,"time":%d}'
"""What the hash of a leaf is taken of; a test holds it against `canonical`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What everybody may see."""

    seq: int
    """Place in the log, from 0."""
    time: int
    """When it was logged, µs UTC; never before the entry ahead of it."""
    commitment: bytes

    @property
    def leaf(self) -> bytes:
        """Its leaf in the tree."""
        return leaf_of(self.seq, self.time, self.commitment)


@dataclass(frozen=True, slots=True)
class Opening:
    """An entry with what it committed to."""

    entry: Entry
    salt: bytes
    act: Mapping[str, Any]
    """As `Act.to_dict` wrote it."""


def commitment_of(salt: bytes, act: bytes) -> bytes:
    """SHA-256(salt ‖ canonical act)."""
    return hashlib.sha256(salt + act).digest()


def leaf_of(seq: int, time: int, commitment: bytes) -> bytes:
    """The leaf: the canonical JSON of place, time and commitment, hashed as RFC 6962 hashes leaves."""
    return hashlib.sha256(LEAF % (commitment.hex().encode(), seq, time)).digest()
