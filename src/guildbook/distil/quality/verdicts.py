"""The verdicts on a case in words: conditions that begin with `✓` or `✗`, and what to do instead of each mistake."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from guildbook.distil.quality.agreement import Verdict

RIGHT: Final = "✓ "
WRONG: Final = "✗ "


@dataclass(frozen=True, slots=True)
class Mistake:
    """A way to go wrong; `{0}` stands for the field."""

    wrong: str
    """What is the case then."""
    right: str
    """What is the case where nothing is amiss: the same for all mistakes with one thing."""
    advice: str
    """What to see to, so that this does not happen."""
    general: bool = False
    """Whether it is about the case as a whole rather than about one field or element."""
    at_end: bool = False
    """Whether it is about the last step itself, so that nothing comes after."""

    def about(self, field: str) -> Mistake:
        """The mistake with one field, in words without marks for what is to be filled in."""
        wrong, right, advice = (text.format(field) for text in (self.wrong, self.right, self.advice))
        return replace(self, wrong=wrong, right=right, advice=advice)


_HOLDS: Final = "“{0}” holds what was asked for"
_COPIED: Final = "“{0}” holds what stood elsewhere"
_MISTAKES: Final = {
    Verdict.EMPTY: Mistake(
        "“{0}” was left empty", _HOLDS, "“{0}” holds what was asked for and is not left empty or half filled in"
    ),
    Verdict.CASE: Mistake(
        "“{0}” has other capitals than were asked for",
        _HOLDS,
        "“{0}” holds what was asked for, capital letters and small ones alike",
    ),
    Verdict.PART: Mistake(
        "“{0}” holds only a part of what was asked for",
        _HOLDS,
        "“{0}” holds the whole of what was asked for, to the last full stop",
    ),
    Verdict.MORE: Mistake(
        "“{0}” holds more than was asked for", _HOLDS, "“{0}” holds what was asked for and nothing more"
    ),
    Verdict.HALF_DAY: Mistake(
        "“{0}” is twelve hours off",
        _HOLDS,
        "“{0}” holds the time asked for and not the one twelve hours off (morning or afternoon)",
    ),
    Verdict.NEAR: Mistake(
        "“{0}” has a slip of the pen", _HOLDS, "“{0}” holds what was asked for, letter by letter, with no slip"
    ),
    Verdict.OTHER: Mistake(
        "“{0}” holds something else than was asked for",
        _HOLDS,
        "“{0}” holds what was asked for and not something else",
    ),
}
_CLICKED: Final = Mistake(
    "the “{0}” that was clicked is not one asked for",
    "the “{0}” that was clicked is one asked for",
    "the “{0}” that you click is the one asked for",
)
_ALSO: Final = Mistake(
    "a “{0}” was clicked besides those asked for",
    _CLICKED.right,
    "you click no “{0}” besides those asked for",
)
_DONE: Final = Mistake(
    "the last button pressed does something else than was asked for",
    "the last button pressed does what was asked for",
    "the last button that you press does what was asked for",
    general=True,
    at_end=True,
)
_STOPPED: Final = Mistake(
    "it was broken off before any button was pressed that does something",
    _DONE.right,
    "you come to press the button that does what was asked for",
    general=True,
    at_end=True,
)
_FILLED: Final = Mistake(
    "nothing was entered", "something was entered", "what was asked for is entered at all", general=True
)
_USED: Final = Mistake(
    "something that the request names was used nowhere",
    "all that the request names was used",
    "you use all that the request names: the words it quotes, the things it lists",
    general=True,
)
_ALL: Final = (*_MISTAKES.values(), _CLICKED, _ALSO, _DONE, _STOPPED, _FILLED, _USED)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.escape(template).replace(re.escape("{0}"), "(.*)"), re.DOTALL)


_PATTERNS: Final = tuple((_pattern(WRONG + mistake.wrong), mistake) for mistake in _ALL)


def entered(verdict: Verdict, field: str) -> str:
    """The condition for what was entered in a field."""
    if verdict is Verdict.COPIED:
        return RIGHT + _COPIED.format(field)
    return RIGHT + _HOLDS.format(field) if verdict is Verdict.RIGHT else WRONG + _MISTAKES[verdict].wrong.format(field)


def clicked(element: str, *, right: bool, wrong: bool) -> str:
    """The condition for whether what was clicked was asked for: `right` some of it, `wrong` some not."""
    return _said(_ALSO if right else _CLICKED, right=not wrong).format(element)


def done(*, right: bool | None) -> str:
    """The condition for whether the last deed was one asked for; None: nothing was done."""
    return _said(_DONE, right=right) if right is not None else WRONG + _STOPPED.wrong


def filled_in(*, right: bool) -> str:
    """The condition for whether anything was entered anywhere."""
    return _said(_FILLED, right=right)


def used(*, right: bool) -> str:
    """The condition for whether all that the request quotes or lists was entered or clicked."""
    return _said(_USED, right=right)


def deed_asked(concept: str) -> str:
    """The condition that a request speaks of a kind of deed."""
    return f"deed asked for={concept}"


WORDS_GIVEN: Final = "text to enter=given"
"""The condition that a request quotes words."""


def is_verdict(text: str) -> bool:
    """Whether a condition is a verdict."""
    return text.startswith((RIGHT, WRONG))


def read(text: str) -> Mistake | None:
    """The mistake that a condition tells of, its `right` as the condition that nothing is amiss; None for others."""
    for pattern, mistake in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is not None:
            made = mistake.about(found[1] if pattern.groups else "")
            return replace(made, right=RIGHT + made.right)
    return None


def _said(mistake: Mistake, *, right: bool) -> str:
    return RIGHT + mistake.right if right else WRONG + mistake.wrong
