"""`simulate explore`, `plot` and `report`: for people who would rather look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guildbook.cli.session import say

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What run, compare, sweep, sensitivity or search kept.")]
Fields = Annotated[
    list[str] | None, typer.Option("--figure", metavar="NAME", help="Which figures; else the usual ones. Repeat it.")
]


def register(simulate: typer.Typer) -> None:
    """Add the commands of this file."""
    simulate.command("explore")(explore)
    simulate.command("plot")(plot)
    simulate.command("report")(report)


def explore(
    scenario: Annotated[
        Path | None, typer.Argument(metavar="[SCENARIO]", help="A YAML file; else the baseline.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Where it listens; else 5630, or any that is free.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Open a page with sliders, on this machine alone. It runs until Ctrl+C."""
    from guildbook.app.exploring import become, words
    from guildbook.simulate.scenario import load

    if scenario is not None:
        load(scenario)
    become(words(None if scenario is None else str(scenario), port, opens=not no_open))


def plot(
    folder: Folder,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="As .html, .svg or .png.")],
    figure: Fields = None,
) -> None:
    """Draw results: as a page whose charts answer to the pointer, or as one picture."""
    from guildbook.simulate.figures import figures
    from guildbook.simulate.kept import results
    from guildbook.simulate.plots import save, suited
    from guildbook.simulate.report import plotted

    suited(output)
    found = results(folder)
    if output.suffix.lower() == ".html":
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(plotted(found, figure or ()), "utf-8")
    else:
        save([each for kept in found for each in figures(kept, figure or ())], output)
    say(f"Drawn to {output}.")


def report(
    folder: Folder,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="As .html.")],
    figure: Fields = None,
) -> None:
    """Results on one page: findings, pictures, tables, every parameter with its source, how to get the same again."""
    from guildbook.simulate.kept import results
    from guildbook.simulate.plots import suited
    from guildbook.simulate.report import report as whole

    suited(output, (".html",))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(whole(results(folder), figure or ()), "utf-8")
    say(f"Wrote {output}.")
