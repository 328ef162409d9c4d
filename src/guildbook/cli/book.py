"""`doctor`: whether the book is whole."""

from __future__ import annotations

import typer

from guildbook.cli.session import Json, say, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("doctor")(doctor)


def doctor(context: typer.Context, json: Json = False) -> None:
    """Check the book and this machine; explain any damage and how to mend it. Exit status 1 if something is wrong."""
    from guildbook.app.doctor import examine

    found = examine(session(context).home, session(context).overrides)
    if json:
        show(found.to_dict())
    else:
        table(("what", "state"), found.facts)
        for finding in found.findings:
            say(f"{finding['severity']}: {finding['what']}\n  {finding['fix']}")
        say("The book is whole." if found.healthy else "Something needs mending.")
    if not found.healthy:
        raise typer.Exit(1)
