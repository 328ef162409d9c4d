"""What a question asks for: its content words with their near meanings, and the kind of answer it prefers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from guildbook.model import Kind
from guildbook.teach.search import words_of

_LONGEST: Final = 2_000
"""Characters of a question that are read; a longer one is a pasted document."""
_MOST_WORDS: Final = 32
_SIGN_OFF: Final = re.compile(r"\bsign(?:s|ed|ing)?[ -]?off\b", re.IGNORECASE)


class Asks(StrEnum):
    """What kind of thing is asked for."""

    WHO = "who"
    HOW = "how"
    QUALITY = "quality"
    DURATION = "duration"
    ANY = "any"


PREFERRED: Final[Mapping[Asks, tuple[Kind, ...]]] = {
    Asks.WHO: (Kind.PEOPLE,),
    Asks.HOW: (Kind.TOOL, Kind.WORKFLOW),
    Asks.QUALITY: (Kind.QUALITY,),
    Asks.DURATION: (),
    Asks.ANY: (),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(words_of(text))


# Words that say what is asked for. They steer; most are not searched unless nothing else was said.
_SIGNS: Final[Mapping[Asks, frozenset[str]]] = {
    Asks.WHO: _words("who whom whose ask asks asked person people colleague colleagues contact expert someone anybody"),
    Asks.DURATION: _words("long duration takes take last"),
    Asks.QUALITY: _words("check checks matter matters good bad well quality important careful mistake mistakes avoid"),
    Asks.HOW: _words(
        "how quick quickly quicker quickest fast faster fastest way ways shortcut tip tips trick tricks speed easier"
    ),
}
_SEARCHED: Final = _words("check checks mistake mistakes shortcut quality")
"""Signs that are content too."""
_STOP: Final = _words(
    """
    a about all am an and any are as at be been before but by can could did do does doing done for from get give go
    had has have help how i if in into is it its just know knows let
    make makes making me my need no not of on one or our out over
    please question questions shall she should so some tell than that the their them then there they thing things
    this to too up us want was we were what whats when where which while who whom whose why will with would you your
    s t off newcomer newcomers beginner beginners experienced usual usually typical typically best
    """
)
_GROUPS: Final = (
    "approve authorise authorize signoff release",
    "reject decline refuse deny",
    "mail email e-mail message letter",
    "check verify review inspect validate examine",
    "pay payment settle settlement remit",
    "bill invoice",
    "claim damage loss",
    "fraud scam suspicious swindle",
    "customer client applicant",
    "spreadsheet excel sheet workbook",
    "shortcut hotkey keyboard keystroke",
    "fix repair mend resolve solve",
    "begin start open",
    "finish end close complete",
    "order purchase buy",
    "write draft compose",
    "error mistake fault slip",
    "copy duplicate clone",
    "assign delegate handover handoff",
    "merge combine join",
    "test testing tests",
    "commit push checkin",
)


def _meanings() -> dict[str, tuple[str, ...]]:
    table: dict[str, set[str]] = {}
    for group in _GROUPS:
        members = {part for word in group.split() for part in words_of(word) if len(part) > 1}
        for word in members:
            table.setdefault(word, set()).update(members)
    return {word: tuple(sorted(members)) for word, members in table.items()}


MEANINGS: Final[Mapping[str, tuple[str, ...]]] = _meanings()


@dataclass(frozen=True, slots=True)
class Question:
    """A question read."""

    asks: Asks
    groups: tuple[tuple[str, ...], ...]
    """The words to look for, each with its near meanings after it."""
    beside: frozenset[str] = frozenset()
    """Those of the words that may be part of the asking only: a book that does not hold them need not."""


def read(text: str) -> Question:
    """Read any text as a question. No words at all give no groups."""
    words = list(dict.fromkeys(words_of(_SIGN_OFF.sub("approve", text[:_LONGEST]))))
    asks = _asks(words)
    signs = _SIGNS.get(asks, frozenset())
    content = [word for word in words if word not in _STOP and (word not in signs or word in _SEARCHED)]
    if not content:
        content = [word for word in words if word in signs - _STOP]
    groups = tuple((word, *(m for m in MEANINGS.get(word, ()) if m != word)) for word in content[:_MOST_WORDS])
    return Question(asks, groups, frozenset(content) & _SEARCHED)


def _asks(words: list[str]) -> Asks:
    said = set(words)
    if {"who", "whom", "whose"} & said:
        return Asks.WHO
    if "long" in said and "how" in said:
        return Asks.DURATION
    # The rest by the number of signs; a tie goes to the earlier entry, and "how" alone is weak.
    best = max((Asks.QUALITY, Asks.WHO, Asks.HOW), key=lambda kind: len(_SIGNS[kind] & said))
    return best if _SIGNS[best] & said else Asks.ANY
