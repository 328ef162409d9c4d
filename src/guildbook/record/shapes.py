"""What redaction took out of a text, told without telling it: the kind of mark, and how long what it replaced was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MARK: Final = re.compile(r"\[([a-z]+)(?: [0-9a-f]{10})?\]")
HIDDEN: Final = "hidden"
KINDS: Final = frozenset(
    {"card", "code", "hidden", "iban", "key", "mail", "number", "password", "person", "phone", "place", "secret"}
)
"""The marks there are. `[hidden]` stands for all of a field that calls itself secret."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing that was taken out."""

    mark: str
    """What kind it was."""
    length: int | None = None
    """Characters; None where what it was is gone."""
    made_of: str = ""
    """Digits, letters, signs."""

    def __str__(self) -> str:
        if self.length is None:
            return f"{self.mark}: taken out before the first write → [{self.mark}]"
        return f"{self.mark}, {self.length} characters ({self.made_of}) → [{self.mark}]"


def marks(text: str) -> list[str]:
    """The kinds of the marks in a text."""
    return [found[1] for found in _MARK.finditer(text) if found[1] in KINDS]


def shapes(before: str, after: str) -> list[Shape]:
    """What is a mark in `after` and was none in `before`."""
    return list(_shapes(before, after))


def _shapes(before: str, after: str) -> Iterator[Shape]:
    place = end = 0
    found = [one for one in _MARK.finditer(after) if one[1] in KINDS]
    for number, mark in enumerate(found):
        place += mark.start() - end  # what stands before a mark stayed as it was
        end = mark.end()
        until = found[number + 1].start() if number + 1 < len(found) else len(after)
        stayed = after[end:until]
        stop = before.find(stayed, place + 1) if stayed else len(before)
        if number + 1 == len(found):
            stop = len(before) - len(stayed)
        if stop < 0:  # cut as well: how long it was cannot be said
            stop = place
        gone = before[place:stop]
        place = stop
        if gone != mark[0]:
            yield Shape(mark[1], len(gone), _made_of(gone))


def _made_of(text: str) -> str:
    kinds = {
        "letters": any(c.isalpha() for c in text),
        "digits": any(c.isdigit() for c in text),
        "signs": any(not c.isalnum() for c in text),
    }
    return ", ".join(name for name, there in kinds.items() if there) or "nothing"
