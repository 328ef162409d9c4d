"""`imports`, `quarantine` and `export`: what came in, what could not, and how to get it out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    form: Annotated[str, typer.Option("--format", help="xes, ocel-json, ocel-sqlite or parquet.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where it goes.")],
    worker: Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Only theirs.")] = None,
    json: Json = False,
) -> None:
    """Write the events whose workers permit the purpose `export` in an open format."""
    with session(context).book() as book:
        rows, refused = book.export(form, output, worker=worker)
    if json:
        show({"file": str(output), "events": rows, "segments_refused": refused})
    else:
        say(f"Wrote {rows:,} events to {output}." + (f" {refused} segments were not permitted." if refused else ""))
