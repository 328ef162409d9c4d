"""How a joint trace ended: good, bad or unknown, read from the source's own word or number."""

from __future__ import annotations

from typing import Final

from guildbook.distil.settings import Settings

NONE: Final = 0
GOOD: Final = 1
BAD: Final = 2

_YES: Final = frozenset({"true", "yes", "good"})
_NO: Final = frozenset({"false", "no", "bad"})


def outcome_code(text: str | None, settings: Settings) -> int:
    """`GOOD`, `BAD` or `NONE` (no outcome, or a word neither list knows).

    The settings' words come first; then plain yes and no; a number is good above zero.
    """
    word = (text or "").strip().casefold()
    if not word:
        return NONE
    if word in {w.casefold() for w in settings.good_outcomes}:
        return GOOD
    if word in {w.casefold() for w in settings.bad_outcomes}:
        return BAD
    if word in _YES:
        return GOOD
    if word in _NO:
        return BAD
    try:
        number = float(word)
    except ValueError:
        return NONE
    return GOOD if number > 0 else BAD
