"""`measure value`: how much a model helps, how much it does alone, and what that is in hours and in money."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Held, Plot, Purpose, Seed, Task, To, asked
from guildbook.cli.session import Json, progress, say, session, show, table

Occupation = Annotated[str, typer.Option(metavar="SOC", help="An occupation by its SOC code, such as 43-9041.")]
Tables = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of public tables (wages, exposure).")]
Wage = Annotated[float | None, typer.Option(min=0, metavar="AMOUNT", help="Of an hour; else in hours only.")]


def register(measure: typer.Typer) -> None:
    """Add the commands of this file."""
    measure.command("value")(value)


def value(
    context: typer.Context,
    by: Annotated[
        str, typer.Option(metavar="team|role|FILE", help="Groups as found in the traces, or a table: worker, group.")
    ] = "team",
    gate: Annotated[str, typer.Option(metavar="GATE", help="What a person approves: none, result or step.")] = "none",
    gate_act: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="A person approves this step (again for each).")
    ] = None,
    public: Annotated[
        list[int] | None, typer.Option(metavar="M", help="Public cases of the re-training attack (again for each).")
    ] = None,
    attack: Annotated[bool, typer.Option(help="Try the re-training attack.")] = True,
    withhold: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="The model is not trained on this step (again for each).")
    ] = None,
    wage: Wage = None,
    currency: Annotated[str, typer.Option(metavar="CODE", help="Of the wage.")] = "",
    occupation: Occupation = "",
    tables: Tables = None,
    plot: Plot = None,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    who: As = None,
    json: Json = False,
) -> None:
    """How much of the work a model saves people (A), and how much it does without them (S)."""
    from guildbook.app.measuring_value import Valued
    from guildbook.measure.attack import SIZES

    if plot is not None:
        from guildbook.measure.plots import suited

        suited(plot)
    sizes = tuple(sorted(set(public))) if public else SIZES
    wanted = Valued(
        by, gate, tuple(gate_act or ()), tuple(withhold or ()), wage, currency, occupation, tables,
        sizes if attack else (),
    )  # fmt: skip
    with session(context).book() as book, progress() as report:
        actor(context, book, who)
        found = book.measure.valuing.value(asked(purpose, to, task, held_back, seed), wanted, report)
    if plot is not None:
        say(f"Drawn to {_plotted(found, plot)}.")
    if json:
        show(found)
        return
    _present(found)


def within(found: dict[str, Any] | None, form: str = ".1%") -> str:
    """An estimate as words."""
    if found is None:
        return "·"
    return f"{found['value']:{form}} ({found['low']:{form}} to {found['high']:{form}})"


def _present(found: dict[str, Any]) -> None:
    say(f"{found['traces']} cases or episodes, {found['held_back']} held back; the time of {found['timed']:.0%} of the")
    say("steps is known. Hours are those of the held-back work. 95 % intervals; · is not shown or not known.")
    paid = found["wage"]
    if paid is not None:
        say(f"An hour at {paid['hourly']:.2f} {paid['currency']} ({paid['source']}).")
    columns = ["part", "workers", "episodes", "A", "S with the gate", "S alone", "hours", "saved", "done alone"]
    rows: list[list[Any]] = []
    for one in found["parts"]:
        name = one["name"] if one["kind"] == "all" else f"{one['kind']} {one['name']}"
        if one["hidden"]:
            rows.append([name, *("·" * (len(columns) - 1)), *(["·"] if paid else [])])
            continue
        rows.append([
            name, one["workers"], one["episodes"], within(one["augmentation"]), within(one["system"]),
            within(one["alone"]), f"{one['hours']:.1f}", within(one["saved"], ".1f"), within(one["replaced"], ".1f"),
            *([within(one["money"], ",.0f")] if paid else []),
        ])  # fmt: skip
    table([*columns, *(["saved, money"] if paid else [])], rows)
    say(f"Longest run without a person, 95 % of its steps valid: {within(found['longest'], '.0f')} steps.")
    if "attack" in found:
        table(
            ["public cases", "S, taken at random", "S, best of draws", "counted"],
            [
                [p["cases"], within(p["random"]), within(p["best"]), f"{p['weight']} times"]
                for p in found["attack"]["points"]
            ],
        )  # fmt: skip


def _plotted(found: dict[str, Any], path: Path) -> Path:
    from guildbook.measure.plots import bars, lines, save

    if "attack" in found:
        rows = [
            {"cases": p["cases"], "S": p[how]["value"], "low": p[how]["low"], "high": p[how]["high"], "choice": how}
            for p in found["attack"]["points"]
            for how in ("random", "best")
        ]
        named = {"cases": "public cases", "S": "S, gate removed"}
        return save(lines(rows, "cases", "S", low="low", high="high", by="choice", named=named), path)
    rows = [
        {"part": one["name"], "share": one[key]["value"], "low": one[key]["low"], "high": one[key]["high"], "of": label}
        for one in found["parts"]
        if not one["hidden"]
        for key, label in (("augmentation", "A"), ("alone", "S"))
    ]
    return save(bars(rows, "part", "share", low="low", high="high", by="of"), path)
