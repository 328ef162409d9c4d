"""What differs between two versions of an agreement, clause by clause: for an offer and a counter-offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from guildbook.govern.agreement.clauses import clauses, number_of
from guildbook.model.agreement import Agreement
from guildbook.model.agreement_fields import Shape, specs


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else."""

    path: str
    clause: str
    """Id of the clause that speaks of it."""
    before: Any
    after: Any
    """As canonical JSON holds it; a list as a list."""


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause that differs, with its fields and both sentences."""

    number: int
    clause: str
    title: str
    before: str
    after: str
    fields: tuple[FieldChange, ...]
    """Empty where the sentence differs because of another clause (a currency stands in several)."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "number": self.number, "clause": self.clause, "title": self.title, "before": self.before,
            "after": self.after,
            "fields": [{"path": f.path, "before": f.before, "after": f.after} for f in self.fields],
        }  # fmt: skip


def diff(before: Agreement, after: Agreement) -> tuple[ClauseChange, ...]:
    """The clauses that differ, in order; empty if and only if the two are equal."""
    fields = sorted(_fields(before, after, ""), key=lambda f: (number_of(f.clause), f.path))
    return tuple(
        ClauseChange(old.number, old.id, old.title, old.text, new.text, tuple(f for f in fields if f.clause == old.id))
        for old, new in zip(clauses(before), clauses(after), strict=True)
        if old.text != new.text or any(f.clause == old.id for f in fields)
    )


def diff_text(changes: tuple[ClauseChange, ...]) -> str:
    """The differences for people: the sentence as it was and as it would be."""
    if not changes:
        return "The two say the same.\n"
    lines: list[str] = []
    for change in changes:
        lines += [f"{change.number}. {change.title}", f"  - {change.before}", f"  + {change.after}"]
        lines += [f"    {f.path}: {_said(f.before)} → {_said(f.after)}" for f in change.fields]
    return "\n".join(lines) + "\n"


def _fields(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    for name, spec in specs(type(before)).items():
        old, new = getattr(before, name), getattr(after, name)
        if spec.record is not None:
            yield from _fields(old, new, f"{path}{name}.")
        elif old != new:
            words = spec.shape is Shape.WORDS
            yield FieldChange(f"{path}{name}", spec.clause, list(old) if words else old, list(new) if words else new)


def _said(value: Any) -> str:
    if value is None:
        return "none"
    return ", ".join(value) or "(nothing)" if isinstance(value, list) else str(value) or "(empty)"
