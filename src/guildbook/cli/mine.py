"""`mine`: the worker's own view, and deleting a single event."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, lines, progress, say, session, show, table

if TYPE_CHECKING:
    from collections.abc import Sequence


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    mine = typer.Typer(help="Your own traces: what is held, who used it, what came of it. For you alone.")
    mine.callback(invoke_without_command=True)(overview)
    mine.command("show")(show_mine)
    mine.command("traces")(traces)
    mine.command("delete")(delete)
    mine.command("statement")(statement)
    mine.command("appeal")(appeal)
    app.add_typer(mine, name="mine")


def overview(context: typer.Context, person: As = None, json: Json = False) -> None:
    """Your own traces: what is held, who used it, what came of it. For you alone."""
    if context.invoked_subcommand is None:
        show_mine(context, person, json)


def show_mine(context: typer.Context, person: As = None, json: Json = False) -> None:
    """Show all at a glance: what is held, uses by month, what was derived, what you have said, notices."""
    with session(context).book() as book:
        found = book.mine.view(actor(context, book, person))
    if json:
        show(found)
        return
    say(f"Of {found['worker']}:")
    _section("Held", found["held"], ("month", "class", "source", "events"))
    _section("Imported", found["imports"], ("time", "source", "path", "terms"))
    _section("Used", found["uses"], ("last", "purpose", "recipient", "into", "times", "events", "reason", "clauses"))
    _section("By month", found["statements"], ("month", "uses", "events", "purposes", "recipients", "clauses"))
    _section("You have said", found["terms"], ("decision", "purpose", "class", "recipient"))
    _section("Your collectives", found["collectives"], ("collective", "mandates"))
    _section("Their agreements", found["agreements"], ("agreement", "title", "licensee", "in_force"))
    _section("Your pledges, which nobody else can see", found["pledges"], ("strike", "collective", "begun"))
    _section("Notices", found["notices"], ("recipient", "agreement", "served", "acknowledged"))
    _section("Practices you contributed to", found["derived"]["practices"], ("id", "times", "title"))
    _section("Made from your traces", found["derived"]["artefacts"], ("artefact", "class", "reason", "clauses"))
    _section("Erased", found["erasures"], ("id", "time", "state"))


def traces(
    context: typer.Context,
    last: Annotated[int, typer.Option(metavar="N", help="How many of the newest.", min=1)] = 20,
    person: As = None,
    json: Json = False,
) -> None:
    """Show single events of yours, the newest first, each with its id."""
    with session(context).book() as book:
        found = book.mine.traces(actor(context, book, person), last)
    if json:
        show(found)
        return
    columns = ("id", "time", "app", "action", "case", "document")
    table(columns, [[str(each.get(name, ""))[:60] for name in columns] for each in found])


def delete(
    context: typer.Context,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's id, or its beginning.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    person: As = None,
    json: Json = False,
) -> None:
    """Delete one event of yours for good, with everything learnt from it."""
    from guildbook.app.forgetting import Part
    from guildbook.cli.forgetting import tell

    with session(context).book() as book:
        who = actor(context, book, person)
        name = book.mine.owner(who)
        found, time = book.mine.event(who, event)
        if not yes and not typer.confirm(f"Delete {found.hex()} for good? This cannot be undone.", err=True):
            say("Nothing was deleted.")
            raise typer.Exit(1)
        with progress() as report:
            part = Part(first=time, until=time + 1, event=found)
            result = book.forget(name, part, signer=who.signer, progress=report)
    show(result.to_dict()) if json else tell(result)


def statement(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="From then on; else from this month's first day.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DAY", help="To its end; else up to now.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it: FILE.json with proofs, or FILE.md.")
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Show what happened to your traces in a period: uses, refusals, payouts; each line proved, all of it signed."""
    import json as plain

    from guildbook.app.stated import markdown
    from guildbook.app.writing import written
    from guildbook.cli.forgetting import moment
    from guildbook.model.time import from_micros, now, to_micros

    end = now()
    first = to_micros(from_micros(end).replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    with session(context).book() as book:
        made = book.statements.statement(
            actor(context, book, person), moment(since) or first, moment(until, end=True) or end
        )
    if output is not None:
        as_json = output.suffix.lower() == ".json"
        written(output, plain.dumps(made, ensure_ascii=False, indent=2) + "\n" if as_json else markdown(made))
        say(f"The statement is in {output}." + (" Check it: guildbook audit check-proof." if as_json else ""))
    if json:
        show(made)
    elif output is None:
        lines(markdown(made))


def appeal(
    context: typer.Context,
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help="Which entry of the log, as your statement has it.")],
    text: Annotated[str, typer.Option(metavar="TEXT", help="What is wrong with it.")],
    collective: Annotated[
        str | None, typer.Option(metavar="COLLECTIVE", help="To whose stewards; else your only one's.")
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Object to something in your statement. A steward of your collective sees it and answers."""
    with session(context).book() as book:
        made = book.statements.appeal(entry, text, actor(context, book, person), collective)
    show(made) if json else say(f"{made['collective']} has your appeal {made['appeal'][:12]} against entry {entry}.")


def _section(title: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    if rows:
        say(f"\n{title}")
        table(columns, [[_cell(row[name]) for name in columns] for row in rows])


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return "" if value is None else str(value)
