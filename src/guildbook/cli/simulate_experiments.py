"""`simulate sweep`, `simulate sensitivity`, `simulate search`: many runs, on all cores or a cluster."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from guildbook.cli.session import Json, progress, say, show, table

if TYPE_CHECKING:
    import pyarrow as pa

    from guildbook.simulate.players import Players

File = Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file; docs/simulate-experiments.md shows one.")]
Seeds = Annotated[int | None, typer.Option(min=1, help="How many draws of chance.")]
People = Annotated[int | None, typer.Option("--workers", min=1, help="How many people.")]
Months = Annotated[int | None, typer.Option(min=1, help="How long.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; as many as there are cores unless said.")]
Dask = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Run on the Dask cluster there instead.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="DIR", help="Keep all runs there; goes on where it was."),
]
_SHOWN: Final = ("wage", "employment", "wage_share", "ai_jobs", "concentration")
_MOST: Final = 10


def register(simulate: typer.Typer) -> None:
    """Add the commands of this file."""
    simulate.command("sweep")(sweep)
    simulate.command("sensitivity")(sensitivity)
    simulate.command("search")(search)


def sweep(
    file: File,
    seeds: Seeds = None,
    workers: People = None,
    months: Months = None,
    twin: Annotated[bool, typer.Option("--twin", help="Without chance only.")] = False,
    jobs: Jobs = None,
    dask: Dask = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """A scenario at many points of its parameters, under several policies compared seed by seed."""
    from guildbook.simulate.sweep import load, swept

    wanted = load(file)
    base = wanted.base.having(seeds=seeds, workers=workers, months=months)
    wanted = replace(wanted, base=base, agents=wanted.agents and not twin)
    with _playing(output, jobs, dask) as (hands, report):
        found = swept(wanted, hands, report(wanted.name))
    said = found.to_dict()
    _keep(output, "sweep", said, found.table)
    if json:
        show(said)
        return
    over = list(dict.fromkeys(name for point in wanted.points for name in point))
    kind = "last_year" if wanted.agents else "twin"
    say(f"{wanted.name}: {len(found.tasks)} runs; the last year, in the middle of the seeds:")
    table((*over, "policy", *_SHOWN), [
        (*(f"{point['at'].get(name, ''):.4g}" if name in point["at"] else "" for name in over), policy,
         *(_middle(come[kind][name]) for name in _SHOWN))
        for point in said["points"] for policy, come in point["policies"].items()
    ])  # fmt: skip


def sensitivity(
    file: File,
    agents: Annotated[bool, typer.Option("--agents", help="Agent by agent, mean over the seeds.")] = False,
    samples: Annotated[int | None, typer.Option(min=2, help="Size of the design.")] = None,
    seeds: Seeds = None,
    workers: People = None,
    months: Months = None,
    jobs: Jobs = None,
    dask: Dask = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """Which assumptions the results hang on."""
    from guildbook.simulate.sensitivity import checked, hung, load

    wanted = load(file)
    base = wanted.base.having(seeds=seeds, workers=workers, months=months)
    wanted = replace(wanted, base=base, agents=wanted.agents or agents, samples=samples or wanted.samples)
    checked(wanted)
    with _playing(output, jobs, dask) as (hands, report):
        found = hung(wanted, hands, report(wanted.name))
    said = found.to_dict()
    _keep(output, "sensitivity", said, found.table)
    if json:
        show(said)
        return
    morris = wanted.method == "morris"
    columns = ("mu_star", "mu_star_error", "sigma") if morris else ("first", "first_error", "total", "total_error")
    say(f"{wanted.name}: {len(found.tasks)} runs; the weightiest assumptions for each measure:")
    table(("measure", "parameter", *columns), [
        (name, each["parameter"], *(f"{each[column]:.3g}" for column in columns))
        for name, listed in said["indices"].items() for each in listed[:_MOST]
    ])  # fmt: skip


def search(
    file: File,
    budget: Annotated[int | None, typer.Option(min=1, help="About how many runs of the twin.")] = None,
    seeds: Seeds = None,
    workers: People = None,
    months: Months = None,
    jobs: Jobs = None,
    dask: Dask = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """The policy that gives workers most while output is kept."""
    from guildbook.simulate.search import found, load

    wanted = load(file)
    base = wanted.base.having(seeds=seeds, workers=workers, months=months)
    wanted = replace(wanted, base=base, budget=budget or wanted.budget)
    with _playing(output, jobs, dask) as (hands, report):
        come = found(wanted, hands, report(wanted.name))
    said = come.to_dict()
    _keep(output, "search", said, come.table)
    if json:
        show(said)
        return
    _told(said)


def _told(said: dict[str, Any]) -> None:
    goal, twin, agents = said["goal"], said["twin"], said["agents"]
    short = "" if said["keeps_output"] else "; no policy that was tried keeps enough of it"
    say(f"{said['search']}: {goal} {twin['before'][goal]:.4g} → {twin['after'][goal]:.4g}, "
        f"output × {twin['output_kept']:.4f}{short}. The policy:")  # fmt: skip
    table(("lever", "value"), [(name, f"{value:.3f}") for name, value in said["policy"].items()])
    if agents is not None:
        gain, kept = _band(agents["difference"][goal], "+.4g"), _band(agents["output_kept"], ".4f")
        say(f"With agents, {agents['seeds']} seeds: {goal} {gain}, output × {kept}.")
    if said["front"]:
        say("What more for workers costs in output, without chance:")
        table((goal, "output", *said["policy"]), [
            (f"{each[goal]:.4g}", f"{each['output']:.4f}", *(f"{value:.2f}" for value in each["policy"].values()))
            for each in _thinned(said["front"])
        ])  # fmt: skip


def _thinned(front: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(front) <= _MOST:
        return front
    return [front[round(place * (len(front) - 1) / (_MOST - 1))] for place in range(_MOST)]


def _band(figure: dict[str, float], form: str) -> str:
    return f"{figure['median']:{form}} ({figure['low']:{form}} to {figure['high']:{form}})"


def _middle(figure: Any) -> str:
    return f"{figure['median']:.4g}" if isinstance(figure, dict) else f"{figure:.4g}"


@contextmanager
def _playing(
    output: Path | None, jobs: int | None, dask: str | None
) -> Generator[tuple[Players, Callable[[str], Callable[[float], None]]]]:
    """Whoever runs, what was run before, and a bar."""
    from guildbook.simulate.journal import Journal
    from guildbook.simulate.players import players

    with Journal(output) as journal, players(journal, jobs, dask) as hands, progress() as report:
        yield hands, lambda name: lambda share: report(name, share)


def _keep(output: Path | None, name: str, said: dict[str, Any], rows: Callable[[], pa.Table]) -> None:
    if output is None:
        return
    from guildbook.simulate.study import write

    written = write(rows(), output, name)
    (output / f"{name}.json").write_text(jsons.dumps(said, indent=2), "utf-8")
    say(f"Wrote {', '.join(str(path) for path in written)}.")
