"""`identity`: people's own keys, which no book holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guildbook.cli.session import Json, say, session, show, table

if TYPE_CHECKING:
    from guildbook.app import Book
    from guildbook.app.identities import Identities
    from guildbook.app.persons import Actor
    from guildbook.govern.identity.signing import Identity

As = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Act as this person, with their own key.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    identity = typer.Typer(no_args_is_help=True, help="Your own keys: what you sign with, outside every book.")
    identity.command("new")(new)
    identity.command("list")(list_identities)
    identity.command("show")(show_identity)
    identity.command("passwd")(passwd)
    identity.command("export")(export)
    identity.command("enrol")(enrol)
    identity.command("rekey")(rekey)
    identity.command("enrolled")(enrolled)
    app.add_typer(identity, name="identity")


def identities(context: typer.Context) -> Identities:
    """The key files of this user."""
    from guildbook.app.identities import Identities
    from guildbook.config import load

    here = session(context)
    return Identities.of(load(here.home, here.overrides), _ask if sys.stdin.isatty() else None)


def unlocked(context: typer.Context, name: str) -> Identity:
    """Somebody's keys, once their passphrase is known."""
    return identities(context).unlock(name)


def actor(context: typer.Context, book: Book, name: str | None) -> Actor:
    """Who acts in a book with `--as NAME`: with their own key if they are enrolled; without a name, the book itself."""
    return book.persons.actor(name, lambda who: unlocked(context, who))


def new(
    context: typer.Context,
    name: Name,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="worker, steward, licensee, auditor or operator.")
    ] = "worker",
    keyring: Annotated[bool, typer.Option("--keyring", help="Keep the passphrase in the system's keyring.")] = False,
    json: Json = False,
) -> None:
    """Make keys for a person, under a passphrase that only they know."""
    made = identities(context).new(name, role, keyring=keyring)
    if json:
        show(made)
        return
    say(f"{made['name']}, {made['role']}: {made['fingerprint']}")
    say(f"The keys are in {made['file']}. Back that file up: without it and the passphrase nobody can act as {name}.")


def list_identities(context: typer.Context, json: Json = False) -> None:
    """Whose keys are on this machine."""
    found = identities(context).list()
    if json:
        show(found)
    else:
        table(("name", "role", "fingerprint", "since"), [
            (i["name"], i["role"], i["fingerprint"], i["created"][:10]) for i in found
        ])  # fmt: skip


def show_identity(context: typer.Context, name: Name, json: Json = False) -> None:
    """Show a person's fingerprint and the key by which others check their signatures."""
    found = identities(context).show(name)
    show(found) if json else table(("", ""), list(found.items()))


def passwd(
    context: typer.Context,
    name: Name,
    keyring: Annotated[
        bool | None, typer.Option("--keyring/--no-keyring", help="Whether the keyring keeps it; else as before.")
    ] = None,
    json: Json = False,
) -> None:
    """Change the passphrase of a person's keys. The keys stay the same."""
    found = identities(context).change(name, keyring=keyring)
    show(found) if json else say(f"The keys of {name} have a new passphrase.")


def export(
    context: typer.Context,
    name: Name,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to.")] = None,
    json: Json = False,
) -> None:
    """Hand out the public part of an identity, as JSON."""
    made = identities(context).export(name)
    if output is None or json:
        show(made)
    if output is not None:
        from json import dumps

        from guildbook.app.identities import write_text

        write_text(output, dumps(made, ensure_ascii=False, indent=2) + "\n")
        say(f"What others may know of {name} is in {output}.")


def enrol(context: typer.Context, name: Name, json: Json = False) -> None:
    """Make yourself known to the book: from now on you act in it with your own key and in no other way."""
    with session(context).book() as book:
        made = book.persons.enrol(unlocked(context, name))
    if json:
        show(made)
        return
    say(f"{made['name']}, {made['role']}, acts in this book with the key {made['fingerprint']}.")


def rekey(
    context: typer.Context,
    name: Name,
    old: Annotated[Path, typer.Option("--old", metavar="FILE", help="The key file you acted with until now.")],
    json: Json = False,
) -> None:
    """Act with new keys from now on: signed with the old ones, which you have put aside before `identity new`."""
    mine = identities(context)
    with session(context).book() as book:
        made = book.persons.rekey(mine.unlock_file(old), mine.unlock(name))
    show(made) if json else say(f"{made['name']} acts in this book with the key {made['fingerprint']}.")


def enrolled(context: typer.Context, json: Json = False) -> None:
    """Who acts in this book with a key of their own."""
    with session(context).book() as book:
        found = book.persons.everybody()
    if json:
        show(found)
    else:
        table(("name", "roles", "fingerprint"), [(p["name"], ", ".join(p["roles"]), p["fingerprint"]) for p in found])


def _ask(question: str, new: bool, /) -> str:
    return typer.prompt(question, hide_input=True, confirmation_prompt=new, err=True)
