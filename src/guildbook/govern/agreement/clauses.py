"""The clauses of an agreement: every one a sentence with a number, rendered from the machine view.

All clauses are always there, also those that grant or ask nothing, and always under the same number: what is not
said cannot be overlooked, and two versions can be compared clause by clause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from guildbook.model.agreement import EVERYTHING, Agreement
from guildbook.model.agreement_values import money_words, share_words
from guildbook.model.purpose import TERMS, Purpose
from guildbook.model.use import SERVES, USE_WORDS, UseKind

GATE: Final = "the gate"
LOG: Final = "the use log"
METER: Final = "the meter"
PARTIES: Final = "the parties"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause in plain words."""

    number: int
    id: str
    title: str
    text: str
    kept_by: str
    """What holds the licensee to it: the gate refuses, the log shows, the meter measures, or the parties must see to
    it themselves."""


def clauses(agreement: Agreement) -> tuple[Clause, ...]:
    """Every clause, in order; the numbers are those of `ORDER`."""
    return tuple(
        Clause(number, key, title, say(agreement), kept_by)
        for number, (key, title, kept_by, say) in enumerate(_CLAUSES, start=1)
    )


def number_of(clause: str) -> int:
    """The number of the clause with this id; 0 for what is no clause."""
    return ORDER.index(clause) + 1 if clause in ORDER else 0


def purposes_with_uses(agreement: Agreement) -> tuple[tuple[Purpose, tuple[UseKind, ...]], ...]:
    """Each purpose an agreement can grant, with those of its uses that can serve it. What is unknown is left out."""
    uses = tuple(use for use in UseKind if use in agreement.uses)
    return tuple(
        (purpose, tuple(use for use in uses if use in SERVES[purpose]))
        for purpose in Purpose
        if purpose in agreement.purposes
    )


def _parties(a: Agreement) -> str:
    return (
        f"Under the title “{a.title}”, the collective “{a.collective.name}” (“{a.collective.id}”) lets the licensee "
        f"“{a.licensee.name}” (“{a.licensee.id}”) use traces of its members' work on the terms below and on no others."
    )


def _purposes(a: Agreement) -> str:
    known = [TERMS[p] for p, _ in purposes_with_uses(a)]
    other = [p for p in a.purposes if p not in set(Purpose)]
    told = [f"{t.label} (“{t.name}”): {t.definition}" for t in known] + [
        f"“{p}”, which is no known purpose." for p in other
    ]
    if not told:
        return "The traces may be used for nothing."
    return f"The traces may be used for {_count(len(told), 'purpose')} and for no other. " + " ".join(
        f"{text[0].upper()}{text[1:]}" for text in told
    )


def _uses(a: Agreement) -> str:
    other = [u for u in a.uses if u not in set(UseKind)]
    told = [
        f"For “{purpose}” the licensee may {_and([f'{USE_WORDS[u]} (“{u}”)' for u in uses])}."
        for purpose, uses in purposes_with_uses(a)
        if uses
    ]
    idle = [f"For “{purpose}” the licensee may do nothing." for purpose, uses in purposes_with_uses(a) if not uses]
    strange = [f"“{u}” is no known use." for u in other]
    strange += [
        f"“{use}” serves none of the purposes and allows nothing."
        for use in UseKind
        if use in a.uses and not any(use in uses for _, uses in purposes_with_uses(a))
    ]
    return " ".join([*told, *idle, *strange, "Nothing else may be done with the traces."])


def _classes(a: Agreement) -> str:
    if not a.scope.classes:
        return "No class of traces is covered."
    if EVERYTHING in a.scope.classes:
        return f"Every class of traces is covered{_beside(a.scope.classes)}, except what clauses 7 and 21 keep out."
    return f"Covered are the traces of {_quoted(a.scope.classes)}, and of nothing else."


def _period(a: Agreement) -> str:
    first, last = a.scope.first_month, a.scope.last_month
    if first and last:
        return f"Covered are traces from {first} to {last}, both months included."
    if first:
        return f"Covered are traces from {first} on, that month included, also those made while the agreement runs."
    if last:
        return f"Covered are traces up to {last}, that month included."
    return "Traces of all months are covered, also those made while the agreement runs."


