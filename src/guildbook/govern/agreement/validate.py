"""Whether an agreement can be offered: errors that forbid it, warnings that whoever signs should know, with reasons.

An error is a contradiction, something missing, or a clause below base policy. A warning is lawful and meant
seriously, but unusual or against the members' interest. No legal advice: the sources say what a check goes back to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from guildbook.govern.agreement.base import base_clause, forbidden
from guildbook.govern.agreement.clauses import number_of, purposes_with_uses
from guildbook.model.agreement import EVERYTHING, Agreement
from guildbook.model.errors import InputError
from guildbook.model.purpose import PPM, Purpose, PurposeGroup, leaves
from guildbook.model.use import SERVES, UseKind

_LONG_DAYS: Final = 5 * 366
_HASH: Final = 64


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the validator has to say."""

    severity: Severity
    code: str
    """Stable, for programs: `base/union`, `no-end`."""
    clause: str
    """Id of the clause it is about."""
    path: str
    """The field, as in `scope.classes`."""
    what: str
    why: str
    """The reason, with its source where it has one."""

    @property
    def number(self) -> int:
        """Number of the clause in the plain view."""
        return number_of(self.clause)


Found = Iterator[Finding]


def validate(agreement: Agreement) -> tuple[Finding, ...]:
    """Everything there is to say, errors first, then by clause."""
    found = [finding for check in _CHECKS for finding in check(agreement)]
    return tuple(sorted(found, key=lambda f: (f.severity != Severity.ERROR, f.number, f.code, f.path, f.what)))


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only those that forbid it."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)


def must_be_valid(agreement: Agreement) -> None:
    """Raise `InputError`, naming every error, unless there is none."""
    found = errors(validate(agreement))
    if found:
        told = "; ".join(f"clause {f.number}: {f.what}" for f in found)
        raise InputError(
            f"The agreement cannot be offered or enforced. {told}",
            "See: guildbook agreement validate FILE.",
            "agreement",
        )


def _error(code: str, clause: str, path: str, what: str, why: str) -> Finding:
    return Finding(Severity.ERROR, code, clause, path, what, why)


def _warning(code: str, clause: str, path: str, what: str, why: str) -> Finding:
    return Finding(Severity.WARNING, code, clause, path, what, why)


def _parties(a: Agreement) -> Found:
    for path, party in (("collective", a.collective), ("licensee", a.licensee)):
        if not party.id or not party.name or party.id == EVERYTHING:
            yield _error(
                "party-missing", "parties", path, f"The {path} needs an id and a name.",
                "An agreement binds two parties that can be named.",
            )  # fmt: skip
    if a.collective.id and a.collective.id == a.licensee.id:
        yield _error(
            "one-party", "parties", "licensee.id", "Both sides are the same.", "Nobody can make an agreement alone."
        )
    if not a.title:
        yield _error("untitled", "parties", "title", "It has no title.", "People must be able to name it.")


def _purposes(a: Agreement) -> Found:
    if not a.purposes:
        yield _error(
            "no-purpose", "purposes", "purposes", "No purpose is named.", "Purposes are specified: GDPR Art. 5(1)(b)."
        )
    groups = {str(group) for group in PurposeGroup}
    for purpose in a.purposes:
        closed = forbidden(purpose, "", "")
        if closed is not None:
            yield _below_base(closed, "purposes", "purposes", purpose)
        elif purpose in groups:
            yield _error(
                "purpose-group", "purposes", "purposes",
                f"“{purpose}” is a group of purposes: name those meant ({', '.join(leaves(purpose))}).",
                "A permission never comes down the tree of purposes.",
            )  # fmt: skip
        elif purpose == Purpose.UNLEARN:
            yield _error(
                "unlearn", "purposes", "purposes", "“unlearn” cannot be agreed on.", "It is each worker's own right."
            )
        elif purpose not in set(Purpose):
            known = ", ".join(p for p in Purpose if p is not Purpose.UNLEARN)
            yield _error(
                "unknown-purpose", "purposes", "purposes", f"There is no purpose “{purpose}”.", f"Known: {known}."
            )
    if Purpose.TRAIN_SUBSTITUTE in a.purposes:
        yield _warning(
            "substitution-allowed", "purposes", "purposes",
            "It lets traces train systems that do the members' work without them.",
            "That is for the members to decide, and seldom what an agreement is for.",
        )  # fmt: skip


