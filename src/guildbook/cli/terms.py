"""`terms`: what workers allow, refuse and pause, what would be decided, and what uses are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, lines, say, session, show, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from guildbook.app import Book
    from guildbook.govern.signer import Signer

Whose = Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Whose traces; else whose --as names.")]
What = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help="What for: guildbook terms purposes.")]
Class = Annotated[str | None, typer.Option("--class", metavar="CLASS", help="Which traces, e.g. mail; else all.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    terms = typer.Typer(no_args_is_help=True, help="Purposes and uses, and what is allowed.")
    terms.command("show")(show_terms)
    terms.command("allow")(allow)
    terms.command("refuse")(refuse)
    terms.command("clear")(clear)
    terms.command("pause")(pause)
    terms.command("resume")(resume)
    terms.command("check")(check)
    terms.command("purposes")(purposes)
    app.add_typer(terms, name="terms")


def show_terms(
    context: typer.Context,
    worker: Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Only theirs.")] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Show what workers have allowed, refused and paused, beyond the terms of their imports.

    Who has a key of their own is shown only to themself (--as NAME).
    """
    with session(context).book() as book:
        found = book.managing.terms(book.terms, actor(context, book, person), worker)
    if json:
        show(found)
    else:
        names = ("worker", "decision", "purpose", "class", "recipient")
        table(names, [[each[name] for name in names] for each in found])


def allow(
    context: typer.Context,
    purpose: What,
    worker: Whose = None,
    trace_class: Class = None,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Whom; else for use in the book.")] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Allow a purpose for your traces."""
    _say(context, worker, person, json, lambda book, who, signer: book.terms.say(
        who, purpose, allow=True, trace_class=trace_class, recipient=to, signer=signer
    ))  # fmt: skip


def refuse(
    context: typer.Context,
    purpose: What,
    worker: Whose = None,
    trace_class: Class = None,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Whom; else everybody.")] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Refuse a purpose for your traces. A refusal beats everything else."""
    _say(context, worker, person, json, lambda book, who, signer: book.terms.say(
        who, purpose, allow=False, trace_class=trace_class, recipient=to, signer=signer
    ))  # fmt: skip


def clear(
    context: typer.Context,
    purpose: What,
    worker: Whose = None,
    trace_class: Class = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="Said of whom (in-house: the book); else of everybody.")
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Take back what you said of a purpose: neither allowed nor refused."""
    _say(context, worker, person, json, lambda book, who, signer: book.terms.clear(
        who, purpose, trace_class=trace_class, recipient=to, signer=signer
    ))  # fmt: skip


def pause(
    context: typer.Context, worker: Whose = None, trace_class: Class = None, person: As = None, json: Json = False
) -> None:
    """Withhold your traces from everybody and for everything, at once, until `resume`."""
    _say(context, worker, person, json, lambda book, who, signer: book.terms.pause(who, trace_class, signer))


def resume(
    context: typer.Context, worker: Whose = None, trace_class: Class = None, person: As = None, json: Json = False
) -> None:
    """End a pause: everything is as it was."""
    _say(context, worker, person, json, lambda book, who, signer: book.terms.resume(who, trace_class, signer))


def check(
    context: typer.Context,
    worker: Annotated[str, typer.Option("--worker", metavar="NAME", help="Whose traces.")],
    purpose: What,
    trace_class: Class = None,
    to: Annotated[
        str | None, typer.Option("--for", "--to", metavar="NAME", help="For whom; else for use in the book.")
    ] = None,
    use: Annotated[str, typer.Option("--use", metavar="USE", help="What a licensee would do with them.")] = "",
    person: As = None,
    json: Json = False,
) -> None:
    """Say what would be decided now, why, and by which clauses. Nothing is read, and nothing is written down."""
    with session(context).book() as book:
        book.managing.only(actor(context, book, person), worker)
        found = book.terms.check(worker, purpose, trace_class=trace_class, recipient=to, use=use)
    if json:
        show(found)
    else:
        table(("class", "allowed", "because", "clauses", "segments"), [
            (f["class"], "yes" if f["allow"] else "no", f["reason"], ", ".join(f["clauses"]), f["segments"])
            for f in found
        ])  # fmt: skip


def _say(
    context: typer.Context,
    worker: str | None,
    person: str | None,
    json: bool,
    act: Callable[[Book, str, Signer | None], dict[str, Any]],
) -> None:
    whose = worker or person
    if whose is None:
        raise typer.BadParameter("whose traces? Give --worker NAME, or --as NAME.")
    with session(context).book() as book:
        made = act(book, whose, actor(context, book, person).signer)
    if json:
        show(made)
        return
    about = [str(made[key]) for key in ("purpose", "class", "recipient") if made.get(key, "*") != "*"]
    say(f"{made['worker']}: {made['decision']} {', '.join(about) or 'everything'}.")
    say("It counts from now on. To learn again from what is admitted: guildbook learn")


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
