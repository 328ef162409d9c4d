"""What a worker has said: one decision for each purpose, the latest counts."""

from __future__ import annotations

from dataclasses import dataclass

from guildbook.model.errors import UsageError
from guildbook.model.purpose import Purpose

PERMIT = "permit"
REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    """A worker's own permission or refusal of one purpose."""

    worker: str
    """Name."""
    purpose: str
    decision: str
    """`permit` or `refuse`."""
    time: int


def purpose_named(name: str) -> Purpose:
    """The purpose of that name. `unlearn` cannot be decided on: it is always the worker's right."""
    allowed = [p for p in Purpose if p is not Purpose.UNLEARN]
    for purpose in allowed:
        if purpose == name:
            return purpose
    raise UsageError(f"There is no purpose called {name!r}.", f"Purposes: {', '.join(allowed)}.")