def _tasks(a: Agreement) -> str:
    if EVERYTHING in a.scope.tasks:
        return f"Every task is covered{_beside(a.scope.tasks)}, except what clause 7 keeps out."
    return f"Covered are the tasks {_quoted(a.scope.tasks)}, and no others." if a.scope.tasks else "No task is covered."


def _carve_outs(a: Agreement) -> str:
    out: list[str] = []
    if a.scope.without_classes:
        out.append(f"The traces of {_quoted(a.scope.without_classes)} stay out.")
    if a.scope.without_tasks:
        out.append(f"The tasks {_quoted(a.scope.without_tasks)} stay out.")
    return " ".join(out) or "Nothing more is kept out."


def _term(a: Agreement) -> str:
    end = f"to the end of {a.term.last_day} (UTC), and ends then by itself" if a.term.last_day else "on, without an end"
    return f"It holds from the beginning of {a.term.first_day or 'no stated day'} {end}."


def _price(a: Agreement) -> str:
    price, amount = a.price, f"{money_words(a.price.amount)} {a.price.currency}"
    said = {
        "free": f"The licensee pays nothing (amounts would be in {price.currency}).",
        "flat": f"The licensee pays {amount} {f'every {_days(price.every_days)}' if price.every_days else 'once'}.",
        "per-use": f"The licensee pays {amount} for each use in the use log.",
        "royalty": (
            f"The licensee pays {share_words(price.royalty)} of the revenue it makes with what was derived from the "
            f"traces, in {price.currency}."
        ),
    }[price.kind]
    unused = [
        text
        for kinds, value, text in (
            (("flat", "per-use"), price.amount, f"an amount of {amount}"),
            (("flat",), price.every_days, f"a period of {_days(price.every_days)}"),
            (("royalty",), price.royalty, f"a royalty of {share_words(price.royalty)}"),
        )
        if value and price.kind not in kinds
    ]
    return f"{said} What is also stated has no effect: {_and(unused)}." if unused else said


def _payout(a: Agreement) -> str:
    pay, currency = a.payout, a.price.currency
    how = {
        "equal": "in equal shares among the members whose traces were used",
        "hours": "by the hours of work in each member's traces that were used",
        "contribution": "by what each member's traces contributed, as measured",
        "blend": f"{share_words(pay.contribution)} by measured contribution and the rest in equal shares",
    }[pay.rule]
    cap = "with no upper limit" if pay.cap is None else f"at most {money_words(pay.cap)} {currency}"
    extra = ""
    if pay.contribution and pay.rule != "blend":
        extra = f" A contribution share of {share_words(pay.contribution)} is also stated and has no effect."
    return (
        f"What is paid is divided {how}; each period a member gets at least "
        f"{money_words(pay.floor)} {currency}, as far as there is enough, and {cap}.{extra}"
    )


def _fund(a: Agreement) -> str:
    if not a.payout.fund:
        return "Nothing goes into the collective's fund before it is divided."
    return f"Before it is divided, {share_words(a.payout.fund)} goes into the collective's fund."


def _depth(a: Agreement) -> str:
    if a.derivative_depth is None:
        return "What is made from the traces may be used to make other things, without limit."
    if a.derivative_depth == 0:
        return "Nothing may be made from the traces that outlasts the use itself."
    if a.derivative_depth == 1:
        return (
            "Models, indexes and lessons may be made from the traces (depth 1); nothing may be made from these in turn."
        )
    return (
        f"Models, indexes and lessons may be made from the traces, and others from these, up to depth "
        f"{a.derivative_depth}; every one is held to these terms."
    )


def _retention(a: Agreement) -> str:
    if a.retention_days is None:
        return "The licensee may keep the traces without limit."
    if a.retention_days == 0:
        return "The licensee keeps no traces after the agreement ends."
    return f"The licensee deletes the traces at the latest {_days(a.retention_days)} after the agreement ends."


def _audit(a: Agreement) -> str:
    log = "keeps a log of every use and hands it out on request" if a.audit.log else "need not keep a log of uses"
    if not a.audit.inspections:
        return f"The licensee {log}. There are no inspections (notice would be {_days(a.audit.notice_days)})."
    return (
        f"The licensee {log}. The collective, or an auditor it names, may inspect "
        f"{_count(a.audit.inspections, 'time')} a year, announced {_days(a.audit.notice_days)} before."
    )


