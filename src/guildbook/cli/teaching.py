"""`practices`, `ask` and `report`: what was learnt, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guildbook.cli.session import Json, lines, say, say_withheld, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    practices = typer.Typer(no_args_is_help=True, help="What was learnt, with evidence.")
    practices.command("list")(list_practices)
    practices.command("show")(show_practice)
    app.add_typer(practices, name="practices")
    app.command("ask")(ask)
    app.command("report")(report)


def list_practices(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(help="people, quality, workflow or tool.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the retired ones, whose step is no longer done.")
    ] = False,
    json: Json = False,
) -> None:
    """List the practices, the ones that rest on no other first."""
    with session(context).book() as book:
        found = book.teach.practices(kind, retired=everything)
        say_withheld(book)
    if json:
        show([practice.to_dict() for practice in found])
        return
    listed = [(p.id, p.layer, f"{p.title} (retired {p.retired})" if p.retired else p.title) for p in found]
    table(("id", "layer", "practice"), listed)
    if not found:
        say("No practices yet: the traces show none that hold up, or too few of them are admitted.")


def show_practice(
    context: typer.Context,
    practice: Annotated[str, typer.Argument(metavar="ID", help="A practice's id, or its beginning.")],
    json: Json = False,
) -> None:
    """Show one practice: when, what, instead of what, how much it matters, and where that was seen."""
    from guildbook.teach.words import practice as in_words

    with session(context).book() as book:
        say_withheld(book)
        found = book.teach.practice(practice)
        knowledge = book.teach.knowledge()
    if json:
        show(found.to_dict())
    else:
        lines(in_words(found, knowledge))


def ask(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="In plain words.")],
    json: Json = False,
) -> None:
    """Ask the book. Every sentence of the answer names the practice it comes from."""
    with session(context).book() as book:
        answer = book.teach.ask(" ".join(question))
        say_withheld(book)
    if json:
        show(answer.to_dict())
    else:
        lines(answer.answer)


def report(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the page goes.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option(help="Title of the page.")] = "What this book has learnt",
    json: Json = False,
) -> None:
    """Write one self-contained page: process map, practices, people, timings."""
    with session(context).book() as book:
        written = book.teach.write_report(output, title=title)
        say_withheld(book)
    if json:
        show({"file": str(written), "bytes": written.stat().st_size})
    else:
        say(f"Wrote {written} ({written.stat().st_size:,} bytes).")
