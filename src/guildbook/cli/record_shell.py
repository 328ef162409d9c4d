"""`record shell-hook`: what a shell needs to tell the recorder which commands are run."""

from __future__ import annotations

from typing import Annotated

import typer

from guildbook.cli.session import Json, say, session, show
from guildbook.model.errors import UsageError


def shell_hook(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
    install: Annotated[bool, typer.Option("--install", help="Have ~/.bashrc or ~/.zshrc read it.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it out of there again.")] = False,
    json: Json = False,
) -> None:
    """Print the hook that tells the recorder which commands you run, or install it."""
    from guildbook.app import shell_hook
    from guildbook.config import load

    if install and remove:
        raise UsageError("--install and --remove contradict each other.", "Give one of them.")
    here = session(context)
    config = load(here.home, here.overrides)
    if install or remove:
        path = shell_hook.install(config, shell) if install else shell_hook.remove(config, shell)
        if json:
            show({"file": str(path), "installed": install})
        else:
            verb = f"{path} reads the hook: new shells record." if install else f"{path} no longer reads the hook."
            say(verb + (" Switch it on: guildbook record on shell" if install else ""))
        return
    text = shell_hook.text(config, shell)
    show({"hook": text}) if json else typer.echo(text, nl=False)