def _ablation(a: Agreement) -> str:
    if not a.audit.ablation_days:
        return "The licensee need not measure what its models are worth without the traces."
    return (
        f"Every {_days(a.audit.ablation_days)} the licensee measures its models with and without the traces, on work "
        "the collective holds back, and hands over augmentation A and substitution S with their intervals."
    )


def _substitution(a: Agreement) -> str:
    crossing = {
        "suspend": "training and use for “train-augment” are suspended until it is below again",
        "notify": "the collective is told",
    }[a.substitution.crossing]
    if a.substitution.bound is None:
        return f"There is no bound on how much a model may do alone. (Were there one: above it, {crossing}.)"
    return (
        f"A model may complete at most {share_words(a.substitution.bound)} of held-back episodes with no human step "
        f"(substitution S, upper end of its interval). Above it, {crossing}."
    )


def _human_gate(a: Agreement) -> str:
    return {
        "none": "What a model does may take effect without a person.",
        "result": "A person approves every result of a model before it takes effect.",
        "step": "A person approves every single step of a model before it takes effect.",
    }[a.substitution.human_gate]


def _notice(a: Agreement) -> str:
    workers = (
        f"The members are told {_days(a.notice.workers_days)} before the first use."
        if a.notice.workers_days
        else "The members need not be told before the first use."
    )
    end = (
        f"Either side may end the agreement with a notice of {_days(a.notice.end_days)}."
        if a.notice.end_days
        else "Either side may end the agreement at any time, without notice."
    )
    return f"{workers} {end}"


def _remedies(a: Agreement) -> str:
    terms = a.remedies
    penalty = (
        f"after that it pays {money_words(terms.penalty)} {a.price.currency} and the collective may end the agreement"
        if terms.penalty
        else "after that the collective may end the agreement"
    )
    left = (
        "what was derived from the traces is deleted or unlearnt"
        if terms.delete_on_end
        else "what was derived from the traces may stay in use"
    )
    cure = _days(terms.cure_days) if terms.cure_days else "no time"
    return f"The licensee has {cure} to mend a breach; {penalty}. When the agreement ends, {left}."


def _supersedes(a: Agreement) -> str:
    return (
        f"It takes the place of the agreement “{a.supersedes}”." if a.supersedes else "It takes the place of no other."
    )


def _limits(_: Agreement) -> str:
    return (
        "Nothing here allows what the base policy forbids: private conversations, emotions, union and works council "
        "activity, off-duty time, special categories of personal data, and automated decisions about people's jobs. "
        "A member's own refusal, a pause and a strike go before this agreement."
    )


_CLAUSES: Final[Sequence[tuple[str, str, str, Callable[[Agreement], str]]]] = (
    ("parties", "Parties", GATE, _parties),
    ("purposes", "Purposes", GATE, _purposes),
    ("uses", "Uses", GATE, _uses),
    ("classes", "Classes of traces", GATE, _classes),
    ("period", "Months of the traces", GATE, _period),
    ("tasks", "Tasks", PARTIES, _tasks),
    ("carve-outs", "Carve-outs", f"{GATE} (classes) and {PARTIES} (tasks)", _carve_outs),
    ("term", "Term", GATE, _term),
    ("price", "Price", PARTIES, _price),
    ("payout", "Division", LOG, _payout),
    ("fund", "Fund", LOG, _fund),
    ("depth", "Derivatives", LOG, _depth),
    ("retention", "Keeping", PARTIES, _retention),
    ("audit", "Checks", PARTIES, _audit),
    ("ablation", "Measuring", METER, _ablation),
    ("substitution", "Substitution bound", METER, _substitution),
    ("human-gate", "Human gate", PARTIES, _human_gate),
    ("notice", "Notice", f"{PARTIES}, and {GATE} under a law profile that asks for it", _notice),
    ("remedies", "Remedies", PARTIES, _remedies),
    ("supersedes", "Earlier agreement", GATE, _supersedes),
    ("limits", "Limits", GATE, _limits),
)

ORDER: Final = tuple(key for key, _, _, _ in _CLAUSES)
"""Ids of the clauses; a clause's number is its place here, counted from 1."""


def _days(days: int) -> str:
    return _count(days, "day")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _beside(names: Sequence[str]) -> str:
    named = [name for name in names if name != EVERYTHING]
    return f" (also named, to no effect: {_quoted(named)})" if named else ""


def _quoted(names: Sequence[str]) -> str:
    return _and([f"“{name}”" for name in names])


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
