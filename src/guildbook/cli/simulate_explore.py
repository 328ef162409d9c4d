"""`simulate explore`, `plot` and `report`: for people who would rather look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(simulate: typer.Typer) -> None:
    """Add the commands of this file."""
    simulate.command("explore")(explore)


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
