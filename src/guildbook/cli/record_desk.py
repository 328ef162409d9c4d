"""What the commands of `record` share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from guildbook.cli.session import session
from guildbook.model.errors import UsageError

if TYPE_CHECKING:
    from guildbook.app.recording import Recording

_LENGTH: Final = re.compile(r"(\d{1,5})\s*(m|min|h|d)")
_MINUTES: Final = {"m": 1, "min": 1, "h": 60, "d": 1440}

Source = Annotated[str, typer.Option("--source", metavar="SOURCE", help="Only what this source recorded.")]
Last = Annotated[str | None, typer.Option("--last", metavar="LENGTH", help="Only the last 10m, 2h, 1d.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Only from then on, e.g. 2026-03-01T09:00 (UTC).")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only before then; of a date, to its end.")]


def desk(context: typer.Context) -> Recording:
    """The recorder's desk of this book, whether or not it runs."""
    from guildbook.app.recording import Recording
    from guildbook.config import load

    here = session(context)
    return Recording(load(here.home, here.overrides))


def minutes_of(length: str) -> int:
    """A length of time in minutes. Raises `UsageError`."""
    found = _LENGTH.fullmatch(length.strip())
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{length!r} is no length of time.", "For example 10m, 2h, 1d.")
    return int(found[1]) * _MINUTES[found[2]]


def period(last: str | None, since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """The time that is asked for, µs UTC; None where it is open. Raises `UsageError`."""
    from guildbook.cli.forgetting import moment
    from guildbook.model.time import MINUTE, now

    if last is None:
        return moment(since), moment(until, end=True)
    if since is not None or until is not None:
        raise UsageError("--last says when already.", "Give --last, or --since and --until.")
    end = now()
    return end - minutes_of(last) * MINUTE, end
