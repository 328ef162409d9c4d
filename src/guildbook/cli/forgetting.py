"""`forget`, `erasures` and `workers readmit`: traces gone for good, with a certificate."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, lines, progress, say, session, show, table
from guildbook.model.errors import UsageError
from guildbook.model.time import DAY, HOUR, MINUTE, now, to_micros

if TYPE_CHECKING:
    from guildbook.app.forgetting import Forgotten, Part

Worker = Annotated[str, typer.Option("--worker", metavar="NAME", help="Whose traces.")]
Certificate = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE.json", help="Write the certificate, and FILE.txt.")
]
_UNITS: Final = {"m": MINUTE, "h": HOUR, "d": DAY}
_LAST: Final = re.compile(r"(\d{1,6})\s*([mhd])")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("forget")(forget)
    app.command("erasures")(erasures)


def forget(
    context: typer.Context,
    worker: Worker,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only from then on, e.g. 2026-03-01 (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Only before then; of a date, to its end.")
    ] = None,
    last: Annotated[str | None, typer.Option(metavar="LENGTH", help="Only the last 10m, 3h, 2d.")] = None,
    app: Annotated[str | None, typer.Option(metavar="APP", help="Only traces of this class.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    output: Certificate = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Forget a worker, or a part of their traces: keys, files, counts, practices. It is as if it had never been."""
    part = wanted(since, until, last, app)
    with session(context).book() as book:
        who = actor(context, book, person)
        what = f"a part of {worker}'s traces" if part else worker
        if not yes and not typer.confirm(f"Forget {what} for good? This cannot be undone.", err=True):
            say("Nothing was forgotten.")
            raise typer.Exit(1)
        with progress() as report:
            result = book.forget(worker, part, signer=who.signer, progress=report)
        if output is not None and result.erasure:
            from guildbook.app.erasures import write

            written = write(book.erasures.certificate(result.erasure, worker), output)
            say(f"The certificate is in {written[0]}, and for people in {written[1]}.")
    show(result.to_dict()) if json else tell(result)


def tell(result: Forgotten) -> None:
    """What forgetting came to, for people."""
    if not result.erasure:
        say("Nothing of that is in the book; nothing was changed.")
        return
    say(
        f"Forgotten: {result.events:,} events, {result.segments} segments, {result.keys} keys of one worker; "
        f"{result.touched:,} joint traces were counted again. {result.practices} practices remain."
    )
    if result.exports:
        say(f"Handed out before, {result.exports} times; the certificate lists it: guildbook erasures {result.erasure}")
    for note in result.notes:
        say(note)


def erasures(
    context: typer.Context,
    erasure: Annotated[str | None, typer.Argument(metavar="[ID]", help="One erasure: its certificate.")] = None,
    output: Certificate = None,
    json: Json = False,
) -> None:
    """List what was erased, or make the certificate of one erasure: what was destroyed, with the proof."""
    with session(context).book() as book:
        if erasure is None:
            found = book.erasures.listed()
            if json:
                show(found)
            else:
                table(("id", "worker", "time", ""), [(e["id"], e["worker"], e["time"][:19], e["state"]) for e in found])
            return
        made = book.erasures.certificate(erasure)
    if output is not None:
        from guildbook.app.erasures import write

        written = write(made, output)
        say(f"The certificate is in {written[0]}, and for people in {written[1]}.")
    if json:
        show(made)
    elif output is None:
        from guildbook.govern.certificate import text

        lines(text(made))


def wanted(since: str | None, until: str | None, last: str | None, app: str | None) -> Part | None:
    """The part that options name; None for all. Raises `UsageError`."""
    from guildbook.app.forgetting import Part

    if last is not None and (since is not None or until is not None):
        raise UsageError("--last says a period already.", "Give either --last, or --from and --to.")
    if last is not None:
        found = _LAST.fullmatch(last.strip())
        if found is None or int(found[1]) == 0:
            raise UsageError(f"{last!r} is no length of time.", "For example: --last 10m, --last 3h, --last 2d.")
        end = now()
        return Part(end - int(found[1]) * _UNITS[found[2]], end, app)
    part = Part(moment(since), moment(until, end=True), app)
    if part.app is not None and part.until is None:
        part = Part(part.first, now(), app)  # what comes later is recorded again
    return part or None


def moment(text: str | None, *, end: bool = False) -> int | None:
    """A time in µs UTC; a date is its beginning, with `end` its end. Raises `UsageError`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time.", "For example: 2026-03-01, or 2026-03-01T14:30:00Z.") from None
    if end and _DATE.fullmatch(text):
        found += timedelta(days=1)
    return to_micros(found if found.tzinfo else found.replace(tzinfo=UTC))
