"""`bench`: how well it learns, on files whose truth is held back; and how fast it simulates."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from guildbook.cli.session import Json, show, table


class Model(StrEnum):
    """What predicts the next step."""

    COUNTS = "counts"
    MIXED = "mixed"
    NEURAL = "neural"


class Planting(StrEnum):
    """What a sample office has planted in it."""

    USUAL = "usual"
    MORE = "more"
    EXPERTS = "experts"
    CIRCUMSTANCES = "circumstances"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    bench = typer.Typer(no_args_is_help=True, help="How well it learns, against held-back truth; simulating speed.")
    bench.command("next-step")(next_step)
    bench.command("planted")(planted)
    bench.command("people")(people)
    bench.command("outcomes")(outcomes)
    bench.command("segment")(segment)
    bench.command("simulate")(simulate)
    app.add_typer(bench, name="bench")


def next_step(
    train: Annotated[Path, typer.Option(metavar="FILE", help="Learn from this log alone.")],
    test: Annotated[Path, typer.Option(metavar="FILE", help="Predict the events of this one.")],
    model: Annotated[
        Model, typer.Option(help="counts alone; the net alone (extra `neural`); or both, where the net helps.")
    ] = Model.COUNTS,
    json: Json = False,
) -> None:
    """Predict every event from the second on and the end of the case."""
    from guildbook.app.bench import next_step as measure

    _show(measure(train, test, model.value), json)


def planted(
    seed: Annotated[int, typer.Option(help="Which sample office.")] = 1,
    events: Annotated[int, typer.Option(min=1000, help="About how many events.")] = 120_000,
    noise: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of stray and missing events.")] = 0.0,
    planted: Annotated[
        Planting, typer.Option(help="more, experts, circumstances: further sorts too; none: nothing has any effect.")
    ] = Planting.USUAL,
    json: Json = False,
) -> None:
    """Precision and recall of the practices planted in a sample office and of what they rest on."""
    from guildbook.app.bench import planted as measure
    from guildbook.record.office import Options

    _show(
        measure(
            seed,
            events,
            Options(
                planted=planted is not Planting.NONE,
                more=planted is Planting.MORE,
                experts=planted is Planting.EXPERTS,
                circumstances=planted is Planting.CIRCUMSTANCES,
                noise=noise,
            ),
        ),
        json,
    )


def people(
    log: Annotated[Path, typer.Argument(metavar="FILE", help="Learn from this log.")],
    truth: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV of who belongs where: worker and team, role or both.")
    ],
    json: Json = False,
) -> None:
    """Teams and roles recovered from a log, against who really belongs where."""
    from guildbook.app.bench_people import people as measure

    result = measure(log, truth)
    _show(result if json else {k: v for k, v in result.items() if k != "columns"}, json)


def outcomes(
    log: Annotated[Path, typer.Argument(metavar="FILE", help="A log whose cases end well or badly.")],
    case: Annotated[str | None, typer.Option(metavar="COLUMN", help="Which column names the case.")] = None,
    outcome: Annotated[str | None, typer.Option(metavar="COLUMN", help="Which column says how it ended.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Correct another guessed column.")
    ] = None,
    good_step: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP", help="A step that settles a case well, in a log without outcomes."),
    ] = None,
    bad_step: Annotated[list[str] | None, typer.Option(metavar="STEP", help="One that settles it badly.")] = None,
    json: Json = False,
) -> None:
    """Good cases told from bad ones, each by a model that never saw it, and the surest quality practices."""
    from guildbook.app.bench_outcomes import outcomes as measure
    from guildbook.cli.learning import columns_of

    said = {"case": case, "outcome": outcome}
    columns = columns_of(mapping or []) | {field: column for field, column in said.items() if column}
    result = measure(log, columns, good_steps=good_step or (), bad_steps=bad_step or ())
    if json:
        show(result)
    else:
        _show({k: v for k, v in result.items() if k != "top_practices"}, json)
        table(("practice",), [(p["title"],) for p in result["top_practices"]])


def segment(
    log: Annotated[Path, typer.Argument(metavar="FILE", help="UI log: raw interaction, a row an event.")],
    truth: Annotated[
        str, typer.Option(metavar="COLUMN[,COLUMN]", help="What tells performances apart; with two, the first: tasks.")
    ],
    noise: Annotated[float, typer.Option(min=0, max=1, help="Inject events, as a share of the log's.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of noise and interleaving.")] = 1,
    interleave: Annotated[bool, typer.Option("--interleave", help="Interleave segments of two tasks.")] = False,
    even_times: Annotated[
        bool, typer.Option("--even-times", help="Space events evenly, so that no gap tells.")
    ] = False,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Correct a guessed column.")
    ] = None,
    json: Json = False,
) -> None:
    """Cut raw interaction into performances of tasks; the truth columns are hidden from the learner."""
    from guildbook.app.bench_segment import Options, measure
    from guildbook.cli.learning import columns_of

    names = [name.strip() for name in truth.split(",") if name.strip()]
    result = measure(log, names, Options(noise, interleave, even_times, seed), columns_of(mapping or []))
    _show(result if json else {k: v for k, v in result.items() if k != "routines"}, json)


def simulate(
    workers: Annotated[int, typer.Option(min=1, help="How many people.")] = 1_000_000,
    months: Annotated[int, typer.Option(min=1, help="Months to play; the median is told.")] = 60,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the agents.")] = 1,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The 539 occupations of the public files there; else 22 groups.")
    ] = None,
    json: Json = False,
) -> None:
    """How many worker-steps a processor second plays, and what a worker takes in memory."""
    from guildbook.app.bench_simulate import simulate as measure

    _show(measure(workers, months, threads, data), json)


def _show(result: dict[str, object], json: bool) -> None:
    if json:
        show(result)
    else:
        table(("figure", "value"), [(k, f"{v:.4g}" if isinstance(v, float) else v) for k, v in result.items()])
