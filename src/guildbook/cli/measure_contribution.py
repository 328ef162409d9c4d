"""`measure contribution` and `measure payout`: what each worker's traces add, and what is paid to whom by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Held, Plot, Purpose, Seed, Task, To, asked
from guildbook.cli.measure_plot import bars, suited
from guildbook.cli.session import Json, progress, say, session, show, table

Pairs = Annotated[
    int | None, typer.Option("--permutations", metavar="N", min=2, help="Orders of joining drawn, each also reversed.")
]
Until = Annotated[
    float | None, typer.Option("--until-error", metavar="E", min=1e-9, help="Draw until no standard error is greater.")
]
Drawn = Annotated[int, typer.Option("--draw", metavar="SEED", min=0, help="Seed of these orders.")]


def register(measure: typer.Typer) -> None:
    """Add the commands of this file."""
    measure.command("contribution")(contribution)
    measure.command("payout")(payout)


def contribution(
    context: typer.Context,
    metric: Annotated[
        str,
        typer.Option(metavar="METRIC", help="augmentation, accuracy or top; hours, events or covered; retrieved."),
    ] = "augmentation",
    method: Annotated[str, typer.Option(metavar="METHOD", help="shapley, banzhaf or leave-one-out.")] = "shapley",
    permutations: Pairs = None,
    until_error: Until = None,
    draw: Drawn = 0,
    purpose: Purpose = "train-people",
    to: To = "",
    task: Task = None,
    held_back: Held = 0.2,
    seed: Seed = None,
    plot: Plot = None,
    who: As = None,
    json: Json = False,
) -> None:
    """What each worker's traces add to a model: exact for few, else drawn with a stated error."""
    suited(plot)
    wanted = asked(purpose, to, task, held_back, seed)
    with session(context).book() as book, progress() as report:
        found = book.measure.sharing.contribution(
            metric, method, draw=_draw(permutations, until_error, draw), asked=wanted,
            actor=actor(context, book, who), progress=report,
        )  # fmt: skip
    told = found.to_dict()
    bars(plot, told["workers"], "value", f"{method} of {metric}")
    if json:
        show(told | {"purpose": purpose})
        return
    how = "exact" if found.exact else f"{found.pairs} pairs of orders, standard error at most {found.error:.2g}"
    say(f"{method} of {metric}: {found.whole:.4f} with everybody ({how})")
    rows: list[list[Any]] = [
        [one["worker"], f"{one['value']:+.5f}", f"{one['error']:.5f}", f"{one['low']:+.5f} to {one['high']:+.5f}"]
        for one in told["workers"]
    ]
    table(["worker", metric, "standard error", "95 % interval"], rows)


def payout(
    context: typer.Context,
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="By the rule of this agreement.")],
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="What was paid, such as 1000.00.")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="Traces used from then on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="And before then.")
    ] = None,
    metric: Annotated[
        str, typer.Option(metavar="METRIC", help="What contributions are to: augmentation, accuracy or top.")
    ] = "augmentation",
    samples: Annotated[int, typer.Option(metavar="N", min=1, help="Samples of equal budget an hour.")] = 4,
    permutations: Pairs = None,
    until_error: Until = None,
    draw: Drawn = 0,
    record: Annotated[bool, typer.Option("--record", help="Write it into the log.")] = False,
    plot: Plot = None,
    who: As = None,
    json: Json = False,
) -> None:
    """What every member is paid by the rule of an agreement, to the cent."""
    from guildbook.app.measuring_contribution import Paying, cents

    suited(plot)
    wanted = Paying(
        agreement, cents(amount), _micros(first), _micros(until), metric, samples,
        _draw(permutations, until_error, draw),
    )  # fmt: skip
    with session(context).book() as book, progress() as report:
        found = book.measure.sharing.payout(wanted, actor(context, book, who), record=record, progress=report)
    paid = [{"worker": one["worker"], "paid": one["cents"] / 100} for one in found["workers"]]
    bars(plot, paid, "paid", f"Paid, in {found['currency']}")
    if json:
        show(found)
        return
    say(f"{_money(found['amount'])} {found['currency']} by {found['rule']}; fund: {_money(found['fund'])}")
    if found["short"]:
        say("There is not enough for the floor: everybody gets the same.")
    rows: list[list[Any]] = [
        [
            one["worker"], _money(one["cents"]), _hours(one["seconds"]),
            "" if one["contribution_ppm"] is None else f"{one['contribution_ppm'] / 10_000:.2f} %", one["why"],
        ]
        for one in found["workers"]
    ]  # fmt: skip
    table(["worker", "paid", "hours", "contribution", ""], rows)
    say(f"Recorded as entry {found['entry']}." if record else "Not recorded: add --record to put it into the log.")


def _draw(permutations: int | None, until_error: float | None, seed: int) -> Any:
    from guildbook.measure.contribution.values import PAIRS, Draw
    from guildbook.model.errors import UsageError

    if permutations is not None and until_error is not None:
        raise UsageError("How long to draw?", "Give either --permutations or --until-error.")
    return Draw(PAIRS if permutations is None else permutations, until_error, seed)


def _micros(day: datetime | None) -> int | None:
    return None if day is None else int(day.replace(tzinfo=UTC).timestamp()) * 1_000_000


def _money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def _hours(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds / 3600:.1f}"
