"""`record libreoffice`: lets the recorder follow LibreOffice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guildbook.cli.session import Json, say, show


def libreoffice(
    profile: Annotated[
        Path | None,
        typer.Option("--profile", metavar="FOLDER", help="LibreOffice's `user` folder; found by itself if not given."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
    json: Json = False,
) -> None:
    """Let LibreOffice take connections on a pipe that only you can open, so that the source `sheets` can follow it."""
    from guildbook.record.sources._libreoffice_setup import set_up

    path = set_up(profile, remove=remove)
    if json:
        show({"file": str(path), "removed": remove})
    elif remove:
        say(f"Taken out of {path}.")
    else:
        say(f"Written into {path}. Now: guildbook record on sheets --set libreoffice=on")
