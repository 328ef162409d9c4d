"""`routines`: what is done again and again in raw interaction, and where the value of each field comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from guildbook.cli.session import Json, say, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    routines = typer.Typer(no_args_is_help=True, help="Routines in raw interaction that names no cases.")
    routines.command("list")(list_routines)
    routines.command("show")(show_routine)
    app.add_typer(routines, name="routines")


def list_routines(context: typer.Context, json: Json = False) -> None:
    """List the routines, the one done most often first."""
    from guildbook.app.routines import found

    with session(context).book() as book:
        listed = found(book.govern, book.distil.settings())
    if json:
        show([routine.to_dict() for routine in listed])
        return
    rows = [(r.id, r.times, len(r.variants[0].steps), len(r.workers), r.title) for r in listed]
    table(("id", "times", "steps", "people", "routine"), rows)
    if not listed:
        say("No routines: the admitted traces without a case hold none.")


def show_routine(
    context: typer.Context,
    routine: Annotated[str, typer.Argument(metavar="ID", help="A routine's id, or its beginning.")],
    json: Json = False,
) -> None:
    """Show one routine: its steps, its variants, and where the value of each field comes from."""
    from guildbook.app.routines import found, one

    with session(context).book() as book:
        chosen = one(found(book.govern, book.distil.settings()), routine)
    if json:
        show(chosen.to_dict())
        return
    table((chosen.title, ""), [("done", f"{chosen.times} times"), ("by", ", ".join(chosen.workers))])
    for number, variant in enumerate(chosen.variants, 1):
        table((f"way {number}", f"{variant.times} times"), list(enumerate(variant.steps, 1)))
    fields = [
        (
            str(f.step),
            f.kind,
            "; ".join(f"{source} ({source.place})" if source.place else str(source) for source in f.sources)
            or f.value
            or "",
            f"{f.held:.0%}",
        )
        for f in chosen.fields
    ]
    table(("field", "value", "from", "holds"), fields)
