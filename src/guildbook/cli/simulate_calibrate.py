"""`simulate calibrate`: a world for the simulator from public files, and from a team's own traces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Held, Purpose, Seed, Task, To, asked
from guildbook.cli.session import Json, progress, say, session, show, table

if TYPE_CHECKING:
    from guildbook.app.calibrating import Wanted
    from guildbook.simulate.published import Published


def register(simulate: typer.Typer) -> None:
    """Add the command of this file."""
    simulate.command("calibrate")(calibrate)


def calibrate(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder of the public files; else what is built in.")
    ] = None,
    book: Annotated[bool, typer.Option("--book", help="Measure the work in the book for one occupation.")] = False,
    occupation: Annotated[
        str, typer.Option(metavar="SOC", help="The occupation of the book's work, such as 43-9041.")
    ] = "",
    team: Annotated[str, typer.Option(metavar="NAME", help="Of this team, as found in the traces; else all.")] = "",
    collective: Annotated[str, typer.Option(metavar="NAME", help="Of this collective's members.")] = "",
    coverage: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of the job that the traces are about.")
    ] = None,
    tasks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is done in the job, to tell the coverage by.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many work in the occupation, where nothing says so.")
    ] = None,
    wage: Annotated[
        float | None, typer.Option(min=0.001, metavar="AMOUNT", help="Its mean wage, thousand dollars a year.")
    ] = None,
    end: Annotated[
        str, typer.Option("--at", metavar="END", help="Of what was measured: low, middle or high.")
    ] = "middle",
    exposure: Annotated[
        str, typer.Option(metavar="SCORE", help="people-alpha, -beta, -gamma or gpt-4-alpha, -beta, -gamma.")
    ] = "people-beta",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.json", help="Write the world there.")
    ] = None,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    who: As = None,
    json: Json = False,
) -> None:
    """Make the world that a scenario names: from public files, and by what was measured of a team's work."""
    from guildbook.model.errors import UsageError
    from guildbook.simulate import worldfile
    from guildbook.simulate.published import built_in, published

    if output is not None and output.suffix != ".json":
        raise UsageError(f"{output} does not end in .json.", "A scenario knows a world in a file by that.")
    if book != bool(occupation):
        raise UsageError(
            "A book's work is of one occupation.", "Give both: --book --occupation SOC, or neither of them."
        )
    found = built_in() if folder is None else published(folder, exposure)
    if book:
        wanted = _wanted(found, folder, occupation, team, collective, coverage, tasks, jobs, wage, end)
        with session(context).book() as opened, progress() as report:
            found = opened.measure.calibrated(
                wanted, asked(purpose, to, task, held_back, seed), actor(context, opened, who), report
            )
    if output is not None:
        worldfile.write(found.world, found.made, output)
        say(f"Wrote {output}. A scenario runs in it with: world: {output.name}")
    if json:
        show(found.made | {"digest": worldfile.digest(found.world)})
        return
    _present(found)


def _wanted(
    world: Published, folder: Path | None, occupation: str, team: str, collective: str, coverage: float | None,
    tasks: Path | None, jobs: int | None, wage: float | None, end: str,
) -> Wanted:  # fmt: skip
    from guildbook.app.calibrating import Wanted
    from guildbook.app.measuring_exposure import Forecast
    from guildbook.simulate.calibration import checked

    job = None
    if coverage is None and (tasks is not None or folder is not None):
        job = Forecast(tasks, occupation, folder)
    return Wanted(
        occupation, world, team, collective, coverage, job, folder, jobs, wage, checked(end)
    )  # fmt: skip


def _present(found: Published) -> None:
    made: dict[str, Any] = found.made
    say(
        f"{made['occupations']} occupations, {made['jobs']:,} jobs, mean wage {made['mean_wage']:,.2f} thousand dollars"
        f" a year, mean exposure {made['mean_exposure']:.3f} ({made['exposure']})."
    )
    for file in made["files"]:
        say(f"Read {file['file']}.")
    for lacking in made["missing"]:
        say(f"Not there: {lacking['file']} (published: {lacking['published']}).")
    if "joined" in made:
        left = made["grown_with_their_group"]
        say(
            f"{made['joined']} of {made['of']} occupations of the network have jobs and wages of the statistics,"
            f" {made['joined_share_of_jobs']:.1%} of the jobs; {left['occupations']} grew with their group."
        )
    if "book" in made:
        _measured(made["book"])


def _measured(said: dict[str, Any]) -> None:
    team, got = said["measured"], said["rates"]
    say(
        f"{said['occupation']} {said['title']}: {team['workers']} people, {team['held_back']} cases or episodes held"
        f" back; the traces cover {team['coverage']:.0%} of the job."
    )
    rows = [("A / s: what is shown is what is done", team["helped"]), ("S: cases done alone", team["alone"])]
    if team["data_exponent"] is not None:
        rows.append(("α: how help falls with who withholds", team["data_exponent"]))
    table(("measured", "low", "middle", "high"), [
        (name, *(f"{one[end]:.3f}" for end in ("low", "middle", "high"))) for name, one in rows
    ])  # fmt: skip
    names = [("exposure", "exposure"), ("reached", "reached by extraction"), ("data_exponent", "power of data")]
    table((f"rates (used: {said['end']}; public index {said['index']:.3f})", "low", "middle", "high"), [
        (name, *("·" if got[end][key] is None else f"{got[end][key]:.3f}" for end in ("low", "middle", "high")))
        for key, name in names
    ])  # fmt: skip
