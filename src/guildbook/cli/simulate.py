"""`simulate`: what a deal does to wages, jobs and power."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli import simulate_calibrate, simulate_experiments, simulate_explore
from guildbook.cli.session import Json, progress, say, show, table

if TYPE_CHECKING:
    from guildbook.simulate.experiment import Outcome
    from guildbook.simulate.scenario import Scenario

Seeds = Annotated[int | None, typer.Option(min=1, help="How many draws of chance.")]
People = Annotated[int | None, typer.Option("--workers", min=1, help="How many people.")]
Months = Annotated[int | None, typer.Option(min=1, help="How long.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads; the outcome is the same for any number.")]
_SHOWN = 10
"""Occupations of which is shown what AI does in them."""
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="DIR", help="Keep every run there; goes on where it was.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    simulate = typer.Typer(no_args_is_help=True, help="What a deal does to wages, jobs and power.")
    simulate.command("run")(run)
    simulate.command("compare")(compare)
    simulate.command("parameters")(parameters)
    simulate_explore.register(simulate)
    simulate_calibrate.register(simulate)
    simulate_experiments.register(simulate)
    app.add_typer(simulate, name="simulate")


def run(
    scenario: Annotated[
        Path | None, typer.Argument(metavar="[SCENARIO]", help="A YAML file; else the baseline.")
    ] = None,
    seeds: Seeds = None,
    workers: People = None,
    months: Months = None,
    threads: Threads = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """Simulate a scenario over its seeds, and the mean-field twin beside it."""
    from guildbook.simulate.experiment import outcome, write

    _use(threads)
    wanted = _scenario(scenario).having(seeds=seeds, workers=workers, months=months)
    with progress() as report:
        found = outcome(wanted, output, report)
    said = found.to_dict()
    if output is not None:
        written = write([found], output)
        (output / "outcome.json").write_text(jsons.dumps(said, indent=2), "utf-8")
        say(f"Wrote {', '.join(str(path) for path in written)}.")
    if json:
        show(said)
        return
    say(f"{wanted.name}: {wanted.workers:,} people, {wanted.months} months, {wanted.seeds} seeds; the last year:")
    _bands(said["last_year"], said["twin"])
    _parts(said["parts"])
    _read(found)


def _read(found: Outcome) -> None:
    """How the figures are to be read, and whether capital ran away."""
    if not found.scenario.levels:
        say("Read signs and orders of size: prices, spending and what one has without a job do not answer here.")
    months = [run.runaway().month for run in found.runs]
    say(f"Capital grew faster than exponentially in {len(months) - months.count(None)} of {len(months)} seeds; without "
        f"chance: {found.twin.runaway().why}")  # fmt: skip


def compare(
    one: Annotated[Path, typer.Argument(metavar="A", help="A scenario.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    seeds: Seeds = None,
    workers: People = None,
    months: Months = None,
    threads: Threads = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """What B does differently from A, seed by seed on the same draws."""
    from guildbook.simulate.experiment import comparison, outcome, write

    _use(threads)
    both = [_scenario(path).having(seeds=seeds, workers=workers, months=months) for path in (one, other)]
    with progress() as report:
        found = [outcome(each, output, report) for each in both]
    said = comparison(*found)
    if output is not None:
        write(found, output)
        (output / "comparison.json").write_text(jsons.dumps(said, indent=2), "utf-8")
    if json:
        show(said)
        return
    say(f"{both[1].name} less {both[0].name}, the last year of {both[0].months} months, {both[0].seeds} seeds:")
    _bands(said["difference"], said["twin_difference"])


def parameters(
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The tables that end the model's description.")] = False,
) -> None:
    """Every number it starts from, with its source or the word assumption."""
    from guildbook.simulate.parameters import table as listed

    if markdown:
        from guildbook.simulate.parameter_table import markdown as made

        typer.echo(made(), nl=False)
    elif json:
        show([
            {"name": name, "default": value, "symbol": about.symbol, "what": about.what, "unit": about.unit,
             "low": about.low, "high": about.high, "source": about.source}
            for name, (value, about) in listed().items()
        ])  # fmt: skip
    else:
        table(("name", "default", "symbol", "what it is", "unit", "source"), [
            (name, f"{value:g}", about.symbol, about.what, about.unit, about.source)
            for name, (value, about) in listed().items()
        ])  # fmt: skip


def _scenario(path: Path | None) -> Scenario:
    from guildbook.simulate.scenario import Scenario, load

    return Scenario() if path is None else load(path)


def _use(threads: int | None) -> None:
    from guildbook.simulate.threads import use

    use(threads)


def _bands(found: dict[str, Any], twin: dict[str, float]) -> None:
    from guildbook.simulate.running import FIELDS

    table(("", "median", "9 in 10", "without chance", "unit"), [
        (name, f"{band['median']:.4g}", f"{band['low']:.4g} to {band['high']:.4g}", f"{twin[name]:.4g}", FIELDS[name])
        for name, band in found.items()
    ])  # fmt: skip


def _parts(found: dict[str, Any]) -> None:
    """What each operator has, and what AI does in the occupations where it does most, where that is told."""
    from guildbook.simulate.running import PARTS

    if not found:
        return
    ranked = sorted(found, key=lambda name: (name.startswith("ai_tasks:"), -found[name]["median"]))
    shown = ranked[: sum(not name.startswith("ai_tasks:") for name in found) + _SHOWN]
    table(("", "median", "9 in 10", "without chance", "unit"), [
        (name, f"{band['median']:.4g}", f"{band['low']:.4g} to {band['high']:.4g}", f"{band['twin']:.4g}",
         PARTS[name.partition(":")[0]])
        for name, band in zip(shown, map(found.__getitem__, shown), strict=True)
    ])  # fmt: skip
    if len(found) > len(shown):
        say(f"{len(found) - len(shown)} more occupations with --json.")
