"""`audit`: the log of everything that was said and done about the traces, and what others can check of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor, unlocked
from guildbook.cli.session import Json, lines, say, session, show, table

if TYPE_CHECKING:
    from guildbook.govern.audit.verify import Report

Checkpoints = Annotated[
    list[Path] | None, typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that was kept elsewhere.")
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="KEY", help="Every checkpoint must be signed with it (NAME+HASH+KEY)."),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; else standard output.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    audit = typer.Typer(no_args_is_help=True, help="The log of every act, which can be checked from outside.")
    audit.command("show")(show_log)
    audit.command("verify")(verify)
    audit.command("prove")(prove)
    audit.command("check-proof")(check_proof)
    audit.command("checkpoint")(checkpoint)
    audit.command("cosign")(cosign)
    audit.command("export")(export)
    audit.command("replay")(replay)
    app.add_typer(audit, name="audit")


def show_log(
    context: typer.Context,
    seq: Annotated[int | None, typer.Argument(metavar="[ENTRY]", help="One entry, whole.")] = None,
    last: Annotated[int, typer.Option(metavar="N", help="How many of the last entries.", min=0)] = 20,
    person: As = None,
    json: Json = False,
) -> None:
    """Show how long the log is and its last entries, or one entry with what it commits to.

    What single people with keys of their own have said is closed to all but them and an auditor (--as NAME).
    """
    with session(context).book() as book:
        viewer, world = actor(context, book, person).person, book.govern.register.world()
        if seq is not None:
            found = book.audit.entry(seq, viewer, world)
            show(found) if json else table(("", ""), [(k, _flat(v)) for k, v in found.items()])
            return
        status, entries = book.audit.status(), book.audit.entries(last, viewer, world)
    if json:
        show({**status, "log": entries})
        return
    table(("", ""), [(name, value or "") for name, value in status.items()])
    rows = [(e["seq"], e["time"][:19], e["kind"], e["by"], _flat(e["act"].get("body"))) for e in entries]
    table(("entry", "time", "act", "by", "what"), rows)


def verify(
    context: typer.Context,
    copy: Annotated[
        Path | None, typer.Argument(metavar="[COPY]", help="Verify this copy of a log instead; needs no book.")
    ] = None,
    checkpoints: Checkpoints = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="COPY", help="A copy of the log that was kept elsewhere.")
    ] = None,
    keys: Keys = None,
    json: Json = False,
) -> None:
    """Look for tampering: changed, deleted, inserted, moved entries, a cut tail, another history: exit status 1."""
    from guildbook.app.auditing import verify_copy

    if copy is not None:
        if against is not None:
            raise typer.BadParameter("a copy is verified alone; --against is for the book's own log")
        report = verify_copy(copy, checkpoints or (), keys or ())
    else:
        with session(context).book() as book:
            report = book.audit.verify(checkpoints or (), copy=against, keys=keys or ())
    _tell(report, json=json)
    if not report.sound:
        raise typer.Exit(1)


def prove(
    context: typer.Context,
    seq: Annotated[int | None, typer.Argument(metavar="[ENTRY]", help="The entry to prove.")] = None,
    since: Annotated[
        Path | None, typer.Option("--since", metavar="FILE", help="Prove that the log only grew since this checkpoint.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="The checkpoint to prove it of; else the log now."),
    ] = None,
    opening: Annotated[bool, typer.Option("--open", help="Show in the proof what was done.")] = False,
    output: Output = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Write a proof that others check without the book: that an entry is in the log, or that the log only grew."""
    if (seq is None) == (since is None):
        raise typer.BadParameter("give an entry, or --since FILE")
    with session(context).book() as book:
        if since is not None:
            made = book.audit.prove_growth(since, against=checkpoint)
        else:
            assert seq is not None  # one of the two was given
            viewer, world = actor(context, book, person).person, book.govern.register.world()
            made = book.audit.prove(seq, against=checkpoint, opening=opening, viewer=viewer, world=world)
    if output is None or json:
        show(made)
    if output is not None:
        from json import dumps

        from guildbook.app.identities import write_text

        write_text(output, dumps(made, ensure_ascii=False, indent=2) + "\n")
        say(f"The proof is in {output}; it goes with a checkpoint of {made.get('size', made.get('new'))} entries.")


def check_proof(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The proof.")],
    checkpoints: Checkpoints = None,
    keys: Keys = None,
    json: Json = False,
) -> None:
    """Check a proof against checkpoints, with no book. Exit status 1 if it does not hold."""
    from guildbook.app.auditing import check_proof as check

    found = check(path, checkpoints or (), keys or ())
    if json:
        show(found)
    elif found["holds"]:
        told = {
            "inclusion": f"entry {found.get('entry')} is in the log",
            "consistency": "the log only grew",
            "statement": "every line of the statement is in the log",
        }
        what = told.get(found["proof"], f"the log says in entry {found.get('entry')} what this certificate says")
        say(f"The proof holds: {what}. Signed by {', '.join(found['signed_by'])}.")
        if found.get("act"):
            show(found["act"])
    else:
        for fault in found["faults"]:
            say(fault)
    if not found["holds"]:
        raise typer.Exit(1)


