"""`imports`, `quarantine` and `export`: what came in, what could not, and how to get it out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, say, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    imports = typer.Typer(no_args_is_help=True, help="What was imported, when and on what terms.")
    imports.command("list")(list_imports)
    app.add_typer(imports, name="imports")
    quarantine = typer.Typer(no_args_is_help=True, help="Rows that could not become events.")
    quarantine.command("list")(list_quarantine)
    app.add_typer(quarantine, name="quarantine")
    app.command("export")(export)


def list_imports(context: typer.Context, json: Json = False) -> None:
    """List the imports of this book."""
    with session(context).book() as book:
        found = book.imports()
    if json:
        show(found)
    else:
        table(
            ("source", "path", "state", "events", "rejected", "terms"),
            [(i["source"], i["path"], i["state"], f"{i['events']:,}", i["rejected"],
              "not stated" if i["terms"] is None else ", ".join(i["terms"])) for i in found],
        )  # fmt: skip


def list_quarantine(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 100,
    json: Json = False,
) -> None:
    """List rejected rows with their line and the reason."""
    with session(context).book() as book:
        found = book.quarantine(limit)
    if json:
        show(found)
    else:
        table(
            ("input", "line", "reason", "text"), [(q["path"], q["line"] or "", q["reason"], q["text"]) for q in found]
        )


def export(
    context: typer.Context,
    form: Annotated[str | None, typer.Option("--format", help="xes, ocel-json, ocel-sqlite or parquet.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where it goes.")] = None,
    worker: Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Only theirs.")] = None,
    portable: Annotated[
        Path | None,
        typer.Option("--portable", metavar="DIR", help="Everything of one worker, for them to take elsewhere."),
    ] = None,
    recipient: Annotated[
        str | None,
        typer.Option("--for", metavar="LICENSEE", help="What this licensee may have under their agreements."),
    ] = None,
    purpose: Annotated[str, typer.Option(metavar="PURPOSE", help="What for, with --for.")] = "train-augment",
    use: Annotated[str, typer.Option(metavar="USE", help="Which use, with --for.")] = "train",
    person: As = None,
    json: Json = False,
) -> None:
    """Write the events whose workers permit the purpose `export` in an open format."""
    if portable is not None:
        _portable(context, portable, worker or person, person, json)
        return
    if form is None or output is None:
        raise typer.BadParameter("give --format and -o FILE, or --portable DIR.")
    if recipient is not None:
        from guildbook.app.handing import summary

        with session(context).book() as book:
            made = book.hand(recipient, purpose, use, form, output, actor(context, book, person))
        show(made) if json else say(summary(made))
        return
    with session(context).book() as book:
        rows, refused = book.export(form, output, worker=worker)
    if json:
        show({"file": str(output), "events": rows, "segments_refused": refused})
    else:
        say(f"Wrote {rows:,} events to {output}." + (f" {refused} segments were not permitted." if refused else ""))


def _portable(context: typer.Context, folder: Path, worker: str | None, person: str | None, json: bool) -> None:
    if worker is None:
        raise typer.BadParameter("whose? Give --worker NAME, or --as NAME.")
    with session(context).book() as book:
        made = book.export_portable(worker, actor(context, book, person), folder)
    if json:
        show(made)
        return
    signers = " and ".join(f"the {each['by']} ({each['key'][:16]}…)" for each in made["signed_by"])
    say(f"{made['events']:,} events of {made['worker']} are in {made['folder']}, signed by {signers}.")
    say(f"Elsewhere: guildbook --home DIR learn {made['folder']}")
