"""From an agreement to the rules the gate enforces: recipient × purpose × uses × classes × months × validity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from guildbook.govern.agreement.clauses import purposes_with_uses
from guildbook.govern.agreement.validate import must_be_valid
from guildbook.model.agreement import EVERYTHING, Agreement
from guildbook.model.time import LATEST, to_micros
from guildbook.model.use import METER

_CLAUSE: Final = "purposes"


@dataclass(frozen=True, slots=True)
class Rule:
    """One purpose that an agreement allows to one recipient."""

    clause: str
    """`purposes.train-augment`: what a suspension names, and what a decision cites after the agreement's id."""
    recipient: str
    """Id of the licensee."""
    purpose: str
    uses: frozenset[str]
    classes: frozenset[str]
    """Row classes; `*`: all of them."""
    without: frozenset[str]
    """Row classes that stay out all the same."""
    first_month: str
    last_month: str
    """Period of the traces, `YYYY-MM`, both included; empty: open."""
    begins: int
    ends: int
    """When the rule is in force, µs UTC; `ends` is not included."""
    tasks: frozenset[str] = frozenset({EVERYTHING})
    without_tasks: frozenset[str] = frozenset()
    """Tasks: the gate does not see them; whoever uses the traces answers for them."""

    def applies(self, use: str, trace_class: str, month: str, time: int) -> bool:
        """Whether the rule allows this use of these traces at this time; the gate asks for purpose and recipient."""
        return self.begins <= time < self.ends and self.covers(use, trace_class, month)

    def covers(self, use: str, trace_class: str, month: str) -> bool:
        """Whether it allows this use of these traces while it is in force; its meter may be read for any."""
        return (
            (use in self.uses or use == METER)
            and trace_class not in self.without
            and (EVERYTHING in self.classes or trace_class in self.classes)
            and (not self.first_month or self.first_month <= month)
            and (not self.last_month or (bool(month) and month <= self.last_month))
        )


def rules(agreement: Agreement) -> tuple[Rule, ...]:
    """The rules of a valid agreement, one for each purpose, sorted by clause.

    Raises `InputError` for an agreement with errors: nothing of it may be enforced in part.
    """
    must_be_valid(agreement)
    scope, term = agreement.scope, agreement.term
    return tuple(
        Rule(
            clause=clause_of(purpose),
            recipient=agreement.licensee.id,
            purpose=str(purpose),
            uses=frozenset(map(str, uses)),
            classes=frozenset(scope.classes),
            without=frozenset(scope.without_classes),
            first_month=scope.first_month,
            last_month=scope.last_month,
            begins=day_begins(term.first_day),
            ends=day_ends(term.last_day),
            tasks=frozenset(scope.tasks),
            without_tasks=frozenset(scope.without_tasks),
        )
        for purpose, uses in sorted(purposes_with_uses(agreement))
    )


def clause_of(purpose: str) -> str:
    """The clause id of the rule for a purpose."""
    return f"{_CLAUSE}.{purpose}"


def day_begins(day: str) -> int:
    """The first µs of a day, UTC."""
    return to_micros(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC))


def day_ends(day: str) -> int:
    """The first µs after a day, UTC; for no day the latest time there is."""
    return (
        to_micros(datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), UTC))
        if day
        else LATEST
    )
