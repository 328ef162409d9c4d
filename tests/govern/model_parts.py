"""What the model of `model_gate` keeps of terms, agreements and strikes, and what it takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DAY = 86_400_000_000
NOTICE = 14 * DAY
"""What the terms ask for between a notice and the first use."""
BOUND = 50_000
"""What a model may do alone, in ppm, under all terms of the game."""
LAWS = {"eu-employment": {"works-council", "legal-basis", "impact-assessment"}, "us-state": {"posted-notice"}}
"""Law profiles, with what has to be recorded under each (those that are played)."""


@dataclass
class Terms:
    """What the model needs to know of an agreement's terms."""

    licensee: str
    uses: dict[str, set[str]]
    """Purpose → kinds of use."""
    classes: set[str]
    without: set[str]
    first_month: str
    last_month: str
    begins: int
    ends: int
    supersedes: str
    end_notice: int
    """µs."""


@dataclass
class Deal:
    """An agreement, as its acts left it."""

    id: str
    collective: str
    licensee: str
    hashes: list[str]
    latest: int
    """When the newest version was put on the table."""
    ratified: set[str] = field(default_factory=set[str])
    signed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    force: str = ""
    superseded: bool = False
    suspended: set[str] = field(default_factory=set[str])
    over: bool = False
    """Whether the last measure that counted was above the bound."""
    measured: set[str] = field(default_factory=set[str])
    ends: list[int] = field(default_factory=list[int])


@dataclass
class Walkout:
    """A strike."""

    body: dict[str, Any]
    pledged: set[str] = field(default_factory=set[str])
    workers: set[str] = field(default_factory=set[str])
    begins: int | None = None
    called: int = 0
    over: bool = False
