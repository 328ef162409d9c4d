"""Permission computed for one request, and the receipt of its use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guildbook.model.purpose import Purpose


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """One admitted segment, as a stage may know it: what it holds, never where it lies."""

    id: str
    """Hex of the segment's UUID."""
    worker: str
    """The worker's label under this grant (name, or pseudonym)."""
    month: str
    rows: int
    first: int
    last: int
    """Times of the first and last event, µs UTC."""
    digest: str
    """SHA-256 of the plain rows, hex: equal digests hold equal events."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for one purpose, with the exact segments it admits. Sealed at the time it is given."""

    id: str
    purpose: Purpose
    stage: str
    artefact: str
    """What the bytes will go into, for example `model`."""
    time: int
    segments: Sequence[SegmentRef]
    """By id; there may be millions, so each may be made only when it is looked at."""
    refused: int
    """How many segments were not admitted."""
    policy_hash: str
    recipient: str = ""
    """Id of the licensee; empty: within the book."""
    use: str = ""
    """Kind of use, for a licensee."""
    vault: str = ""
    """The evaluation vault it opens; empty: none."""


@dataclass(frozen=True, slots=True)
class Use:
    """The receipt a worker can read: who read how much of theirs, for what, into what."""

    id: str
    grant: str
    worker: str
    purpose: Purpose
    stage: str
    artefact: str
    time: int
    segments: int
    rows: int
    reason: str
    """Why it was allowed: a `model.decision.Reason`."""
    recipient: str = ""
    """For whom; empty: within the book."""
    use: str = ""
    clauses: tuple[str, ...] = ()
    """`AGREEMENT#clause`, where an agreement allowed it."""
