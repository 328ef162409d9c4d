"""`law`: what a law profile asks before anybody outside reads, and what was done of it. No legal advice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, say, session, show, table

Step = Annotated[str, typer.Argument(metavar="STEP", help="Which: see law show PROFILE.")]
Agreement = Annotated[str, typer.Option("--agreement", metavar="AGREEMENT", help="For this one alone; else for all.")]
Side = Annotated[str, typer.Option("--collective", metavar="COLLECTIVE", help="Whose; needed if there are several.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    law = typer.Typer(
        no_args_is_help=True, help="What a law profile asks before anybody outside reads. No legal advice."
    )
    law.command("list")(list_profiles)
    law.command("show")(show_profile)
    law.command("record")(record)
    law.command("withdraw")(withdraw)
    law.command("status")(status)
    app.add_typer(law, name="law")


def list_profiles(json: Json = False) -> None:
    """List the law profiles; a collective is founded under one with collective found --law PROFILE."""
    from guildbook.app.law import Laws

    found = Laws.list()
    if json:
        show(found)
        return
    table(
        ("profile", "for", "to be recorded first"),
        [(p["profile"], p["title"], ", ".join(p["steps"]) or "the notice alone") for p in found],
    )


def show_profile(
    name: Annotated[str, typer.Argument(metavar="PROFILE", help="Which: see law list.")], json: Json = False
) -> None:
    """Show what a profile asks, who sees to it, and the sources with how and when they were checked."""
    from guildbook.app.law import Laws

    found = Laws.show(name)
    if json:
        show(found)
        return
    say(f"{found['profile']}: {found['title']}. {found['notice']}")
    table(
        ("duty", "what", "seen to by", "record as", "sources"),
        [
            (d["id"], d["what"], d["kept"], " or ".join(d["values"]), ", ".join(d["sources"]) or "ours")
            for d in found["duties"]
        ],
    )
    table(
        (
            "source",
            "provision",
            "what it asks",
            f"checked {found['sources'][0]['checked']}" if found["sources"] else "",
        ),
        [(s["id"], s["cite"], s["what"], f"{s['read']}: {s['where']}") for s in found["sources"]],
    )


def record(
    context: typer.Context,
    step: Step,
    value: Annotated[str, typer.Option(metavar="VALUE", help="How it was done: see law show PROFILE.")],
    agreement: Agreement = "",
    collective: Side = "",
    document: Annotated[Path | None, typer.Option(metavar="FILE", help="Its paper; only the SHA-256 is kept.")] = None,
    reference: Annotated[str, typer.Option(metavar="TEXT", help="Where the paper is, a number, a date.")] = "",
    person: As = None,
    json: Json = False,
) -> None:
    """A steward says that a step was done; the gate waits for all of them."""
    with session(context).book() as book:
        found = book.law.record(
            step, value, actor(context, book, person), collective=collective, agreement=agreement, document=document,
            reference=reference,
        )  # fmt: skip
    _tell(found, json=json)


def withdraw(
    context: typer.Context,
    step: Step,
    agreement: Agreement = "",
    collective: Side = "",
    person: As = None,
    json: Json = False,
) -> None:
    """A steward says that a step no longer holds; nobody outside reads from then on."""
    with session(context).book() as book:
        found = book.law.withdraw(step, actor(context, book, person), collective=collective, agreement=agreement)
    _tell(found, json=json)


def status(context: typer.Context, agreement: Agreement = "", collective: Side = "", json: Json = False) -> None:
    """Show what was recorded, and what is missing before anybody outside reads."""
    with session(context).book() as book:
        found = book.law.status(collective, agreement)
    _tell(found, json=json)


def _tell(found: dict[str, Any], *, json: bool) -> None:
    if json:
        show(found)
        return
    if not found["profile"]:
        say(f"{found['collective']} has no law profile: nothing has to be recorded. {found['notice']}")
    rows = [
        (r["step"], r["value"], r["for"], r["reference"] or r["document"] or "", r["by"]) for r in found["recorded"]
    ]
    if rows:
        table(("step", "recorded as", "for", "reference", "by"), rows)
    for one in found["missing"]:
        first, *others = (f"{v} --document FILE" if v in one["papers"] else v for v in one["values"])
        say(f"Missing: {one['step']}. {one['what']}")
        say(f"  guildbook law record {one['step']} --as STEWARD --value {first}" + "".join(f"; or {v}" for v in others))
    if "state" in found:
        told, left = found["notices_acknowledged"], found["notices_missing"]
        say(f"{found['agreement']}: {found['state']}. {told} of {told + left} members have acknowledged the notice.")
