"""The notice a worker is given before a licensee's first use of their traces: who, what for, and what they can do.

AI Act Art. 26(7) and Directive (EU) 2024/2831 Art. 9 want workers told in plain language before; GDPR Art. 13 names
what they are told. This states what the agreement says and what the software does; it is no legal advice.
"""

from __future__ import annotations

import hashlib
from typing import Final

from guildbook.govern.agreement.plain import plain
from guildbook.govern.law.profiles import Profile
from guildbook.govern.law.sources import SOURCES
from guildbook.model.agreement import Agreement

WORDING: Final = "guildbook-notice-1"
_RIGHTS: Final = (
    "You can refuse, for any purpose, class of traces or recipient, at any time: guildbook terms refuse.",
    "You can pause, take your mandate back, or leave the collective; nothing of yours is then read any more.",
    "You can see each use of your traces, by whom, for what and under which clause: guildbook uses.",
    "You can take your traces with you, and have them erased: guildbook forget.",
    "Acknowledging says that you were told. It is no consent, and a refusal later counts all the same.",
)


def notice_text(terms: Agreement, law: Profile | None = None) -> str:
    """The notice about an agreement, in plain words, with its terms and what a law profile has it say."""
    lines = [
        f"Notice to members of {terms.collective.name} ({WORDING})",
        "",
        f"{terms.licensee.name} is to use traces of your work under the agreement “{terms.title}”. Nothing of yours is",
        "read for it before you have acknowledged this notice.",
        "",
        *_under(law),
        "What you can do:",
        *(f"- {right}" for right in _RIGHTS),
        "",
        "What was agreed:",
        "",
        plain(terms),
    ]
    return "\n".join(lines)


def _under(law: Profile | None) -> list[str]:
    if law is None or not law.told:
        return []
    said = [f"- {duty.tells} ({'; '.join(SOURCES[name].cite for name in duty.sources)})" for duty in law.told]
    return [
        f"What the law profile {law.id} has this notice say (it is made by software, and no legal advice):",
        *said,
        "",
    ]


def notice_hash(text: str) -> str:
    """SHA-256 of a notice, hex: what is served and acknowledged."""
    return hashlib.sha256(text.encode()).hexdigest()
