"""`agreement` in a book: offers, ballots, signatures, notices, ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli import ballot
from guildbook.cli.ballot import For, Until, closing, moment
from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, lines, say, session, show, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from guildbook.app import Book
    from guildbook.app.persons import Actor

Terms = Annotated[Path, typer.Argument(metavar="FILE", help="An agreement: YAML, or a JSON document.")]
Which = Annotated[str, typer.Argument(metavar="ID", help="The agreement's id, or how it begins.")]
Own = Annotated[str, typer.Option("--id", metavar="ID", help="An id of your own; else made.")]


def register(agreement: typer.Typer) -> None:
    """Add the commands of this file below `agreement`."""
    agreement.command("offer")(offer)
    agreement.command("counter")(counter)
    agreement.command("list")(list_agreements)
    agreement.command("show")(show_agreement)
    agreement.command("log")(log)
    agreement.command("vote")(vote)
    agreement.command("sign")(sign)
    agreement.command("renew")(renew)
    agreement.command("terminate")(terminate)
    agreement.command("notice")(notice)
    agreement.command("notices")(notices)
    agreement.command("acknowledge")(acknowledge)


def offer(context: typer.Context, file: Terms, short: Own = "", person: As = None, json: Json = False) -> None:
    """Put terms on the table, as the licensee or a steward. Nothing runs before they are ratified and signed."""
    from guildbook.govern.agreement.files import load

    terms = load(file)
    _do(context, person, json, lambda book, who: book.agreements.offer(terms, who, short))


def counter(context: typer.Context, name: Which, file: Terms, person: As = None, json: Json = False) -> None:
    """Put other terms in their place. What was voted or signed was for the old ones."""
    from guildbook.govern.agreement.files import load

    terms = load(file)
    _do(context, person, json, lambda book, who: book.agreements.counter(name, terms, who))


def list_agreements(context: typer.Context, json: Json = False) -> None:
    """List the agreements of this book."""
    with session(context).book() as book:
        found = book.agreements.list()
    if json:
        show(found)
    else:
        names = ("agreement", "title", "collective", "licensee", "state", "last_day")
        table(names, [[each[name] or "" for name in names] for each in found])


def show_agreement(
    context: typer.Context,
    name: Which,
    plain: Annotated[bool, typer.Option("--plain", help="The text that is signed.")] = False,
    document: Annotated[bool, typer.Option("--document", help="Both views as JSON, as they are signed.")] = False,
    json: Json = False,
) -> None:
    """Show where an agreement stands, what it lacks, when it ends."""
    with session(context).book() as book:
        if plain:
            text = book.agreements.text(name)
            show({"agreement": name, "plain": text}) if json else lines(text)
            return
        if document:
            show(book.agreements.document(name))
            return
        found = book.agreements.show(name)
    _tell(found, json=json)


def log(context: typer.Context, name: Which, json: Json = False) -> None:
    """Show every act about it, oldest first."""
    with session(context).book() as book:
        found = book.agreements.log(name)
    if json:
        show(found)
    else:
        rows = [(e["entry"], e["time"][:19], e["act"], e["by"], str(e["what"] or "")[:20]) for e in found]
        table(("entry", "time", "act", "by", "what"), rows)


def vote(
    context: typer.Context,
    name: Which,
    choice: Annotated[
        str | None, typer.Argument(metavar="[CHOICE]", help="yes or no; without it a steward opens the ballot.")
    ] = None,
    until: Until = None,
    days: For = 7.0,
    short: Annotated[str, typer.Option("--id", metavar="ID", help="The ballot's id; else made.")] = "",
    person: As = None,
    json: Json = False,
) -> None:
    """Open the ballot on what is on the table, or vote in it; the first time you vote you ask for your paper."""
    with session(context).book() as book:
        who = actor(context, book, person)
        if choice is None:
            made = book.agreements.open_ballot(name, who, closing(until, days), short)
        else:
            made = book.agreements.vote(name, choice, who)
    if json or choice is None:
        ballot.tell(made, json=json)
    elif made["paper"] == "cast":
        say(f"Your vote is in the box. Its token on the board will be {made['token']}.")
    else:
        say(f"Your paper is asked for. Once {made['opened_by']} has issued it, vote again with the same command.")


def sign(
    context: typer.Context,
    name: Which,
    wanted: Annotated[str, typer.Option("--hash", metavar="HASH", help="Sign nothing but these terms.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    person: As = None,
    json: Json = False,
) -> None:
    """Sign what is on the table, for your side. The text is rendered from the terms once more and shown."""
    with session(context).book() as book:
        who = actor(context, book, person)
        if not yes:
            wanted = wanted or book.agreements.show(name)["hash"]
            lines(book.agreements.text(name))
            typer.confirm("Sign this?", err=True, abort=True)
        made = book.agreements.sign(name, who, wanted)
    _tell(made, json=json)


def renew(
    context: typer.Context,
    name: Which,
    last_day: Annotated[str, typer.Option("--last-day", metavar="DAY", help="The new last day, YYYY-MM-DD.")],
    short: Own = "",
    person: As = None,
    json: Json = False,
) -> None:
    """Offer the same terms for longer; they are voted on and signed like any others."""
    _do(context, person, json, lambda book, who: book.agreements.renew(name, last_day, who, short))


def terminate(
    context: typer.Context,
    name: Which,
    effective: Annotated[
        str | None, typer.Option(metavar="TIME", help="When, ISO 8601; else when notice allows.")
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """End an agreement, with the notice it asks for."""
    when = None if effective is None else moment(effective)
    _do(context, person, json, lambda book, who: book.agreements.terminate(name, who, when))


def notice(context: typer.Context, name: Which, person: As = None, json: Json = False) -> None:
    """Serve the notice about an agreement to the members; under a law profile nothing of theirs is read before."""
    with session(context).book() as book:
        made = book.agreements.notify(name, actor(context, book, person))
    show(made) if json else say(f"{made['served']} members were given notice.")


def notices(context: typer.Context, person: As = None, json: Json = False) -> None:
    """Show the notices served to you."""
    with session(context).book() as book:
        found = book.agreements.notices(actor(context, book, person))
    if json:
        show(found)
        return
    for one in found:
        lines(one["text"])
        if one["acknowledged"] is None:  # of a measure: nothing is asked
            continue
        say("Acknowledged." if one["acknowledged"] else f"guildbook agreement acknowledge {one['agreement']} --as NAME")


def acknowledge(context: typer.Context, name: Which, person: As = None, json: Json = False) -> None:
    """Say that you were told. It is no consent."""
    with session(context).book() as book:
        made = book.agreements.acknowledge(name, actor(context, book, person))
    show(made) if json else say(
        "You have acknowledged the notice. You can refuse all the same: guildbook terms refuse."
    )


def _do(context: typer.Context, person: str | None, json: bool, act: Callable[[Book, Actor], dict[str, Any]]) -> None:
    with session(context).book() as book:
        made = act(book, actor(context, book, person))
    _tell(made, json=json)


def _tell(found: dict[str, Any], *, json: bool) -> None:
    if json:
        show(found)
        return
    names = (
        "agreement", "title", "collective", "licensee", "state", "hash", "versions", "ballot", "ballot_result",
        "first_day", "last_day", "days_left", "notice_days", "terminated", "superseded_by",
    )  # fmt: skip
    rows = [(name.replace("_", " "), found[name]) for name in names if found[name] is not None]
    rows += [("signed by", ", ".join(found["signed"])), ("ratified", "yes" if found["ratified"] else "no")]
    rows += [(f"suspended: {clause}", why) for clause, why in found["suspended"].items()]
    if found["law"]:
        rows += [("law", found["law"]), ("to be recorded", ", ".join(found["law_lacks"]) or "nothing more")]
        rows.append(("notices missing", found["notices_missing"]))
    table(("", ""), rows)
