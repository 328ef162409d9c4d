"""`measure health`: how the work changes over time, and the alarm for a feedback loop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.measure_options import Plot, Purpose, Task, asked
from guildbook.cli.session import Json, progress, say, session, show, table

WORDS: Final = {
    "ai": "steps by AI",
    "new_steps": "new steps",
    "new_variants": "new ways",
    "entropy": "bits of a next step",
    "variety": "bits of a way",
}
STATES: Final = {
    "healthy": "Nothing points to a feedback loop.",
    "narrowing": "There is less and less in the work, and no more AI that is marked: look whether it works unmarked.",
    "loop": "ALARM: AI does ever more of the work, and there is ever less in it. Models feed on their own output.",
    "too-little": "There are too few windows with enough cases to tell a trend.",
}
_SHOWN: Final = 12


def register(measure: typer.Typer) -> None:
    """Add the commands of this file."""
    measure.command("health")(health)


def health(
    context: typer.Context,
    window: Annotated[str, typer.Option(metavar="LENGTH", help="Such as 12h, 7d or 4w; else as suits the work.")] = "",
    plot: Plot = None,
    purpose: Purpose = "train-people",
    task: Task = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the draws that make windows comparable.")] = 0,
    who: As = None,
    json: Json = False,
) -> None:
    """What is new, who contributes, what AI does and how varied the work is, over time. An alarm exits with 1."""
    if plot is not None:
        from guildbook.measure.plots import suited

        suited(plot)
    with session(context).book() as book, progress() as report:
        actor(context, book, who)
        found = book.measure.health(window, asked(purpose, "", task, 0.2, seed), report)
    if plot is not None:
        say(f"Drawn to {_plotted(found, plot)}.")
    if json:
        show(found)
    else:
        _present(found)
    if found["state"] == "loop":
        raise typer.Exit(1)


def _present(found: dict[str, Any]) -> None:
    rows = found["windows"]
    say(f"{len(rows)} windows of {found['window_days']:g} days; the last {min(_SHOWN, len(rows))} are shown.")
    table(
        ["from", "cases", "people", "events each", *WORDS.values()],
        [
            [r["begins"][:10], r["cases"], _told(r["workers"], "d"), _told(r["per_worker"], ".1f"),
             *(_told(r[name], ".1%" if name in {"ai", "new_steps", "new_variants"} else ".2f") for name in WORDS)]
            for r in rows[-_SHOWN:]
        ],
    )  # fmt: skip
    table(
        ["trend", "first third", "last third", "control limits", "p", ""],
        [
            [WORDS[t["name"]], f"{t['first']:.3f}", f"{t['last']:.3f}", f"{t['low']:.3f} to {t['high']:.3f}",
             f"{t['p']:.4f}", ("rises" if t["rises"] else "falls") if t["moved"] else ""]
            for t in found["trends"]
        ],
    )  # fmt: skip
    say(STATES[found["state"]])
    if found["since"]:
        say(f"The share of AI is above its limit since {found['since'][:10]}.")


def _told(value: Any, form: str) -> str:
    return "·" if value is None else f"{value:{form}}"


def _plotted(found: dict[str, Any], path: Path) -> Path:
    """Each measure over time, as a multiple of what it was in the first third; shares of AI as they are."""
    from guildbook.measure.plots import lines, save

    first = {t["name"]: t["first"] for t in found["trends"]}
    days = found["window_days"]
    rows = [
        {"day": number * days, "value": row[name] if name == "ai" else row[name] / first[name], "measure": WORDS[name]}
        for number, row in enumerate(found["windows"])
        for name in first
        if row[name] is not None and (name == "ai" or first[name])
    ]
    named = {"day": "days since the first case", "value": "share of AI; others as multiples of their first third"}
    return save(lines(rows, "day", "value", by="measure", marks=False, named=named), path)
