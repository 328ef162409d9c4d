"""The options that measures share: of what is admitted, for whom, what models are tried on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from guildbook.app.measuring import Asked

Purpose = Annotated[str, typer.Option(metavar="PURPOSE", help="Of what is admitted for this purpose.")]
To = Annotated[str, typer.Option("--to", metavar="LICENSEE", help="Of what this licensee may use; else in-house.")]
Task = Annotated[str | None, typer.Option(metavar="TASK", help="Of one task, by its title.")]
Held = Annotated[float, typer.Option(metavar="SHARE", min=0.01, max=0.9, help="Traces that models are tried on.")]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Draw them by this seed; else the newest are held back.")]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw it: FILE.html, .svg or .png.")]


def asked(purpose: str, to: str, task: str | None, held_back: float, seed: int | None) -> Asked:
    """What these options ask for. Raises `UsageError` for a purpose there is not."""
    from guildbook.app.measuring import Asked
    from guildbook.model import purpose as purposes
    from guildbook.model.errors import UsageError

    known = [p for p in purposes.Purpose if p is not purposes.Purpose.UNLEARN]
    if purpose not in known:
        raise UsageError(f"There is no purpose called {purpose!r}.", f"Purposes: {', '.join(known)}.")
    return Asked(purposes.Purpose(purpose), to, held_back, seed, task)
