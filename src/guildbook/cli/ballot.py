"""`collective ballot`: secret votes that anybody counts again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, say, session, show, table

Which = Annotated[str, typer.Argument(metavar="BALLOT", help="Its id.")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="When it closes, ISO 8601.")]
For = Annotated[float, typer.Option("--days", metavar="DAYS", help="How long it is open, without --until.", min=0)]


def register(collective: typer.Typer) -> None:
    """Add the commands of this file below `collective`."""
    ballot = typer.Typer(no_args_is_help=True, help="Secret ballots: one member, one vote, counted by anybody.")
    ballot.command("open")(open_ballot)
    ballot.command("ask")(ask)
    ballot.command("issue")(issue)
    ballot.command("vote")(vote)
    ballot.command("close")(close)
    ballot.command("list")(list_ballots)
    ballot.command("show")(show_ballot)
    ballot.command("board")(board)
    ballot.command("verify")(verify)
    collective.add_typer(ballot, name="ballot")


def open_ballot(
    context: typer.Context,
    collective: Annotated[str, typer.Argument(metavar="COLLECTIVE", help="Whose members vote.")],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What is answered with yes or no.")],
    until: Until = None,
    days: For = 7.0,
    short: Annotated[str, typer.Option("--id", metavar="ID", help="Its id; else made.")] = "",
    person: As = None,
    json: Json = False,
) -> None:
    """Open a ballot. Who opens it issues its papers and counts it; its keys are sealed for them."""
    with session(context).book() as book:
        made = book.ballots.open(collective, actor(context, book, person), question, closing(until, days), name=short)
    tell(made, json=json)


def ask(context: typer.Context, ballot: Which, person: As = None, json: Json = False) -> None:
    """Ask for your paper, which is then signed without being seen. There is one for each member."""
    with session(context).book() as book:
        made = book.ballots.ask(ballot, actor(context, book, person))
    show(made) if json else say(f"Your paper is {made['paper']}.")


def issue(context: typer.Context, ballot: Which, person: As = None, json: Json = False) -> None:
    """Sign the papers that were asked for: done by who opened the ballot, as often as more have asked."""
    with session(context).book() as book:
        made = book.ballots.issue(ballot, actor(context, book, person))
    show(made) if json else say(f"{made['issued']} papers were issued, {made['papers_issued']} in all.")


def vote(
    context: typer.Context,
    ballot: Which,
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="yes or no.")],
    person: As = None,
    json: Json = False,
) -> None:
    """Cast your vote with your paper. It is sealed until the count and bears no name."""
    with session(context).book() as book:
        made = book.ballots.vote(ballot, choice, actor(context, book, person))
    show(made) if json else say(f"Your vote is in the box. Its token on the board will be {made['token']}.")


def close(context: typer.Context, ballot: Which, person: As = None, json: Json = False) -> None:
    """Count, publish the board, and put in force what a yes was about."""
    with session(context).book() as book:
        made = book.ballots.close(ballot, actor(context, book, person))
    tell(made, json=json)


def list_ballots(
    context: typer.Context,
    collective: Annotated[str | None, typer.Option(metavar="COLLECTIVE", help="Only its own.")] = None,
    json: Json = False,
) -> None:
    """List ballots."""
    with session(context).book() as book:
        found = book.ballots.list(collective)
    if json:
        show(found)
    else:
        names = ("ballot", "collective", "question", "state", "closes", "result")
        table(names, [[each[name] or "" for name in names] for each in found])


def show_ballot(context: typer.Context, ballot: Which, json: Json = False) -> None:
    """Show one ballot."""
    with session(context).book() as book:
        found = book.ballots.show(ballot)
    tell(found, json=json)


def board(
    context: typer.Context,
    ballot: Which,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to.")] = None,
    json: Json = False,
) -> None:
    """Hand out the board of a counted ballot, which anybody counts again with no book."""
    with session(context).book() as book:
        found = book.ballots.board(ballot)
    if output is None or json:
        show(found)
    if output is not None:
        from json import dumps

        from guildbook.app.identities import write_text

        write_text(output, dumps(found, ensure_ascii=False, indent=2) + "\n")
        say(f"The board is in {output}. Its hash: {found['board_root']}")


def verify(
    context: typer.Context,
    ballot: Annotated[str, typer.Argument(metavar="BALLOT", help="Its id, or the file of a board (needs no book).")],
    person: As = None,
    json: Json = False,
) -> None:
    """Count again; with --as also look for your own vote. Exit status 1 if the count does not hold."""
    from guildbook.app.ballots import recount
    from guildbook.app.identities import read_json

    if Path(ballot).is_file():
        found = recount(read_json(Path(ballot)))
    else:
        with session(context).book() as book:
            found = book.ballots.verify(ballot, actor(context, book, person))
    if json:
        show(found)
    else:
        counts = ", ".join(f"{count} {choice}" for choice, count in found["counts"].items())
        say(f"The count {'holds' if found['sound'] else 'does NOT hold'}: {counts}. Board: {found['board_root']}")
        if "yours" in found:
            say(f"Your vote on the board: {found['yours'] or 'none'}.")
    if not found["sound"]:
        raise typer.Exit(1)


def tell(found: dict[str, Any], *, json: bool) -> None:
    """Show a ballot."""
    if json:
        show(found)
        return
    counts = ", ".join(f"{count} {choice}" for choice, count in (found["counts"] or {}).items())
    table(("", ""), [
        ("ballot", found["ballot"]), ("of", found["collective"]), ("question", found["question"]),
        ("opened by", found["opened_by"]), ("closes", found["closes"][:19]), ("state", found["state"]),
        ("members", found["eligible"]),
        ("papers", f"{found['papers_issued']} issued of {found['papers_asked_for']} asked for"),
        ("counts", counts), ("result", found["result"] or ""),
    ])  # fmt: skip


def closing(until: str | None, days: float) -> int:
    """When a ballot closes, µs UTC."""
    from guildbook.model.time import DAY, now

    return moment(until) if until is not None else now() + int(days * DAY)


def moment(text: str) -> int:
    """A time a user wrote, µs UTC. Raises `UsageError`."""
    from datetime import datetime

    from guildbook.model.errors import UsageError
    from guildbook.model.time import to_micros

    try:
        return to_micros(datetime.fromisoformat(text))
    except ValueError:
        raise UsageError(f"{text!r} is no time.", "Write it as 2027-01-31 or 2027-01-31T09:00Z.") from None
