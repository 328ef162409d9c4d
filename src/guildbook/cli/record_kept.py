"""`record show` and `record delete`: single entries of what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.record_desk import Last, Since, Source, Until, desk, period
from guildbook.cli.session import Json, say, show, table
from guildbook.model.errors import UsageError

if TYPE_CHECKING:
    from guildbook.app import Book
    from guildbook.app.persons import Actor


def show_entries(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="[ID]", help="Only this entry, with all there is.")] = None,
    source: Source = "",
    last: Last = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """What was recorded, as it is kept, and whether it is in the book: what would be shared is no more than this."""
    if number is not None:
        one = desk(context).entry(number)
        show(one) if json else table(("", ""), [*_about(one), *one["data"].items()])
        return
    first, end = period(last, since, until)
    found = desk(context).entries(limit, source=source, since=first, until=end)
    if json:
        show(found)
    else:
        table(("id", "source", "time", "", "what"), [
            (e["id"], e["source"], e["time"][:19], e["state"], e["data"]) for e in found
        ])  # fmt: skip


def delete(
    context: typer.Context,
    entries: Annotated[list[int] | None, typer.Argument(metavar="[ID...]", help="See: guildbook record show.")] = None,
    source: Source = "",
    last: Last = None,
    since: Since = None,
    until: Until = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    person: As = None,
    json: Json = False,
) -> None:
    """Delete what was recorded, here and in the book: single entries, what a source recorded, or a time."""
    first, end = period(last, since, until)
    numbers, timed = list(entries or ()), first is not None or end is not None
    if bool(numbers) == bool(source or timed):
        raise UsageError("What is to be deleted?", "Give ids, or --source, --last, --since and --until.")
    asks = not yes and (not numbers or desk(context).in_book(numbers) > 0)
    if asks and not typer.confirm("Delete that for good, in the book, too?", err=True):
        say("Nothing was deleted.")
        raise typer.Exit(1)
    told = _deleted(context, numbers, source, (first, end), person)
    if json:
        show(told)
        return
    say(f"Deleted: {told['deleted']} entries here, {told['events']} events of the book.")
    if told["left"]:
        say(
            f"{told['left']} of these are in the book still, too many to be deleted there one by one. All of a time: "
            "guildbook forget --worker NAME --from TIME --to TIME; single ones: guildbook mine delete."
        )


def _deleted(
    context: typer.Context, numbers: list[int], source: str, when: tuple[int | None, int | None], person: str | None
) -> dict[str, Any]:
    from guildbook.model.time import now

    def acts(book: Book, worker: str) -> Actor:
        return actor(context, book, person or worker)

    found, (first, end) = desk(context), when
    if numbers:
        return found.delete(numbers, acts)
    if source:
        return found.delete_source(source, first, end, acts)
    gone = found.forget(first or 0, now() if end is None else end, lambda book: actor(context, book, person).signer)
    return {"deleted": gone["entries"], "events": gone["events"], "left": 0}


def _about(one: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, one[name]) for name in ("id", "bucket", "source", "time", "seconds", "state")]
