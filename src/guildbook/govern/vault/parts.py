"""What a world knows of an evaluation vault."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""A vault's name: it stands among the terms of what is held out."""
LEAST_WORKERS: Final = 5
"""Below so many workers nothing is scored: a score of few is a score of each."""
LEAST_CASES: Final = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """One score that was given out, as the log has it."""

    time: int
    """When, µs UTC."""
    model: str
    """Hash of the model."""
    root: str
    """Of the segments it was scored against."""
    price: tuple[tuple[str, int], ...]
    """(agreement, cents)."""
    alarm: bool


@dataclass(slots=True)
class Vault:
    """An evaluation vault of a collective."""

    id: str
    collective: str
    queries: int
    """Scores a licensee may have in a period."""
    days: int
    """The period."""
    made: int = 0
    """When, µs UTC."""
    cases: int = 0
    """Held out so far."""
    withheld: bool = False
    ended: bool = False
    answers: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    """Licensee (empty: the collective itself) → scores they had, oldest first."""
