"""The profiles as data: what has to be there before somebody outside reads a trace, and who sees to it.

A profile is chosen in a collective's charter. It adds conditions and takes none away, so it can only make less be read.
Where a law asks for less than is asked here (Connecticut lets posting alone be the notice, Delaware takes an
acknowledgement or a daily notice), the stricter reading was taken. No legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from guildbook.model.errors import UsageError

DISCLAIMER: Final = (
    "This is engineering, no legal advice: a profile blocks what it names, and keeping it is not enough to be lawful."
)


class Kept(StrEnum):
    """Who or what sees to it that something the law asks is done."""

    NOTICE = "notice"
    """It stands in the notice each member acknowledges; the gate waits for that."""
    STEP = "step"
    """A steward records it; the gate waits for that."""
    GATE = "gate"
    """The gate does it by itself, for everybody."""
    TERMS = "terms"
    """No agreement without it is valid."""
    BASE = "base policy"
    """What the law regulates is what nobody may allow here at all."""
    PARTIES = "parties"
    """Nothing in a book can see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing a law asks."""

    id: str
    what: str
    """In plain words."""
    kept: Kept
    sources: tuple[str, ...]
    """Ids in `sources.SOURCES`."""
    tells: str = ""
    """Of a notice: what it says, beyond the terms."""
    values: tuple[str, ...] = ()
    """Of a step: what can be recorded."""
    papers: tuple[str, ...] = ()
    """Of these values a document has to be named by its SHA-256."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A law profile."""

    id: str
    title: str
    duties: tuple[Duty, ...]
    steps: frozenset[str]
    """What has to be recorded before anybody outside reads."""

    @property
    def told(self) -> tuple[Duty, ...]:
        """The duties for which something is said in the notice."""
        return tuple(duty for duty in self.duties if duty.tells)


def _profile(name: str, title: str, *duties: Duty) -> Profile:
    return Profile(name, title, duties, frozenset(duty.id for duty in duties if duty.kept is Kept.STEP))


