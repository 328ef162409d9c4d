"""How a joint trace ended: good, bad or unknown, read from the source's own word or number."""

from __future__ import annotations

import re
from typing import Final

from guildbook.distil.settings import Settings

NONE: Final = 0
GOOD: Final = 1
BAD: Final = 2
BY_STEP: Final = 2
"""Added to the code of an event whose step, not its outcome, says how the case ended."""

COMMANDS: Final = "shell"
"""The app of commands: their outcome is how they ended, not how the work ended that they are part of."""

_YES: Final = frozenset({"true", "yes", "good"})
_NO: Final = frozenset({"false", "no", "bad"})


_PREFIX: Final = re.compile(r"[A-Z]{1,3}_(?=.)")


def step_code(label: str, settings: Settings) -> int:
    """`GOOD` or `BAD` for an activity that the settings name as settling a case, else `NONE`.

    The whole name must be named, in any letter case; a prefix such as `A_` may be left out.
    """
    names = {label.casefold(), _PREFIX.sub("", label, count=1).casefold()}
    if names & {w.casefold() for w in settings.good_steps}:
        return GOOD
    return BAD if names & {w.casefold() for w in settings.bad_steps} else NONE


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
