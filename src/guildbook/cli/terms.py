"""`terms`: what uses are called and what the names mean."""

from __future__ import annotations

from typing import Annotated

import typer

from guildbook.cli.session import Json, lines, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    terms = typer.Typer(no_args_is_help=True, help="Purposes and uses, and what is allowed.")
    terms.command("purposes")(purposes)
    app.add_typer(terms, name="terms")


def purposes(
    jsonld: Annotated[bool, typer.Option("--jsonld", help="The published vocabulary as JSON-LD.")] = False,
    turtle: Annotated[bool, typer.Option("--turtle", help="The published vocabulary as Turtle.")] = False,
    json: Json = False,
) -> None:
    """The tree of purposes and the use kinds, with what they mean."""
    from guildbook.govern.agreement import vocabulary
    from guildbook.model.purpose import chain

    if jsonld:
        show(vocabulary.jsonld())
    elif turtle:
        lines(vocabulary.turtle())
    elif json:
        show({"purposes": vocabulary.purpose_list(), "uses": vocabulary.use_list()})
    else:
        rows = [
            ("  " * (len(chain(p["name"])) - 1) + p["name"], "" if p["permit"] else "(to refuse only)", p["definition"])
            for p in vocabulary.purpose_list()
        ]
        table(("purpose", "", "what it means"), rows)
        table(("use", "to"), [(u["name"], u["definition"]) for u in vocabulary.use_list()])
