"""What a mail is about: the content words of its subject, which mails on the same thing share.

Deterministic and of this one mail alone, so that no mail leaves a mark in what is kept of another. Numbers, codes and
addresses go, and so do the names of the people the mail is between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

MOST_WORDS: Final = 6
_LONGEST: Final = 24
_SHORTEST: Final = 3
_NO_WORD: Final = re.compile(r"[@\d/\\]")
"""Whatever holds a digit, an @ or a slash: numbers, dates, addresses, paths."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LISTED: Final = (
    "about after all and any are ask asking been before can could did does for from get going had has have here "
    "how into its just let may might more need needs new not now off one our out over please question questions "
    "quick re regarding should some still than thanks thank that the their them then there these they this those "
    "to today tomorrow upon was were what when where which who why will with would yesterday you your aber alle "
    "als auch auf aus bei bitte das dass dem den der des die diese dieser ein eine einem einen einer eines für "
    "fragen frage habe haben hat heute ich ihr ihre ist kann mit morgen nach nicht noch nur oder sich sie sind "
    "über um und uns unser vom von vor war wegen wenn wie wir wird zum zur avec aux ces cette dans des est les "
    "mais nos notre nous par pas plus pour que qui sans ses son sur une vos votre vous como con del desde ella "
    "esta este las los más nos para pero por que sin sobre sus una uno aan bij dat deze die dit een het hoe met "
    "naar niet nog onze ook over uit van voor waar wat wie zijn che come con dal dei del della delle per più sono "
    "sul sulla una "
)
_FUNCTION: Final = frozenset(_LISTED.split())
"""Words that say nothing of what a mail is about, in the commonest languages of subjects."""


def subject_words(subject: str, names: Iterable[str]) -> list[str]:
    """The first content words of a subject without reply marks, in lower case and in order of the alphabet.

    `names`: what the people of this mail are called; the parts of their names are no content.
    """
    people = {word.casefold() for name in names for word in _WORD.findall(name)}
    found: dict[str, None] = {}
    said = " ".join(part for part in subject.split() if not _NO_WORD.search(part))
    for word in _WORD.findall(said):
        small = word.casefold()
        if _SHORTEST <= len(small) <= _LONGEST and small not in _FUNCTION and small not in people:
            found.setdefault(small)
    return sorted(list(found)[:MOST_WORDS])