_TOLD: Final = Duty(
    id="notice",
    what="Each member is told who uses their traces, which, what for, on what terms and how long they are kept, before "
    "the first use and as long before as the terms promise.",
    kept=Kept.NOTICE,
    sources=("ai-act-26-7", "dir-2024-2831-9", "gdpr-13"),
    tells="Your work at a computer is recorded automatically, and an automated system may learn from it: which traces, "
    "what for, by whom and for how long stands in the agreement below.",
)
_AGREED: Final = "A worker's own permission does not suffice for anybody outside; it takes an agreement as well."
_EU: Final = (
    Duty(id="no-consent-alone", what=_AGREED, kept=Kept.GATE, sources=("edpb-05-2020", "gdpr-88")),
    _TOLD,
    Duty(
        id="works-council",
        what="A works council has agreed to the system in a works agreement, or there is none.",
        kept=Kept.STEP,
        sources=("betrvg-87", "gdpr-88", "c-65-23"),
        values=("agreement", "none"),
        papers=("agreement",),
    ),
    Duty(
        id="legal-basis",
        what="The basis in law is named; consent alone is none, nor is a works agreement alone.",
        kept=Kept.STEP,
        sources=("c-65-23", "edpb-05-2020"),
        values=("contract", "legal-obligation", "public-task", "legitimate-interests"),
    ),
    Duty(
        id="impact-assessment",
        what="A data protection impact assessment was made.",
        kept=Kept.STEP,
        sources=("gdpr-35",),
        values=("done",),
        papers=("done",),
    ),
    Duty(
        id="no-emotions",
        what="No traces of mood, private talk, time off or organising are used.",
        kept=Kept.BASE,
        sources=("ai-act-5-1-f", "dir-2024-2831-7"),
    ),
    Duty(
        id="content",
        what="The works agreement and the assessment themselves hold: what they weigh and limit.",
        kept=Kept.PARTIES,
        sources=("c-65-23", "gdpr-35"),
    ),
)
_US_AGREED: Final = Duty(
    id="no-permission-alone",
    what=f"{_AGREED} No statute asks this; the notice, the time of keeping and the end hang on the agreement.",
    kept=Kept.GATE,
    sources=(),
)
_DECISIONS: Final = "Decisions on hiring, pay, discipline and the like are made from these traces under no agreement."
_NY: Final = (
    Duty(
        id="monitoring-notice-ny",
        what="Written notice of electronic monitoring, acknowledged.",
        tells="Telephone conversations or transmissions, electronic mail or transmissions, and internet access or "
        "usage, by whatever device or system, may be monitored at any time and by any lawful means.",
        kept=Kept.NOTICE,
        sources=("ny-52-c",),
    ),
)
_CT: Final = (
    Duty(
        id="monitoring-notice-ct",
        what="Written notice of the types of monitoring and of the places.",
        tells="What is collected are the kinds of traces named in the agreement, on the computers and in the places "
        "the posted notice names.",
        kept=Kept.NOTICE,
        sources=("ct-31-48d",),
    ),
)
_POSTED: Final = Duty(
    id="posted-notice",
    what="The notice hangs where those who are monitored readily see it, and names the places on the premises.",
    kept=Kept.STEP,
    sources=("ny-52-c", "ct-31-48d"),
    values=("posted",),
    papers=("posted",),
)
_DE: Final = (
    Duty(
        id="monitoring-notice-de",
        what="Written notice of monitoring, acknowledged.",
        tells="Telephone, electronic mail and internet use are monitored as the agreement says.",
        kept=Kept.NOTICE,
        sources=("de-705",),
    ),
)
_CA: Final = (
    Duty(
        id="collection-notice-ca",
        what="Notice at collection: categories, purposes, sale or sharing, time of keeping, opting out.",
        tells="Categories, purposes and time of keeping are those of the agreement. Where it has a price, the "
        "licensee's use may be a sale or sharing of personal information; you can opt out at any time by refusing.",
        kept=Kept.NOTICE,
        sources=("ca-1798-100", "ca-1798-120"),
    ),
    Duty(
        id="opt-out",
        what="A refusal goes before every agreement, at once and without a reason.",
        kept=Kept.GATE,
        sources=("ca-1798-120",),
    ),
    Duty(
        id="retention",
        what="Terms without an end, or with traces kept for ever, are not valid.",
        kept=Kept.TERMS,
        sources=("ca-1798-100",),
    ),
)
_IL: Final = (Duty(id="no-decisions-il", what=_DECISIONS, kept=Kept.BASE, sources=("il-2-102-l",)),)
_CO: Final = (Duty(id="no-decisions-co", what=_DECISIONS, kept=Kept.BASE, sources=("co-26-189",)),)
_NYC: Final = (
    Duty(id="no-decisions-nyc", what=_DECISIONS, kept=Kept.BASE, sources=("nyc-144",)),
    Duty(
        id="bias-audit",
        what="Should a licensee's tool decide about people all the same: audit, publication and notice are up to them.",
        kept=Kept.PARTIES,
        sources=("nyc-144",),
    ),
)

PROFILES: Final = {
    found.id: found
    for found in (
        _profile("eu-employment", "Employment in the EU, with works council", *_EU),
        _profile("us-state", "States of the USA: all of those below at once", _US_AGREED, *_NY, *_CT, _POSTED, *_DE,
                 *_CA, *_IL, *_CO, *_NYC),
        _profile("us-ny", "New York State and City", _US_AGREED, *_NY, _POSTED, *_NYC),
        _profile("us-ct", "Connecticut", _US_AGREED, *_CT, _POSTED),
        _profile("us-de", "Delaware", _US_AGREED, *_DE),
        _profile("us-ca", "California", _US_AGREED, *_CA),
        _profile("us-il", "Illinois", _US_AGREED, *_IL),
        _profile("us-co", "Colorado", _US_AGREED, *_CO),
    )
}  # fmt: skip
"""Id → profile. A charter without one has none of this."""
STEPS: Final = {duty.id: duty for each in PROFILES.values() for duty in each.duties if duty.kept is Kept.STEP}


def profile(name: str) -> Profile:
    """The profile of that id. Raises `UsageError`."""
    if name not in PROFILES:
        raise UsageError(f"There is no law profile {name!r}.", f"Profiles: {', '.join(PROFILES)}; or none.", "bad-law")
    return PROFILES[name]
