"""What a worker has said: permissions and refusals, by purpose, class of traces and recipient. The latest counts."""

from __future__ import annotations

from dataclasses import dataclass

from guildbook.columns.classes import class_named
from guildbook.govern.naming import BE_NAMED
from guildbook.model.decision import EVERY
from guildbook.model.errors import UsageError
from guildbook.model.purpose import Purpose, PurposeGroup

PERMIT = "permit"
REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Said:
    """A worker's own permission or refusal."""

    worker: str
    """Name."""
    purpose: str
    """A purpose; of a refusal also a group of them."""
    decision: str
    """`permit` or `refuse`."""
    time: int
    """When, µs UTC."""
    trace_class: str = EVERY
    recipient: str = EVERY
    """Name of the licensee; empty: within the book; `*`: everybody."""


def purpose_named(name: str, *, permit: bool) -> str:
    """The purpose of that name, or for a refusal the group. `unlearn` cannot be decided on: it is a right."""
    allowed = [*(str(p) for p in Purpose if p is not Purpose.UNLEARN), BE_NAMED]
    known = allowed if permit else [*allowed, *(str(g) for g in PurposeGroup)]
    if name not in known:
        hint = " A permission names one purpose, never a group." if name in list(PurposeGroup) else ""
        raise UsageError(f"There is no purpose called {name!r}.{hint}", f"Purposes: {', '.join(known)}.")
    return name


def class_given(name: str | None) -> str:
    """The class a user named; all of them for None and `*`."""
    return EVERY if name in {None, EVERY} else class_named(str(name))
