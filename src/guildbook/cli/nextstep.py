"""`next`: what comes next in an unfinished case, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from guildbook.cli.bench import Model
from guildbook.cli.session import Json, progress, say, session, show, table

if TYPE_CHECKING:
    from guildbook.app.next import Expected


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("next")(next_step)


def next_step(
    context: typer.Context,
    activities: Annotated[
        list[str] | None, typer.Argument(metavar="ACTIVITY...", help="What was done so far, from the first step on.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="Name or title of the task, or its beginning.")
    ] = None,
    worker: Annotated[str | None, typer.Option(metavar="NAME", help="Who did the last step.")] = None,
    case: Annotated[
        str | None, typer.Option(metavar="CASE", help="A case of the book, in place of activities.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many possible steps.")] = 3,
    steps: Annotated[int | None, typer.Option(min=1, help="Complete the case by so many steps.")] = None,
    to_end: Annotated[bool, typer.Option("--to-end", help="Complete the case to its end.")] = False,
    model: Annotated[
        Model | None, typer.Option(help="As the setting next.model, for this question.", allow_from_autoenv=False)
    ] = None,
    json: Json = False,
) -> None:
    """What comes next, how probable that is, and which experience says so."""
    from guildbook.app.next import Asked, listed

    asked = Asked(tuple(activities or ()), worker, task, case, top, steps, to_end, model and model.value)
    with session(context).book() as book, progress() as report:
        found = book.next.foresee(asked, report)
    if json:
        show(found.to_dict())
        return
    for note in found.notes:
        say(note)
    table(("probability", "next step", "because"), [row for one in found.expected for row in _rows(one)])
    if found.ways:
        table(("probability", "how it may go on"), [
            (f"{way.probability:.1%}", text) for way, text in zip(found.ways, listed(found.ways), strict=True)
        ])  # fmt: skip


def _rows(one: Expected) -> list[tuple[str, str, str]]:
    """A line a reason; the step stands in the first."""
    told = [f"{r.context}: {_number(r.count)} of {_number(r.seen)} times" for r in one.reasons]
    if one.said:
        told.insert(0, ", ".join(f"{name} alone: {p:.1%}" for name, p in one.said.items()))
    told = told or [""]
    head = f"{one.probability:.1%}", one.step or "(the case ends)"
    return [(head[0], head[1], text) if place == 0 else ("", "", text) for place, text in enumerate(told)]


def _number(count: float) -> str:
    return f"{count:,.0f}" if abs(count - round(count)) < 0.05 or count >= 10 else f"{count:,.1f}"  # noqa: PLR2004