def _uses(a: Agreement) -> Found:
    if not a.uses:
        yield _error("no-use", "uses", "uses", "No use is named.", "What is not named is not allowed.")
    for use in a.uses:
        if use not in set(UseKind):
            yield _error("unknown-use", "uses", "uses", f"There is no use “{use}”.", f"Known: {', '.join(UseKind)}.")
    granted = purposes_with_uses(a)
    for purpose, uses in granted:
        if not uses and purpose is not Purpose.UNLEARN:
            yield _error(
                "purpose-without-use", "uses", "uses", f"None of the uses can serve “{purpose}”.",
                f"It could be: {', '.join(sorted(SERVES[purpose]))}.",
            )  # fmt: skip
    for use in UseKind:
        if use in a.uses and not any(use in uses for _, uses in granted):
            yield _warning(
                "idle-use", "uses", "uses", f"“{use}” serves none of the purposes and allows nothing.",
                "What has no effect had better not be written.",
            )  # fmt: skip


def _scope(a: Agreement) -> Found:
    scope = a.scope
    for path, clause, names in (("classes", "classes", scope.classes), ("tasks", "tasks", scope.tasks)):
        if not names:
            yield _error(f"no-{path}", clause, f"scope.{path}", f"No {path} are named.", "Write * for all.")
        if EVERYTHING in names and len(names) > 1:
            yield _error(
                "all-and-some",
                clause,
                f"scope.{path}",
                f"All {path} are named, and some beside.",
                "It must be one of both.",
            )
    for path, inside, outside in (
        ("classes", scope.classes, scope.without_classes), ("tasks", scope.tasks, scope.without_tasks)
    ):  # fmt: skip
        if EVERYTHING in outside or (inside and EVERYTHING not in inside and set(inside) <= set(outside)):
            yield _error(
                "nothing-left", "carve-outs", f"scope.without_{path}", "Everything that is covered is carved out.",
                "Nothing would be left.",
            )  # fmt: skip
        elif EVERYTHING not in inside:
            for name in sorted(set(outside) - set(inside)):
                yield _warning(
                    "idle-carve-out", "carve-outs", f"scope.without_{path}", f"“{name}” was not covered anyway.",
                    "What has no effect had better not be written.",
                )  # fmt: skip
    for name in scope.classes:
        closed = forbidden("", "", name)
        if closed is not None:
            yield _below_base(closed, "classes", "scope.classes", name)
    if scope.first_month and scope.last_month and scope.first_month > scope.last_month:
        yield _error(
            "months-reversed",
            "period",
            "scope.last_month",
            "The last month is before the first.",
            "No trace is covered.",
        )


def _term(a: Agreement) -> Found:
    first, last = a.term.first_day, a.term.last_day
    if not first:
        yield _error(
            "no-beginning", "term", "term.first_day", "It has no first day.", "It must be clear when it holds."
        )
    if not last:
        yield _error(
            "no-end", "term", "term.last_day", "It has no end.",
            "Consent without end cannot be taken back in practice: GDPR Art. 5(1)(b) and (e).",
        )  # fmt: skip
    elif first and last < first:
        yield _error("term-reversed", "term", "term.last_day", "It ends before it begins.", "It would never hold.")
    elif first and _days_between(first, last) > _LONG_DAYS:
        yield _warning(
            "long-term", "term", "term.last_day", "It runs for more than five years.",
            "What traces are worth changes faster than that.",
        )  # fmt: skip


