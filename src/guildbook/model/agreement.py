"""What a collective and a licensee agree on, as frozen records: the machine view.

Whole numbers only: money in cents, shares in ppm (millionths), times in days. Lists are kept sorted, so that two
agreements that say the same are equal and have one hash. Reading, plain words, checks and rules are in
`guildbook.govern.agreement`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from guildbook.model.agreement_fields import Shape, holds, says, specs, to_dict
from guildbook.model.agreement_values import checked, unfit

__all__ = [
    "CROSSINGS", "EVERYTHING", "HUMAN_GATES", "PAYOUT_RULES", "PRICE_KINDS", "Agreement", "Audit", "Notice", "Party",
    "Payout", "Price", "Remedies", "Scope", "Substitution", "Term", "from_dict", "to_dict",
]  # fmt: skip

EVERYTHING: Final = "*"
PRICE_KINDS: Final = ("flat", "free", "per-use", "royalty")
PAYOUT_RULES: Final = ("blend", "contribution", "equal", "hours")
CROSSINGS: Final = ("notify", "suspend")
HUMAN_GATES: Final = ("none", "result", "step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of an agreement."""

    id: str = field(metadata=says(Shape.TEXT, "parties", "Id in the book."))
    name: str = field(metadata=says(Shape.TEXT, "parties", "Name."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which traces."""

    classes: tuple[str, ...] = field(
        metadata=says(Shape.WORDS, "classes", "Classes of traces (apps, in lower case), or * for all.")
    )
    without_classes: tuple[str, ...] = field(
        default=(), metadata=says(Shape.WORDS, "carve-outs", "Classes that stay out all the same.")
    )
    tasks: tuple[str, ...] = field(default=(EVERYTHING,), metadata=says(Shape.WORDS, "tasks", "Tasks, or * for all."))
    without_tasks: tuple[str, ...] = field(
        default=(), metadata=says(Shape.WORDS, "carve-outs", "Tasks that stay out all the same.")
    )
    first_month: str = field(
        default="", metadata=says(Shape.MONTH, "period", "First month of the traces, YYYY-MM; empty: from the first.")
    )
    last_month: str = field(
        default="", metadata=says(Shape.MONTH, "period", "Last month of the traces, YYYY-MM; empty: to the newest.")
    )

    def __post_init__(self) -> None:
        _sort(self, "classes", "without_classes", "tasks", "without_tasks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long it holds."""

    first_day: str = field(metadata=says(Shape.DATE, "term", "First day, YYYY-MM-DD (UTC)."))
    last_day: str = field(metadata=says(Shape.DATE, "term", "Last day, YYYY-MM-DD, included; empty: no end."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the licensee pays."""

    kind: str = field(metadata=says(Shape.CHOICE, "price", "How it is priced.", choices=PRICE_KINDS))
    amount: int = field(default=0, metadata=says(Shape.MONEY, "price", "Of a flat price, or per use."))
    every_days: int = field(
        default=0, metadata=says(Shape.DAYS, "price", "Of a flat price: how often it is due; 0: once.")
    )
    royalty: int = field(
        default=0, metadata=says(Shape.SHARE, "price", "Share of the revenue made with what was derived.")
    )
    currency: str = field(default="EUR", metadata=says(Shape.TEXT, "price", "ISO 4217."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """How what is paid reaches the members."""

    rule: str = field(
        default="equal", metadata=says(Shape.CHOICE, "payout", "How it is divided.", choices=PAYOUT_RULES)
    )
    contribution: int = field(
        default=0, metadata=says(Shape.SHARE, "payout", "Of a blend: the share divided by contribution.")
    )
    floor: int = field(default=0, metadata=says(Shape.MONEY, "payout", "The least a member gets a period."))
    cap: int | None = field(
        default=None, metadata=says(Shape.MONEY, "payout", "The most a member gets a period.", optional=True)
    )
    fund: int = field(
        default=0, metadata=says(Shape.SHARE, "fund", "Share that goes into the collective's fund first.")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the collective may check."""

    log: bool = field(
        default=True, metadata=says(Shape.FLAG, "audit", "The licensee keeps a log of uses and hands it out.")
    )
    inspections: int = field(default=1, metadata=says(Shape.COUNT, "audit", "Inspections a year."))
    notice_days: int = field(default=14, metadata=says(Shape.DAYS, "audit", "Announced so long before."))
    ablation_days: int = field(
        default=0,
        metadata=says(Shape.DAYS, "ablation", "The licensee measures without the traces this often; 0: never."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """How far a model may come to work alone."""

    bound: int | None = field(
        default=None,
        metadata=says(Shape.SHARE, "substitution", "Most episodes a model may complete alone.", optional=True),
    )
    crossing: str = field(
        default="suspend",
        metadata=says(Shape.CHOICE, "substitution", "What crossing the bound does.", choices=CROSSINGS),
    )
    human_gate: str = field(
        default="result",
        metadata=says(Shape.CHOICE, "human-gate", "What a person approves before it counts.", choices=HUMAN_GATES),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Who is told how long before."""

    workers_days: int = field(
        default=14, metadata=says(Shape.DAYS, "notice", "Workers are told so long before the first use.")
    )
    end_days: int = field(default=30, metadata=says(Shape.DAYS, "notice", "Either side can end it with this notice."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """What follows from a breach, and from the end."""

    cure_days: int = field(default=14, metadata=says(Shape.DAYS, "remedies", "Time to mend a breach."))
    penalty: int = field(default=0, metadata=says(Shape.MONEY, "remedies", "For each breach that is not mended."))
    delete_on_end: bool = field(
        default=True,
        metadata=says(Shape.FLAG, "remedies", "What was derived is deleted or unlearnt when it ends."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Terms between a collective and a licensee."""

    title: str = field(metadata=says(Shape.TEXT, "parties", "What the agreement is called."))
    collective: Party = field(metadata=holds(Party, "Whose members' traces they are."))
    licensee: Party = field(metadata=holds(Party, "Who may use them."))
    purposes: tuple[str, ...] = field(
        metadata=says(Shape.WORDS, "purposes", "What for; each by name: guildbook terms purposes.")
    )
    uses: tuple[str, ...] = field(
        metadata=says(Shape.WORDS, "uses", "Use kinds: analyse evaluate retrieve teach train.")
    )
    scope: Scope = field(metadata=holds(Scope, "Which traces."))
    term: Term = field(metadata=holds(Term, "How long."))
    price: Price = field(metadata=holds(Price, "What is paid."))
    payout: Payout = field(default_factory=Payout, metadata=holds(Payout, "How it is divided."))
    derivative_depth: int | None = field(
        default=1,
        metadata=says(
            Shape.COUNT,
            "depth",
            "Things derived from the traces; 2: things derived from these, and so on.",
            optional=True,
        ),
    )
    retention_days: int | None = field(
        default=0, metadata=says(Shape.DAYS, "retention", "Traces are kept so long after the end.", optional=True)
    )
    audit: Audit = field(default_factory=Audit, metadata=holds(Audit, "What the collective may check."))
    substitution: Substitution = field(
        default_factory=Substitution, metadata=holds(Substitution, "How far a model may come to work alone.")
    )
    notice: Notice = field(default_factory=Notice, metadata=holds(Notice, "Who is told how long before."))
    remedies: Remedies = field(default_factory=Remedies, metadata=holds(Remedies, "What follows from a breach."))
    supersedes: str = field(
        default="", metadata=says(Shape.TEXT, "supersedes", "Hash of the agreement it takes the place of.")
    )

    def __post_init__(self) -> None:
        _sort(self, "purposes", "uses")


def _sort(record: Any, *names: str) -> None:
    for name in names:
        object.__setattr__(record, name, tuple(sorted(set(getattr(record, name)))))


def from_dict(data: Mapping[str, Any]) -> Agreement:
    """The agreement that `to_dict` wrote.

    Raises `ValueError`, naming the field, for one that is missing, unknown, of another type or out of range.
    """
    return _made(Agreement, data, "")


def _made(record: type[Any], data: Any, path: str) -> Any:
    if not isinstance(data, Mapping):
        raise unfit(path.rstrip(".") or "the agreement", "must be a mapping")
    known = specs(record)
    given = cast("Mapping[str, Any]", data)
    for name in given:
        if name not in known:
            raise unfit(f"{path}{name}", "is no field of an agreement")
    values: dict[str, Any] = {}
    for name, spec in known.items():
        if name not in given:
            raise unfit(f"{path}{name}", "is missing")
        if spec.record is not None:
            values[name] = _made(spec.record, given[name], f"{path}{name}.")
        else:
            values[name] = checked(spec, given[name], f"{path}{name}")
    return record(**values)
