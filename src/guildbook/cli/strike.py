"""`strike`: members withhold their traces together, once enough have pledged in secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, progress, say, session, show, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from guildbook.app import Book
    from guildbook.app.persons import Actor

Learn = Annotated[bool, typer.Option("--learn/--no-learn", help="Learn at once from what may be used now.")]
Which = Annotated[str | None, typer.Argument(metavar="[STRIKE]", help="Its id; else the only one under way.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    strike = typer.Typer(no_args_is_help=True, help="Withhold traces together.")
    strike.command("propose")(propose)
    strike.command("pledge")(pledge)
    strike.command("unpledge")(unpledge)
    strike.command("call")(call)
    strike.command("end")(end)
    strike.command("status")(status)
    strike.command("list")(list_strikes)
    app.add_typer(strike, name="strike")


def propose(
    context: typer.Context,
    collective: Annotated[str, typer.Argument(metavar="COLLECTIVE", help="Whose members are to strike.")],
    purposes: Annotated[
        list[str] | None, typer.Option("--purpose", metavar="PURPOSE", help="What for nothing is given; else for all.")
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", metavar="CLASS", help="Which traces, e.g. mail; else all.")
    ] = None,
    recipients: Annotated[
        list[str] | None, typer.Option("--to", metavar="NAME", help="To whom (in-house: within the book); else all.")
    ] = None,
    carve_outs: Annotated[
        list[str] | None, typer.Option("--except", metavar="CLASS:PURPOSE:NAME", help="What goes on; * for any.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Pledges it takes; else what the charter asks for.")
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Propose a strike. Nothing happens before enough members have pledged."""
    from guildbook.app.strikes import Scope

    scope = Scope(purposes or (), classes or (), recipients or (), carve_outs or ())
    with session(context).book() as book:
        made = book.strikes.propose(collective, actor(context, book, person), scope, threshold)
    _tell(made, json=json)


def pledge(context: typer.Context, strike: Which = None, person: As = None, json: Json = False) -> None:
    """Pledge to take part. Nobody can read who pledged before there are enough."""
    _do(context, person, json, lambda book, who: book.strikes.pledge(strike, who))


def unpledge(context: typer.Context, strike: Which = None, person: As = None, json: Json = False) -> None:
    """Take your pledge back, for good, while there are not enough."""
    _do(context, person, json, lambda book, who: book.strikes.unpledge(strike, who))


def call(
    context: typer.Context,
    strike: Which = None,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When it begins, ISO 8601; else as soon as may be.")
    ] = None,
    learn: Learn = True,
    person: As = None,
    json: Json = False,
) -> None:
    """Open the pledges, once there are enough, and begin after the charter's notice."""
    moment = None if begins is None else _moment(begins)
    _do(context, person, json, lambda book, who: book.strikes.call(strike, who, moment), learn=learn)


def end(
    context: typer.Context, strike: Which = None, learn: Learn = True, person: As = None, json: Json = False
) -> None:
    """End a strike: everything is as it was."""
    _do(context, person, json, lambda book, who: book.strikes.end(strike, who), learn=learn)


def status(context: typer.Context, strike: Which = None, json: Json = False) -> None:
    """Show a strike's terms, and how many have pledged."""
    with session(context).book() as book:
        found = book.strikes.status(strike)
    _tell(found, json=json)


def list_strikes(context: typer.Context, json: Json = False) -> None:
    """List proposals and strikes."""
    with session(context).book() as book:
        found = book.strikes.list()
    if json:
        show(found)
    else:
        table(("strike", "collective", "state", "pledged", "of"), [
            (s["strike"][:12], s["collective"], s["state"], s["pledged"], s["threshold"]) for s in found
        ])  # fmt: skip


def _do(
    context: typer.Context,
    person: str | None,
    json: bool,
    act: Callable[[Book, Actor], dict[str, Any]],
    *,
    learn: bool = False,
) -> None:
    with session(context).book() as book:
        made = act(book, actor(context, book, person))
        if learn and made["state"] in {"running", "ended"} and made["begins"]:
            _learn(book)
    _tell(made, json=json)


def _learn(book: Book) -> None:
    """Bring what was learnt to what may be used now. The strike holds already, whatever becomes of this."""
    from guildbook.model.errors import BookBusyError

    say("It is in force. Learning from what may be used now (it can be interrupted: guildbook learn goes on) …")
    try:
        with progress() as report:
            found = book.learn(progress=report)
    except BookBusyError:
        say("Another process is writing. Afterwards: guildbook learn")
        return
    say(f"{len(found.knowledge.practices):,} practices, from {found.knowledge.workers:,} people, are shown.")


def _tell(found: dict[str, Any], *, json: bool) -> None:
    if json:
        show(found)
        return
    carved = "; ".join(" ".join(each) for each in found["except"])
    table(("", ""), [
        ("strike", found["strike"]), ("collective", found["collective"]), ("state", found["state"]),
        ("pledged", f"{found['pledged']} of {found['threshold']}"), ("taken back", found["taken_back"]),
        ("purposes", ", ".join(found["purposes"])), ("classes", ", ".join(found["classes"])),
        ("recipients", ", ".join(found["recipients"])), ("except", carved or "nothing"),
        ("notice", f"{found['notice_days']} days"), ("begins", found["begins"] or ""), ("ended", found["ended"] or ""),
    ])  # fmt: skip
    if found["state"] == "enough pledges":
        say(f"Any member can call it now: guildbook strike call {found['strike'][:12]} --as NAME")


def _moment(text: str) -> int:
    from datetime import datetime

    from guildbook.model.errors import UsageError
    from guildbook.model.time import to_micros

    try:
        return to_micros(datetime.fromisoformat(text))
    except ValueError:
        raise UsageError(f"{text!r} is no time.", "Write it as 2027-01-31 or 2027-01-31T09:00Z.") from None
