"""`permit`, `refuse`, `permissions`, `uses` and `workers`: the worker's say."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, say, session, show, table
from guildbook.model.time import iso

Worker = Annotated[str, typer.Option("--worker", metavar="NAME", help="Whose traces.")]
Counts = Annotated[bool, typer.Option("--counts", help="Of those with keys of their own, how many.")]
PurposeName = Annotated[
    str, typer.Option("--purpose", metavar="PURPOSE", help="What for, e.g. train-augment; or be-named.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("permit")(permit)
    app.command("refuse")(refuse)
    app.command("permissions")(permissions)
    app.command("uses")(uses)
    workers = typer.Typer(no_args_is_help=True, help="The people the traces belong to.")
    workers.command("list")(list_workers)
    workers.command("readmit")(readmit)
    app.add_typer(workers, name="workers")


def permit(context: typer.Context, worker: Worker, purpose: PurposeName, json: Json = False) -> None:
    """Permit a purpose for this worker's traces."""
    _decide(context, worker, purpose, json, allow=True)


def refuse(context: typer.Context, worker: Worker, purpose: PurposeName, json: Json = False) -> None:
    """Refuse a purpose for this worker's traces. A refusal beats everything else."""
    _decide(context, worker, purpose, json, allow=False)


def _decide(context: typer.Context, worker: str, purpose: str, json: bool, *, allow: bool) -> None:
    with session(context).book() as book:
        decided = book.govern.decide(worker, purpose, allow=allow)
    if json:
        show({"worker": decided.worker, "purpose": decided.purpose, "decision": decided.decision})
        return
    say(f"{decided.worker}: {decided.purpose} {'permitted' if allow else 'refused'}.")
    say("What was learnt before still includes the old decision until: guildbook learn")


def permissions(
    context: typer.Context,
    worker: Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Only theirs.")] = None,
    counts: Counts = False,
    person: As = None,
    json: Json = False,
) -> None:
    """What each worker has permitted and refused, beyond the terms of their imports.

    Who has a key of their own is shown only to themself (--as NAME); of all of them there are counts.
    """
    with session(context).book() as book:
        who = actor(context, book, person)
        if counts:
            _counted(book.managing.permission_counts(who), json=json)
            return
        found, hidden = book.managing.permissions(who, worker), len(book.managing.hidden(who))
    if json:
        show([{"worker": d.worker, "purpose": d.purpose, "decision": d.decision, "time": iso(d.time)} for d in found])
    else:
        table(
            ("worker", "purpose", "decision", "since"), [(d.worker, d.purpose, d.decision, iso(d.time)) for d in found]
        )
        _left_out(hidden)


def uses(
    context: typer.Context,
    worker: Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Only of their traces.")] = None,
    counts: Counts = False,
    person: As = None,
    json: Json = False,
) -> None:
    """The receipts: who read whose traces, for what, into what, and why it was allowed.

    Those of somebody with a key of their own are shown only to themself (--as NAME); of all of them there are counts.
    """
    with session(context).book() as book:
        who = actor(context, book, person)
        if counts:
            _counted(book.managing.use_counts(who), json=json)
            return
        found, hidden = book.managing.uses(who, worker), len(book.managing.hidden(who))
    if json:
        show([
            {"id": u.id, "grant": u.grant, "worker": u.worker, "purpose": u.purpose, "stage": u.stage,
             "artefact": u.artefact, "time": iso(u.time), "segments": u.segments, "events": u.rows,
             "recipient": u.recipient or None, "use": u.use or None, "reason": u.reason, "clauses": list(u.clauses)}
            for u in found
        ])  # fmt: skip
    else:
        table(
            ("time", "worker", "purpose", "for", "into", "events", "because", "under"),
            [
                (iso(u.time)[:19], u.worker, u.purpose, u.recipient or f"the book ({u.stage})", u.artefact,
                 f"{u.rows:,}", u.reason, " ".join(u.clauses))
                for u in found
            ],
        )  # fmt: skip
        _left_out(hidden)


def _counted(rows: list[dict[str, Any]], *, json: bool) -> None:
    """Counts of people; those that are not shown are null, or a dot."""
    if json:
        show(rows)
    elif rows:
        table(list(rows[0]), [["·" if cell is None else cell for cell in row.values()] for row in rows])


def _left_out(hidden: int) -> None:
    if hidden:
        say(f"{hidden} with keys of their own are not listed; of all of them together: --counts")


def list_workers(context: typer.Context, json: Json = False) -> None:
    """List the workers of this book with how much of theirs is held."""
    with session(context).book() as book:
        found = book.workers()
    if json:
        show(found)
    else:
        table(
            ("worker", "events", "segments", "from", "to"),
            [
                (w["name"], f"{w['events']:,}", w["segments"], (w["first"] or "")[:10], (w["last"] or "")[:10])
                for w in found
            ],
        )


def readmit(context: typer.Context, worker: Worker, person: As = None, json: Json = False) -> None:
    """Let traces of a worker be imported again of whom all or a part was forgotten."""
    with session(context).book() as book:
        book.readmit(worker, actor(context, book, person).signer)
    show({"worker": worker, "state": "active"}) if json else say(f"{worker} may be imported again.")
