"""`record`: live capture, under the worker's hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli.identity import As, actor
from guildbook.cli.record_desk import desk, minutes_of
from guildbook.cli.record_extension import extension
from guildbook.cli.record_kept import delete, show_entries
from guildbook.cli.record_libreoffice import libreoffice
from guildbook.cli.record_preview import preview
from guildbook.cli.record_shell import shell_hook
from guildbook.cli.session import Json, say, show, table
from guildbook.model.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


Which = Annotated[list[str], typer.Argument(metavar="SOURCE...", help="See: guildbook record sources.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    record = typer.Typer(no_args_is_help=True, help="Record your own work, on your own machine.")
    for name, command in (
        ("start", start), ("stop", stop), ("status", status), ("pause", pause), ("resume", resume),
        ("on", on), ("off", off), ("sources", list_sources), ("forget-last", forget_last), ("show", show_entries),
        ("delete", delete), ("unit", unit),
    ):  # fmt: skip
        record.command(name)(command)
    rules = typer.Typer(no_args_is_help=True, help="What is never recorded.")
    rules.command("list")(list_rules)
    rules.command("add")(add_rule)
    rules.command("remove")(remove_rule)
    rules.command("pii")(persons)
    record.add_typer(rules, name="rules")
    record.command("preview")(preview)
    record.command("shell-hook")(shell_hook)
    record.command("extension")(extension)
    record.command("libreoffice")(libreoffice)
    app.add_typer(record, name="record")


def start(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE...]", help="Switch these on first.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where it listens; 5600 is what watchers know.")
    ] = None,
    testing: Annotated[bool, typer.Option("--testing", help="On 5666, as ActivityWatch's --testing.")] = False,
    token: Annotated[bool, typer.Option("--token", help="Watchers must give the token, too.")] = False,
    worker: Annotated[str | None, typer.Option(metavar="NAME", help="Whose work it is, by name in the book.")] = None,
    json: Json = False,
) -> None:
    """Start recording what is switched on; nothing is, until you say so."""
    found = desk(context)
    if worker is not None:
        found.set_worker(worker)
    if sources:
        found.switch_on(sources)
    told = found.start(port=port, testing=testing, token=token)
    if json:
        show(told)
        return
    if told["already"]:
        say("It was running already; to start it anew: guildbook record stop.")
    _present(told)


def stop(context: typer.Context, json: Json = False) -> None:
    """Stop recording; what waits is brought to the book first."""
    was = desk(context).stop()
    show({"stopped": was}) if json else say("Stopped." if was else "No recorder was running.")


def status(context: typer.Context, json: Json = False) -> None:
    """What is being recorded, what has fallen silent, what waits. Exit status 1 when nothing is recorded."""
    told = desk(context).status()
    show(told) if json else _present(told)
    if not told["running"]:
        raise typer.Exit(1)


def pause(
    context: typer.Context,
    length: Annotated[str, typer.Argument(metavar="[LENGTH]", help="30m, 2h, tomorrow, or until you resume.")] = "",
    json: Json = False,
) -> None:
    """Record nothing for a while."""
    told = desk(context).pause(_until(length))
    show(told) if json else _present(told)


def resume(context: typer.Context, json: Json = False) -> None:
    """Record again."""
    told = desk(context).pause(0)
    show(told) if json else _present(told)


def on(
    context: typer.Context,
    sources: Which,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the source.")
    ] = None,
    json: Json = False,
) -> None:
    """Switch sources on."""
    told = desk(context).switch_on(sources, dict(_pair(value) for value in values or ()))
    show(told) if json else say(f"On: {', '.join(told)}.")


def off(context: typer.Context, sources: Which, json: Json = False) -> None:
    """Switch sources off."""
    told = desk(context).switch_off(sources)
    show(told) if json else say(f"On: {', '.join(told) or 'nothing'}.")


def list_sources(context: typer.Context, json: Json = False) -> None:
    """What can be recorded here, what is on, what is missing."""
    found = desk(context).sources()
    if json:
        show(found)
    else:
        table(("source", "what it is", "", "missing"), [
            (s["source"], s["title"], "on" if s["on"] else "", s["missing"]) for s in found
        ])  # fmt: skip


def forget_last(
    context: typer.Context,
    length: Annotated[str, typer.Argument(metavar="LENGTH", help="For example 10m, 2h.")] = "10m",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    person: As = None,
    json: Json = False,
) -> None:
    """Forget what was recorded in the last minutes: here, and in the book."""
    minutes = minutes_of(length)
    if not yes and not typer.confirm(f"Forget the last {minutes} minutes for good?", err=True):
        raise typer.Exit(1)
    told = desk(context).forget_last(minutes, lambda book: actor(context, book, person).signer)
    if json:
        show(told)
    else:
        say(f"Forgotten: {told['entries']} entries that waited, {told['events']} events of the book.")


def unit(
    context: typer.Context,
    autostart: Annotated[bool, typer.Option("--autostart", help="A desktop autostart entry instead.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
    json: Json = False,
) -> None:
    """Write a systemd user unit, so that recording starts when you log in."""
    path: Path = desk(context).unit(autostart=autostart, remove=remove)
    if json:
        show({"file": str(path), "removed": remove})
    elif remove:
        say(f"Removed {path}.")
    else:
        say(f"Wrote {path}." + ("" if autostart else " Now: systemctl --user enable --now guildbook-recorder"))


def list_rules(context: typer.Context, json: Json = False) -> None:
    """What is never recorded."""
    found = desk(context).rules()
    if json:
        show(found)
    else:
        table(("", "field", "pattern"), [(n, r["field"], r["pattern"]) for n, r in enumerate(found, start=1)])


def add_rule(
    context: typer.Context,
    field: Annotated[str, typer.Argument(metavar="FIELD", help="app, title, url, source or time.")],
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="A regular expression; of time, 12:00-13:00.")],
    json: Json = False,
) -> None:
    """Never record what fits."""
    found = desk(context).add_rule(field, pattern)
    show(found) if json else say(f"{len(found)} rules.")


def remove_rule(
    context: typer.Context, number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)], json: Json = False
) -> None:
    """Take a rule away, by its number in `rules list`."""
    found = desk(context).remove_rule(number)
    show(found) if json else say(f"{len(found)} rules.")


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


def persons(
    context: typer.Context,
    switch: Annotated[Switch | None, typer.Argument(metavar="on|off", help="Without it: which it is.")] = None,
    json: Json = False,
) -> None:
    """Take names, telephone numbers and mail addresses of persons out of titles, labels and values (extra `pii`)."""
    on = desk(context).redact_persons(on=None if switch is None else switch is Switch.ON)
    show({"pii": on}) if json else say(f"Persons are {'' if on else 'not '}taken out of what is recorded.")


def _present(told: dict[str, Any]) -> None:
    if not told["running"]:
        say("No recorder is running: guildbook record start.")
        return
    if told["paused"]:
        say(f"Paused until {told['paused_until'] or 'you resume'}.")
    rows = [
        (s["source"], "silent" if s["silent"] else s["state"], (s["last"] or "nothing yet")[:19], s["trouble"])
        for s in told["sources"]
    ]
    table(("source", "", "last", "trouble"), rows)
    if not rows:
        say("Nothing is switched on: guildbook record sources.")
    say(
        f"{told['taken']:,} recorded, {told['dropped']:,} dropped by your rules; {told['waiting']:,} wait for the book."
    )
    for name, seconds in told["ahead"].items():
        say(f"The clock of {name} is {seconds / 60:,.0f} minutes ahead of this machine's.")
    if told["trouble"]:
        say(f"What waits could not be brought to the book: {told['trouble']}")
    if told["withheld"]:
        say(f"{told['withheld']:,} texts were withheld, since nobody could look for persons: {told['withheld_why']}")
    if told["refused"]:
        say(f"{told['refused']:,} could not be taken by the book and are kept ({told['refused_why']}).")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"{text!r} is no setting.", "Write it like NAME=VALUE.")
    return name.strip(), value.strip()


def _until(length: str) -> int | None:
    """µs UTC; None: until resumed."""
    if not length:
        return None
    now = datetime.now().astimezone()
    if length == "tomorrow":
        following = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(following.timestamp() * 1e6)
    return int((now + timedelta(minutes=minutes_of(length))).timestamp() * 1e6)
