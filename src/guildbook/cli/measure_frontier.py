"""`measure frontier`: how good at helping a model can be that is bound in replacing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.measure_options import Held, Plot, Purpose, Seed, Task, To, asked
from guildbook.cli.session import Json, progress, say, session, show, table

if TYPE_CHECKING:
    from guildbook.measure.frontier.found import Found


def register(measure: typer.Typer) -> None:
    """Add the command of this file."""
    measure.command("frontier")(frontier)


def frontier(
    context: typer.Context,
    mechanism: Annotated[
        list[str] | None, typer.Option("--mechanism", metavar="M", help="Only these mechanisms; else all.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Draws of the parts that models are made of and chosen on.")] = 5,
    bound: Annotated[
        list[float] | None, typer.Option("--bound", metavar="S", min=0, max=1, help="Bounds on S; else six of them.")
    ] = None,
    public: Annotated[int, typer.Option(metavar="N", min=0, help="Public cases an attacker trains on.")] = 10,
    cost: Annotated[str, typer.Option(metavar="COST", help="What withholding costs: steps, or help.")] = "steps",
    marked: Annotated[
        list[str] | None, typer.Option("--marked", metavar="ACT", help="Acts that workers mark as pivotal.")
    ] = None,
    against: Annotated[str, typer.Option(metavar="S", help="Draw against S: system, weights or attacked.")] = "system",
    plot: Plot = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Keep everything there; go on where it stopped."),
    ] = None,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    json: Json = False,
) -> None:
    """How much a model may help, against how much it may do alone, by what is done to data and training."""
    from guildbook.measure.frontier.points import AXES, Axis
    from guildbook.measure.frontier.sweep import BOUNDS, MECHANISMS, Settings
    from guildbook.measure.plots import save, suited
    from guildbook.model.errors import UsageError

    axis: Axis | None = next((one for one in AXES if one == against), None)
    if axis is None:
        raise UsageError(f"There is no S called {against!r}.", f"Give --against {', '.join(AXES)}.")
    if cost not in {"steps", "help"}:
        raise UsageError(f"There is no cost called {cost!r}.", "Give --cost steps or --cost help.")
    if plot is not None:
        suited(plot)
    settings = Settings(
        tuple(dict.fromkeys(mechanism or MECHANISMS)), tuple(bound or BOUNDS), seeds, public,
        cost="help" if cost == "help" else "steps", marked=frozenset(marked or ()),
    )  # fmt: skip
    with session(context).book() as book, progress() as report:
        found = book.measure.frontier(settings, asked(purpose, to, task, held_back, seed), output, report)
    if output is not None or plot is not None:
        from guildbook.app.measuring_frontier import chart, write

        if output is not None:
            written = write(found, output)
            say(f"Written to {written.data}, {written.points}" + "".join(f", {path}" for path in written.chosen) + ".")
        if plot is not None:
            say(f"Drawn to {save(chart(found, axis), plot)}.")
    if json:
        show(found.to_dict())
    else:
        _present(found)


def _present(found: Found) -> None:
    """The answers, and the areas."""
    rows: list[list[Any]] = [
        [one.mechanism, f"{one.bound:g}", _around(one.helped), f"{one.helped_one.value:.4f}", _around(one.replaced),
         f"{one.weights.value:.4f}", f"{one.attacked.value:.4f}", "yes" if one.held else "no"]
        for one in found.answers()
    ]  # fmt: skip
    shown = ["mechanism", "bound on S", "A", "A, one shown", "S system", "S weights", "S attacked", "kept"]
    table(shown, rows)
    say(f"What {found.settings.public} public cases teach alone: S {found.public_alone:.4f}.")
    areas = found.areas()["system"]["most"]
    if areas is None:
        say("Areas are told where data caps are among the mechanisms and S can be moved.")
        return
    shown = ["mechanism", "area", "× data caps", "× data caps by lot"]
    rows = [
        [name, _between(one["area"]), _between(one["ratio_to_caps"]), _between(one["ratio_to_caps_by_lot"])]
        for name, one in areas.items()
    ]
    table(shown, rows)


def _between(one: dict[str, float] | None) -> str:
    return "–" if one is None else f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"


def _around(one: Any) -> str:
    return f"{one.value:.4f} ± {one.high - one.value:.4f}"
