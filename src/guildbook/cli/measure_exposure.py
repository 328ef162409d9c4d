"""`measure exposure`: how much of a job the traces cover, and what a model of them adds or replaces there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Held, Plot, Purpose, Seed, To
from guildbook.cli.measure_plot import bars, suited
from guildbook.cli.measure_value import Occupation, Tables, within
from guildbook.cli.session import Json, say, session, show, table

_LONG = 60


def register(measure: typer.Typer) -> None:
    """Add the commands of this file."""
    measure.command("exposure")(exposure)


def exposure(
    context: typer.Context,
    tasks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is done in the job: CSV, TSV, JSON with a column Task.")
    ] = None,
    occupation: Occupation = "",
    tables: Tables = None,
    matches: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where matches that people confirm or correct are kept.")
    ] = None,
    confirm: Annotated[
        list[str] | None, typer.Option(metavar="ID=TASK", help="This statement is about that task (again for each).")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="This statement is about none of the tasks.")
    ] = None,
    meaning: Annotated[
        bool, typer.Option("--meaning", help="Compare words by an embedding as well; an extra.")
    ] = False,
    purpose: Purpose = "train-people",
    to: To = "",
    held_back: Held = 0.2,
    seed: Seed = None,
    plot: Plot = None,
    who: As = None,
    json: Json = False,
) -> None:
    """How exposed a job is: what is done in it, matched to traces, times what a model of these adds and replaces."""
    from guildbook.app.measuring_exposure import Forecast
    from guildbook.cli.measure_options import asked

    suited(plot)
    said = {key.strip(): task.strip() for key, _, task in (each.partition("=") for each in confirm or ())}
    said |= dict.fromkeys(reject or (), "")
    with session(context).book() as book:
        person = actor(context, book, who)
        wanted = Forecast(tasks, occupation, tables, matches, said or None, person.name, meaning)
        found = book.measure.exposure(wanted, asked(purpose, to, None, held_back, seed))
    bars(plot, _drawn(found), "share", f"{found['title']}: what was measured", label="task", by="what")
    if json:
        show(found)
        return
    _present(found)


def _drawn(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A and S of each statement that is about something measured."""
    return [
        {"task": _short(one["statement"]), "what": what, "share": one[key]["value"], "low": one[key]["low"],
         "high": one[key]["high"]}
        for one in found["tasks"] if one["measured"]
        for what, key in (("A", "augmentation"), ("S", "alone")) if one[key]
    ]  # fmt: skip


def _present(found: dict[str, Any]) -> None:
    say(f"{found['title']}: {found['measured']} of {found['statements']} statements are about something measured here.")
    rows: list[list[Any]] = []
    for one in found["tasks"]:
        sure = f"{one['confidence']:.0%}" + (f" ({one['by']})" if one["by"] else "")
        about = one["task"] if one["measured"] else "unmeasured" + (f" ({one['guess']}?)" if one["guess"] else "")
        said = one["others"]
        rows.append([
            one["id"], _short(one["statement"]), about, sure, within(one["augmentation"]), within(one["alone"]),
            said.get("people", "·"), _told(said.get("beta")),
        ])  # fmt: skip
    table(["id", "what is done", "task in the traces", "confidence", "A", "S", "E0–E2", "β"], rows)
    helped, alone, others = found["augmentation"], found["alone"], found["others"]
    say(f"Covered by traces: {found['coverage']:.0%} of the job.")
    say(f"A of the whole job: between {helped['least']:.1%} and {helped['most']:.1%}; the rest was not measured.")
    say(f"S of the whole job: between {alone['least']:.1%} and {alone['most']:.1%}.")
    if others:
        told = ", ".join(f"{name} {value:.2f}" for name, value in others.items())
        say(f"What others say of the occupation: {told}.")


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _told(value: float | None) -> str:
    return "·" if value is None else f"{value:g}"
