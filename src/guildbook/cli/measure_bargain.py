"""`measure strike` and `measure brief`: what a strike costs, and what a steward brings to the table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Held, Plot, Purpose, Seed, Task, To, asked
from guildbook.cli.session import Json, progress, say, session, show, table

if TYPE_CHECKING:
    from guildbook.app.measuring_bargain import Bargain
    from guildbook.measure.brief import Strike

Members = Annotated[list[str] | None, typer.Option("--worker", metavar="NAME", help="These might strike; else all.")]
Collective = Annotated[str, typer.Option(metavar="NAME", help="The members of this collective might strike.")]
System = Annotated[
    list[str] | None,
    typer.Option("--system", metavar="NAME", help="No person, but an automatic resource: never strikes."),
]
Bought = Annotated[
    list[Path] | None, typer.Option("--bought", metavar="FILE", help="A log that the licensee could train on instead.")
]
Draws = Annotated[int, typer.Option(min=2, help="Random orders in which members join.")]
Drawn = Annotated[int, typer.Option("--draw", metavar="N", help="Seed of these orders.")]


def register(measure: typer.Typer) -> None:
    """Add the commands of this file."""
    measure.command("strike")(strike)
    measure.command("brief")(brief)


def strike(
    context: typer.Context,
    worker: Members = None,
    collective: Collective = "",
    metric: Annotated[str, typer.Option(metavar="METRIC", help="accuracy, augmentation or substitution.")] = (
        "augmentation"
    ),
    system: System = None,
    bought: Bought = None,
    draws: Draws = 20,
    draw: Drawn = 0,
    plot: Plot = None,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    who: As = None,
    json: Json = False,
) -> None:
    """What a strike costs whoever trains on the work, by how many strike, and when it is felt."""
    if plot is not None:
        from guildbook.measure.plots import suited

        suited(plot)
    wanted = _wanted(worker, collective, metric, system, bought, draws, draw)
    with session(context).book() as book, progress() as report:
        found = book.measure.bargain.strike(
            wanted, asked(purpose, to, task, held_back, seed), actor(context, book, who), report
        )
    if plot is not None:
        say(f"Drawn to {_plotted(found, plot)}.")
    if json:
        show(found.to_dict())
        return
    _present(found)


def brief(
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="FILE.html or FILE.md.")],
    worker: Members = None,
    collective: Collective = "",
    system: System = None,
    bought: Bought = None,
    wage: Annotated[float | None, typer.Option(min=0, help="Of an hour; else the price is in hours.")] = None,
    currency: Annotated[str, typer.Option(metavar="CODE", help="Of the wage.")] = "EUR",
    hours: Annotated[float, typer.Option(min=0, help="Of this work a year; else worked out from the traces.")] = 0.0,
    elsewhere: Annotated[float, typer.Option(min=0, help="A year, from somebody else for the same traces.")] = 0.0,
    harm: Annotated[float, typer.Option(min=0, help="What members expect to lose a year by agreeing.")] = 0.0,
    title: Annotated[str, typer.Option(help="Of the document.")] = "Bargaining brief",
    draws: Draws = 20,
    draw: Drawn = 0,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    who: As = None,
    json: Json = False,
) -> None:
    """One document for a steward: gains, losses, fallbacks, a range of prices, the clauses that follow."""
    from dataclasses import replace

    from guildbook.app.brief import suited, write
    from guildbook.measure.bargain import Stakes

    suited(output)
    wanted = replace(
        _wanted(worker, collective, "augmentation", system, bought, draws, draw),
        stakes=Stakes(hours, wage, elsewhere, harm, currency),
        title=title,
    )
    with session(context).book() as book, progress() as report:
        found = book.measure.bargain.brief(
            wanted, asked(purpose, to, task, held_back, seed), actor(context, book, who), report
        )
    written = write(found, output)
    if json:
        show({"file": str(written)} | found.to_dict())
    else:
        say(f"Wrote {written} ({written.stat().st_size:,} bytes).")


def _wanted(
    worker: list[str] | None,
    collective: str,
    metric: str,
    system: list[str] | None,
    bought: list[Path] | None,
    draws: int,
    draw: int,
) -> Bargain:
    from guildbook.app.measuring_bargain import Bargain

    return Bargain(
        tuple(worker or ()), collective, metric, tuple(system or ()), tuple(bought or ()), draws=draws, seed=draw
    )


def _present(found: Strike) -> None:
    chosen = {point.share: point for point in found.targeted}
    rows: list[list[Any]] = []
    for point in found.random:
        seen = "" if point.subjective is None else f"{point.subjective:+.4f}"
        rows.append([
            f"{point.share:.0%}", point.workers, f"{point.loss:+.4f}", f"{point.low:+.4f} to {point.high:+.4f}", seen,
            f"{chosen[point.share].loss:+.4f}" if point.share in chosen else "",
        ])  # fmt: skip
    table(["share", "members", f"{found.metric} lost", "nine in ten", "licensee sees", "targeted"], rows)
    if found.critical is not None:
        middle, low, high = found.critical
        say(f"Half of it is lost when {middle:.0%} strike at random ({low:.0%} to {high:.0%}).")
    for name, points in found.net:
        say(f"All of them, the licensee having {name}: {points[-1].loss:+.4f}")
    if found.forecast is not None:
        told = found.forecast
        say(
            f"Forecast for people not measured, when {told.share:.0%} strike: {told.loss:+.4f} "
            f"({told.low:+.4f} to {told.high:+.4f})."
        )


def _plotted(found: Strike, output: Path) -> Path:
    from guildbook.measure.plots import lines, save

    rows = [
        {"share": p.share, "loss": p.loss, "low": p.low, "high": p.high, "who": who}
        for who, points in (("at random", found.random), ("targeted", found.targeted), *found.net)
        for p in points
    ]
    return save(lines(rows, "share", "loss", low="low", high="high", by="who", title="What a strike costs"), output)