def _price(a: Agreement) -> Found:
    price, pay = a.price, a.payout
    needed = {"flat": price.amount, "per-use": price.amount, "royalty": price.royalty, "free": 1}[price.kind]
    if not needed:
        field = "royalty" if price.kind == "royalty" else "amount"
        yield _error(
            "no-price", "price", f"price.{field}", f"A price of kind {price.kind} needs its {field}.", "It is 0."
        )
    idle = [
        ("amount", price.amount, {"flat", "per-use"}),
        ("every_days", price.every_days, {"flat"}),
        ("royalty", price.royalty, {"royalty"}),
    ]
    for name, value, kinds in idle:
        if value and price.kind not in kinds:
            yield _error(
                "idle-price", "price", f"price.{name}", f"A price of kind {price.kind} has no {name}.",
                "What has no effect in a price misleads whoever reads it.",
            )  # fmt: skip
    if not (len(price.currency) == len("EUR") and price.currency.isascii() and price.currency.isupper()):
        yield _error("currency", "price", "price.currency", "The currency must be three capitals.", "ISO 4217.")
    if price.kind == "free" and {Purpose.TRAIN_AUGMENT, Purpose.TRAIN_SUBSTITUTE} & set(a.purposes):
        yield _warning(
            "free-training", "price", "price.kind", "Training is free of charge.", "What a model earns is not shared."
        )
    if pay.rule == "blend" and not 0 < pay.contribution < PPM:
        yield _error(
            "blend", "payout", "payout.contribution", "A blend needs a contribution share between 0 and 100 %.",
            "At the ends it is no blend: write equal or contribution.",
        )  # fmt: skip
    elif pay.rule != "blend" and pay.contribution:
        yield _error(
            "blend",
            "payout",
            "payout.contribution",
            "Only a blend has a contribution share.",
            "It would have no effect.",
        )
    if pay.cap is not None and pay.cap < pay.floor:
        yield _error(
            "cap-below-floor", "payout", "payout.cap", "The cap is below the floor.", "No payout can keep both."
        )
    if pay.fund * 2 > PPM:
        yield _warning(
            "large-fund",
            "fund",
            "payout.fund",
            "More than half goes into the fund.",
            "Members would get the lesser part.",
        )


def _derived(a: Agreement) -> Found:
    trains = UseKind.TRAIN in a.uses
    if a.derivative_depth is None:
        yield _error(
            "no-depth", "depth", "derivative_depth", "Derivatives may go on without limit.",
            "Nobody could say any more where the traces are: no lineage, no unlearning.",
        )  # fmt: skip
    elif a.derivative_depth == 0 and trains:
        yield _error(
            "depth-0", "depth", "derivative_depth", "A model is a derivative, and none may be made.",
            "Take away train, or allow depth 1.",
        )  # fmt: skip
    elif a.derivative_depth > 2:  # noqa: PLR2004 - a model, and what is distilled from it
        yield _warning(
            "deep", "depth", "derivative_depth", "Derivatives of derivatives of derivatives are allowed.",
            "The further, the harder to unlearn.",
        )  # fmt: skip
    if a.retention_days is None:
        yield _error(
            "no-retention", "retention", "retention_days", "Traces may be kept without limit.",
            "Storage is limited: GDPR Art. 5(1)(e).",
        )  # fmt: skip
    elif a.retention_days > 2 * 366:
        yield _warning(
            "long-retention", "retention", "retention_days", "Traces are kept for more than two years after the end.",
            "Storage is limited: GDPR Art. 5(1)(e).",
        )  # fmt: skip


