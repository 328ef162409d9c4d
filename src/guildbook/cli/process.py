"""`map`, `variants`, `drift` and `conformance`: what the process looks like, over time and in one case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guildbook.cli.session import Json, say, say_withheld, session, show, table

if TYPE_CHECKING:
    from guildbook.model.process import FilteredMap, MapLevel, Variants

TaskName = Annotated[
    str | None, typer.Option("--task", metavar="TASK", help="Id or title of one task, or its beginning.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("map")(process_map)
    app.command("variants")(variants)
    app.command("drift")(drift)
    app.command("conformance")(conformance)


def process_map(
    context: typer.Context,
    task: TaskName = None,
    level: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="From 0, the commonest way alone, to 1, everything. Default: 0.8."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Draw it: FILE.svg, FILE.html or FILE.bpmn.")
    ] = None,
    json: Json = False,
) -> None:
    """What follows what: the process map, filtered until a person can read it."""
    with session(context).book() as book:
        if output is not None:
            written = book.process.draw(output, task, 0.8 if level is None else level)
            show({"file": str(written)}) if json else say(f"Wrote {written} ({written.stat().st_size:,} bytes).")
            return
        found = book.process.maps(task)
    if json:
        show([one.to_dict() if level is None else _at(one, level) for one in found])
        return
    for one in found:
        _present(one, one.nearest(0.8 if level is None else level))


def _at(found: FilteredMap, level: float) -> Mapping[str, object]:
    """The map as JSON with one level, and only what that shows."""
    chosen = found.nearest(level)
    whole = found.to_dict()
    boxes, links = set(chosen.boxes), set(chosen.links)
    return whole | {
        "boxes": [box for box in whole["boxes"] if box["label"] in boxes],
        "links": [link for link in whole["links"] if (link["source"], link["target"]) in links],
        "levels": [entry for entry in whole["levels"] if entry["level"] == chosen.level],
    }


def _present(found: FilteredMap, level: MapLevel) -> None:
    from guildbook.model.time import words
    from guildbook.teach.text import clean

    say(
        clean(
            f"{found.task}: {len(level.boxes)} of {found.activities} steps and {len(level.links)} of {found.moves} "
            f"moves, which hold {level.moves:.1%} of all moves; {level.traces:.1%} of {found.episodes:,} cases are "
            "shown whole."
        )
    )
    shown = set(level.links)
    rows = [
        (
            link.source or "(start)",
            "↔" if link.either_order else "→",
            link.target or "(end)",
            f"{link.count:,}",
            "" if link.median_seconds is None else words(link.median_seconds),
        )
        for link in found.links
        if (link.source, link.target) in shown
    ]
    table(("from", "", "to", "times", "median"), rows)


def variants(
    context: typer.Context,
    task: TaskName = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many of the commonest to list.")] = 50,
    json: Json = False,
) -> None:
    """The ways cases go: how often, how they end, how long they take, and where they differ from the commonest."""
    with session(context).book() as book:
        found = book.process.variants(task, most)
    if json:
        show([one.to_dict() for one in found])
        return
    for one in found:
        _list(one)


def _list(found: Variants) -> None:
    from guildbook.model.time import words
    from guildbook.teach.text import clean

    say(clean(f"{found.task}: {found.kinds:,} variants in {found.episodes:,} cases."))
    rows = [
        (
            f"{one.count:,}",
            f"{one.share:.1%}",
            "" if one.good_rate is None else f"{one.good_rate:.0%} ({one.good_low:.0%}–{one.good_high:.0%})",
            "" if one.median_seconds is None else words(one.median_seconds),
            " → ".join(one.steps) if place == 0 else "; ".join(one.differs),
        )
        for place, one in enumerate(found.variants)
    ]
    table(("cases", "share", "good", "median", "steps, then what differs"), rows)


def drift(context: typer.Context, task: TaskName = None, json: Json = False) -> None:
    """How the process changed over time: what, since when, and how sure that is."""
    from dataclasses import asdict

    with session(context).book() as book:
        found = book.process.changes(task)
        say_withheld(book)
    if json:
        show([asdict(change) for change in found])
        return
    table(
        ("since", "between", "task", "what changed", "p"),
        [(c.date, f"{c.low} … {c.high}", c.task, c.words, f"{c.p:.1g}") for c in found],
    )
    if not found:
        say("No change over time is sure: the process is steady, or the traces cover too few weeks.")


def conformance(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case, with or without its type.")],
    json: Json = False,
) -> None:
    """Hold one case against what is usual in its task: what is missing, unexpected, out of order or late."""
    from guildbook.teach.text import clean

    with session(context).book() as book:
        found = book.process.conformance(case)
    if json:
        show(found.to_dict())
        return
    say(
        clean(
            f"{found.case} ({found.task}): fitness {found.fitness:.2f}; {found.rank:.0%} of the cases fit at least as "
            f"well. It lies {found.nearest_distance} steps from a way that {found.nearest_count:,} cases go."
        )
    )
    table(
        ("step", "kind", "what"),
        [(d.place if d.place is None else d.place + 1, d.kind, d.words) for d in found.deviations],
    )
    if not found.deviations:
        say("Nothing about it is unusual.")
