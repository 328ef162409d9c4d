"""`measure bound`: the meter of an agreement."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, lines, say, session, show, table

_PPM: Final = 1_000_000


def register(measure: typer.Typer) -> None:
    """Add the commands of this file."""
    measure.command("bound")(bound)


def bound(
    context: typer.Context,
    agreement: Annotated[str, typer.Argument(metavar="ID", help="The agreement's id, or how it begins.")],
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Log it: above the bound it suspends, from a steward it takes up again.")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="What was measured so far; nothing is measured.")] = False,
    who: As = None,
    json: Json = False,
) -> None:
    """Measure how much a model would do alone that is trained under an agreement, and hold it against the bound."""
    from guildbook.model.errors import UsageError

    if enforce and history:
        raise UsageError("Measure, or look back?", "Give --enforce or --history, not both.")
    with session(context).book() as book:
        person = actor(context, book, who)
        meter = book.measure.meter
        found = meter.history(agreement) if history else meter.read(agreement, person, enforce=enforce)
    if json:
        show(found)
        return
    if history:
        table(
            ["time", "by", "S", "at most", "bound", "episodes", ""],
            [
                [r["time"], r["by"], _share(r["value"]), _share(r["high"]), _share(r["bound"]), r["traces"],
                 "above" if r["crossed"] else ""]
                for r in found["readings"]
            ],
        )  # fmt: skip
    else:
        lines(found["text"])
        say(f"It is entry {found['entry']} of the log." if enforce else "Nothing was logged: --enforce does.")
    _say_state(found)


def _say_state(found: dict[str, Any]) -> None:
    say(f"Training under it is {'suspended' if found['suspended'] else 'not suspended'} by the meter.")
    if found["next_due"]:
        say(f"The next measure is due on {found['next_due'][:10]}.")


def _share(ppm: int) -> str:
    return f"{ppm / _PPM:.2%}"
