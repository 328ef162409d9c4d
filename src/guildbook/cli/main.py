"""The `guildbook` command: nouns and verbs, errors that say how to mend, exit status 0, 1 or 2."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from guildbook import __version__
from guildbook.cli import (
    agreement,
    audit,
    bench,
    book,
    collective,
    configure,
    consent,
    data,
    forgetting,
    identity,
    law,
    learning,
    lineage,
    measure,
    mine,
    nextstep,
    process,
    record,
    routines,
    simulate,
    strike,
    teaching,
    terms,
    vault,
)
from guildbook.cli.session import Session
from guildbook.model.errors import GuildbookError, UsageError

_YOUNG: Final = 500_000
"""Objects made between two looks for cycles; Python's own 700 cost a command a tenth of its time, most in imports.

To load everything and learn one day makes 330,000, and a look at 200,000 took 0.05 s to find eight hundred."""


def _bare() -> typer.Typer:
    """The program without its commands."""
    return typer.Typer(
        name="guildbook",
        help="Learn from work-traces what people know, and keep the say with the people who did the work.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GUILDBOOK"},
    )


_COMPLETING: Final = "_GUILDBOOK_COMPLETE"
"""Set by the shell that asks what a command line may go on with."""

_HELP: Final = ("-h", "--help")

app: Final = _bare()
for part in (
    learning,
    teaching,
    process,
    nextstep,
    consent,
    terms,
    agreement,
    collective,
    strike,
    vault,
    data,
    book,
    configure,
    bench,
    routines,
    audit,
    identity,
    law,
    forgetting,
    lineage,
    mine,
    measure,
    record,
    simulate,
):
    part.register(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"guildbook {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home", metavar="DIR", help="The book's folder. [env: GUILDBOOK_HOME]", allow_from_autoenv=False
        ),
    ] = None,
    wait: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long to wait for another writer.", min=0)
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            allow_from_autoenv=False,
            help="Show the version and end.",
        ),
    ] = False,
) -> None:
    """The options that come before the verb (`--home` may also come after it)."""
    del version
    context.obj = Session(home, {} if wait is None else {"store.wait_seconds": str(wait)})


def main() -> None:
    """Run the command line and exit with its status."""
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    status = run(sys.argv[1:])
    gc.freeze()  # to look for cycles in what ends with the process would take a tenth of a short command
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line; returns 0 done, 1 failed with a clear error, 2 wrong usage, 130 interrupted."""
    ordered = _home_first(arguments)
    try:
        asked(ordered)(args=ordered, prog_name="guildbook")
    except GuildbookError as error:
        _complain(error)
        return 2 if isinstance(error, UsageError) else 1
    except SystemExit as end:  # typer ends so, whether all went well or the usage was wrong
        return end.code if isinstance(end.code, int) else 1
    return 0


def asked(arguments: list[str]) -> typer.Typer:
    """The program with the one command or group that is asked for; whole where that is not plain to see.

    Typer makes all commands that it knows, 170 of them, which takes a tenth of a second.
    """
    if _COMPLETING in os.environ:
        return app
    if not arguments or arguments[0] in _HELP:
        return _listing()
    words = iter(arguments)
    for word in words:
        if word == "--home":
            next(words, None)
        elif not word.startswith("--home="):
            break
    else:
        return app
    only = _bare()
    only.registered_callback = app.registered_callback
    only.registered_commands = [each for each in app.registered_commands if each.name == word]
    only.registered_groups = [each for each in app.registered_groups if each.name == word]
    known = len(only.registered_commands) + len(only.registered_groups)
    return only if known == 1 else app


def _listing() -> typer.Typer:
    """The program with groups that have no commands: its help names groups alone."""
    made = _bare()
    made.registered_callback = app.registered_callback
    made.registered_commands = app.registered_commands
    for each in app.registered_groups:
        shell = typer.Typer()
        if each.typer_instance is not None:
            shell.info = each.typer_instance.info
        made.add_typer(shell, name=each.name)
    return made


def _home_first(arguments: list[str]) -> list[str]:
    """Move `--home DIR` from wherever it stands to the front, where click looks for it."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
        elif word == "--home":
            front += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        elif word.startswith("--home="):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def _complain(error: GuildbookError) -> None:
    from guildbook.teach.text import clean

    typer.echo(f"Error: {clean(error.what)}", err=True)
    if error.fix:
        typer.echo(f"  {clean(error.fix)}", err=True)