def checkpoint(context: typer.Context, output: Output = None, person: As = None, json: Json = False) -> None:
    """Make a signed checkpoint for others to keep; with --as also in that person's name."""
    with session(context).book() as book:
        signer = unlocked(context, person) if person else None
        made = book.audit.checkpoint(output, signer)
    signers = [s.name for s in made.note.signatures]
    if json:
        show(
            {"book": made.book, "entries": made.size, "root": made.root.hex(), "signed_by": signers, "note": str(made)}
        )
    elif output is None:
        lines(str(made))
    else:
        say(f"The checkpoint of {made.size:,} entries is in {output}. Give it to somebody who keeps it.")


def cosign(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The checkpoint.")],
    person: Annotated[str, typer.Option("--as", metavar="NAME", help="Whose signature to add.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; else in place.")
    ] = None,
    json: Json = False,
) -> None:
    """Add a signature to a checkpoint, with no book: "I have seen this one"."""
    from guildbook.app.auditing import cosign as add

    made = add(path, unlocked(context, person), output)
    signers = [s.name for s in made.note.signatures]
    show({"entries": made.size, "signed_by": signers}) if json else say(f"Signed by {', '.join(signers)}.")


def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to.")],
    openings: Annotated[
        bool, typer.Option("--openings", help="Show what was done, for an auditor. Without it only commitments.")
    ] = False,
    person: As = None,
    json: Json = False,
) -> None:
    """Write a copy of the log for others to keep, or for an auditor to replay."""
    with session(context).book() as book:
        if openings:
            from guildbook.govern.roles import check_open_log

            check_open_log(book.govern.register.world(), actor(context, book, person).person)
        count = book.audit.export(output, openings=openings)
    show({"file": str(output), "entries": count, "openings": openings}) if json else say(
        f"{count:,} entries are in {output}."
    )


def replay(
    context: typer.Context,
    openings: Annotated[
        Path | None, typer.Option("--openings", metavar="FILE", help="A copy made with --openings; needs no book.")
    ] = None,
    checkpoints: Checkpoints = None,
    keys: Keys = None,
    json: Json = False,
) -> None:
    """Decide everything again from the log alone: the first entry that does not follow is named. Exit status 1."""
    from guildbook.app.auditing import replay_copy

    if openings is not None:
        found = replay_copy(openings, checkpoints or (), keys or ())
    else:
        with session(context).book() as book:
            found = book.audit.replay(checkpoints or (), keys or ())
    if json:
        show({
            "book": found.book, "entries": found.entries, "follows": found.sound, "grants": found.grants,
            "decisions": found.decisions, "receipts": found.receipts, "ballots": found.ballots,
            "in_force": found.in_force, "payouts": found.payouts, "policy_hash": found.policy_hash,
            "findings": [{"entry": f.seq, "act": f.kind, "what": f.what} for f in found.findings],
        })  # fmt: skip
    elif found.sound:
        say(
            f"Everything follows: {found.entries:,} entries, {found.decisions:,} decisions in {found.grants:,} grants, "
            f"{found.receipts:,} receipts, {len(found.ballots):,} ballots, {found.payouts:,} payouts."
        )
        say(f"In force: {', '.join(found.in_force) or 'no agreement'}.")
    else:
        first, *others = found.findings
        say(f"Entry {first.seq} ({first.kind}) does not follow: {first.what}.")
        for one in others[:20]:
            say(f"Then entry {one.seq} ({one.kind}): {one.what}.")
    if not found.sound:
        raise typer.Exit(1)


def _tell(report: Report, *, json: bool) -> None:
    root = report.root.hex() if report.root else None
    if json:
        findings = [{"kind": str(f.kind), "first": f.first, "last": f.last, "what": f.what} for f in report.findings]
        show({
            "book": report.book, "entries": report.size, "root": root, "sound": report.sound,
            "checkpoints": list(report.confirmed), "findings": findings,
        })  # fmt: skip
        return
    for one in report.findings:
        say(f"{one.kind}: {one.what}.")
    if report.sound:
        held = (
            f"; it fits the checkpoints of {', '.join(map(str, report.confirmed))} entries" if report.confirmed else ""
        )
        say(f"Nothing was tampered with: {report.size:,} entries{held}.")
        if not report.confirmed:
            say("Without a checkpoint kept elsewhere, a cut tail or a log written anew cannot be seen.")


def _flat(value: Any) -> str:
    from json import dumps

    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)
