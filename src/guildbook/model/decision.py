"""What the gate is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERY: Final = "*"
"""Every class of trace, every purpose or every recipient, in a permission, a mandate or a strike."""
IN_HOUSE: Final = ""
"""The recipient of what stays with the workers of the book."""
HELD: Final = "held:"
"""Before a vault's name, among the terms of traces: the collective holds them out for evaluation."""
UNSTATED: Final = "unstated"
"""Among the terms of traces that are held out, where the import stated none."""


class Reason(StrEnum):
    """Why a decision came out as it did: a stable code."""

    UNLEARN = "unlearn"
    """Subtracting somebody from what was learnt is always allowed."""
    ERASING = "erasing"
    """The worker is being forgotten."""
    OWN_RIGHT = "own-right"
    """The worker's own traces, for the worker: nothing is held against that."""
    BASE_POLICY = "base-policy"
    """Nobody may allow this."""
    WORKER_REFUSAL = "worker-refusal"
    PAUSED = "paused"
    """The worker has paused this class of traces."""
    STRIKE = "strike"
    COLLECTIVE_REFUSAL = "collective-refusal"
    HELD_OUT = "held-out"
    """The worker's collective keeps it in an evaluation vault, which alone may ask for it."""
    VAULT_WITHHELD = "vault-withheld"
    """The collective lets nobody ask the vault now."""
    AGREEMENT = "agreement"
    NOTICE_NOT_SERVED = "notice-not-served"
    """An agreement would allow it, but the law profile wants a notice first."""
    STEP_NOT_RECORDED = "step-not-recorded"
    """An agreement would allow it, but the law profile wants something done first, such as a works agreement."""
    WORKER_PERMIT = "worker-permit"
    VAULT = "vault"
    """The worker's own collective scores something against what it holds out."""
    IMPORT_TERMS = "import-terms"
    OWN_PURPOSE = "own-purpose"
    BOUND_CROSSED = "bound-crossed"
    """An agreement would allow it, but a model was measured to do more alone than was agreed."""
    DEPTH = "depth"
    """Nothing may be derived so far from the traces."""
    NO_PERMISSION = "no-permission"
    """Nothing allows it: the default."""


ALLOWING: Final = frozenset(
    {
        Reason.UNLEARN, Reason.OWN_RIGHT, Reason.AGREEMENT, Reason.WORKER_PERMIT, Reason.VAULT, Reason.IMPORT_TERMS,
        Reason.OWN_PURPOSE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """The question whether this class of this worker's traces may be used so."""

    worker: str
    """The worker's id."""
    trace_class: str
    purpose: str
    time: int
    """When, µs UTC."""
    recipient: str = IN_HOUSE
    """Id of the licensee; empty for a use within the book."""
    use: str = ""
    """Use kind; empty where it stays in-house."""
    month: str = ""
    """`YYYY-MM` of the traces; empty if it does not matter."""
    terms: tuple[str, ...] | None = None
    """Purposes stated when the traces were imported; None: nothing was stated."""
    vault: str = ""
    """The evaluation vault that is asked; empty: none."""

    @property
    def held(self) -> str:
        """The vault the traces are held out in; empty: none."""
        for word in self.terms or ():
            if word.startswith(HELD):
                return word[len(HELD) :]
        return ""

    @property
    def stated(self) -> tuple[str, ...] | None:
        """The purposes stated, whether or not the traces are held out since; None: nothing was stated."""
        if self.terms is None or UNSTATED in self.terms:
            return None
        return self.terms


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, with what it rests on."""

    allow: bool
    reason: Reason
    clauses: tuple[str, ...]
    """What decided: `AGREEMENT#clause`, a strike's id, a clause of the base policy."""
    policy_hash: str
    """Hash of everything that was in force: equal hashes decide alike."""
