"""`measure`: what the traces are worth, and to whom."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from guildbook.cli import (
    measure_bargain,
    measure_bound,
    measure_contribution,
    measure_exposure,
    measure_frontier,
    measure_health,
    measure_plot,
    measure_value,
)
from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Held, Plot, Purpose, Seed, Task, To, asked
from guildbook.cli.session import Json, progress, say, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    measure = typer.Typer(no_args_is_help=True, help="What the traces are worth, and to whom.")
    measure.command("leverage")(leverage)
    measure_bargain.register(measure)
    measure_frontier.register(measure)
    measure_contribution.register(measure)
    measure_value.register(measure)
    measure_bound.register(measure)
    measure_health.register(measure)
    measure_exposure.register(measure)
    app.add_typer(measure, name="measure")


def leverage(
    context: typer.Context,
    worker: Annotated[
        list[str] | None, typer.Option("--worker", metavar="NAME", help="Without these workers together.")
    ] = None,
    each: Annotated[bool, typer.Option("--each-worker", help="Without each worker alone.")] = False,
    metric: Annotated[str, typer.Option(metavar="METRIC", help="accuracy, augmentation or substitution.")] = (
        "augmentation"
    ),
    by_task: Annotated[bool, typer.Option("--by-task", help="Also by task.")] = False,
    proof: Annotated[
        bool, typer.Option("--proof", help="With the model hash that the book would have without them.")
    ] = False,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    plot: Plot = None,
    who: As = None,
    json: Json = False,
) -> None:
    """What a model loses without some of those it was learnt from."""
    from guildbook.model.errors import UsageError

    measure_plot.suited(plot)
    if each == bool(worker):
        raise UsageError("Whose leverage?", "Give either --worker NAME (again for each) or --each-worker.")
    wanted = asked(purpose, to, task, held_back, seed)
    with session(context).book() as book, progress() as report:
        found = book.measure.leverage(
            worker or (), each=each, metric=metric, asked=wanted, actor=actor(context, book, who), by_task=by_task,
            proof=proof, progress=report,
        )  # fmt: skip
    drawn = [
        {"worker": ", ".join(one.workers), "loss": one.loss.value, "low": one.loss.low, "high": one.loss.high}
        for one in found
    ]
    measure_plot.bars(plot, drawn, "loss", f"What {metric} loses without them")
    if json:
        show({"metric": metric, "purpose": purpose, "leverage": [one.to_dict() for one in found]})
        return
    rows: list[list[Any]] = []
    for one in found:
        loss = one.loss
        interval = f"{loss.low:+.4f} to {loss.high:+.4f}"
        hashes = [one.model_hash] if proof else []
        rows.append(
            [", ".join(one.workers), f"{one.without_them:.4f}", f"{loss.value:+.4f}", interval, one.touched, *hashes]
        )
    if found:
        say(f"{metric} of the model with everybody: {found[0].with_them:.4f}")
    table(["without", metric, "loss", "95 % interval", "traces touched", *(["model hash"] if proof else [])], rows)
