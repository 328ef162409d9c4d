"""`lineage`: what was made of what, down to the traces, and the terms it inherits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, say, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    lineage = typer.Typer(no_args_is_help=True, help="What was made of what, and on which inherited terms.")
    lineage.command("list")(list_made)
    lineage.command("show")(show_made)
    lineage.command("derive")(derive)
    lineage.command("withdraw")(withdraw)
    app.add_typer(lineage, name="lineage")


def list_made(context: typer.Context, json: Json = False) -> None:
    """List what the book keeps, and what was exported, handed out or derived."""
    with session(context).book() as book:
        found = book.lineage.list()
    if json:
        show(found)
        return
    columns = ("name", "kind", "depth", "made", "by", "for", "whose", "state")
    table(columns, [
        (row["name"], row["kind"], row["depth"], row["made"][:19], row["by"], ", ".join(row["purposes"]),
         ", ".join(row["recipients"]), row["state"])
        for row in found
    ])  # fmt: skip


def show_made(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An artefact, an export's grant, or a practice's id.")],
    segments: Annotated[bool, typer.Option("--segments", help="With the ids of the segments.")] = False,
    json: Json = False,
) -> None:
    """Show the terms and state of something, and everything it was made of."""
    with session(context).book() as book:
        found = book.lineage.show(name, segments=segments)
    show(found) if json else _tell(found)


def derive(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    made_of: Annotated[
        list[str], typer.Option("--from", metavar="NAME", help="Made of: a name, a grant, or a file handed out.")
    ],
    kind: Annotated[str, typer.Option(metavar="KIND", help="model, index, training-set, …")] = "model",
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="The thing itself; only its hash is kept.")] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Say that you made something of what you were given. Refused where the terms do not allow it."""
    with session(context).book() as book:
        found = book.lineage.derive(name, kind, made_of, actor(context, book, person), file)
    show(found) if json else _tell(found)


def withdraw(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you deleted: a name, or a grant.")],
    person: As = None,
    json: Json = False,
) -> None:
    """Say that you deleted what you were given or made of it. Signed, and in the log."""
    with session(context).book() as book:
        found = book.lineage.withdraw(name, actor(context, book, person))
    show(found) if json else say(f"{found['name']} is gone, by the word of {', '.join(found['recipients'])}.")


def _tell(found: dict[str, Any]) -> None:
    from guildbook.app.lineage import in_words

    table(("", ""), in_words(found))
    if found["made_of"]:
        say("\nMade of")
        table(("depth", "name", "entry", "made"), [
            (each["depth"], each["name"], each["entry"], each["made"][:19]) for each in found["made_of"]
        ])  # fmt: skip
    say("\nTraces")
    table(("grant", "entry", "purpose", "whose", "people", "segments", "classes", "by what right"), [
        (each["grant"], each["entry"], each["purpose"], each["recipient"],
         "·" if each["workers"] is None else each["workers"],
         "" if each["segments"] is None else each["segments"], ", ".join(each["classes"]),
         ", ".join([*each["reasons"], *each["clauses"]]))
        for each in found["readings"]
    ])  # fmt: skip
    for each in found.get("segments", ()):
        say(each)