def _checks(a: Agreement) -> Found:
    if not a.audit.log:
        yield _error(
            "no-log", "audit", "audit.log", "The licensee keeps no log of uses.",
            "Without it neither receipts nor payouts can be checked: GDPR Art. 5(2), AI Act Art. 26(6).",
        )  # fmt: skip
    if not a.audit.inspections:
        yield _warning(
            "no-inspection",
            "audit",
            "audit.inspections",
            "There are no inspections.",
            "What cannot be checked is trust.",
        )
    training = {Purpose.TRAIN_AUGMENT, Purpose.TRAIN_SUBSTITUTE} & set(a.purposes)
    if training and not a.audit.ablation_days:
        severity = _error if Purpose.TRAIN_AUGMENT in training else _warning
        yield severity(
            "no-ablation", "ablation", "audit.ablation_days", "Nobody measures what the models do alone.",
            "A bound that is never measured is none; without ablation no contribution is known.",
        )  # fmt: skip


def _substitution(a: Agreement) -> Found:
    if Purpose.TRAIN_AUGMENT not in a.purposes:
        return
    if a.substitution.bound is None:
        yield _error(
            "no-bound", "substitution", "substitution.bound", "“train-augment” needs a substitution bound.",
            "Assisting is told from replacing by it: substitution S, as measured, at most the bound.",
        )  # fmt: skip
    elif Purpose.TRAIN_SUBSTITUTE in a.purposes:
        yield _warning(
            "bound-without-effect", "substitution", "substitution.bound", "Replacing is allowed beside assisting.",
            "A model above the bound is then held to be for “train-substitute”, which is allowed too.",
        )  # fmt: skip
    elif a.substitution.bound * 2 > PPM:
        yield _warning(
            "high-bound", "substitution", "substitution.bound", "A model may do more than half of the work alone.",
            "That is hardly assisting.",
        )  # fmt: skip
    if a.substitution.crossing != "suspend":
        yield _warning(
            "bound-without-teeth", "substitution", "substitution.crossing", "Crossing the bound changes nothing.",
            "The collective is told, and the model runs on.",
        )  # fmt: skip
    if a.substitution.human_gate == "none":
        yield _error(
            "no-human", "human-gate", "substitution.human_gate", "“train-augment” needs a person who decides.",
            "An AI that proposes steps proposes them to somebody: AI Act Art. 14 and 26(2).",
        )  # fmt: skip


def _afterwards(a: Agreement) -> Found:
    if not a.notice.workers_days:
        yield _error(
            "no-notice", "notice", "notice.workers_days", "Members are not told before the first use.",
            "Workers and their representatives are told first: AI Act Art. 26(7), Directive (EU) 2024/2831 Art. 9.",
        )  # fmt: skip
    if not a.notice.end_days:
        yield _warning(
            "no-period-of-notice", "notice", "notice.end_days", "Either side can end it at once.",
            "Neither can plan on it.",
        )  # fmt: skip
    if a.notice.end_days > 366:  # noqa: PLR2004 - a leap year
        yield _warning(
            "long-notice",
            "notice",
            "notice.end_days",
            "Ending it takes more than a year.",
            "That comes close to no way out.",
        )
    if not a.remedies.delete_on_end:
        yield _warning(
            "outlives", "remedies", "remedies.delete_on_end", "What was derived outlives the agreement.",
            "A strike or an end of the agreement then costs the licensee little.",
        )  # fmt: skip
    if a.supersedes and not (len(a.supersedes) == _HASH and set(a.supersedes) <= set("0123456789abcdef")):
        yield _error(
            "no-hash", "supersedes", "supersedes", "The earlier agreement must be named by its hash.",
            "64 hexadecimal digits, as `guildbook agreement validate` tells them.",
        )  # fmt: skip


def _below_base(closed: str, clause: str, path: str, name: str) -> Finding:
    said = base_clause(closed)
    return _error(
        closed,
        clause,
        path,
        f"“{name}” is about {said.what}, which nobody may allow.",
        f"{said.reason} ({said.source})",
    )


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


_CHECKS: Final[tuple[Callable[[Agreement], Found], ...]] = (
    _parties, _purposes, _uses, _scope, _term, _price, _derived, _checks, _substitution, _afterwards,
)  # fmt: skip
