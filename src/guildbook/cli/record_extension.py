"""`record extension`: the browser extension, written out for a browser to load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guildbook.cli.session import Json, say, session, show

_LOADING = """Written to {folder}, for the recorder on port {port}. Load it once:
  Chromium, Chrome, Edge: chrome://extensions, switch on Developer mode, Load unpacked, choose the folder.
  Firefox: about:debugging#/runtime/this-firefox, Load Temporary Add-on, choose manifest.json in the folder
    (until Firefox is closed), and allow it to run on all sites where it asks.
Pages that are open already are seen once they are loaded again.
Then: guildbook record on browser"""


def extension(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of its own, which the browser keeps using.")],
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where the recorder listens, if not where it runs now or 5600.")
    ] = None,
    json: Json = False,
) -> None:
    """Write out the browser extension that hands in what you do in pages to this recorder."""
    from guildbook.app.extension import write_extension
    from guildbook.config import load

    here = session(context)
    told = write_extension(load(here.home, here.overrides), folder, port)
    show(told) if json else say(_LOADING.format(**told))
