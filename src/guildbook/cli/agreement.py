"""`agreement`: draft, check, compare and export terms. What needs no book is here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli import negotiation
from guildbook.cli.session import Json, lines, say, session, show, table

if TYPE_CHECKING:
    from guildbook.govern.agreement.validate import Finding
    from guildbook.model.agreement import Agreement

Terms = Annotated[Path, typer.Argument(metavar="FILE", help="An agreement: YAML, or a JSON document.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it here.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    agreement = typer.Typer(no_args_is_help=True, help="Terms between a collective and a licensee.")
    agreement.command("templates")(list_templates)
    agreement.command("draft")(draft)
    agreement.command("validate")(validate)
    agreement.command("diff")(diff)
    agreement.command("export")(export)
    negotiation.register(agreement)
    app.add_typer(agreement, name="agreement")


def list_templates(json: Json = False) -> None:
    """List the templates to draft from."""
    from guildbook.govern.agreement.templates import templates

    found = templates()
    if json:
        show([{"name": t.name, "about": t.about, "months": t.months} for t in found])
    else:
        table(("template", "months", "what it is for"), [(t.name, t.months, t.about) for t in found])


def draft(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="See: guildbook agreement templates.")],
    output: Output = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Set a field, e.g. term.last_day=2027-12-31."),
    ] = None,
    first_day: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day, YYYY-MM-DD; else the next month's first.")
    ] = None,
    json: Json = False,
) -> None:
    """Draft an agreement from a template, as YAML with every field explained."""
    from guildbook.govern.agreement.templates import draft as drafted
    from guildbook.govern.agreement.yaml import set_value, write

    agreement = drafted(template, _day(first_day))
    for value in values or ():
        path, _, text = value.partition("=")
        agreement = set_value(agreement, path.strip(), text)
    text = write(agreement)
    if output is not None:
        _save(output, text)
    if json:
        show({"template": template, "file": None if output is None else str(output), **_told(agreement)})
    elif output is None:
        lines(text)
    else:
        say(f"Drafted to {output}. Fill it in, then: guildbook agreement validate {output}")


def validate(file: Terms, json: Json = False) -> None:
    """Check an agreement: errors forbid it, warnings are worth a thought. Exit status 1 if there are errors."""
    from guildbook.govern.agreement.files import load
    from guildbook.govern.agreement.validate import errors
    from guildbook.govern.agreement.validate import validate as findings

    agreement = load(file)
    found = findings(agreement)
    if json:
        show(_told(agreement))
    else:
        for finding in found:
            lines(f"{finding.severity}, clause {finding.number} ({finding.path}): {finding.what}\n  {finding.why}")
        say(
            "It cannot be offered like this."
            if errors(found)
            else f"It can be offered. Hash: {_told(agreement)['hash']}"
        )
    if errors(found):
        raise typer.Exit(1)


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="The file as it was; or an agreement's id.")],
    after: Annotated[
        Path | None, typer.Argument(metavar="[B]", help="The file as it would be. Without it: versions of A.")
    ] = None,
    first: Annotated[
        int | None, typer.Option("--from", metavar="N", help="Version to compare from; else the last but one.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to", metavar="N", help="Version to compare with; else the last.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare clause by clause: two files, or two versions of an agreement on the table."""
    from guildbook.govern.agreement.diff import diff as differences
    from guildbook.govern.agreement.diff import diff_text
    from guildbook.govern.agreement.files import load

    if after is not None:
        found = differences(load(Path(before)), load(after))
    else:
        with session(context).book() as book:
            found = book.agreements.diff(before, first, last)
    show([change.to_dict() for change in found]) if json else lines(diff_text(found))


def export(
    file: Terms,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="odrl, rsl, json or text.")] = "text",
    output: Output = None,
    server: Annotated[
        str, typer.Option(metavar="URL", help="rsl: the license server; without one nothing is permitted.")
    ] = "",
    contact: Annotated[str, typer.Option(metavar="URL", help="rsl: where terms are asked for.")] = "",
    json: Json = False,
) -> None:
    """Write an agreement as ODRL 2.2 (JSON-LD), RSL 1.0 (XML), the document that is signed (json) or plain text."""
    from guildbook.govern.agreement.files import load

    text = _exported(load(file), form, server, contact)
    if output is not None:
        _save(output, text)
        show({"format": form, "file": str(output)}) if json else say(f"Written to {output}.")
    elif json:
        show({"format": form, "text": text})
    else:
        lines(text)


def _exported(agreement: Agreement, form: str, server: str, contact: str) -> str:
    import json

    from guildbook.govern.agreement.hashing import document
    from guildbook.govern.agreement.odrl import to_odrl
    from guildbook.govern.agreement.plain import plain
    from guildbook.govern.agreement.rsl import to_rsl
    from guildbook.model.errors import UsageError

    if form == "text":
        return plain(agreement)
    if form == "rsl":
        return to_rsl(agreement, server=server, contact=contact)
    if form in {"odrl", "json"}:
        value = to_odrl(agreement) if form == "odrl" else document(agreement)
        return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    raise UsageError(f"There is no format {form!r}.", "Formats: odrl, rsl, json, text.")


def _told(agreement: Agreement) -> dict[str, Any]:
    """What programs are told of an agreement."""
    from guildbook.govern.agreement.hashing import agreement_hash
    from guildbook.govern.agreement.validate import errors
    from guildbook.govern.agreement.validate import validate as findings
    from guildbook.model.agreement import to_dict

    found = findings(agreement)
    return {
        "valid": not errors(found), "hash": agreement_hash(agreement), "findings": [_finding(f) for f in found],
        "machine": to_dict(agreement),
    }  # fmt: skip


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "severity": str(found.severity), "code": found.code, "clause": found.clause, "number": found.number,
        "path": found.path, "what": found.what, "why": found.why,
    }  # fmt: skip


def _day(text: str | None) -> Any:
    from datetime import UTC, date, datetime

    from guildbook.govern.agreement.templates import next_month
    from guildbook.model.errors import UsageError

    if text is None:
        return next_month(datetime.now(UTC).date())
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day.", "Write it as 2027-01-31.") from error


def _save(path: Path, text: str) -> None:
    from guildbook.model.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Give another file: -o FILE.", "output"
        ) from error
