"""How the work of a book changes over time, and whether models have begun to feed on their own output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from guildbook.app.progress import Progress, silent
from guildbook.measure.health import LENGTHS, length, windows
from guildbook.measure.loop import FEWEST, judge
from guildbook.measure.shares import digest_of
from guildbook.measure.value import LEAST_WORKERS
from guildbook.model.errors import InputError, UsageError
from guildbook.model.time import DAY, HOUR, iso

if TYPE_CHECKING:
    from guildbook.app.measuring import Asked, Measuring

_UNITS: Final = {"h": HOUR, "d": DAY, "w": 7 * DAY}
_MOST: Final = 2_000
"""Windows that are looked at, at most."""


def health(desk: Measuring, asked: Asked, window: str = "", progress: Progress = silent) -> dict[str, Any]:
    """The windows and the verdict; JSON-ready. `window`: `7d`, `12h`, `2w`; empty: as suits the work.

    Raises `UsageError` for no such length, `InputError` where no windows can be told.
    """
    work = desk.work(asked)
    size = micros(window) if window else length(work)
    span = int(work.begun.max() - work.begun.min())
    if span // size > _MOST:
        raise UsageError(f"That is {span // size} windows.", "Give a longer --window.")
    found = windows(work, size, asked.seed or 0, lambda x: progress("windows", x))
    verdict = judge(found, asked.seed or 0)
    if verdict.state == "too-little" and not any(w.entropy is not None for w in found):
        raise InputError(
            "No window has enough cases to be told anything of.",
            f"Give a longer --window ({', '.join(f'{each // DAY}d' for each in LENGTHS)}).",
            "too-little",
        )
    told = [w.to_dict() | {"begins": iso(w.begins)} for w in found]
    for one, row in zip(found, told, strict=True):
        if one.workers < LEAST_WORKERS and not desk.private():
            row |= {"workers": None, "per_worker": None}
    return {
        "purpose": str(asked.purpose), "window_days": size / DAY, "inputs": digest_of(work), "fewest": FEWEST,
        **verdict.to_dict(), "since": None if verdict.since is None else iso(verdict.since), "windows": told,
    }  # fmt: skip


def micros(text: str) -> int:
    """A length of time such as `7d`. Raises `UsageError`."""
    found = re.fullmatch(r"(\d{1,4})([hdw])", text.strip())
    if found is None or not int(found[1]):
        raise UsageError(f"{text!r} is no length of time.", "Such as 12h, 7d or 4w.")
    return int(found[1]) * _UNITS[found[2]]
