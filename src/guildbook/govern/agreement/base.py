"""Base policy as data: what no agreement may allow and no permission can mend.

It stands above everything else in the order of evidence. Each clause has an id, a reason and a source. The gate asks
`forbidden`; the validator of agreements asks the same function, so the two cannot differ. This is engineering, no
legal advice: the sources say where a clause comes from, not that keeping it suffices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class BaseClause:
    """One thing that nobody may allow."""

    id: str
    what: str
    """What is out of bounds, as a phrase."""
    reason: str
    source: str
    classes: frozenset[str] = frozenset()
    """Row classes it closes, for every purpose and use."""
    purposes: frozenset[str] = frozenset()
    """Purposes it closes, for every class and use."""


BASE_POLICY: Final = (
    BaseClause(
        "base/private-chat",
        "private conversations",
        "What people say to each other in private is no trace of work.",
        "Directive (EU) 2024/2831 Art. 7(1)(b); Charter of Fundamental Rights Art. 7",
        classes=frozenset({"private-chat", "private-mail", "private-call"}),
    ),
    BaseClause(
        "base/emotion",
        "emotional or psychological state",
        "Inferring emotions at work is prohibited, consent or not.",
        "Regulation (EU) 2024/1689 (AI Act) Art. 5(1)(f); Directive (EU) 2024/2831 Art. 7(1)(a)",
        classes=frozenset({"emotion", "mood"}),
        purposes=frozenset({"emotion", "infer-emotion", "sentiment-of-workers"}),
    ),
    BaseClause(
        "base/union",
        "union and works council activity",
        "Traces must not be used to foresee or watch how people organise, bargain or strike.",
        "Directive (EU) 2024/2831 Art. 7(1)(d); Charter of Fundamental Rights Art. 12 and 28; GDPR Art. 9(1)",
        classes=frozenset({"union", "works-council"}),
        purposes=frozenset({"predict-organising", "union-monitoring"}),
    ),
    BaseClause(
        "base/off-duty",
        "what people do when they are not working",
        "Off duty there is no work to trace.",
        "Directive (EU) 2024/2831 Art. 7(1)(c); Charter of Fundamental Rights Art. 31(2)",
        classes=frozenset({"off-duty"}),
    ),
    BaseClause(
        "base/sensitive",
        "health, biometrics, belief, origin or sexual life",
        "Special categories of personal data are not in the workers' or the employer's gift as traces of work.",
        "GDPR Art. 9(1); AI Act Art. 5(1)(g); Directive (EU) 2024/2831 Art. 7(1)(e) and (f)",
        classes=frozenset({"health", "biometrics", "religion", "political-opinion", "ethnic-origin", "sexual-life"}),
        purposes=frozenset({"biometric-categorisation", "identify-people"}),
    ),
    BaseClause(
        "base/automated-hr",
        "automated decisions about hiring, pay, tasks, discipline or dismissal",
        "Traces given for learning must not come back as decisions about the people they were learnt from.",
        "GDPR Art. 22; Directive (EU) 2024/2831 Art. 10 and 11; AI Act Annex III no. 4; BetrVG § 87(1) no. 6",
        purposes=frozenset({
            "hr-decision", "automated-hr", "hire", "dismiss", "discipline", "promote", "set-pay", "appraise",
            "rank-workers", "allocate-tasks", "performance-monitoring", "behaviour-monitoring", "social-scoring",
        }),
    ),
)  # fmt: skip

UNDER_LAW: Final[Mapping[str, str]] = {
    "GDPR Art. 5(1)(b)": "purposes are named and kept apart",
    "GDPR Art. 5(1)(e)": "storage ends: every agreement has a term and a time of retention",
    "GDPR Art. 7(4), EDPB 05/2020": "consent of employees is a veto on top, never the only basis",
    "AI Act Art. 26(7)": "workers and their representatives are told before a system is used at work",
    "Directive (EU) 2024/2831 Art. 9": "what is monitored and decided is told in plain language",
    "BetrVG § 87(1) no. 6": "a works council decides with the employer on technology that can monitor",
}
"""What the sources ask of agreements beyond these clauses; the validator's rules cite them."""

_BY_CLASS: Final = {name: clause.id for clause in BASE_POLICY for name in clause.classes}
_BY_PURPOSE: Final = {name: clause.id for clause in BASE_POLICY for name in clause.purposes}


@lru_cache(maxsize=16_384)
def forbidden(purpose: str, use: str, trace_class: str) -> str | None:
    """The id of the base clause that closes this, or None.

    A class is closed by its own name or by what stands before its first `:` or `/` (`private-chat/alice`), in any
    letter case. `use` is asked for because a later clause may close a use; today none does.
    """
    del use
    found = _BY_PURPOSE.get(purpose.strip().casefold())
    if found is not None:
        return found
    name = trace_class.strip().casefold()
    return _BY_CLASS.get(name) or _BY_CLASS.get(name.replace("/", ":").partition(":")[0].strip())


def base_clause(clause: str) -> BaseClause:
    """The clause of that id. Raises KeyError."""
    return _BY_ID[clause]


_BY_ID: Final = {clause.id: clause for clause in BASE_POLICY}
