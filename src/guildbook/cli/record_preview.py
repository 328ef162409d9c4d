"""`record preview`: what would be shared, and what redaction does to it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.record_desk import desk, minutes_of
from guildbook.cli.session import Json, lines, say, show, table
from guildbook.model.errors import UsageError


def preview(
    context: typer.Context,
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="PURPOSE", help="What for: guildbook terms purposes; else for all.")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="LICENSEE", help="To whom (in-house: the book); else all.")] = "",
    use: Annotated[str, typer.Option("--use", metavar="USE", help="What a licensee would do with it; else any.")] = "",
    last: Annotated[str, typer.Option("--last", metavar="LENGTH", help="Besides what waits: the last 10m, 2h.")] = "1h",
    attempt: Annotated[
        str | None, typer.Option("--try", metavar="TEXT", help="Only show what redaction makes of a text; -: of stdin.")
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Show what would go to whom under today's terms, and what is taken out of it. Nothing is written down."""
    if attempt is not None:
        _attempted(context, sys.stdin.read() if attempt == "-" else attempt, json)
        return
    if use and not purpose:
        raise UsageError("A use is of a purpose.", "Give --purpose, too: guildbook terms purposes.")
    told = desk(context).preview(
        minutes_of(last), {"purpose": purpose, "recipient": to, "use": use}, lambda book: actor(context, book, person)
    )
    show(told) if json else _present(told)


def _attempted(context: typer.Context, text: str, json: bool) -> None:
    told = desk(context).attempt(text)
    if json:
        show(told)
        return
    lines(told["after"])
    for change in told["changes"]:
        say(change["change"])
    if not told["changes"]:
        say("Nothing would be taken out.")


def _present(told: dict[str, Any]) -> None:
    counts = ", ".join(f"{count:,} {state}" for state, count in told["entries"].items() if count)
    say(f"Of {told['worker']}, since {told['since'][:16]} and what waits: {counts or 'nothing'}.")
    if told["cut"]:
        say("Only the newest are looked at.")
    if not told["book"]:
        say("There is no book yet: nobody could be given anything.")
    elif told["shared"]:
        columns = ("to", "for", "use", "class", "", "because", "clauses", "waiting", "in the book")
        table(columns, [
            (s["recipient"], s["purpose"], s["use"], s["class"], "yes" if s["allow"] else "no", s["why"],
             ", ".join(s["clauses"]), s["waiting"], s["in_book"])
            for s in told["shared"]
        ])  # fmt: skip
    if told["changes"]:
        table(("id", "source", "field", "what becomes of it"), [
            (c["entry"], c["source"], c["field"], c["change"]) for c in told["changes"]
        ])  # fmt: skip
        if told["changed"] > len(told["changes"]):
            say(f"{told['changed'] - len(told['changes']):,} more.")
