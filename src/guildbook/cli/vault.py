"""`vault`: work that a collective holds out, and scores of models against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.ballot import moment
from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, progress, say, session, show, table

if TYPE_CHECKING:
    from guildbook.app.vaults import Wanted

Name = Annotated[str, typer.Argument(metavar="NAME", help="The vault's name.")]
Model = Annotated[
    Path,
    typer.Option(
        "--model", metavar="FILE", help="A next-step table: Parquet or JSON lines with context, next, count or p."
    ),
]
Share = Annotated[float, typer.Option(metavar="SHARE", help="Of the cases there are to choose from.")]
Seed = Annotated[str | None, typer.Option(metavar="TEXT", help="Choose by chance from this; else the newest cases.")]
Tasks = Annotated[list[str] | None, typer.Option("--task", metavar="TASK", help="Only cases of this type.")]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Only cases that begin then or later, ISO 8601.")
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only cases that ended before.")]
Cases = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Just the cases named in this file, one a line, as TASK:ID.")
]
Learn = Annotated[bool, typer.Option("--learn/--no-learn", help="Take them out of what was learnt at once.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    vault = typer.Typer(no_args_is_help=True, help="Score models against work that is held out.")
    vault.command("make")(make)
    vault.command("add")(add)
    vault.command("list")(list_vaults)
    vault.command("show")(show_vault)
    vault.command("score")(score)
    vault.command("account")(account)
    vault.command("withhold")(withhold)
    vault.command("release")(release)
    vault.command("lend")(lend)
    vault.command("canary")(canary)
    vault.command("end")(end)
    app.add_typer(vault, name="vault")


def make(
    context: typer.Context,
    name: Name,
    collective: Annotated[str, typer.Option(metavar="COLLECTIVE", help="Whose members' work it holds.")],
    share: Share = 0.1,
    seed: Seed = None,
    tasks: Tasks = None,
    begins: From = None,
    until: To = None,
    cases: Cases = None,
    queries: Annotated[int, typer.Option(metavar="N", help="Scores a licensee may have in a period.")] = 20,
    days: Annotated[int, typer.Option(metavar="DAYS", help="The period.")] = 30,
    learn: Learn = True,
    person: As = None,
    json: Json = False,
) -> None:
    """Hold whole cases out: from now on nobody learns from them, and models are scored against them. For a steward."""
    wanted = _wanted(share, seed, tasks, begins, until, cases, queries, days)
    with session(context).book() as book, progress() as report:
        made = book.vaults.make(name, collective, actor(context, book, person), wanted, learn=learn, progress=report)
    _tell_made(made, json=json)


def add(
    context: typer.Context,
    name: Name,
    share: Share = 0.1,
    seed: Seed = None,
    tasks: Tasks = None,
    begins: From = None,
    until: To = None,
    cases: Cases = None,
    learn: Learn = True,
    person: As = None,
    json: Json = False,
) -> None:
    """Hold out more cases in a vault, such as those that ended since. For a steward."""
    wanted = _wanted(share, seed, tasks, begins, until, cases)
    with session(context).book() as book, progress() as report:
        made = book.vaults.add(name, actor(context, book, person), wanted, learn=learn, progress=report)
    _tell_made(made, json=json)


def score(context: typer.Context, name: Name, model: Model, person: As = None, json: Json = False) -> None:
    """Score a next-step table. A licensee is metered and charged; the same model is answered once and for all."""
    with session(context).book() as book:
        found = book.vaults.score(name, model, actor(context, book, person))
    if json:
        show(found)
        return
    low, high = found["interval"]
    rows: list[tuple[str, object]] = [
        ("accuracy", f"{found['accuracy']:.0%} ({low:.0%} to {high:.0%})"), ("top 3", f"{found['top3']:.0%}"),
        ("log-loss", f"{found['log_loss']:.2f} nats a step"),
        ("against", f"{found['cases']} cases, {found['steps']} steps, {found['workers']} workers, rounded down"),
        ("trained on the vault", "yes: it knows canaries" if found["contaminated"] else "no sign of it"),
    ]  # fmt: skip
    if found["queries"] is not None:
        again = "asked before, not counted again; " if found["cached"] else ""
        rows.append(("left", f"{again}{found['queries']['left']} scores in {found['queries']['days']} days"))
        rows.append(("price", _price(found["price"])))
    table(("", ""), rows)


def account(context: typer.Context, name: Name, person: As = None, json: Json = False) -> None:
    """What a licensee has asked, has left and owes; a steward sees all of them."""
    with session(context).book() as book:
        found = book.vaults.account(name, actor(context, book, person))
    if json:
        show(found)
    else:
        table(("licensee", "scores", f"in {found['days']} days", "left", "due"), [
            (each["licensee"], each["scores"], each["used"], each["left"], _price(each["due"]))
            for each in found["licensees"]
        ])  # fmt: skip


def withhold(context: typer.Context, name: Name, person: As = None, json: Json = False) -> None:
    """Give no scores from now on. For a steward."""
    with session(context).book() as book:
        _tell(book.vaults.withhold(name, actor(context, book, person)), json=json)


def release(context: typer.Context, name: Name, person: As = None, json: Json = False) -> None:
    """Give scores again. For a steward."""
    with session(context).book() as book:
        _tell(book.vaults.release(name, actor(context, book, person)), json=json)


def end(context: typer.Context, name: Name, person: As = None, json: Json = False) -> None:
    """End a vault for good: what was held out is as all other work again. For a steward."""
    with session(context).book() as book:
        _tell(book.vaults.end(name, actor(context, book, person)), json=json)


def lend(
    context: typer.Context,
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Whom the copy is for; it goes into the log.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to.")],
    person: As = None,
    json: Json = False,
) -> None:
    """Write a copy for somebody who tests for the collective: activities alone, with canaries. For a steward."""
    with session(context).book() as book:
        made = book.vaults.lend(name, to, output, actor(context, book, person))
    if json:
        show(made)
    else:
        say(f"{made['lines']} cases, canaries among them, are in {made['file']}. A model trained on it will be known.")


def canary(context: typer.Context, name: Name, model: Model, person: As = None, json: Json = False) -> None:
    """Ask whether a model was trained on the vault or a copy of it. For a steward."""
    with session(context).book() as book:
        found = book.vaults.canary(name, model, actor(context, book, person))
    if json:
        show(found)
        return
    table(("copy", "lent to", "canaries", "exposure, bits", "median", "p"), [
        (each["copy"] or "all", each["lent_to"], each["canaries"], each["exposure"], each["median"], f"{each['p']:.2g}")
        for each in found["copies"]
    ])  # fmt: skip
    say("This model was trained on the vault." if found["alarm"] else "There is no sign that it was trained on it.")


def list_vaults(context: typer.Context, json: Json = False) -> None:
    """List the vaults of the book."""
    with session(context).book() as book:
        found = book.vaults.list()
    if json:
        show(found)
    else:
        table(("vault", "collective", "state", "cases", "scores", "alarms"), [
            (v["vault"], v["collective"], v["state"], v["cases"], v["scores"], v["alarms"]) for v in found
        ])  # fmt: skip


def show_vault(context: typer.Context, name: Name, person: As = None, json: Json = False) -> None:
    """Show one vault; as a worker, with how many of your own events it holds."""
    with session(context).book() as book:
        found = book.vaults.show(name, None if person is None else actor(context, book, person))
    _tell(found, json=json)


def _wanted(
    share: float,
    seed: str | None,
    tasks: list[str] | None,
    begins: str | None,
    until: str | None,
    cases: Path | None,
    queries: int = 20,
    days: int = 30,
) -> Wanted:
    from guildbook.app.vaults import Wanted

    first, last = (None if text is None else moment(text) for text in (begins, until))
    return Wanted(share, seed, tasks or (), first, last, () if cases is None else _named(cases), queries, days)


def _named(file: Path) -> list[str]:
    from guildbook.model.errors import InputError

    try:
        found = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file} cannot be read as a list of cases: {error}.", "One case a line, as TASK:ID."
        ) from error
    if not found:
        raise InputError(f"{file} names no case.", "One case a line, as TASK:ID.")
    return found


def _tell_made(made: dict[str, Any], *, json: bool) -> None:
    if json:
        show(made)
        return
    _tell({key: value for key, value in made.items() if key not in {"chosen", "candidates", "handed_out_before"}})
    say(f"{made['chosen']} of {made['candidates']} cases are held out; nothing learns from them from now on.")
    if made["handed_out_before"]:
        say(
            f"Work of these people was handed out {made['handed_out_before']} times before: whoever has it may have "
            "trained on cases of this vault. Newer cases are safer: --from."
        )


def _tell(found: dict[str, Any], *, json: bool = False) -> None:
    if json:
        show(found)
    else:
        table(("", ""), [(key.replace("_", " "), value) for key, value in found.items()])


def _price(cents: dict[str, int]) -> str:
    return ", ".join(f"{value / 100:.2f} under {name}" for name, value in cents.items()) or "nothing"
